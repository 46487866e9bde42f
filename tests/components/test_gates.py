"""The gates, against a cloud that does what is asked of it, or doesn't."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pulumi
import pytest

from components import weights
from components.gates import Gates, ServiceGate
from components.hold import GateError
from components.live import Fleet
from components.settings import Gate
from tests.components.fleets import fleet, target_group, targets

OLD, NEW = "web-1.4.2-0a", "web-1.5.0-0b"
REMEDY = (
    f"Find out why (ask it with the header X-Immutable-Release: {NEW}); then replace the release in "
    "services.web.releases by a good one, or by the one before to go back, and run `pulumi up`."
)
NOBODY_SERVES = (
    "no traffic rule gives any release of web weight, so none may be destroyed. "
    "Someone removed the rule by hand: `pulumi refresh`, then `pulumi up`."
)


class Cloud:
    """A region of fleets. Each question takes a second; new instances are healthy `boot_s` seconds later."""

    def __init__(self, *fleets: Fleet, boot_s: float = 3) -> None:
        self.standing = {one.group: one for one in fleets}
        self.boot_s, self.clock = boot_s, 0.0
        self.asked_for: list[tuple[str, int]] = []
        self.services: list[str] = []
        self.notes: dict[str, str] = {}
        self._ready: dict[str, float] = {}

    def weights_tag(self, rule: str) -> str | None:
        return self.notes.get(rule)

    def tag_weights(self, rule: str, value: str) -> None:
        self.notes[rule] = value

    def fleets(self, service: str) -> list[Fleet]:
        self.clock += 1
        self.services.append(service)
        for group, when in self._ready.items():
            one = self.standing[group]
            ill = 0 if self.clock >= when else one.desired - one.healthy
            self.standing[group] = dataclasses.replace(one, targets=targets(one.desired - ill, ill))
        return list(self.standing.values())

    def set_desired(self, group: str, size: int) -> None:
        self.asked_for.append((group, size))
        self.standing[group] = dataclasses.replace(self.standing[group], desired=size)
        self._ready[group] = self.clock + self.boot_s


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Callable[[Cloud], Cloud]:
    """Puts the gates in front of a cloud, in its time."""

    def use(cloud: Cloud) -> Cloud:
        def region(name: str, stack: str, profile: str | None) -> Cloud:
            assert (name, stack, profile) == ("eu-west-1", "immutable/prod", "shop")
            return cloud

        monkeypatch.setattr("components.gates.Region", region)
        clock = SimpleNamespace(monotonic=lambda: cloud.clock, time=lambda: cloud.clock)
        for module in ("gates", "hold"):
            monkeypatch.setattr(f"components.{module}.time", clock)
        monkeypatch.setattr("components.hold._FIRST_POLL_S", 0.001)
        monkeypatch.setattr("components.hold._SLOWEST_POLL_S", 0.001)
        return cloud

    return use


def gates(weights: dict[str, int] | None, *, healthy_percent: int = 100, created: str = "") -> Gates:
    """Gates over the service `web`, declared with these weights by release, or (None) not declared."""
    gate = Gate(healthy_percent=healthy_percent, timeout_s=20)
    services = {} if weights is None else {"web": ServiceGate(gate, weights)}
    return Gates("immutable/prod", services, "shop", {f"urn:{created}"} if created else ())


def shift(weights: Mapping[str, int], service: str = "web") -> pulumi.ResourceHookArgs:
    """A traffic rule that is to have these weights by release."""
    groups = [{"arn": target_group(release), "weight": float(weight)} for release, weight in weights.items()]
    actions = [{"type": "forward", "forward": {"targetGroups": groups}}]
    inputs = {"actions": actions, "tags": {"immutable:service": service}}
    return pulumi.ResourceHookArgs("urn:rule", "", service, "aws:lb/listenerRule:ListenerRule", new_inputs=inputs)


def unrule() -> pulumi.ResourceHookArgs:
    """The traffic rule of `web` that is to be deleted."""
    inputs = {"tags": {"immutable:service": "web"}}
    return pulumi.ResourceHookArgs("urn:rule", "", "web", "aws:lb/listenerRule:ListenerRule", old_inputs=inputs)


def leave(release: str) -> pulumi.ResourceHookArgs:
    """A group that is to be destroyed."""
    tags = [{"key": "immutable:service", "value": "web"}, {"key": "immutable:release", "value": release}]
    return pulumi.ResourceHookArgs(
        f"urn:{release}",
        f"{release}-group",
        release,
        "aws:autoscaling/group:Group",
        old_inputs={"tags": tags},
        old_outputs={"arn": f"arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:0:{release}"},
    )


def worker(release: str, **changes: int) -> Fleet:
    """A fleet that no balancer serves."""
    return dataclasses.replace(fleet(release), target_group=None, **changes)


Stand = Callable[[Cloud], Cloud]


# The traffic gate.


async def test_a_new_release_is_brought_to_what_the_old_one_has_now_before_it_gets_its_traffic(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(OLD, desired=6, targets=targets(6), weight=100), fleet(NEW)))
    await gates({NEW: 100}).traffic(shift({NEW: 100}))
    assert cloud.asked_for == [(f"{NEW}-group", 6)]
    assert cloud.standing[f"{NEW}-group"].healthy == 6


async def test_a_canary_is_brought_to_its_share_and_the_others_are_left_alone(stand: Stand) -> None:
    old = fleet(OLD, desired=10, targets=targets(9, 1), weight=100)
    cloud = stand(Cloud(old, fleet(NEW)))
    await gates({OLD: 75, NEW: 25}).traffic(shift({OLD: 75, NEW: 25}))
    assert cloud.asked_for == [(f"{NEW}-group", 3)]
    assert cloud.standing[f"{OLD}-group"] == old


async def test_what_a_gate_has_asked_for_carries_nothing_yet(stand: Stand) -> None:
    """A share that grows asks once for what it needs, not for more with every instance that it got."""
    old = fleet(OLD, maximum=40, weight=50, desired=2)
    cloud = stand(Cloud(old, fleet(NEW, maximum=40, weight=50, desired=2)))
    await gates({OLD: 0, NEW: 100}).traffic(shift({OLD: 0, NEW: 100}))
    assert cloud.asked_for == [(f"{NEW}-group", 4)]


async def test_what_an_old_fleet_has_to_spare_is_not_matched_by_one_that_grows(stand: Stand) -> None:
    old = fleet(OLD, maximum=80, weight=50, desired=20, targets=targets(20))
    cloud = stand(Cloud(old, fleet(NEW, maximum=80, weight=50, desired=10, targets=targets(10))))
    await gates({OLD: 0, NEW: 100}).traffic(shift({OLD: 0, NEW: 100}))
    assert cloud.asked_for == [(f"{NEW}-group", 20)]


async def test_the_first_release_of_a_service_waits_for_its_minimum(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(NEW, desired=0, targets=())))
    await gates({NEW: 100}).traffic(shift({NEW: 100}))
    assert cloud.asked_for == [(f"{NEW}-group", 2)]


async def test_a_fleet_is_not_asked_for_more_than_its_maximum(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(OLD, maximum=40, desired=30, weight=1), fleet(NEW, maximum=8)))
    await gates({NEW: 1}).traffic(shift({NEW: 1}))
    assert cloud.asked_for == [(f"{NEW}-group", 8)]


async def test_a_healthy_percentage_lets_traffic_move_before_the_last_is_healthy(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(NEW, desired=4, targets=targets(3, 1))))
    await gates({NEW: 100}, healthy_percent=75).traffic(shift({NEW: 100}))
    assert cloud.clock == 1


async def test_nobody_gains_so_nobody_waits(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(OLD, targets=targets(0, 2), weight=100), fleet(NEW, targets=())))
    await gates({OLD: 50, NEW: 0}).traffic(shift({OLD: 50, NEW: 0}))
    assert (cloud.asked_for, cloud.clock) == ([], 1)


async def test_a_release_that_never_gets_healthy_gets_no_traffic(stand: Stand) -> None:
    ill = fleet(NEW, desired=2, targets=targets(0, 2, "unhealthy: Target.FailedHealthChecks"))
    cloud = stand(Cloud(fleet(OLD, weight=100), ill))
    with pytest.raises(GateError) as caught:
        await gates({NEW: 100}).traffic(shift({NEW: 100}))
    assert str(caught.value) == (
        f"{NEW}: 0 of 2 targets healthy, 2 needed (2 unhealthy: Target.FailedHealthChecks), after 20 s "
        f"(services.web.gate.timeout_s). Traffic stays where it is. {REMEDY}"
    )
    assert cloud.clock == pytest.approx(21, abs=1)


async def test_a_rule_for_a_target_group_that_no_fleet_feeds_is_refused_at_once(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(OLD, weight=100)))
    with pytest.raises(GateError) as caught:
        await gates({OLD: 50, NEW: 50}).traffic(shift({OLD: 50, NEW: 50}))
    assert str(caught.value) == f"no Auto Scaling group of web feeds {target_group(NEW)}. Run `pulumi up` again."
    assert cloud.clock == 1


async def test_what_is_waited_for_is_said_once_until_it_changes(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def info(message: str, **_: object) -> None:
        said.append(message)

    monkeypatch.setattr("pulumi.log.info", info)
    stand(Cloud(fleet(NEW, minimum=3, targets=targets(2)), boot_s=5))
    await gates({NEW: 100}).traffic(shift({NEW: 100}))
    assert said == [
        f"gate of web: {NEW}: 2 of 3 targets healthy, 3 needed (1 not there yet)",
        f"gate of web: {NEW}: 2 of 3 targets healthy, 3 needed (1 initial: Elb.RegistrationInProgress)",
    ]


async def test_the_gates_of_two_services_wait_side_by_side(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = stand(Cloud(fleet(NEW)))
    both = threading.Barrier(2)
    ask = cloud.fleets

    def meet(service: str) -> list[Fleet]:
        both.wait(timeout=5)
        return ask(service)

    monkeypatch.setattr(cloud, "fleets", meet)
    gate = gates({NEW: 100})
    await asyncio.gather(gate.traffic(shift({NEW: 1})), gate.traffic(shift({NEW: 1}, service="shop")))
    assert sorted(cloud.services) == ["shop", "web"]


async def test_a_gate_opens_while_registrations_hold_every_thread_of_the_loop(stand: Stand) -> None:
    stand(Cloud(fleet(NEW)))
    loop, done = asyncio.get_running_loop(), threading.Event()
    loop.set_default_executor(ThreadPoolExecutor(1))
    registration = loop.run_in_executor(None, done.wait)
    try:
        await asyncio.wait_for(gates({NEW: 100}).traffic(shift({NEW: 100})), 5)
    finally:
        done.set()
        await registration


@pytest.mark.parametrize(("then", "kept"), [({OLD: 90, NEW: 10}, True), ({OLD: 50, NEW: 50}, False)])
async def test_an_update_that_keeps_the_weights_keeps_since_when_they_hold(
    stand: Stand, then: dict[str, int], kept: bool
) -> None:
    rule = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/route/0/1/2"
    new = fleet(NEW, weight=10, desired=10, targets=targets(10), rule=rule)
    cloud = stand(Cloud(fleet(OLD, weight=90, rule=rule), new))
    note = weights.tag({target_group(OLD): 90, target_group(NEW): 10}, datetime(2026, 11, 23, tzinfo=UTC))
    cloud.notes[rule] = note
    services = {"web": ServiceGate(Gate(bake_s=5), then)}
    gate, args = Gates("immutable/prod", services, "shop"), shift(then)
    args.old_outputs = args.new_outputs = {"arn": rule}
    await gate.traffic(args)
    cloud.notes.clear()  # As a provider does that removes every tag which the program doesn't have.
    await gate.note_weights(args)
    assert (cloud.notes[rule] == note) == kept


@pytest.mark.parametrize(
    ("apart_s", "asked"), [(-60, True), (-0.2, True), (0, True), (0.2, True), (5, True), (60, False)]
)
async def test_only_a_release_that_is_clearly_older_is_a_way_back(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, apart_s: float, asked: bool
) -> None:
    """The one that gains was made so many seconds before the one that loses."""
    told: list[list[str]] = []

    def sources(service: str, gate: Gate, forward: list[Fleet], *_: object) -> list[object]:
        told.append([fleet.release for fleet in forward])
        return []

    monkeypatch.setattr("components.gates.before_more_traffic", sources)
    first = datetime(2026, 11, 23, tzinfo=UTC)
    loses = fleet(NEW, weight=50, rule="arn:a:b:eu-west-1", created=first)
    gains = fleet(OLD, weight=50, rule="arn:a:b:eu-west-1", created=first - timedelta(seconds=apart_s))
    stand(Cloud(gains, loses))
    services = {"web": ServiceGate(Gate(bake_s=5), {OLD: 90, NEW: 10})}
    await Gates("immutable/prod", services, "shop").traffic(shift({OLD: 90, NEW: 10}))
    assert told == ([[OLD]] if asked else [])


# The retire gate.


async def test_an_old_fleet_goes_when_the_others_serve(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(OLD), fleet(NEW, weight=100)))
    await gates({NEW: 100}).retire(leave(OLD))
    assert cloud.asked_for == []


async def test_a_fleet_with_weight_is_never_destroyed(stand: Stand) -> None:
    stand(Cloud(fleet(OLD, weight=5), fleet(NEW, weight=100)))
    with pytest.raises(GateError) as caught:
        await gates({NEW: 100}).retire(leave(OLD))
    assert str(caught.value) == (
        f"{OLD} must not be destroyed: a traffic rule still gives it weight 5. "
        "Someone changed the rule by hand: `pulumi refresh`, then `pulumi up`."
    )


async def test_an_old_fleet_waits_for_those_who_remain(stand: Stand) -> None:
    cloud = stand(Cloud(fleet(OLD), fleet(NEW, minimum=4, weight=100)))
    await gates({NEW: 100}).retire(leave(OLD))
    assert cloud.asked_for == [(f"{NEW}-group", 4)]
    assert cloud.standing[f"{NEW}-group"].healthy == 4


async def test_an_old_fleet_stays_while_those_who_remain_are_ill(stand: Stand) -> None:
    stand(Cloud(fleet(OLD), fleet(NEW, targets=targets(1, 1, "unhealthy"), weight=100)))
    with pytest.raises(GateError) as caught:
        await gates({NEW: 100}).retire(leave(OLD))
    assert str(caught.value) == (
        f"{NEW}: 1 of 2 targets healthy, 2 needed (1 unhealthy), after 20 s (services.web.gate.timeout_s). "
        f"{OLD} stays. {REMEDY}"
    )


async def test_an_old_fleet_stays_while_nobody_has_weight(stand: Stand) -> None:
    stand(Cloud(fleet(OLD), fleet(NEW)))
    with pytest.raises(GateError) as caught:
        await gates({NEW: 100}).retire(leave(OLD))
    assert str(caught.value) == NOBODY_SERVES


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param(None, id="retired"),
        pytest.param({OLD: 90, NEW: 10}, id="destroyed"),
    ],
)
@pytest.mark.parametrize("make", [fleet, worker])
async def test_a_service_that_ends_has_no_one_to_wait_for(
    stand: Stand, make: Callable[..., Fleet], weights: dict[str, int] | None
) -> None:
    cloud = stand(Cloud(make(OLD, targets=targets(0, 2)), make(NEW, targets=())))
    await gates(weights).retire(leave(OLD))
    assert cloud.asked_for == []


async def test_a_destroy_needs_no_config_of_what_stands(stand: Stand) -> None:
    stand(Cloud(fleet(NEW, targets=())))
    await gates({OLD: 100}).retire(leave(NEW))


async def test_a_destroy_may_take_more_releases_than_are_declared(stand: Stand) -> None:
    stand(Cloud(fleet(OLD), fleet(NEW)))
    ending = gates({NEW: 100})
    await ending.note_end(unrule())
    await ending.retire(leave(OLD))


async def test_a_rule_that_comes_in_the_place_of_another_is_no_end(stand: Stand) -> None:
    stand(Cloud(fleet(OLD), fleet(NEW, targets=targets(0, 2), weight=100)))
    replacing = gates({NEW: 100})
    await replacing.note_end(unrule())
    with pytest.raises(GateError, match=f"{NEW}: 0 of 2 targets healthy"):
        await replacing.retire(leave(OLD))


@pytest.mark.parametrize("stands", [fleet(NEW), dataclasses.replace(fleet(NEW), target_group=None)])
async def test_a_run_that_creates_or_takes_a_balancer_away_is_no_destroy(stand: Stand, stands: Fleet) -> None:
    stand(Cloud(fleet(OLD), stands))
    changing = gates({NEW: 100}, created=NEW if stands.target_group else "")
    await changing.note_end(unrule())
    with pytest.raises(GateError) as caught:
        await changing.retire(leave(OLD))
    assert str(caught.value) == NOBODY_SERVES


async def test_a_declared_release_that_is_made_anew_does_not_end_its_service(stand: Stand) -> None:
    stand(Cloud(fleet(OLD)))
    with pytest.raises(GateError) as caught:
        await gates({OLD: 100}, created=OLD).retire(leave(OLD))
    assert str(caught.value) == NOBODY_SERVES


async def test_a_group_that_is_gone_already_needs_no_gate(stand: Stand) -> None:
    stand(Cloud(fleet(NEW, targets=())))
    await gates({NEW: 100}).retire(leave(OLD))


# Fleets without a balancer: the retire gate is the only one.


async def test_old_workers_go_when_the_new_ones_have_taken_over_what_they_had(stand: Stand) -> None:
    cloud = stand(Cloud(worker(OLD, desired=6), worker(NEW)))
    await gates({NEW: 100}).retire(leave(OLD))
    assert cloud.asked_for == [(f"{NEW}-group", 6)]
    assert cloud.standing[f"{NEW}-group"].healthy == 6


async def test_old_workers_stay_while_the_new_ones_do_not_start(stand: Stand) -> None:
    stand(Cloud(worker(OLD), dataclasses.replace(worker(NEW), targets=targets(0, 2, "Pending, Healthy"))))
    with pytest.raises(GateError) as caught:
        await gates({NEW: 100}).retire(leave(OLD))
    assert str(caught.value) == (
        f"{NEW}: 0 of 2 targets healthy, 2 needed (2 Pending, Healthy), after 20 s (services.web.gate.timeout_s). "
        f"{OLD} stays. Find out why; then replace the release in services.web.releases by a good one, or by the one "
        "before to go back, and run `pulumi up`."
    )


async def test_old_workers_stay_while_no_declared_ones_stand(stand: Stand) -> None:
    stand(Cloud(worker(OLD)))
    with pytest.raises(GateError) as caught:
        await gates({NEW: 100}).retire(leave(OLD))
    assert str(caught.value) == ("no declared release of web stands, so none may be destroyed. Run `pulumi up` again.")
