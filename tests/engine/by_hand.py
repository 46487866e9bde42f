"""A thing of each kind changed by hand, behind the engine's back, with the sentence that `drift` has for it."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

from tests.engine.catalogue import GOOD, GOOD_TOO
from tests.engine.stage import Stage
from tests.engine.test_gates import traffic_rule

Fleet = dict[str, Any]
"""A group as AWS describes it, with the release's `name`."""


def fleets(stage: Stage) -> dict[str, Fleet]:
    """By version."""
    return {name.split("-")[1]: {**group, "name": name} for name, group in stage.groups().items()}


def differ(stage: Stage) -> list[str]:
    """Change all of it in a canary from 1.4.2, at 90 % with four instances, to 1.5.0, beside workers of 2.0.0."""
    old, new, worker = (fleets(stage)[version] for version in ("1.4.2", "1.5.0", "2.0.0"))
    return [
        *_properties(stage, old),
        *_gone(stage, new),
        *_weights(stage, old, new),
        *_changed(stage, old),
        *_set_apart(stage, old, new),
        *_strangers(stage, old, new),
        *_another_version(stage, worker),
    ]


def _properties(stage: Stage, old: Fleet) -> Iterator[str]:
    stage.client("elbv2").modify_target_group(TargetGroupArn=old["TargetGroupARNs"][0], HealthCheckPath="/x")
    yield f"{old['name']}: its target group's health check path is /x, the release says /healthz"
    stage.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=old["AutoScalingGroupName"], MaxSize=9)
    yield f"{old['name']}: its Auto Scaling group's max size is 9, the last update left 8"


def _gone(stage: Stage, new: Fleet) -> Iterator[str]:
    ec2, elb = stage.client("ec2"), stage.client("elbv2")
    (port,) = ec2.describe_security_group_rules(Filters=[{"Name": "tag:Name", "Values": ["web-8080"]}])[
        "SecurityGroupRules"
    ]
    ec2.revoke_security_group_ingress(GroupId=port["GroupId"], SecurityGroupRuleIds=[port["SecurityGroupRuleId"]])
    yield "security group ingress rule web-8080: it is gone"
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (preview,) = (
        rule
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        if rule["Conditions"] and rule["Conditions"][0].get("HttpHeaderConfig", {}).get("Values") == [new["name"]]
    )
    elb.delete_rule(RuleArn=preview["RuleArn"])
    yield f"{new['name']}: its preview rule is gone"


def _weights(stage: Stage, old: Fleet, new: Fleet) -> Iterator[str]:
    shared = traffic_rule(stage)
    even = [{**one, "Weight": 50} for one in shared["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    stage.client("elbv2").modify_rule(
        RuleArn=shared["RuleArn"], Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": even}}]
    )
    yield (
        f"web: the listener has {old['name']} at 50 %, {new['name']} at 50 %, "
        f"the last update left {old['name']} at 90 %, {new['name']} at 10 %"
    )


def _changed(stage: Stage, old: Fleet) -> Iterator[str]:
    """Instances that run something else than their release says."""
    ec2 = stage.client("ec2")
    first, second, third, _ = (one["InstanceId"] for one in old["Instances"])
    ec2.modify_instance_attribute(InstanceId=first, InstanceType={"Value": "t3.large"})
    yield f"{old['name']}: {first} is a t3.large, the release says t3.micro"
    (told,) = ec2.describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"]
    default = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    ec2.modify_instance_attribute(InstanceId=first, Groups=[default])
    own = told["SecurityGroups"][0]["GroupId"]
    yield f"{old['name']}: {first} has the security groups {default}, its launch template says {own}"
    (association,) = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [second]}]
    )["IamInstanceProfileAssociations"]
    ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    profile = association["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    yield f"{old['name']}: {second} has the instance profile none, its launch template says {profile}"
    ec2.modify_instance_metadata_options(InstanceId=second, HttpTokens="optional")
    yield (
        f"{old['name']}: {second} answers metadata requests without a token (IMDSv1), "
        "the release says that one is required"
    )
    ec2.modify_instance_attribute(InstanceId=third, UserData={"Value": base64.b64encode(b"#!/bin/sh\nmine\n").decode()})
    yield f"{old['name']}: {third} has the user data sha256 b5231f4e, the release says none"


def _set_apart(stage: Stage, old: Fleet, new: Fleet) -> Iterator[str]:
    autoscaling = stage.client("autoscaling")
    *_, third, fourth = (one["InstanceId"] for one in old["Instances"])
    group = old["AutoScalingGroupName"]
    autoscaling.set_instance_protection(AutoScalingGroupName=group, InstanceIds=[third], ProtectedFromScaleIn=True)
    yield f"{old['name']}: {third} is protected from scale-in"
    autoscaling.detach_instances(AutoScalingGroupName=group, InstanceIds=[fourth], ShouldDecrementDesiredCapacity=True)
    yield f"{old['name']}: {fourth} runs with its tags, and in no Auto Scaling group"
    standby = new["Instances"][0]["InstanceId"]
    autoscaling.enter_standby(
        AutoScalingGroupName=new["AutoScalingGroupName"], InstanceIds=[standby], ShouldDecrementDesiredCapacity=False
    )
    yield f"{new['name']}: {standby} is in Standby, and serves nobody"


def _strangers(stage: Stage, old: Fleet, new: Fleet) -> Iterator[str]:
    """Instances that somebody launched."""
    subnet = old["VPCZoneIdentifier"].split(",")[0]
    made = stage.client("ec2").run_instances(
        ImageId=GOOD, MinCount=2, MaxCount=2, InstanceType="t3.small", SubnetId=subnet
    )["Instances"]
    stranger, attached = (one["InstanceId"] for one in made)
    stage.client("elbv2").register_targets(TargetGroupArn=old["TargetGroupARNs"][0], Targets=[{"Id": stranger}])
    yield f"{old['name']}: {stranger} is a target of its target group, and not of its Auto Scaling group"
    stage.client("autoscaling").attach_instances(
        AutoScalingGroupName=new["AutoScalingGroupName"], InstanceIds=[attached]
    )
    yield (
        f"{new['name']}: {attached} was attached by hand: launched from no launch template, it runs {GOOD} on t3.small"
    )


def _another_version(stage: Stage, worker: Fleet) -> Iterator[str]:
    """A group that was moved to another version of its template, and has launched one."""
    autoscaling, ec2 = stage.client("autoscaling"), stage.client("ec2")
    moved = worker["MixedInstancesPolicy"]
    template = moved["LaunchTemplate"]["LaunchTemplateSpecification"]["LaunchTemplateId"]
    (first,) = ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={**first["LaunchTemplateData"], "ImageId": GOOD_TOO}
    )
    yield f"{worker['name']}: its launch template's image is {GOOD_TOO}, the release says {GOOD}"
    yield f"{worker['name']}: its launch template's latest version is 2, the last update left 1"
    moved["LaunchTemplate"]["LaunchTemplateSpecification"] = {"LaunchTemplateId": template, "Version": "2"}
    name = worker["AutoScalingGroupName"]
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MixedInstancesPolicy=moved, DesiredCapacity=3)
    yield f"{worker['name']}: its Auto Scaling group's launch template version is 2, the last update left 1"
    other = _one_more(stage, {one["InstanceId"] for one in worker["Instances"]})
    yield (
        f"{worker['name']}: {other} was launched from version 2 of its launch template and runs {GOOD_TOO}, "
        f"the release is version 1 with {GOOD}"
    )
    autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["ReplaceUnhealthy"])
    yield f"{worker['name']}: its Auto Scaling group has ReplaceUnhealthy suspended"


def _one_more(stage: Stage, before: set[str]) -> str:
    """The instance that the workers' group has launched since."""
    for _ in range(40):
        now = {one["InstanceId"] for one in fleets(stage)["2.0.0"]["Instances"]} - before
        if now:
            return now.pop()
        time.sleep(0.25)
    raise AssertionError("no instance came")
