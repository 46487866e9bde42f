"""Each rule before what breaks it and before what doesn't, and before values that aren't known yet."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from components.digest import TAG_DIGEST, TAG_RELEASE, digest_tag
from policies.kinds import GROUP, INSTANCE, LAUNCH_CONFIGURATION, SECURITY_GROUP, TARGET_GROUP, TEMPLATE
from policies.rules import RULES
from tests.policies.judge import BY_NAME, UNKNOWN, judge, judge_stack, resource

RULE = "aws:lb/listenerRule:ListenerRule"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
DOCUMENT = "aws:ssm/document:Document"
IMAGE = "ami-0123456789abcdef0"
DIGEST = "sha256:" + "a" * 64

CONTENT: dict[str, Any] = {"imageId": IMAGE, "metadataOptions": {"httpTokens": "required"}}


def policy(*statements: dict[str, Any]) -> dict[str, str]:
    """Inputs with a policy document."""
    return {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Resource": "*", **one} for one in statements]})}


def mixed(specification: dict[str, Any], *overrides: dict[str, Any]) -> dict[str, Any]:
    """A group of mixed instances."""
    template = {"launchTemplateSpecification": specification, "overrides": list(overrides)}
    return {"mixedInstancesPolicy": {"launchTemplate": template}}


def script(text: str) -> dict[str, str]:
    """A template's user data."""
    return {"userData": base64.b64encode(text.encode()).decode()}


def tagged(inputs: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """A template with the digest of `content`."""
    return {**inputs, "tags": {TAG_RELEASE: "web-1.0.0-ab", TAG_DIGEST: digest_tag("template", content)}}


#: rule, type, inputs, options and settings, and what the finding must say.
BAD: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = [
    ("numbered-template-version", GROUP, {"launchTemplate": {"id": "lt-1", "version": "$Latest"}}, {}, "$Latest"),
    ("numbered-template-version", GROUP, {"launchTemplate": {"id": "lt-1", "version": "$Default"}}, {}, "$Default"),
    ("numbered-template-version", GROUP, {"launchTemplate": {"id": "lt-1"}}, {}, "names no version"),
    ("numbered-template-version", GROUP, mixed({"launchTemplateId": "lt-1"}), {}, "names no version"),
    (
        "numbered-template-version",
        GROUP,
        mixed({"version": "1"}, {"launchTemplateSpecification": {"version": "$Latest"}}),
        {},
        "overrides[0].launchTemplateSpecification.version is $Latest",
    ),
    ("created-before-deleted", GROUP, {}, {"delete_before_replace": True}, "before its successor stands"),
    ("created-before-deleted", SECURITY_GROUP, {}, {"delete_before_replace": True}, "before its successor stands"),
    ("no-fixed-name", GROUP, {"name": "web"}, {}, "name is fixed (web)"),
    ("no-fixed-name", TARGET_GROUP, {"name": "other-1234567"}, {}, "name is fixed (other-1234567)"),
    ("identity-not-ignored", TEMPLATE, {}, {"ignore_changes": ["imageId"]}, "imageId"),
    ("identity-not-ignored", TEMPLATE, {}, {"ignore_changes": ["image_id"]}, "image_id"),
    ("identity-not-ignored", TEMPLATE, {}, {"ignore_changes": ["*"]}, "*"),
    ("identity-not-ignored", GROUP, {}, {"ignore_changes": ["launchTemplate.version"]}, "launchTemplate.version"),
    ("identity-not-ignored", TARGET_GROUP, {}, {"ignore_changes": ["healthCheck.path"]}, "healthCheck.path"),
    ("no-change-under-the-group", GROUP, {"instanceRefresh": {"strategy": "Rolling"}}, {}, "instanceRefresh"),
    ("no-change-under-the-group", GROUP, {"launchConfiguration": "web"}, {}, "launchConfiguration"),
    ("no-change-under-the-group", GROUP, {"maxInstanceLifetime": 86400.0}, {}, "maxInstanceLifetime"),
    ("no-single-servers", INSTANCE, {}, {}, "Instance web stands alone"),
    ("no-single-servers", LAUNCH_CONFIGURATION, {}, {}, "LaunchConfiguration web stands alone"),
    ("true-digest", TEMPLATE, tagged({**CONTENT, "imageId": "ami-ffffffff"}, CONTENT), {}, "no longer belong together"),
    ("true-digest", TEMPLATE, {"tags": {TAG_RELEASE: "web-1.0.0-ab"}}, {}, f"without {TAG_DIGEST}"),
    ("true-digest", TEMPLATE, {"tags": {TAG_DIGEST: "99:ab"}}, {}, "no known layout"),
    ("true-digest", TEMPLATE, {}, {"settings": {"required": True}}, f"no tag {TAG_DIGEST}"),
    (
        "true-digest",
        GROUP,
        {"tags": [{"key": TAG_DIGEST, "value": "1:ab"}], "healthCheckType": "ELB"},
        {},
        "no longer belong together",
    ),
    ("image-by-id", TEMPLATE, {"imageId": "resolve:ssm:/aws/x"}, {}, "resolve:ssm:/aws/x"),
    ("image-by-id", TEMPLATE, {}, {}, "imageId is missing"),
    ("container-by-digest", TEMPLATE, script("#!/bin/sh\ndocker run -d -p 80:80 web:1.5.0"), {}, "web:1.5.0"),
    ("container-by-digest", TEMPLATE, script("#!/bin/sh\nsudo podman pull --quiet web"), {}, "names web,"),
    (
        "container-by-digest",
        "aws:ecs/taskDefinition:TaskDefinition",
        {"containerDefinitions": json.dumps([{"image": f"web@{DIGEST}"}, {"image": "side:latest"}])},
        {},
        "containerDefinitions[1].image names side:latest",
    ),
    ("container-by-digest", "aws:lambda/function:Function", {"imageUri": "repo:1"}, {}, "imageUri names repo:1"),
    ("container-by-digest", "docker:index/remoteImage:RemoteImage", {"name": "nginx"}, {}, "nginx"),
    ("registry-immutable", "aws:ecr/repository:Repository", {}, {}, "MUTABLE"),
    (
        "registry-immutable",
        "aws:ecr/repository:Repository",
        {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": False}},
        {},
        "scanOnPush",
    ),
    ("no-key-pairs", TEMPLATE, {"keyName": "ops"}, {}, "keyName is ops"),
    ("no-key-pairs", "aws:ec2/keyPair:KeyPair", {}, {}, "key pair"),
    (
        "no-remote-login",
        INGRESS,
        {"ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv4": "0.0.0.0/0"},
        {},
        "22",
    ),
    ("no-remote-login", INGRESS, {"ipProtocol": "-1", "cidrIpv6": "::/0"}, {}, "3389"),
    (
        "no-remote-login",
        INGRESS,
        {"ipProtocol": "tcp", "fromPort": 0.0, "toPort": 65535.0, "cidrIpv4": "0.0.0.0/1"},
        {},
        "22",
    ),
    (
        "no-remote-login",
        SECURITY_GROUP,
        {
            "ingress": [
                {"protocol": "tcp", "fromPort": 3300.0, "toPort": 3400.0, "cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}
            ]
        },
        {},
        "ingress[0] opens port 3389 to 0.0.0.0/0",
    ),
    (
        "no-remote-login",
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {"type": "ingress", "protocol": "6", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": ["128.0.0.0/1"]},
        {},
        "128.0.0.0/1",
    ),
    ("metadata-tokens", TEMPLATE, {}, {}, "httpTokens is not set"),
    ("metadata-tokens", TEMPLATE, {"metadataOptions": {"httpTokens": "optional"}}, {}, "httpTokens is optional"),
    (
        "metadata-tokens",
        TEMPLATE,
        {"metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 3.0}},
        {},
        "is 3, more than 2",
    ),
    ("no-remote-execution", "command:remote:Command", {}, {}, "runs commands"),
    (
        "no-remote-execution",
        "aws:ssm/association:Association",
        {"name": "AWS-RunShellScript"},
        {},
        "AWS-RunShellScript",
    ),
    (
        "no-remote-execution",
        DOCUMENT,
        {"documentType": "Command", "content": json.dumps({"mainSteps": [{"action": "aws:runShellScript"}]})},
        {},
        "aws:runShellScript",
    ),
    (
        "no-remote-execution",
        DOCUMENT,
        {"documentType": "Automation", "content": "mainSteps:\n  - action: aws:runCommand\n"},
        {},
        "aws:runCommand",
    ),
    ("no-sessions", ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}, {}, "Session"),
    ("no-sessions", ROLE_POLICY, policy({"Action": "ssm:Start*"}), {}, "ssm:StartSession"),
    ("no-sessions", ROLE_POLICY, policy({"Action": ["s3:Get*", "SSM:SENDCOMMAND"]}), {}, "ssm:SendCommand"),
    ("no-sessions", ROLE_POLICY, policy({"NotAction": "s3:*"}), {}, "and more"),
    ("no-public-addresses", TEMPLATE, {"networkInterfaces": [{"associatePublicIpAddress": "true"}]}, {}, "public"),
    ("no-public-addresses", "aws:ec2/eip:Eip", {}, {}, "public address"),
    ("no-public-addresses", "aws:ec2/subnet:Subnet", {"mapPublicIpOnLaunch": True}, {}, "mapPublicIpOnLaunch"),
    ("least-privilege", ROLE_POLICY, policy({"Action": "*"}), {}, "allows * on every resource"),
    ("least-privilege", ROLE_POLICY, policy({"Action": "s3:Get*"}, {"Action": ["*:*"]}), {}, "statement 2 allows *:*"),
    ("least-privilege", ROLE_POLICY, policy({"NotAction": "iam:*"}), {}, "everything but iam:*"),
    ("least-privilege", ROLE_POLICY, policy({"Action": "iam:PassRole"}), {}, "iam:PassRole"),
    ("least-privilege", ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, {}, "Administrator"),
    (
        "least-privilege",
        "aws:iam/role:Role",
        {"inlinePolicies": [{"name": "a", **policy({"Action": "*"})}], "managedPolicyArns": []},
        {},
        "inlinePolicies[0], statement 1",
    ),
    ("nothing-installed-at-boot", TEMPLATE, script("#!/bin/sh\napt-get install -y nginx"), {}, "apt-get install"),
    ("nothing-installed-at-boot", INSTANCE, {"userData": "#!/bin/sh\nyum -y update"}, {}, "yum -y update"),
    (
        "volumes-die-with-servers",
        TEMPLATE,
        {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}]},
        {},
        "blockDeviceMappings[0].ebs.deleteOnTermination is not set",
    ),
    (
        "volumes-die-with-servers",
        TEMPLATE,
        {"blockDeviceMappings": [{"ebs": {"encrypted": "false", "deleteOnTermination": "true"}}]},
        {},
        "encrypted is false",
    ),
    ("volumes-die-with-servers", TEMPLATE, {}, {}, "declares no volume"),
    ("no-volume-attachments", "aws:ec2/volumeAttachment:VolumeAttachment", {}, {}, "state inside the fleet"),
    ("data-kept", "aws:efs/fileSystem:FileSystem", {"encrypted": True}, {}, "not protected"),
    ("data-kept", "aws:efs/fileSystem:FileSystem", {}, {"protect": True}, "encrypted is not set"),
    ("data-kept", "aws:s3/bucket:Bucket", {"forceDestroy": True}, {"protect": True}, "forceDestroy"),
    ("data-kept", "aws:dynamodb/table:Table", {}, {"protect": True}, "deletionProtectionEnabled"),
    (
        "data-kept",
        "aws:rds/instance:Instance",
        {"storageEncrypted": True, "deletionProtection": True, "skipFinalSnapshot": True},
        {"protect": True},
        "skipFinalSnapshot",
    ),
    ("health-of-users", GROUP, {"targetGroupArns": ["arn:1"], "healthCheckType": "EC2"}, {}, "is EC2"),
    ("health-of-users", GROUP, {"trafficSources": [{"identifier": "arn:1"}]}, {}, "trafficSources"),
    ("spread-in-production", GROUP, {"vpcZoneIdentifiers": ["a"], "minSize": 2.0}, {"stack": "prod"}, "1 subnet"),
    (
        "spread-in-production",
        GROUP,
        {"vpcZoneIdentifiers": ["a", "b"], "minSize": 1.0},
        {"stack": "eu-prod"},
        "minSize is 1",
    ),
    ("drained", TARGET_GROUP, {"deregistrationDelay": 0.0}, {}, "cut off"),
    ("drained", TARGET_GROUP, {"deregistrationDelay": 3601.0}, {}, "3601 s, more than 3600 s"),
    (
        "traffic-goes-somewhere",
        RULE,
        {"actions": [{"type": "forward", "forward": {"targetGroups": [{"arn": "arn:1", "weight": 0.0}]}}]},
        {},
        "every weight is 0",
    ),
]

#: rule, type, inputs, options and settings: nothing is wrong with it.
GOOD: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("numbered-template-version", GROUP, {"launchTemplate": {"id": "lt-1", "version": "3"}}, {}),
    ("numbered-template-version", GROUP, mixed({"version": "1"}, {"instanceType": "t3.micro"}), {}),
    ("created-before-deleted", GROUP, {}, {"delete_before_replace": False}),
    ("no-fixed-name", GROUP, {"namePrefix": "web-"}, {}),
    ("no-fixed-name", GROUP, {"name": "web-1a2b3c4"}, {}),
    ("no-fixed-name", GROUP, {"name": "web"}, {"delete_before_replace": False}),
    ("no-fixed-name", GROUP, {"name": "web"}, {"settings": {"allow": ["web"]}}),
    ("identity-not-ignored", GROUP, {}, {"ignore_changes": ["desiredCapacity", "minSize", "tags"]}),
    (
        "no-change-under-the-group",
        GROUP,
        {"maxInstanceLifetime": 86400.0},
        {"settings": {"max_instance_lifetime": True}},
    ),
    ("true-digest", TEMPLATE, tagged(CONTENT, CONTENT), {}),
    ("true-digest", TEMPLATE, {"tags": {"team": "web"}}, {}),
    ("image-by-id", TEMPLATE, {"imageId": IMAGE}, {}),
    ("container-by-digest", TEMPLATE, script(f"#!/bin/sh\ndocker run -e A=b --restart always web@{DIGEST} serve"), {}),
    ("container-by-digest", TEMPLATE, script("#!/bin/sh\ndocker login\ndocker ps\n# docker run web:1"), {}),
    ("container-by-digest", "docker:index/container:Container", {"image": DIGEST}, {}),
    (
        "registry-immutable",
        "aws:ecr/repository:Repository",
        {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        {},
    ),
    ("no-key-pairs", TEMPLATE, {}, {}),
    (
        "no-remote-login",
        INGRESS,
        {"ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "0.0.0.0/0"},
        {},
    ),
    ("no-remote-login", INGRESS, {"ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv4": "10.0.0.0/8"}, {}),
    ("no-remote-login", INGRESS, {"ipProtocol": "-1", "referencedSecurityGroupId": "sg-1"}, {}),
    ("no-remote-login", INGRESS, {"ipProtocol": "icmp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv4": "0.0.0.0/0"}, {}),
    (
        "no-remote-login",
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {"type": "egress", "protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]},
        {},
    ),
    ("metadata-tokens", TEMPLATE, {"metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1.0}}, {}),
    ("metadata-tokens", TEMPLATE, {"metadataOptions": {"httpEndpoint": "disabled"}}, {}),
    ("no-remote-execution", DOCUMENT, {"documentType": "Package", "content": "{}"}, {}),
    ("no-sessions", ROLE_POLICY, policy({"Action": ["ssm:GetParameter*", "s3:Get*"]}), {}),
    ("no-sessions", ROLE_POLICY, policy({"Action": "ssm:StartSession", "Effect": "Deny"}), {}),
    (
        "no-sessions",
        ROLE_POLICY,
        {**policy({"Action": "ssm:StartSession"}), "role": "emergency-eu"},
        {"settings": {"break_glass": ["emergency-*"]}},
    ),
    ("no-public-addresses", TEMPLATE, {"networkInterfaces": [{"associatePublicIpAddress": "false"}]}, {}),
    ("least-privilege", ROLE_POLICY, policy({"Action": "*", "Resource": "arn:aws:s3:::mine/*"}), {}),
    ("least-privilege", ROLE_POLICY, policy({"Action": ["logs:*", "s3:ListAllMyBuckets"]}), {}),
    ("nothing-installed-at-boot", TEMPLATE, script("#!/bin/sh\nexec /opt/shop/start"), {}),
    (
        "volumes-die-with-servers",
        TEMPLATE,
        {"blockDeviceMappings": [{"ebs": {"encrypted": "true", "deleteOnTermination": "true"}}, {"noDevice": ""}]},
        {},
    ),
    ("data-kept", "aws:efs/fileSystem:FileSystem", {"encrypted": True}, {"protect": True}),
    ("data-kept", "aws:s3/bucket:Bucket", {}, {"settings": {"protect": False}}),
    ("health-of-users", GROUP, {"targetGroupArns": ["arn:1"], "healthCheckType": "ELB"}, {}),
    ("health-of-users", GROUP, {"healthCheckType": "EC2", "targetGroupArns": []}, {}),
    ("spread-in-production", GROUP, {"vpcZoneIdentifiers": ["a"], "minSize": 1.0}, {"stack": "dev"}),
    ("drained", TARGET_GROUP, {"deregistrationDelay": 60.0}, {}),
    ("drained", TARGET_GROUP, {"targetType": "lambda", "deregistrationDelay": 0.0}, {}),
    (
        "traffic-goes-somewhere",
        RULE,
        {"actions": [{"forward": {"targetGroups": [{"arn": "1", "weight": 0.0}, {"arn": "2", "weight": 5.0}]}}]},
        {},
    ),
]


@pytest.mark.parametrize(("rule", "kind", "inputs", "given", "says"), BAD, ids=lambda one: str(one)[:40])
def test_what_breaks_a_rule_is_found(
    rule: str, kind: str, inputs: dict[str, Any], given: dict[str, Any], says: str
) -> None:
    found = judge(rule, kind, inputs, **given)
    assert any(says in one for one in found.findings), found
    assert all(BY_NAME[rule].remediation in one for one in found.findings)


@pytest.mark.parametrize(("rule", "kind", "inputs", "given"), GOOD, ids=lambda one: str(one)[:40])
def test_what_keeps_a_rule_is_left_alone(rule: str, kind: str, inputs: dict[str, Any], given: dict[str, Any]) -> None:
    found = judge(rule, kind, inputs, **given)
    assert found.findings == ()
    assert found.waits_for == ""


def test_every_rule_about_a_resource_is_shown_to_find_something_and_to_let_something_pass() -> None:
    single = {rule.name for rule in RULES if rule.check} - {"image-allowed"}
    assert {row[0] for row in BAD} == single
    assert single - {row[0] for row in GOOD} == {"no-single-servers", "no-volume-attachments"}


@pytest.mark.parametrize(
    ("rule", "kind", "inputs"),
    [
        ("numbered-template-version", GROUP, {"launchTemplate": {"id": UNKNOWN, "version": UNKNOWN}}),
        ("true-digest", TEMPLATE, {"imageId": UNKNOWN, "tags": {TAG_DIGEST: "1:ab"}}),
        ("image-by-id", TEMPLATE, {"imageId": UNKNOWN}),
        ("image-allowed", TEMPLATE, {"imageId": UNKNOWN}),
        ("container-by-digest", TEMPLATE, {"userData": UNKNOWN}),
        ("nothing-installed-at-boot", TEMPLATE, {"userData": UNKNOWN}),
        ("no-key-pairs", TEMPLATE, {"keyName": UNKNOWN}),
        ("least-privilege", ROLE_POLICY, {"policy": UNKNOWN}),
        ("no-sessions", ATTACHMENT, {"policyArn": UNKNOWN}),
        ("no-remote-login", INGRESS, {"ipProtocol": "tcp", "fromPort": 22.0, "cidrIpv4": UNKNOWN}),
        ("data-kept", "aws:efs/fileSystem:FileSystem", {"encrypted": UNKNOWN}),
        ("spread-in-production", GROUP, {"vpcZoneIdentifiers": UNKNOWN, "minSize": 2.0}),
        ("volumes-die-with-servers", TEMPLATE, {"blockDeviceMappings": UNKNOWN}),
    ],
    ids=lambda one: str(one)[:30],
)
def test_what_is_not_known_yet_is_said_and_never_passed(rule: str, kind: str, inputs: dict[str, Any]) -> None:
    found = judge(rule, kind, inputs, stack="prod")
    assert "can't be known during preview" in found.waits_for or found.findings


def test_what_is_known_is_judged_beside_what_is_not() -> None:
    rule = {"ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0}
    inputs = {"ingress": [{**rule, "cidrBlocks": [UNKNOWN]}, {**rule, "cidrBlocks": ["0.0.0.0/0"]}]}
    found = judge("no-remote-login", SECURITY_GROUP, inputs)
    (finding,) = found.findings
    assert finding.startswith("ingress[1] opens port 22 to 0.0.0.0/0")
    assert "ingress.0.cidrBlocks.0" in found.waits_for


def test_a_rule_says_nothing_of_types_it_does_not_know() -> None:
    judged = judge("no-key-pairs", "random:index/randomPet:RandomPet", {"keyName": "ops"})
    assert (judged.findings, judged.waits_for) == ((), "")


def forwarding(*arns: str) -> dict[str, Any]:
    """A rule's actions."""
    return {"actions": [{"forward": {"targetGroups": [{"arn": arn, "weight": 1.0} for arn in arns]}}]}


def test_weight_goes_to_target_groups_of_the_stack_only() -> None:
    ours = resource(TARGET_GROUP, "ours", {"arn": "arn:ours"})
    unknown = resource(TARGET_GROUP, "new", {"arn": UNKNOWN})
    good = resource(RULE, "good", forwarding("arn:ours"), [ours])
    new = resource(RULE, "new", forwarding(UNKNOWN), [unknown])
    bad = resource(RULE, "bad", forwarding("arn:ours", "arn:theirs"), [ours])
    found = judge_stack("traffic-to-declared-releases", ours, unknown, good, new, bad)
    assert found == ["urn:bad"]


def test_every_group_needs_an_alarm_on_it_or_on_its_target_group() -> None:
    targets = resource(TARGET_GROUP, "targets", {})
    by_target = resource(GROUP, "by-target", {"name": "a"}, [targets])
    by_group, by_name = resource(GROUP, "by-group", {"name": "b"}), resource(GROUP, "by-name", {"name": "c"})
    alone = resource(GROUP, "alone", {"name": "d"})
    alarms = [
        resource(ALARM, "1", {}, [targets]),
        resource(ALARM, "2", {}, [by_group]),
        resource(ALARM, "3", {"dimensions": {"AutoScalingGroupName": "c"}}),
    ]
    found = judge_stack("every-release-watched", targets, by_target, by_group, by_name, alone, *alarms)
    assert found == ["urn:alone"]
