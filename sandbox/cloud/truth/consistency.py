"""What was created a moment ago isn't known everywhere yet, where a rehearsal orders it: the answer `stale`.

A call that meets the order does not find what is younger than its `age`, be it what the call asks for or what it refers
to.
https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, MutableMapping
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.core.responses import BaseResponse
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends

from sandbox.cloud.orders import Orders
from sandbox.cloud.truth.replacing import around

#: AWS says "may take a few minutes" at most; mostly it is seconds.
YOUNG_S = 60.0

#: Things of one kind by id, ARN or name, with their service and the operation that adds to them.
_Things = tuple[str, str, MutableMapping[str, Any]]


def install(orders: Orders) -> None:
    """Note when things are created, and hide the young ones from calls that an order is for.

    To be called before anything else replaces `call_action`: what is due is done with nothing hidden.
    """

    @around(BaseResponse, "call_action")
    def _call(original: Any, self: Any) -> Any:
        met, operation = orders.faults.met, self._get_action() or ""
        account, region, partition = self.current_account, self.region, self.partition
        if operation.startswith("Create"):
            _note(account, region, partition, 0.0)
        try:
            if met is None or met.answer != "stale":
                return original(self)
            young = time.time() - (met.age or YOUNG_S)
            with contextlib.ExitStack() as hidden:
                for service, creates, things in _places(account, region, partition):
                    if met.of in (None, service) and creates != operation:  # Names stay taken.
                        hidden.enter_context(_without(things, young))
                return original(self)
        finally:
            if operation.startswith("Create"):
                _note(account, region, partition, time.time())


def _places(account: str, region: str, partition: str) -> Iterator[_Things]:
    """Where things are, of what an account has in a region."""
    iam: Any = iam_backends[account].get(partition)
    if iam is not None:
        yield from [("iam", "CreateRole", iam.roles), ("iam", "CreateInstanceProfile", iam.instance_profiles)]
    autoscaling: Any = autoscaling_backends[account].get(region)
    if autoscaling is not None:
        yield "autoscaling", "CreateAutoScalingGroup", autoscaling.autoscaling_groups
    ec2: Any = ec2_backends[account].get(region)
    if ec2 is not None:
        yield "ec2", "CreateLaunchTemplate", ec2.launch_templates
        yield from (("ec2", "CreateSecurityGroup", groups) for groups in ec2.groups.values())
    elb: Any = elbv2_backends[account].get(region)
    if elb is not None:
        for balancer in elb.load_balancers.values():
            for listener in balancer.listeners.values():
                yield "elbv2", "CreateRule", listener._non_default_rules  # `rules` is a copy.
            yield "elbv2", "CreateListener", balancer.listeners
        yield "elbv2", "CreateLoadBalancer", elb.load_balancers
        yield "elbv2", "CreateTargetGroup", elb.target_groups


def _note(account: str, region: str, partition: str, when: float) -> None:
    """Note as created then what nobody has noted yet: the last of each kind."""
    for _, _, things in _places(account, region, partition):
        for thing in reversed(list(things.values())):
            if hasattr(thing, "born"):
                break
            thing.born = when


@contextlib.contextmanager
def _without(things: MutableMapping[str, Any], young: float) -> Generator[None]:
    """Inside, what was created since isn't there; what else changes stays changed."""
    before = dict(things)
    hidden = {key for key, thing in before.items() if getattr(thing, "born", 0.0) > young}
    for key in hidden:
        del things[key]
    try:
        yield
    finally:
        if hidden:
            after = dict(things)
            things.clear()
            things.update({key: thing for key, thing in before.items() if key in hidden or key in after} | after)
