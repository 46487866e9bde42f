"""Strategies are edits of the list of releases: canary, blue/green, going back; with a balancer and without."""

from __future__ import annotations

import shutil
from typing import Any

from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, release, service
from tests.engine.observer import Observer
from tests.engine.stage import STACK, Stage, subsequence


def test_a_canary_grows_step_by_step_and_goes_back_at_once(stage: Stage) -> None:
    stage.configure({"web": _canary(100, None)})
    stage.up()
    with Observer(stage.client("elbv2")) as seen:
        for old, new in ((90, 10), (50, 50), (0, 100), (100, 0)):
            stage.configure({"web": _canary(old, new)})
            stage.up()
            assert sorted(_weights(stage)) == sorted((old, new))
    assert seen.lowest >= 2
    mark = stage.mark()
    stage.configure({"web": _canary(100, None)})
    stage.up()
    assert subsequence(["ModifyRule", "DeleteAutoScalingGroup"], stage.writes(mark))
    assert len(stage.groups()) == 1


def test_workers_without_a_balancer_take_over_at_the_size_that_the_old_ones_have(stage: Stage) -> None:
    stage.configure({"jobs": _workers("1.4.2", GOOD)})
    stage.up()
    (old,) = stage.groups().values()
    stage.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=old["AutoScalingGroupName"], DesiredCapacity=3
    )
    stage.configure({"jobs": _workers("1.5.0", GOOD_TOO)})
    mark = stage.mark()
    stage.up()
    (new,) = stage.groups().values()
    assert new["DesiredCapacity"] == 3
    assert subsequence(["CreateAutoScalingGroup", "SetDesiredCapacity", "DeleteAutoScalingGroup"], stage.writes(mark))
    stage.must("destroy", "--yes", "--run-program", "--stack", STACK)
    assert stage.groups() == {}


def test_the_broken_release_of_one_service_keeps_no_other_from_being_deployed(stage: Stage) -> None:
    gate = {"timeout_s": 6}
    other = {"priority": 2, "paths": ["/api/*"]}
    good = {"web": service(release("1.4.2", GOOD), gate=gate), "api": service(release("1.4.2", GOOD), route=other)}
    stage.configure(good)
    stage.up()
    broken = service(release("1.5.0", NEVER_HEALTHY), gate=gate)
    stage.configure({"web": broken, "api": service(release("2.0.0", GOOD_TOO), route=other)})
    assert stage.pulumi("up", "--yes", "--stack", STACK).code != 0
    stage.up("--target", "urn:**immutable:aws:Service$**::api*", "--target", "urn:**Service::api")
    assert any(name.startswith("api-2.0.0-") for name in stage.groups())
    assert not any(name.startswith("api-1.4.2-") for name in stage.groups())
    assert any(name.startswith("web-1.4.2-") for name in stage.groups())


def test_another_stacks_service_of_the_same_name_is_none_of_its_business(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    shutil.copy(stage.folder / f"Pulumi.{STACK}.yaml", stage.folder / "Pulumi.other.yaml")
    stage.must("stack", "init", "other", "--no-select")
    stage.must("up", "--yes", "--skip-preview", "--stack", "other")
    (other,) = stage.groups().values()
    name = other["AutoScalingGroupName"]
    stage.client("autoscaling").set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=6)
    stage.up("--skip-preview")
    stage.configure({"web": service(release("1.5.0", GOOD_TOO))})
    stage.up("--skip-preview")
    sizes = {release: group["DesiredCapacity"] for release, group in stage.groups().items()}
    assert sorted(sizes.values()) == [2, 6], sizes


def test_more_gates_than_the_program_has_threads_open_all_the_same(stage: Stage) -> None:
    paths = [f"/{number}/*" for number in range(6)]
    services = {
        f"web-{number}": service(release("1.4.2", GOOD), route={"priority": 1 + number, "paths": [path]})
        for number, path in enumerate(paths)
    }
    stage.configure(services)
    stage.up("--skip-preview", "--parallel", "1")  # four threads
    assert len(stage.groups()) == 6


def test_the_production_config_comes_up_whole_and_stays_as_it_is(production: Stage) -> None:
    preview = production.must("preview", "--stack", "prod")
    assert "shop: new, 1.4.2 at 95 %, 1.5.0 at 5 %" in preview.text
    production.must("up", "--yes", "--stack", "prod")
    production.must("up", "--yes", "--stack", "prod", "--refresh", "--expect-no-changes")
    elb = production.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert {listener["Protocol"] for listener in listeners} == {"HTTP", "HTTPS"}
    assert all(listener["DefaultActions"][0]["Type"] == "fixed-response" for listener in listeners)


def _canary(old: int, new: int | None) -> dict[str, Any]:
    entries = [release("1.4.2", GOOD, weight=old)]
    if new is not None:
        entries.append(release("1.5.0", GOOD_TOO, weight=new))
    return service(*entries, scaling={"kind": "cpu", "percent": 50})


def _workers(version: str, image: str) -> dict[str, Any]:
    entry = {"version": version, "image": image, "instance_types": ["t3.micro"]}
    return {"releases": [entry], "capacity": {"min": 1, "max": 4}, "gate": {"timeout_s": 30}}


def _weights(stage: Stage) -> list[int]:
    elb = stage.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    (traffic,) = (rule for rule in rules if "PathPatternConfig" in (rule["Conditions"] or [{}])[0])
    return [group["Weight"] for group in traffic["Actions"][0]["ForwardConfig"]["TargetGroups"]]
