"""What a deploy of a new version as the only release calls, in order, and the page of the documentation about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "deploy.md"

_ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference"
_GROUP = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference"
_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference"
_GUIDE = "https://docs.aws.amazon.com/autoscaling/ec2/userguide"
_CHECKS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"


@dataclass(frozen=True)
class Step:
    """A call that changes something."""

    call: str
    does: str
    """What it is for in a deploy."""
    aws: str
    """What AWS documents."""
    source: str
    after: Sequence[str] = ()
    """The calls that it comes after, whatever else runs beside it."""
    waits: str = ""
    """What is asked before it, again and again, until it is so."""


STEPS = (
    Step(
        "CreateLaunchTemplate",
        "What the new release boots from; never changed, so version 1 is its only one.",
        "A version of a template can't be changed. With the same ClientToken it is made once.",
        f"{_EC2}/API_CreateLaunchTemplate.html",
    ),
    Step(
        "CreateTargetGroup",
        "The new release's own targets.",
        "A name once a region; port, protocol and VPC can't be changed later.",
        f"{_ELB}/API_CreateTargetGroup.html",
    ),
    Step(
        "ModifyTargetGroupAttributes",
        "Its drain time.",
        "The deregistration delay, 300 s unless set, is an attribute.",
        f"{_ELB}/API_ModifyTargetGroupAttributes.html",
        after=("CreateTargetGroup",),
    ),
    Step(
        "CreateRule",
        "The preview rule: only requests with the release's header reach the new targets.",
        "Targets are checked once their group is named by a rule of a balancer; until then they are `unused`.",
        _CHECKS,
        after=("ModifyTargetGroupAttributes",),
    ),
    Step(
        "CreateAutoScalingGroup",
        "The new fleet, beside the old.",
        "Returns at once; instances are Pending, then InService, and are registered with the target group.",
        f"{_GUIDE}/ec2-auto-scaling-lifecycle.html",
        after=("CreateLaunchTemplate", "CreateRule"),
    ),
    Step(
        "ModifyRule",
        "All weight to the new release, none to the old: one call moves the traffic.",
        "Target groups of a forward action have weights from 0 to 999; what the call doesn't name stays.",
        f"{_ELB}/API_ModifyRule.html",
        after=("CreateAutoScalingGroup",),
        waits="DescribeTargetHealth of the new release, from `initial` to `healthy`, as many as serve now",
    ),
    Step(
        "UpdateAutoScalingGroup",
        "The old fleet to no instances: its sizes become 0, nothing else of it changes.",
        "Instances that end are deregistered first and are `draining` for the deregistration delay.",
        f"{_ELB}/API_TargetHealth.html",
        after=("ModifyRule",),
        waits="DescribeTargetHealth of all that have weight: they are `healthy`, and the old release has none",
    ),
    Step(
        "DeleteAutoScalingGroup",
        "The old fleet goes; without force.",
        "Refused while it has instances or an activity is in progress, unless forced.",
        f"{_GROUP}/API_DeleteAutoScalingGroup.html",
        after=("UpdateAutoScalingGroup",),
        waits="DescribeAutoScalingGroups: it has no instances",
    ),
    Step(
        "DeleteRule",
        "The old release's preview rule.",
        "Takes the rule from its listener; what it named stays.",
        f"{_ELB}/API_DeleteRule.html",
        after=("DeleteAutoScalingGroup",),
    ),
    Step(
        "DeleteTargetGroup",
        "The old release's targets.",
        "Refused while an action of a listener or rule names it.",
        f"{_ELB}/API_DeleteTargetGroup.html",
        after=("DeleteRule",),
    ),
    Step(
        "DeleteLaunchTemplate",
        "What the old release booted from.",
        "Takes all its versions; instances that run keep running.",
        f"{_EC2}/API_DeleteLaunchTemplate.html",
        after=("DeleteAutoScalingGroup",),
    ),
)


def page() -> str:
    """The documentation."""
    rows = list[str]()
    for step in STEPS:
        if step.waits:
            rows.append(f"| | *{step.waits}* | | |")
        after = ", ".join(f"`{each}`" for each in step.after) or "-"
        rows.append(f"| `{step.call}` | {step.does} | {after} | {step.aws} [AWS]({step.source}) |")
    return _TEXT.format(rows="\n".join(rows))


_TEXT = """# What a deploy calls, next to what AWS documents

Written by `python -m tests.engine.deploy`. A new version as the only release of a service: these are all calls of the
update that change anything, each made once, in this order; `tests/engine/test_deploy.py` deploys on the real engine and
compares the journal. What stands under "after" is waited for; other calls may run side by side. In italics what is
asked in between until it is so: by the gates, which are the program's, and before a group is deleted by the provider.

| call | in a deploy | after | what AWS documents |
| --- | --- | --- | --- |
{rows}

If more instances serve than the new release begins with, `SetDesiredCapacity` brings it there before the traffic moves.
Where the drain time of the old targets has not passed, the provider waits for it: a group that still has instances that
drain is not deleted.

The sandbox does all of this in seconds: an image's tags say how long it boots, is unhealthy, and drains
([rehearsals](rehearsals.md)). Its answers are never late: what was created is found at once, where AWS may need a
moment (["eventual consistency"](https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html)). It was not
run on AWS.
"""
