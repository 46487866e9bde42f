"""An independent observer: asks the cloud, five times a second, who would serve the users' requests.

It knows nothing of the program but the header of preview rules. What it measures is capacity behind weight: the
instances that could carry all of a service's traffic as the rule shares it, were each share to grow alike.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Self

PERIOD_S = 0.2


@dataclass(frozen=True)
class Sample:
    """At `time_s` (monotonic): weight and healthy targets by target group of one traffic rule."""

    time_s: float
    weights: dict[str, int]
    healthy: dict[str, int]

    @property
    def capacity(self) -> float:
        """Instances behind weight: the smallest of healthy targets over share."""
        total = sum(self.weights.values())
        served = {arn: weight / total for arn, weight in self.weights.items() if weight}
        return min((self.healthy[arn] / share for arn, share in served.items()), default=0.0)

    @property
    def failing(self) -> float:
        """The share of requests that users see fail, 0 to 1: a target group without a healthy target fails open, to
        targets that don't answer; one that drains still answers what it has."""
        total = sum(self.weights.values())
        return sum(weight / total for arn, weight in self.weights.items() if weight and not self.healthy[arn])


class Observer:
    """Samples while it is entered; `samples` holds what it saw from the first traffic rule on.

    With a client of Auto Scaling, `most` is how many instances all groups had at once, those that leave among them.
    """

    def __init__(self, elb: Any, scaling: Any = None) -> None:
        self._elb, self._scaling, self._stop = elb, scaling, threading.Event()
        self.most = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.samples: list[Sample] = []
        self.failures: list[Exception] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def lowest(self) -> float:
        """The lowest capacity behind weight that was seen."""
        assert not self.failures, self.failures
        assert self.samples, "the observer saw no traffic rule"
        return min(sample.capacity for sample in self.samples)

    @property
    def failed_s(self) -> float:
        """For how long users saw errors: each sample stands for its period, by the share that failed."""
        return PERIOD_S * sum(sample.failing for sample in self.samples)

    def _watch(self) -> None:
        while not self._stop.is_set():
            start = time.monotonic()
            try:
                self.samples += self._sample(start)
                self.most = max(self.most, self._standing())
            except Exception as error:  # noqa: BLE001  # told by `lowest`: a blind observer must not pass
                self.failures.append(error)
                return
            self._stop.wait(max(0.0, PERIOD_S - (time.monotonic() - start)))

    def _standing(self) -> int:
        if self._scaling is None:
            return 0
        return sum(
            len(group["Instances"]) for group in self._scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        )

    def _sample(self, now: float) -> list[Sample]:
        balancers = self._elb.describe_load_balancers()["LoadBalancers"]
        listeners = [
            listener
            for balancer in balancers
            for listener in self._elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        ]
        rules = [
            rule
            for listener in listeners
            for rule in self._elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        ]
        return [self._of_rule(now, rule) for rule in rules if _is_traffic(rule)]

    def _of_rule(self, now: float, rule: Any) -> Sample:
        groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        weights = {group["TargetGroupArn"]: group["Weight"] for group in groups}
        return Sample(now, weights, {arn: self._healthy(arn) for arn in weights})

    def _healthy(self, target_group: str) -> int:
        answer = self._elb.describe_target_health(TargetGroupArn=target_group)
        states = [entry["TargetHealth"]["State"] for entry in answer["TargetHealthDescriptions"]]
        return states.count("healthy")


def _is_traffic(rule: Any) -> bool:
    header = any("HttpHeaderConfig" in condition for condition in rule["Conditions"])
    return rule["Priority"] != "default" and rule["Actions"][0]["Type"] == "forward" and not header
