"""Fleet: the launch template, Auto Scaling group and target group of exactly one release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pydantic import BaseModel, ConfigDict, InstanceOf

from components.digest import TAG_DIGEST, TAG_RELEASE, TAG_SERVICE, TAG_VERSION, Kind
from components.hooks import Hooks
from components.layouts import Plan
from components.owned import owned
from components.router import preview_rule
from components.settings import Capacity


class FleetArgs(BaseModel):
    """What a fleet needs beside its release's plan: all of it outlives the release."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    service: str
    version: str
    plan: InstanceOf[Plan]
    capacity: Capacity
    vpc_id: str
    subnet_ids: list[str]
    security_group_id: str | pulumi.Output[str]
    instance_profile_arn: str | pulumi.Output[str]
    listener_arn: str | pulumi.Output[str] | None = None
    """The listener in front, for a release behind a balancer."""
    hooks: InstanceOf[Hooks]


class Fleet(pulumi.ComponentResource):
    """The servers of one release: made beside the others, never changed, destroyed behind the retire gate.

    Guarantees: IMDSv2 only, encrypted volumes that die with their instance, no key pair, a numbered template version,
    zones balanced. Creation does not wait for capacity: the traffic gate is the one judge of it, so a bad release
    leaves nothing half-made. Sizes may change in place, and the desired size is never declared: it is scaling's.
    """

    name: str
    group_name: pulumi.Output[str]
    group: aws.autoscaling.Group
    target_group: aws.lb.TargetGroup | None

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("immutable:aws:Fleet", name, {}, opts)
        self.name = name
        self._args, self._plan = args, args.plan
        self._tags = {
            TAG_SERVICE: args.service,
            TAG_VERSION: args.version,
            TAG_RELEASE: args.plan.name,
        }
        template = self._launch_template()
        self.target_group = self._target_group() if "target_group" in args.plan.literals else None
        preview = None
        if self.target_group is not None and args.listener_arn is not None:
            preview = preview_rule(
                args.plan,
                args.listener_arn,
                self.target_group.arn,
                self._tags,
                pulumi.ResourceOptions(parent=self),
            )
        self.group = self._auto_scaling_group(template, preview)
        self.group_name = self.group.name
        self.register_outputs({"group_name": self.group_name})

    def _launch_template(self) -> aws.ec2.LaunchTemplate:
        return aws.ec2.LaunchTemplate(
            self._plan.name,
            name_prefix=f"{self._args.service}-",
            **self._plan.literals["template"],
            vpc_security_group_ids=[self._args.security_group_id],
            iam_instance_profile={"arn": self._args.instance_profile_arn},
            # The group propagates its tags to instances; volumes get theirs only from here.
            tag_specifications=[{"resource_type": "volume", "tags": self._tags}],
            tags=self._tagged("template"),
            opts=self._never_first(self._args.hooks.identity),
        )

    def _target_group(self) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            self._plan.name,
            name_prefix=short_prefix(self._args.service),
            vpc_id=self._args.vpc_id,
            **self._plan.literals["target_group"],
            tags=self._tagged("target_group"),
            opts=self._never_first(self._args.hooks.identity),
        )

    def _auto_scaling_group(
        self, template: aws.ec2.LaunchTemplate, preview: pulumi.Resource | None
    ) -> aws.autoscaling.Group:
        literals = dict(self._plan.literals["group"])
        policy: Mapping[str, Any] = literals.pop("mixed_instances_policy")
        specification = {
            "launch_template_id": template.id,
            # The number, never $Latest: what this group launches is what was made with it.
            "version": template.latest_version.apply(str),
        }
        launch: dict[str, Any] = {"launch_template_specification": specification, **policy["launch_template"]}
        mixed: Any = {**policy, "launch_template": launch}
        return aws.autoscaling.Group(
            self._plan.name,
            name_prefix=f"{self._args.service}-",
            **literals,
            mixed_instances_policy=mixed,
            min_size=self._args.capacity.min,
            max_size=self._args.capacity.max,
            vpc_zone_identifiers=self._args.subnet_ids,
            target_group_arns=[self.target_group.arn] if self.target_group else None,
            wait_for_capacity_timeout="0",
            tags=[
                {"key": key, "value": value, "propagate_at_launch": True}
                for key, value in self._tagged("group").items()
            ],
            # AWS checks the health of targets only while a rule names their group, and drains them only then.
            opts=self._never_first(self._args.hooks.group, [preview] if preview else []),
        )

    def _tagged(self, kind: Kind) -> dict[str, str]:
        return owned(self.name) | self._tags | {TAG_DIGEST: self._plan.digest_tags[kind]}

    def _never_first(
        self, hooks: pulumi.ResourceHookBinding, depends_on: list[pulumi.Resource] | None = None
    ) -> pulumi.ResourceOptions:
        # Deleting before creating would be the outage that this library exists to prevent.
        return pulumi.ResourceOptions(
            parent=self, delete_before_replace=False, hooks=hooks, depends_on=depends_on or []
        )


def short_prefix(service: str) -> str:
    """A name prefix of at most 6 characters, AWS's limit for balancers and target groups with a prefix."""
    return f"{service[:5].rstrip('-')}-"
