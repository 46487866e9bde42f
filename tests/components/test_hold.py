"""What the sources' answers mean for a gate, and since when weights hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from components import weights
from components.capacity import Need
from components.gate_settings import Gate
from components.hold import Decision, Hold, Watch, judge
from components.live import Region
from components.sources.answer import Answer, State

NOW = datetime(2026, 11, 23, 19, 30, 20, tzinfo=UTC)
QUIET, UNKNOWN, LOUD = State.QUIET, State.UNKNOWN, State.LOUD
OPEN, WAIT, SHUT = Decision.OPEN, Decision.WAIT, Decision.SHUT


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


BAKE = Watch((), ago(100), bake_s=60, patient=True)
NOW_ON = Watch((), ago(100))


@pytest.mark.parametrize(
    ("watch", "answer", "decision", "why"),
    [
        pytest.param(BAKE, Answer(QUIET, "a", ago(60)), OPEN, "", id="quiet for as long"),
        pytest.param(
            BAKE, Answer(QUIET, "a", ago(59)), WAIT, "quiet under traffic for 59 of 60 s (a)", id="not yet as long"
        ),
        pytest.param(
            Watch((), ago(59), 60), Answer(QUIET, "a", ago(900)), WAIT, "59 of 60 s", id="silence before has no weight"
        ),
        pytest.param(BAKE, Answer(QUIET, "a", ago(70), ago(15)), WAIT, "55 of 60 s", id="data comes late"),
        pytest.param(BAKE, Answer(QUIET, ""), OPEN, "", id="nothing but time"),
        pytest.param(
            NOW_ON, Answer(QUIET, "a", ago(900), ago(101)), WAIT, "no data since 19:28:40 UTC yet (a)", id="all older"
        ),
        pytest.param(NOW_ON, Answer(QUIET, "a", ago(1), ago(0)), OPEN, "", id="quiet now is enough without a bake"),
        pytest.param(BAKE, Answer(UNKNOWN, "b"), WAIT, "b", id="nobody knows"),
        pytest.param(BAKE, Answer(LOUD, "c", ago(99)), SHUT, "c", id="loud under these weights"),
        pytest.param(BAKE, Answer(LOUD, "c", ago(101)), WAIT, "c", id="loud before them already"),
        pytest.param(NOW_ON, Answer(LOUD, "c", ago(101)), SHUT, "c", id="loud, before more traffic"),
        pytest.param(Watch((), None), Answer(LOUD, "c"), SHUT, "c", id="a probe that fails"),
        pytest.param(Watch((), None), Answer(QUIET, "d"), OPEN, "", id="a probe that passes"),
    ],
)
def test_what_becomes_of_a_gate(watch: Watch, answer: Answer, decision: Decision, why: str) -> None:
    verdict = judge(watch, answer, NOW)
    assert verdict.decision is decision
    assert why in verdict.why
    assert bool(why) == bool(verdict.why)


def test_it_says_when_to_ask_again() -> None:
    assert judge(BAKE, Answer(QUIET, "a", ago(45)), NOW).left_s == 15


class Busy:
    """A source that wants to be asked less often for so many times, and then is quiet."""

    name = "someone"

    def __init__(self, times: int) -> None:
        self.times = times

    async def ask(self, _: datetime, /) -> Answer:
        self.times -= 1
        return Answer(QUIET, "") if self.times < 0 else Answer(UNKNOWN, "CloudWatch says Throttling", busy=True)


async def test_who_is_busy_is_asked_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    told: list[str] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    def nothing() -> list[Need]:
        return []

    def info(text: str, **_: object) -> None:
        told.append(text)

    monkeypatch.setattr("components.hold.asyncio.sleep", sleep)
    monkeypatch.setattr("components.hold.pulumi.log.info", info)
    hold = Hold("web", Gate(), Region("eu-west-1", "immutable/prod"), "Traffic stays where it is")
    await hold.until(nothing, Watch([Busy(9)], None))
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert told == ["gate of web: CloudWatch says Throttling"]


# The note on the rule.


def test_a_note_tells_since_when_weights_hold() -> None:
    assert weights.since(weights.tag({"a": 90, "b": 10}, NOW), {"a": 90, "b": 10}) == NOW


@pytest.mark.parametrize("same", [{"a": 9, "b": 1}, {"b": 10, "a": 90, "c": 0}])
def test_a_standby_or_another_scale_moves_no_traffic(same: dict[str, int]) -> None:
    assert weights.since(weights.tag({"a": 90, "b": 10}, NOW), same) == NOW


@pytest.mark.parametrize("other", [{"a": 10, "b": 90}, {"a": 90, "c": 10}, {"a": 90}])
def test_a_note_of_other_weights_is_none(other: dict[str, int]) -> None:
    assert weights.since(weights.tag({"a": 90, "b": 10}, NOW), other) is None


@pytest.mark.parametrize("note", [None, "", "yesterday", f"yesterday/{weights.tag({'a': 1}, NOW).rpartition('/')[2]}"])
def test_what_is_no_note_is_none(note: str | None) -> None:
    assert weights.since(note, {"a": 1}) is None
