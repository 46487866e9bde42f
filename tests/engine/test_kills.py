"""kill -9 in the middle of an update: the documented way out always converges, and nothing is lost sight of.

A chain is one stack: its first deploy is killed, then replacements, each somewhere else. `make drill` runs all 52.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from typing import Any, get_args

import psutil
import pytest

from tests.engine.catalogue import GOOD, GOOD_TOO, release, service
from tests.engine.killer import Killer, Moment, Victim, When, killed_update
from tests.engine.observer import Observer
from tests.engine.stage import STACK, Stage

CHAINS = int(os.environ.get("DRILL", "1"))
FIRST = [
    *(("CreateSecurityGroup", nth) for nth in (1, 2)),
    ("RevokeSecurityGroupEgress", 1),
    *(("AuthorizeSecurityGroupEgress", nth) for nth in (1, 2)),
    *(("AuthorizeSecurityGroupIngress", nth) for nth in (1, 2)),
    ("CreateRole", 1),
    ("AttachRolePolicy", 1),
    ("CreateInstanceProfile", 1),
    ("AddRoleToInstanceProfile", 1),
    ("CreateLoadBalancer", 1),
    ("ModifyLoadBalancerAttributes", 1),
    ("CreateListener", 1),
    ("CreateRule", 2),
]
CREATE = [
    ("CreateLaunchTemplate", 1),
    ("CreateTargetGroup", 1),
    ("ModifyTargetGroupAttributes", 1),
    ("CreateRule", 1),
    ("CreateAutoScalingGroup", 1),
    ("PutScalingPolicy", 1),
]
SHIFT = [("DescribeTargetHealth", 1), ("ModifyRule", 1), ("DescribeTargetHealth", 3)]
DELETE = [
    ("DeletePolicy", 1),
    ("DeleteAutoScalingGroup", 1),
    ("DeleteRule", 1),
    ("DeleteTargetGroup", 1),
    ("DeleteLaunchTemplate", 1),
]


def moments(chain: int) -> Iterator[Moment]:
    """One of each phase; over the chains every operation has its turn, and the rest is the seed's."""
    seeded = random.Random(chain)
    for calls in (FIRST, CREATE, SHIFT, DELETE):
        when: When = seeded.choice(["answered", "answered", "before", "after"])
        victim: Victim = seeded.choice(get_args(Victim))
        yield Moment(*calls[chain % len(calls)], when, victim, seeded.uniform(0, 0.15))


@pytest.mark.parametrize("chain", range(CHAINS))
def test_whatever_is_killed_when_one_command_and_an_up_converge(stage: Stage, chain: int, record_property: Any) -> None:
    left: set[str] = set()
    with Killer(stage.environment["AWS_ENDPOINT_URL"]) as killer, Observer(stage.client("elbv2")) as seen:
        for turn, moment in enumerate(moments(chain)):
            stage.configure({"web": _web(turn)})
            gone_s = _gone(killed_update(stage, killer, moment), moment)
            stage.must("cancel", "--yes", "--stack", STACK)
            recovered = _recover(stage)
            orphans = [one["type"].rpartition(":")[2] for one in recovered["left"] if one["id"] not in left]
            left |= {one["id"] for one in recovered["left"]}
            assert _lost(stage) == left, (moment, recovered)
            stage.up("--skip-preview")
            assert _lost(stage) == left, moment
            adopted = [one["type"].rpartition(":")[2] for one in recovered["adopted"]]
            row = [str(chain), str(moment), moment.victim, f"{gone_s:.1f}", " ".join(adopted), " ".join(orphans)]
            record_property("kill", row)
    assert seen.lowest >= 2
    stage.must("preview", "--expect-no-changes", "--stack", STACK)
    for one in json.loads(_operations(stage, "orphans")):
        removed = stage.run(*one["removal"].split())
        assert removed.code == 0, (one, removed.text)
    assert _lost(stage) == set()


def _web(turn: int) -> dict[str, Any]:
    one = release(f"1.{4 + turn}.0", (GOOD, GOOD_TOO)[turn % 2], drain_s=5)
    policy = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
    return service(one, scaling={"kind": "cpu", "percent": 50}, managed_policies=[policy])


def _gone(family: list[psutil.Process], moment: Moment) -> float:
    """How long the last of an update's processes outlived it, in seconds."""
    start = time.monotonic()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == [], moment
    return time.monotonic() - start


def _recover(stage: Stage) -> dict[str, Any]:
    return json.loads(_operations(stage, "recover"))


def _operations(stage: Stage, command: str) -> str:
    where = ("--stack", STACK, "--project", str(stage.folder))
    run = stage.run(sys.executable, "-m", "operations", command, "--json", *where)
    assert run.code == 0, run.text
    return run.text[min(run.text.index(mark) for mark in "[{" if mark in run.text) :]


def _lost(stage: Stage) -> set[str]:
    """Ids of what stands and is not in the state, seen without tags; what AWS makes with a lost group is part of it."""
    exported = json.loads(stage.must("stack", "export", "--stack", STACK).text)
    known = {str(one.get("id")) for one in exported["deployment"]["resources"]}
    ec2, elb = stage.client("ec2"), stage.client("elbv2")
    scaling, iam = stage.client("autoscaling"), stage.client("iam")
    groups = ec2.describe_security_groups()["SecurityGroups"]
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    balancers = [one["LoadBalancerArn"] for one in elb.describe_load_balancers()["LoadBalancers"]]
    listeners = [
        one["ListenerArn"] for arn in balancers for one in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    ]
    standing = [
        *(one["GroupId"] for one in groups if one["GroupName"] != "default"),
        *(one["SecurityGroupRuleId"] for one in rules if one["GroupId"] in known),
        *balancers,
        *listeners,
        *(
            rule["RuleArn"]
            for arn in listeners
            for rule in elb.describe_rules(ListenerArn=arn)["Rules"]
            if not rule["IsDefault"]
        ),
        *(one["TargetGroupArn"] for one in elb.describe_target_groups()["TargetGroups"]),
        *(one["LaunchTemplateId"] for one in ec2.describe_launch_templates()["LaunchTemplates"]),
        *(one["AutoScalingGroupName"] for one in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]),
        *(one["PolicyName"] for one in scaling.describe_policies()["ScalingPolicies"]),
        *(one["RoleName"] for one in iam.list_roles()["Roles"] if not one["Path"].startswith("/aws-service-role/")),
        *(one["InstanceProfileName"] for one in iam.list_instance_profiles()["InstanceProfiles"]),
    ]
    return set(standing) - known
