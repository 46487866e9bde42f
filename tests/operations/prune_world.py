"""A cloud with images, snapshots, templates and target groups, and builders of what names them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config

from operations.prune.items import Reference
from operations.prune.look import Wanted, look
from operations.prune.stacks import Stacks
from operations.prune.walk import Done, Prune
from sandbox import cloud

REGION, ACCOUNT, OTHER = "eu-west-1", "123456789012", "999999999999"
NOW = datetime.now(UTC) + timedelta(days=100)
"""When the prunes of the tests begin: what they make is old by then."""
LATER = NOW + timedelta(days=8)
"""When marks of `NOW` are old enough."""
OURS = [{"Key": "immutable:stack", "Value": "immutable/prod"}]
THEIRS = [{"Key": "immutable:stack", "Value": "another/prod"}]


Tags = Mapping[str, str]
NONE: Tags = {}


class Images:
    """A seed file; each image that is asked for gets the next id."""

    def __init__(self) -> None:
        self.described: list[dict[str, Any]] = []

    def new(self, created: datetime = datetime(2026, 1, 1, tzinfo=UTC), owner: str = ACCOUNT, tags: Tags = NONE) -> str:
        """An image of the service `web`, unless its tags say otherwise."""
        id_ = f"ami-{len(self.described) + 1:017x}"
        self.described.append(
            {
                "id": id_,
                "name": f"web-{id_[-3:]}",
                "created": created,
                "owner": owner,
                "tags": {"service": "web", **tags},
            }
        )
        return id_

    def several(self, count: int) -> list[str]:
        """So many."""
        return [self.new() for _ in range(count)]


class World:
    """Clients of one cloud, and builders of what may be pruned or speaks for it."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.client = directory, cache(_client)
        self.ec2, self.elb = self.client("ec2"), self.client("elbv2")
        self.scaling, self.ssm = self.client("autoscaling"), self.client("ssm")
        self.vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.subnets = [one["SubnetId"] for one in self.ec2.describe_subnets()["Subnets"]]
        self._count = 0

    def name(self, kind: str) -> str:
        """Another one each time."""
        self._count += 1
        return f"{kind}-{self._count}"

    def template(self, image: str, *, ours: bool = True, **data: Any) -> str:
        """A launch template's id."""
        tags = [{"ResourceType": "launch-template", "Tags": OURS if ours else THEIRS}]
        made = self.ec2.create_launch_template(
            LaunchTemplateName=self.name("web"),
            LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro", **data},
            TagSpecifications=tags,
        )
        return made["LaunchTemplate"]["LaunchTemplateId"]

    def named(self, template: str) -> str:
        """A launch template's name."""
        return self.ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"][0][
            "LaunchTemplateName"
        ]

    def group(self, **settings: Any) -> str:
        """An Auto Scaling group without an instance."""
        name = self.name("group")
        sizes = {"MinSize": 0, "MaxSize": 1, "VPCZoneIdentifier": self.subnets[0]}
        self.scaling.create_auto_scaling_group(AutoScalingGroupName=name, **sizes, **settings)
        return name

    def target_group(self, *, ours: bool = True) -> str:
        """A target group's ARN."""
        made = self.elb.create_target_group(
            Name=self.name("tg"), Protocol="HTTP", Port=80, VpcId=self.vpc, Tags=OURS if ours else THEIRS
        )
        return made["TargetGroups"][0]["TargetGroupArn"]

    def rule(self, target_group: str) -> None:
        """A rule of a new balancer's listener that names a target group."""
        balancer = self.elb.create_load_balancer(Name=self.name("lb"), Subnets=self.subnets[:2])["LoadBalancers"][0]
        default = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
        listener = self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[default]
        )["Listeners"][0]
        self.elb.create_rule(
            ListenerArn=listener["ListenerArn"],
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": target_group}],
        )

    def instance(self, **settings: Any) -> str:
        """A running instance's id."""
        return self.ec2.run_instances(MinCount=1, MaxCount=1, **settings)["Instances"][0]["InstanceId"]

    def snapshot(self, description: str = "data", **tags: str) -> str:
        """A snapshot of a volume."""
        volume = self.ec2.create_volume(Size=8, AvailabilityZone=f"{REGION}a")["VolumeId"]
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        specification = [{"ResourceType": "snapshot", "Tags": listed}] if tags else []
        return self.ec2.create_snapshot(VolumeId=volume, Description=description, TagSpecifications=specification)[
            "SnapshotId"
        ]

    def registered(self, snapshot: str, service: str = "web") -> str:
        """An image over a snapshot."""
        tags = [{"ResourceType": "image", "Tags": [{"Key": "service", "Value": service}]}]
        mapping = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}]
        return self.ec2.register_image(
            Name=self.name("web"), RootDeviceName="/dev/xvda", BlockDeviceMappings=mapping, TagSpecifications=tags
        )["ImageId"]

    def images(self) -> dict[str, dict[str, Any]]:
        """Every image of the account by its id, disabled ones too."""
        found = self.ec2.describe_images(Owners=["self"], IncludeDisabled=True)["Images"]
        return {one["ImageId"]: one for one in found}

    def snapshots_of(self, *images: str) -> set[str]:
        """Ids of the snapshots that images lie over."""
        found = self.images()
        return {one["Ebs"]["SnapshotId"] for image in images for one in found[image]["BlockDeviceMappings"]}

    def snapshots(self) -> set[str]:
        """Ids of the account's."""
        return {one["SnapshotId"] for one in self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}

    def everything(self) -> set[str]:
        """Ids of all that could be pruned."""
        return {
            *self.images(),
            *self.snapshots(),
            *(one["LaunchTemplateId"] for page in self._pages("describe_launch_templates") for one in page),
            *(one["TargetGroupArn"] for one in self.elb.describe_target_groups()["TargetGroups"]),
        }

    def prune(
        self, now: datetime, *named: str, second: Callable[[], object] = lambda: None, service: str = "web"
    ) -> list[Done]:
        """One whole prune of a service's images. The stacks need `named`; `second` comes before the second look."""
        looks: list[None] = []

        def told(_: datetime) -> Stacks:
            if looks:
                second()
            looks.append(None)
            return Stacks([Reference(one, "the config of prod") for one in named], {"prod": 9}, frozenset(), WEB)

        def again() -> Any:
            return look(self.client, told, plain, now)

        tags = {"service": [service]}
        plain = Wanted("immutable", timedelta(days=30), timedelta(days=7), tags, allow_most=True)
        return Prune(self.client, again, allow_most=True).run(again()[1], now)

    def _pages(self, operation: str) -> Iterable[Any]:
        return (page["LaunchTemplates"] for page in self.ec2.get_paginator(operation).paginate())


def _client(service: str) -> Any:
    """One that soon gives up."""
    boto: Any = boto3
    retries = {"mode": "standard", "total_max_attempts": 3}
    return boto.Session(region_name=REGION).client(service, config=Config(retries=retries))


WEB = frozenset({"web"})


@contextlib.contextmanager
def world_of(directory: Path, images: Images) -> Generator[World]:
    """A cloud with these images, for as long as the block runs."""
    directory.mkdir(exist_ok=True)
    seed = directory / "seed.yaml"
    seed.write_text(yaml.safe_dump({"region": REGION, "images": images.described}))
    url = cloud.start(directory / "cloud", seed)
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ENDPOINT_URL", url)
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                environment.setenv(name, "sandbox")
            yield World(directory / "cloud")
    finally:
        cloud.stop(directory / "cloud")
