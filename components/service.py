"""Service: the releases of one service and the traffic between them. What most people use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pydantic import BaseModel, ConfigDict, InstanceOf

from components import settings
from components.capacity import of_release
from components.digest import TAG_SERVICE
from components.fleet import Fleet, FleetArgs
from components.gates import ServiceGate
from components.hooks import Hooks
from components.layouts import Plan, plan
from components.network import Network
from components.owned import owned
from components.release import Release
from components.router import Router, traffic_rule
from components.scaling import target_tracking

_ASSUMED_BY_EC2 = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "ec2.amazonaws.com"},
            }
        ],
    }
)


class ServiceArgs(BaseModel):
    """A service's settings and the places it stands in; `router` serves it if it has a route."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    service: settings.Service
    network: InstanceOf[Network]
    router: InstanceOf[Router] | None
    hooks: InstanceOf[Hooks]


class Service(pulumi.ComponentResource):
    """One fleet per release and one rule that shares traffic between them.

    Every strategy is an edit of the list of releases: replacing the only one, adding one at weight 0, moving weights,
    dropping one. Fleets are made first, then the rule moves behind its gate, then old fleets go behind theirs.
    """

    releases: pulumi.Output[dict[str, Any]]
    """By logical name: label (version and revision), image, weight and the group's name."""

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("immutable:aws:Service", name, {}, opts)
        self._service, self._args = name, args
        self._router = args.router if args.service.route else None
        profile_arn = self._instance_profile()
        standing = {release: plan(name, release) for release in args.service.releases}
        fleets = {release: self._fleet(release, planned, profile_arn) for release, planned in standing.items()}
        rule = self._traffic_rule(fleets)
        self._scale(fleets, rule)
        groups = {planned.name: fleets[release].group_name for release, planned in standing.items()}
        # Known once traffic is where it belongs: a failed gate leaves the stack's output telling what serves.
        settled = pulumi.Output.all(pulumi.Output.all(**groups), rule.urn if rule else "")
        self.releases = settled.apply(
            lambda known: {planned.name: _summary(one, known[0][planned.name]) for one, planned in standing.items()}
        )
        self.register_outputs({"releases": self.releases})

    def _instance_profile(self) -> pulumi.Output[str]:
        """The role of the service's instances. Long-lived: a new policy reaches running fleets without a new one."""
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            self._service,
            name_prefix=f"{self._service}-",
            assume_role_policy=_ASSUMED_BY_EC2,
            tags=owned(self._service) | {TAG_SERVICE: self._service},
            opts=child,
        )
        for arn in self._args.service.managed_policies:
            aws.iam.RolePolicyAttachment(
                f"{self._service}-{arn.split(':', 4)[4]}", role=role.name, policy_arn=arn, opts=child
            )
        profile = aws.iam.InstanceProfile(
            self._service,
            name_prefix=f"{self._service}-",
            role=role.name,
            tags=owned(self._service) | {TAG_SERVICE: self._service},
            opts=child,
        )
        return profile.arn

    def _fleet(self, release: Release, planned: Plan, profile_arn: pulumi.Output[str]) -> Fleet:
        service, network = self._args.service, self._args.network
        ingress = network.ingress.get((self._service, release.port or 0))
        return Fleet(
            planned.name,
            FleetArgs(
                service=self._service,
                version=release.version,
                plan=planned,
                capacity=of_release(service.capacity, release.weight, sum(one.weight for one in service.releases)),
                vpc_id=network.vpc_id,
                subnet_ids=network.subnet_ids,
                security_group_id=network.service_group_ids[self._service],
                instance_profile_arn=profile_arn,
                listener_arn=self._router.listener_arn if self._router else None,
                hooks=self._args.hooks,
            ),
            # The port opens before anything listens on it, and closes after the last that did.
            pulumi.ResourceOptions(parent=self, depends_on=[ingress] if ingress else []),
        )

    def _traffic_rule(self, fleets: Mapping[Release, Fleet]) -> pulumi.Resource | None:
        if self._router is None or self._args.service.route is None:
            return None
        weights = [
            (fleet.target_group.arn, release.weight)
            for release, fleet in fleets.items()
            if fleet.target_group is not None
        ]
        return traffic_rule(
            self._service,
            self._args.service.route,
            self._router.listener_arn,
            weights,
            self._args.hooks,
            pulumi.ResourceOptions(parent=self, depends_on=list(fleets.values())),
        )

    def _scale(self, fleets: Mapping[Release, Fleet], rule: pulumi.Resource | None) -> None:
        if self._args.service.scaling is None:
            return
        for fleet in fleets.values():
            target_tracking(
                fleet,
                self._args.service.scaling,
                hold_scale_in=len(fleets) > 1,
                balancer_suffix=self._router.arn_suffix if self._router else None,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[rule] if rule else []),
            )


def gates_of(services: Mapping[str, settings.Service]) -> dict[str, ServiceGate]:
    """What the gates must know of each declared service."""
    return {
        name: ServiceGate(service.gate, {plan(name, release).name: release.weight for release in service.releases})
        for name, service in services.items()
    }


def _summary(release: Release, group: str) -> dict[str, Any]:
    return {
        "label": release.label,
        "image": release.image,
        "weight": release.weight,
        "group": group,
    }
