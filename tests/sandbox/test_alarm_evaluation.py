"""Rules of composite alarms, metric math, and what missing data makes of an alarm: by AWS's own tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.cloud.truth.alarms import arithmetic, composition
from sandbox.cloud.truth.alarms.arithmetic import MathError
from sandbox.cloud.truth.alarms.composition import Both, Constant, In, Not, Rule, RuleError
from sandbox.cloud.truth.alarms.evaluation import (
    EvaluationError,
    Point,
    Samples,
    Settings,
    reason,
    state,
    statistic,
    too_few,
)

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
INSUFFICIENT = "INSUFFICIENT_DATA"
ONE = Settings("GreaterThanThreshold", 0.0, 1)


def settings(enough: int, missing: str = "missing") -> Settings:
    """Of an alarm on more than 0, over the last three data points."""
    return Settings("GreaterThanThreshold", 0.0, 3, enough, missing)


def points(drawn: str) -> list[Point]:
    """Data points as AWS draws them: `0` is fine, `X` breaches, `-` is missing."""
    values = {"0": 0.0, "X": 1.0, "-": None}
    return [Point(60 * number, values[each]) for number, each in enumerate(drawn.split())]


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
@pytest.mark.parametrize(
    ("drawn", "enough", "states"),
    [
        ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
        ("0 - - - -", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - -", 3, (INSUFFICIENT, None, "ALARM", "OK")),
        ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", 3, ("ALARM", None, "ALARM", "OK")),
        ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", 2, ("ALARM", None, "ALARM", "OK")),
        # Too early to say.
        ("- - - - X", 3, (None, None, "ALARM", "OK")),
        ("- - - X -", 3, (None, None, "ALARM", "OK")),
    ],
)
def test_missing_data_is_treated_as_in_awss_tables(drawn: str, enough: int, states: tuple[str | None, ...]) -> None:
    assert tuple(state(settings(enough, each), points(drawn)) for each in TREATMENTS) == states


@given(st.lists(st.sampled_from("0X"), min_size=3, max_size=9), st.integers(1, 3), st.sampled_from(TREATMENTS))
def test_without_a_gap_the_newest_points_decide(drawn: list[str], enough: int, missing: str) -> None:
    expected = "ALARM" if drawn[-3:].count("X") >= enough else "OK"
    assert state(settings(enough, missing), points(" ".join(drawn))) == expected


@given(st.lists(st.sampled_from("0X-"), min_size=3, max_size=9), st.integers(1, 3))
def test_breaching_gaps_never_make_an_alarm_less_likely(drawn: list[str], enough: int) -> None:
    breaching, fine = (state(settings(enough, each), points(" ".join(drawn))) for each in TREATMENTS[2:])
    assert (breaching, fine) != ("OK", "ALARM")


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [2.0]),
        ("GreaterThanOrEqualToThreshold", [1.0, 2.0]),
        ("LessThanThreshold", [0.0]),
        ("LessThanOrEqualToThreshold", [0.0, 1.0]),
    ],
)
def test_comparisons(comparison: str, breaching: list[float]) -> None:
    wanted = Settings(comparison, 1.0, 1)
    assert [each for each in (0.0, 1.0, 2.0) if state(wanted, [Point(0, each)]) == "ALARM"] == breaching
    with pytest.raises(EvaluationError, match="anomaly detection"):
        state(Settings("GreaterThanUpperThreshold", 1.0, 1), [Point(0, 1.0)])


def test_statistics() -> None:
    values = [float(each) for each in range(1, 102)]
    samples = Samples(values, sum(values), len(values), 1.0, 101.0)
    names = ("SampleCount", "Sum", "Average", "Minimum", "Maximum", "p0", "p50", "p99", "p99.5", "p100")
    assert [statistic(each, samples) for each in names] == [101, 5151, 51, 1, 101, 1, 51, 100, 100.5, 101]
    with pytest.raises(EvaluationError, match="the statistic tm90 is not known to the sandbox"):
        statistic("tm90", samples)
    assert (too_few("p99", 999), too_few("p99", 1001), too_few("p10", 99), too_few("p10", 101)) == (1, 0, 1, 0)


@pytest.mark.parametrize(
    ("wanted", "drawn", "new", "text"),
    [
        (ONE, "X", "ALARM", "1 datapoint [1.0 (01/01/70 00:00:00)] was greater than the threshold (0.0)."),
        (ONE, "0", "OK", "1 datapoint [0.0 (01/01/70 00:00:00)] was not greater than the threshold (0.0)."),
        (
            settings(2),
            "X 0 X",
            "ALARM",
            "2 out of the last 3 datapoints [1.0 (01/01/70 00:02:00), 1.0 (01/01/70 00:00:00)] were greater than "
            "the threshold (0.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            Settings("GreaterThanThreshold", 0.0, 1, None, "notBreaching"),
            "-",
            "OK",
            "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
    ],
)
def test_reasons_are_worded_as_awss(wanted: Settings, drawn: str, new: str, text: str) -> None:
    assert reason(wanted, points(drawn), new) == f"Threshold Crossed: {text}"


def test_the_reason_for_too_little_data() -> None:
    assert reason(settings(3), points("- - -"), INSUFFICIENT) == "Insufficient Data: 3 datapoints were unknown."


# Metric math


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("m1 + m2", {0: 11.0, 120: 33.0}),
        ("100 * m1 / m2", {0: 10.0, 120: 10.0}),
        ("-(m1 - 1) ^ 2", {0: 0.0, 60: -1.0, 120: -4.0}),
        ("m1 / (m1 - 2)", {0: -1.0, 120: 3.0}),
        ("m1 > 1 AND m2 > 1", {0: 0.0, 120: 1.0}),
        ("IF(m1 > 1, m1, 0)", {0: 0.0, 60: 2.0, 120: 3.0}),
        ("IF(m1 > 1, m1)", {60: 2.0, 120: 3.0}),
        ("SUM([m1, m2])", {0: 11.0, 60: 2.0, 120: 33.0}),
        ("AVG(METRICS())", {0: 5.5, 60: 2.0, 120: 16.5}),
        ("FILL(m2, 0)", {0: 10.0, 60: 0.0, 120: 30.0}),
        ("FILL(m2, REPEAT)", {0: 10.0, 60: 10.0, 120: 30.0}),
        ("ABS(m1 - 2)", {0: 1.0, 60: 0.0, 120: 1.0}),
        ("1 / 0", {}),
        ("7", {0: 7.0, 60: 7.0, 120: 7.0}),
    ],
)
def test_metric_math(expression: str, values: dict[int, float]) -> None:
    named = {"m1": {0: 1.0, 60: 2.0, 120: 3.0}, "m2": {0: 10.0, 120: 30.0}}
    assert arithmetic.evaluate(expression, named, [0, 60, 120]) == values


@pytest.mark.parametrize(
    "expression", ["m1 +", "m3", "ANOMALY_DETECTION_BAND(m1, 2)", "m1.real", "SUM(m1)", "__import__('os')", "m1[0]"]
)
def test_math_that_the_sandbox_does_not_know_is_refused(expression: str) -> None:
    with pytest.raises(MathError, match=r"can't be read|is not known to the sandbox"):
        arithmetic.evaluate(expression, {"m1": {0: 1.0}}, [0])


# Rules


def rules() -> st.SearchStrategy[Rule]:
    """Any rule."""
    ins = st.builds(In, st.sampled_from(["ALARM", "OK", INSUFFICIENT]), st.sampled_from(["a", "b c", "d:e/(f)"]))
    return st.recursive(
        st.builds(Constant, st.booleans()) | ins,
        lambda rule: st.builds(Not, rule) | st.builds(Both, st.sampled_from(["AND", "OR"]), rule, rule),
        max_leaves=20,
    )


def written(rule: Rule) -> str:
    """A rule as a text, with every parenthesis it can have."""
    match rule:
        case Constant(value):
            return str(value).upper()
        case In(state_, alarm):
            return f'{state_}("{alarm}")'
        case Not(inner):
            return f"NOT ({written(inner)})"
        case Both(operator, left, right):
            return f"({written(left)}) {operator} ({written(right)})"


@given(rules())
def test_a_rule_that_is_written_is_read_again(rule: Rule) -> None:
    assert composition.parse(written(rule)) == rule


@given(rules(), st.sampled_from(["ALARM", "OK", INSUFFICIENT]))
def test_not_turns_a_rule_around(rule: Rule, each: str) -> None:
    states = dict.fromkeys(composition.alarms(rule), each)
    assert composition.holds(Not(rule), states) is not composition.holds(rule, states)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("TRUE OR FALSE AND FALSE", True),
        ("(TRUE OR FALSE) AND FALSE", False),
        ("NOT FALSE AND FALSE", False),
        ("NOT (FALSE AND FALSE)", True),
        ("ALARM(a)\n  AND NOT OK(a)", True),
        ('ALARM("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a")', True),
        ("INSUFFICIENT_DATA(a) OR OK( a )", False),
        ("NOT " * 2001 + "ALARM(a)", False),
    ],
)
def test_operators_bind_as_aws_says(text: str, holds: bool) -> None:
    rule = composition.parse(text)
    assert composition.holds(rule, dict.fromkeys(composition.alarms(rule), "ALARM")) is holds


@pytest.mark.parametrize(
    "text",
    [
        *("", " TRUE", "ALARM(a) AND", "AND TRUE", "(TRUE", "TRUE)", "TRUE FALSE", "BAD(a)", "ALARM()", "ALARM(a", "a"),
        " OR ".join(f"ALARM(a{number})" for number in range(101)),
        " OR ".join(["TRUE"] * 501),
        "(" * 499 + "TRUE" + ")" * 499,
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        composition.parse(text)


@given(st.text("ALRMOKND()\"' abTUEFS_"))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        composition.parse(text)
    except RuleError:
        return
