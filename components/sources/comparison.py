"""Comparison: the canary is no worse than the stable release was in the same minutes.

Looked at once a run, when the sample is large enough: a test that is repeated until it fails fails in the end. How
often it errs is measured in `tests/components/test_comparison.py` and told in docs/gates.md.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from components.gate_settings import LevelComparison, ShareComparison
from components.sources.answer import Answer, State, Subject, seconds, together
from components.sources.cloudwatch import CloudWatch, Series, answer_of
from components.sources.metrics import LATE

ALPHA = 0.01
"""The chance of calling a canary worse that is not, over all comparisons of a gate together (Bonferroni)."""
_LONGEST_S = 86_400
"""Further back than a day nothing is asked: the days before say less about the canary."""

Values = Mapping[datetime, float]


@dataclass
class Comparisons:
    """All comparisons of a gate for one canary, under the weights that hold since `begun`."""

    comparisons: Sequence[ShareComparison | LevelComparison]
    canary: Subject
    stable: Subject
    begun: datetime
    cloud: CloudWatch
    _decided: dict[int, Answer] = field(default_factory=dict[int, Answer], init=False)

    @property
    def name(self) -> str:
        """Who is asked."""
        return f"CloudWatch, asked for metrics of {self.canary.release} and {self.stable.release},"

    async def ask(self, now: datetime, /) -> Answer:
        """Whether the canary is as good as the stable release; UNKNOWN while the sample is too small."""
        for index, comparison in enumerate(self.comparisons):
            if index not in self._decided:
                answer = await self._one(comparison, now)
                if answer.state is State.UNKNOWN:
                    return answer
                self._decided[index] = answer
        return together(list(self._decided.values()))

    async def _one(self, comparison: ShareComparison | LevelComparison, now: datetime) -> Answer:
        period = seconds(comparison.period_s)
        start = max(self.begun + period, now - seconds(_LONGEST_S))
        end = now - LATE * period
        name = f"{_said(comparison)} of {self.canary.release} beside {self.stable.release}"
        if start >= end:
            return Answer(State.UNKNOWN, f"{name}: no period of {comparison.period_s} s has been counted yet")
        sides = [_series(comparison, subject) for subject in (self.canary, self.stable)]
        found = await answer_of(self.cloud.readings, [series for side in sides for series in side], start, end)
        if isinstance(found, Answer):
            return found
        alpha = ALPHA / len(self.comparisons)
        if isinstance(comparison, ShareComparison):
            return judge_share(comparison, name, alpha, (found[0], found[1]), (found[2], found[3]))
        return judge_level(comparison, name, alpha, found[0], found[1])


def judge_share(
    comparison: ShareComparison,
    name: str,
    alpha: float,
    canary: tuple[Values, Values],
    stable: tuple[Values, Values],
) -> Answer:
    """An exact test of two rates, one-sided, on the counts (bad, total) of the periods that both have totals of.

    Of all that is bad, the canary's part is binomial by what it had of the total, whatever the rate is (Przyborowski
    and Wilenski, 1940). Fisher's test asks the same, but knows no margin: with enough requests any difference is sure.
    A period with a total and without a bad count has none that is bad: AWS's counters report no zeros.
    """
    periods = canary[1].keys() & stable[1].keys()
    (bad, total), (bad_stable, total_stable) = (
        [round(sum(values.get(period, 0) for period in periods)) for values in side] for side in (canary, stable)
    )
    least = min(total, total_stable)
    if least < comparison.at_least:
        return Answer(State.UNKNOWN, f"{name}: {least} of {comparison.at_least} counted")
    share, usual = bad / total, bad_stable / total_stable
    allowed = total * (1 + comparison.margin_percent / 100)
    expected = allowed / (allowed + total_stable)
    chance = probability(bad, bad + bad_stable, expected)
    told = f"{name}: {bad} of {total} ({share:.2%}) to {bad_stable} of {total_stable} ({usual:.2%})"
    return _verdict(told, chance, alpha)


def judge_level(comparison: LevelComparison, name: str, alpha: float, canary: Values, stable: Values) -> Answer:
    """The sign test (Arbuthnott, 1710), one-sided, on the periods that both have a value of, each against its twin.

    In pairs, as both releases see the same load in the same period. It asks only how often the canary was worse by more
    than the margin, so it holds however latencies are distributed. Pairs that are equal speak for the canary.
    """
    periods = sorted(canary.keys() & stable.keys())
    if len(periods) < comparison.at_least:
        return Answer(State.UNKNOWN, f"{name}: {len(periods)} of {comparison.at_least} periods counted")
    allowed = 1 + comparison.margin_percent / 100
    worse = sum(canary[period] > stable[period] * allowed for period in periods)
    chance = probability(worse, len(periods), 0.5)
    level, usual = (statistics.median(side[period] for period in periods) for side in (canary, stable))
    told = f"{name}: median {level:g} to {usual:g}, over the margin in {worse} of {len(periods)} periods"
    return _verdict(told, chance, alpha)


def probability(successes: int, trials: int, of_each: float) -> float:
    """How probable so many successes, or more, are in independent trials with this chance; SciPy's exact test."""
    if not trials:
        return 1.0
    # Here, as it takes a second to load, and only who compares needs it.
    from scipy import stats

    untyped: Any = stats
    return float(untyped.binomtest(successes, trials, of_each, alternative="greater").pvalue)


def _verdict(told: str, chance: float, alpha: float) -> Answer:
    if chance < alpha:
        return Answer(State.LOUD, f"{told}: worse, as chance alone shows in {chance:.2g} of all cases only")
    return Answer(State.QUIET, told)


def _said(comparison: ShareComparison | LevelComparison) -> str:
    if isinstance(comparison, ShareComparison):
        return f"{comparison.bad} of {comparison.total}"
    return f"{comparison.name} ({comparison.statistic})"


def _series(comparison: ShareComparison | LevelComparison, subject: Subject) -> list[Series]:
    if isinstance(comparison, LevelComparison):
        asked = [(comparison.name, comparison.statistic)]
    else:
        asked = [(comparison.bad, "Sum"), (comparison.total, "Sum")]
    return [
        Series.of(
            subject,
            namespace=comparison.namespace,
            name=name,
            dimensions=comparison.dimensions,
            statistic=statistic,
            period_s=comparison.period_s,
        )
        for name, statistic in asked
    ]
