"""How much each fleet must have, over every fleet and weight there may be."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity import Need, gaining, needs
from components.live import Fleet
from components.rules import (
    describe_weights,
    preview_conditions,
    preview_priority,
    route_conditions,
    shares,
    traffic_priority,
)
from components.settings import Route
from tests.components.fleets import fleet, targets

weight = st.integers(0, 999)
carried = st.integers(0, 20_000)
percent = st.integers(1, 100)


@st.composite
def fleets(draw: st.DrawFn) -> list[Fleet]:
    found: list[Fleet] = []
    for number in range(draw(st.integers(1, 5))):
        minimum = draw(st.integers(1, 10_000))
        maximum = draw(st.integers(minimum, 10_000))
        # Someone may have set it by hand beyond the limits.
        desired = draw(st.integers(0, 12_000))
        found.append(fleet(f"web-1.{number}.0-0a", minimum=minimum, maximum=maximum, desired=desired))
    return found


@st.composite
def weighed(draw: st.DrawFn) -> tuple[list[Fleet], dict[str, int]]:
    some = draw(fleets())
    return some, {one.key: draw(weight) for one in some}


@given(given_fleets=weighed(), carried=carried, percent=percent)
def test_a_need_lies_within_the_fleets_limits_and_scales_nothing_in(
    given_fleets: tuple[list[Fleet], dict[str, int]], carried: int, percent: int
) -> None:
    for need in needs(*given_fleets, carried, percent):
        assert need.fleet.minimum <= need.size <= need.fleet.maximum
        assert need.size >= min(need.fleet.desired, need.fleet.maximum)


@given(given_fleets=weighed(), carried=carried)
def test_a_need_is_the_share_of_what_is_carried_rounded_up_and_not_one_more(
    given_fleets: tuple[list[Fleet], dict[str, int]], carried: int
) -> None:
    some, weights = given_fleets
    for need in needs(some, weights, carried, 100):
        share = Fraction(weights[need.fleet.key], max(sum(weights.values()), 1))
        wanted = max(need.fleet.minimum, need.fleet.desired)
        if need.size < need.fleet.maximum:
            assert need.size >= share * carried
            assert need.size == wanted or need.size - 1 < share * carried


def test_seven_hundredths_of_a_hundred_are_seven() -> None:
    canary, live = fleet("web-1.5.0-0b"), fleet(maximum=200, desired=100)
    [first, _] = needs([canary, live], {canary.key: 7, live.key: 93}, 100, 100)
    assert first.size == 7


@given(some=fleets(), carried=carried)
def test_who_gets_all_traffic_carries_all_of_it(some: list[Fleet], carried: int) -> None:
    chosen, *rest = some
    need, *_ = needs(some, {chosen.key: 1} | {one.key: 0 for one in rest}, carried, 100)
    assert need.size >= min(carried, chosen.maximum)


@given(some=fleets(), carried=carried)
def test_without_weights_a_fleet_needs_what_it_has(some: list[Fleet], carried: int) -> None:
    for need in needs(some, {}, carried, 100):
        assert need.size == min(max(need.fleet.desired, need.fleet.minimum), need.fleet.maximum)


@given(some=fleets(), percent=percent)
def test_the_healthy_are_that_percentage_rounded_up_and_at_least_one(some: list[Fleet], percent: int) -> None:
    for need in needs(some, {}, 0, percent):
        assert 1 <= need.healthy <= need.size
        assert need.healthy - 1 < Fraction(need.size * percent, 100) <= need.healthy


@given(size=st.integers(1, 6), healthy=st.integers(1, 6), desired=st.integers(0, 7), well=st.integers(0, 7))
def test_a_need_is_met_only_by_enough_instances_of_which_enough_are_healthy(
    size: int, healthy: int, desired: int, well: int
) -> None:
    need = Need(fleet(desired=desired, targets=targets(well)), size, healthy)
    assert need.met == (desired >= size and well >= healthy)


@given(weights=st.dictionaries(st.sampled_from("abcde"), weight, min_size=1))
def test_shares_are_all_of_the_traffic_or_nothing(weights: dict[str, int]) -> None:
    found = shares(weights)
    assert set(found) == set(weights)
    assert sum(found.values()) == pytest.approx(1.0 if any(weights.values()) else 0.0)


@given(now=st.dictionaries(st.sampled_from("abcde"), weight), then=st.dictionaries(st.sampled_from("abcde"), weight))
def test_who_gains_has_a_larger_share_than_before(now: dict[str, int], then: dict[str, int]) -> None:
    before, after = sum(now.values()) or 1, sum(then.values()) or 1
    gains = {key for key in then if Fraction(then[key], after) > Fraction(now.get(key, 0), before)}
    assert gaining(now, then) == gains


@given(weights=st.dictionaries(st.sampled_from("abcde"), weight, min_size=1), factor=st.integers(1, 9))
def test_the_same_shares_in_other_numbers_gain_nobody_anything(weights: dict[str, int], factor: int) -> None:
    assert gaining(weights, {key: value * factor for key, value in weights.items()}) == set()


def test_an_unmet_need_says_what_there_is_of_what_and_why() -> None:
    ill = (*targets(1, 2), *targets(0, 1, "unhealthy: Target.Timeout"))
    assert str(Need(fleet(desired=4, targets=ill), 5, 5)) == (
        "web-1.4.2-0a: 1 of 5 targets healthy, 5 needed "
        "(2 initial: Elb.RegistrationInProgress, 1 unhealthy: Target.Timeout, 1 not there yet)"
    )
    assert str(Need(fleet(), 2, 2)) == "web-1.4.2-0a: 2 of 2 targets healthy, 2 needed"


@given(st.text(min_size=1))
def test_preview_rules_are_asked_before_every_traffic_rule(release: str) -> None:
    assert 1 <= preview_priority(release) <= 49_000
    assert preview_priority(release) == preview_priority(release)


def test_traffic_rules_stand_in_the_order_of_their_routes_and_within_aws_limit() -> None:
    places = [traffic_priority(Route(priority=place)) for place in (1, 2, 999)]
    assert places == [49_001, 49_002, 49_999]


def test_a_route_asks_for_hosts_and_paths_and_for_nothing_it_does_not_name() -> None:
    assert route_conditions(Route(priority=1, hosts=("a.example.com",), paths=("/v1/*", "/v2/*"))) == [
        {"host_header": {"values": ["a.example.com"]}},
        {"path_pattern": {"values": ["/v1/*", "/v2/*"]}},
    ]
    assert route_conditions(Route(priority=1, paths=("/*",))) == [{"path_pattern": {"values": ["/*"]}}]


def test_a_preview_asks_for_the_release_by_header() -> None:
    assert preview_conditions("web-1.4.2-0a") == [
        {"http_header": {"http_header_name": "X-Immutable-Release", "values": ["web-1.4.2-0a"]}}
    ]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([("1.4.2", 100)], "1.4.2 at 100 %"),
        ([("1.4.2", 90), ("1.5.0", 10)], "1.4.2 at 90 %, 1.5.0 at 10 %"),
        ([("1.4.2", 1), ("1.5.0", 0)], "1.4.2 at 100 %, 1.5.0 at 0 %"),
        ([("1.4.2", 1), ("1.5.0", 2)], "1.4.2 at 33.3 %, 1.5.0 at 66.7 %"),
        ([("1.4.2", 995), ("1.5.0", 5)], "1.4.2 at 99.5 %, 1.5.0 at 0.5 %"),
    ],
)
def test_weights_are_said_as_shares_and_a_small_canary_is_not_said_to_be_a_standby(
    weights: list[tuple[str, int]], said: str
) -> None:
    assert describe_weights(weights) == said
