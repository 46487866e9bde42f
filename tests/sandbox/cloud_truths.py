"""What AWS does and moto alone doesn't: each function holds in the sandbox's cloud and fails on bare moto."""

from __future__ import annotations

from typing import Any

from tests.sandbox.cloud_world import GOOD, World, forward, refused

DISTRIBUTION = {"OnDemandBaseCapacity": 0, "OnDemandPercentageAboveBaseCapacity": 50}


def mixed(world: World, *types: str, **data: Any) -> dict[str, Any]:
    """A mixed instances policy."""
    specification = {"LaunchTemplateId": world.template(**data), "Version": "1"}
    overrides = [{"InstanceType": each} for each in types]
    return {
        "LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": overrides},
        "InstancesDistribution": DISTRIBUTION,
    }


# Auto Scaling groups


def a_taken_group_name_is_refused(world: World) -> None:
    name = world.group(1)
    with refused("AlreadyExists"):
        world.group(1, name=name)


def a_group_with_instances_is_deleted_by_force_only(world: World) -> None:
    name = world.group(1)
    with refused("ResourceInUse"):
        world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name)
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def an_unknown_group_is_said_to_be_unknown(world: World) -> None:
    with refused("ValidationError"):
        world.autoscaling.set_desired_capacity(AutoScalingGroupName="no-such", DesiredCapacity=1)


def an_image_that_does_not_exist_is_refused_with_the_group(world: World) -> None:
    template = world.template("ami-0fffffffffffffff1")
    with refused("ValidationError"):
        world.group(1, template, name="of-no-image")
    found = world.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["of-no-image"])
    assert found["AutoScalingGroups"] == []


def a_target_group_that_does_not_exist_is_refused_with_the_group(world: World) -> None:
    targets = world.target_group()
    world.elb.delete_target_group(TargetGroupArn=targets)
    with refused("ValidationError"):
        world.group(1, TargetGroupARNs=[targets])


def a_minimum_above_the_maximum_is_refused(world: World) -> None:
    with refused("ValidationError"):
        world.group(3, MaxSize=2)


def a_desired_capacity_above_the_maximum_is_refused(world: World) -> None:
    name = world.group(1, MaxSize=2)
    with refused("ValidationError"):
        world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=3)


def an_update_that_leaves_no_room_for_its_desired_capacity_is_refused(world: World) -> None:
    name = world.group(1)
    with refused("ValidationError"):
        world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=2, DesiredCapacity=3)


def an_update_of_sizes_keeps_the_mixed_instances_policy(world: World) -> None:
    name = world.group(1, MixedInstancesPolicy=mixed(world, "t3.small"))
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=2)
    assert world.described(name)["MixedInstancesPolicy"]["InstancesDistribution"] == DISTRIBUTION


def settings_of_a_group_are_kept(world: World) -> None:
    first: dict[str, Any] = {"HealthCheckGracePeriod": 0, "DefaultCooldown": 0, "DefaultInstanceWarmup": 30}
    name = world.group(1, **first)
    assert {key: world.described(name).get(key) for key in first} == first
    then = {"DefaultCooldown": 60, "TerminationPolicies": ["OldestInstance"], "CapacityRebalance": True}
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, **then)
    assert {key: world.described(name).get(key) for key in then} == then


def cpu_policy(world: World, group: str, name: str) -> None:
    """A target tracking policy."""
    cpu = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    world.autoscaling.put_scaling_policy(
        AutoScalingGroupName=group,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={"PredefinedMetricSpecification": cpu, "TargetValue": 50},
    )


def policies_of(world: World, group: str) -> list[str]:
    """Names of a group's scaling policies."""
    found = world.autoscaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]
    return [each["PolicyName"] for each in found]


def groups_have_policies_of_the_same_name(world: World) -> None:
    one, two = world.group(0), world.group(0)
    cpu_policy(world, one, "cpu")
    cpu_policy(world, two, "cpu")
    world.autoscaling.delete_policy(AutoScalingGroupName=one, PolicyName="cpu")
    assert (policies_of(world, one), policies_of(world, two)) == ([], ["cpu"])


def a_deleted_group_takes_its_policies_along(world: World) -> None:
    name = world.group(0)
    cpu_policy(world, name, "gone")
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name)
    assert policies_of(world, name) == []


# Instances of groups


def instances_are_of_the_first_type_of_the_overrides(world: World) -> None:
    name = world.group(2, MixedInstancesPolicy=mixed(world, "m7i.large", "m6i.large"))
    assert {each["InstanceType"] for each in world.described(name)["Instances"]} == {"m7i.large"}


def on_demand_and_spot_together_are_the_desired_capacity(world: World) -> None:
    name = world.group(3, MixedInstancesPolicy=mixed(world, "m7i.large"))
    assert len(world.instances(name)) == 3


def instances_are_spread_over_the_zones(world: World) -> None:
    zones = {each["AvailabilityZone"] for each in world.described(world.group(3))["Instances"]}
    assert len(zones) == 3


def instances_are_what_the_pinned_version_of_the_template_says(world: World) -> None:
    first, second = world.security_group(), world.security_group()
    template = world.template(SecurityGroupIds=[first])
    world.ec2.create_launch_template_version(
        LaunchTemplateId=template,
        LaunchTemplateData={
            "ImageId": GOOD,
            "InstanceType": "t3.micro",
            "SecurityGroupIds": [second],
            "UserData": "IyEvYmluL3NoCg==",
            "MetadataOptions": {"HttpTokens": "required"},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "from", "Value": "template"}]}],
        },
    )
    pinned = {"LaunchTemplateId": template, "Version": "2"}
    tag = {"Key": "release", "Value": "web-1.5.0", "PropagateAtLaunch": True}
    (instance,) = world.instances(world.group(1, LaunchTemplate=pinned, Tags=[tag]))
    (found,) = world.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert (found["ImageId"], found["MetadataOptions"]["HttpTokens"]) == (GOOD, "required")
    assert [each["GroupId"] for each in found["SecurityGroups"]] == [second]
    tags = {each["Key"]: each["Value"] for each in found["Tags"]}
    assert tags.items() >= {("from", "template"), ("release", "web-1.5.0"), ("aws:ec2launchtemplate:version", "2")}
    user_data = world.ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    assert user_data["UserData"]["Value"] == "IyEvYmluL3NoCg=="


def an_instance_marked_unhealthy_is_replaced(world: World) -> None:
    name = world.group(2)
    marked = world.instances(name)[0]
    world.autoscaling.set_instance_health(InstanceId=marked, HealthStatus="Unhealthy")
    assert marked not in world.instances(name)
    assert len(world.instances(name)) == 2


def a_replacement_is_registered_in_the_target_group(world: World) -> None:
    targets = world.target_group()
    name = world.group(1, TargetGroupARNs=[targets])
    world.ec2.terminate_instances(InstanceIds=world.instances(name))
    assert {*world.health(targets)} == {*world.instances(name)}


# Load balancers


def a_taken_balancer_name_is_refused(world: World) -> None:
    name = world.balancer().split("/")[2]
    with refused("DuplicateLoadBalancerName"):
        world.elb.create_load_balancer(Name=name, Subnets=world.subnets)


def a_balancers_arn_says_which_kind_it_is(world: World) -> None:
    for kind, short in {"application": "app", "network": "net", "gateway": "gwy"}.items():
        tags = [{"Key": "kind", "Value": kind}]
        made = world.elb.create_load_balancer(Name=f"of-{short}", Type=kind, Subnets=world.subnets[:2], Tags=tags)
        arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        assert arn.split("/")[1] == short
        assert world.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"] == tags
        world.elb.delete_load_balancer(LoadBalancerArn=arn)


def a_protected_balancer_is_not_deleted(world: World) -> None:
    balancer = world.balancer()
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    world.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=protected)
    with refused("OperationNotPermitted"):
        world.elb.delete_load_balancer(LoadBalancerArn=balancer)


def a_taken_port_is_refused(world: World) -> None:
    balancer = world.balancer()
    world.listener(balancer)
    with refused("DuplicateListener"):
        world.listener(balancer, DefaultActions=[forward(world.target_group())])


def https_without_a_certificate_is_refused(world: World) -> None:
    with refused("ValidationError"):
        world.listener(port=443, Protocol="HTTPS")


def a_rule_that_does_not_exist_is_not_deleted(world: World) -> None:
    rule = world.rule(world.listener(), world.target_group())
    world.elb.delete_rule(RuleArn=rule)
    with refused("RuleNotFound"):
        world.elb.delete_rule(RuleArn=rule)


def rules_can_swap_their_priorities(world: World) -> None:
    listener, targets = world.listener(), world.target_group()
    one, two = world.rule(listener, targets, priority=1), world.rule(listener, targets, priority=2)
    swapped = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
    world.elb.set_rule_priorities(RulePriorities=swapped)
    found = {each["RuleArn"]: each["Priority"] for each in world.elb.describe_rules(RuleArns=[one, two])["Rules"]}
    assert found == {one: "2", two: "1"}


def a_sixth_target_group_in_an_action_is_refused(world: World) -> None:
    listener, groups = world.listener(), [world.target_group() for _ in range(6)]
    rule = world.rule(listener, *groups[:5])
    with refused("InvalidLoadBalancerAction"):
        world.elb.modify_rule(RuleArn=rule, Actions=[forward(*groups)])


def a_hundred_and_first_rule_is_refused(world: World) -> None:
    listener, targets = world.listener(), world.target_group()
    for priority in range(1, 101):
        world.rule(listener, targets, priority=priority)
    with refused("TooManyRules"):
        world.rule(listener, targets, priority=101)


def a_target_group_of_another_balancer_is_refused(world: World) -> None:
    targets = world.target_group()
    world.rule(world.listener(), targets)
    with refused("TargetGroupAssociationLimit"):
        world.rule(world.listener(), targets)


def a_target_group_knows_the_balancer_that_names_it_and_forgets_it(world: World) -> None:
    balancer, targets = world.balancer(), world.target_group()
    rule = world.rule(world.listener(balancer), world.target_group())
    world.elb.modify_rule(RuleArn=rule, Actions=[forward(targets)])
    (found,) = world.elb.describe_target_groups(TargetGroupArns=[targets])["TargetGroups"]
    assert found["LoadBalancerArns"] == [balancer]
    world.elb.delete_rule(RuleArn=rule)
    (found,) = world.elb.describe_target_groups(TargetGroupArns=[targets])["TargetGroups"]
    assert not found["LoadBalancerArns"]


# Security groups


def a_security_group_of_an_instance_is_not_deleted(world: World) -> None:
    used = world.security_group()
    name = world.group(1, world.template(SecurityGroupIds=[used]))
    with refused("DependencyViolation"):
        world.ec2.delete_security_group(GroupId=used)
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    world.ec2.delete_security_group(GroupId=used)


def a_security_group_of_a_balancer_is_not_deleted(world: World) -> None:
    used = world.security_group()
    balancer = world.balancer(SecurityGroups=[used])
    with refused("DependencyViolation"):
        world.ec2.delete_security_group(GroupId=used)
    world.elb.delete_load_balancer(LoadBalancerArn=balancer)
    world.ec2.delete_security_group(GroupId=used)


def a_security_group_that_a_rule_of_another_names_is_not_deleted(world: World) -> None:
    source, target = world.security_group(), world.security_group()
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": source}]}
    world.ec2.authorize_security_group_ingress(GroupId=target, IpPermissions=[permission])
    with refused("DependencyViolation"):
        world.ec2.delete_security_group(GroupId=source)
    world.ec2.delete_security_group(GroupId=target)
    world.ec2.delete_security_group(GroupId=source)


def tags_of_a_template_change(world: World) -> None:
    template = world.template()
    world.ec2.create_tags(Resources=[template], Tags=[{"Key": "team", "Value": "web"}])
    (told,) = world.ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]
    assert told["Tags"] == [{"Key": "team", "Value": "web"}]


def metrics_of_a_group_are_enabled_and_disabled_one_by_one(world: World) -> None:
    name, sizes = world.group(1), ["GroupMinSize", "GroupMaxSize"]
    for metric in sizes:
        world.autoscaling.enable_metrics_collection(AutoScalingGroupName=name, Metrics=[metric], Granularity="1Minute")
    assert {each["Metric"] for each in world.described(name)["EnabledMetrics"]} == set(sizes)
    world.autoscaling.disable_metrics_collection(AutoScalingGroupName=name, Metrics=["GroupMinSize"])
    assert [each["Metric"] for each in world.described(name)["EnabledMetrics"]] == ["GroupMaxSize"]
    world.autoscaling.enable_metrics_collection(AutoScalingGroupName=name, Granularity="1Minute")
    assert len(world.described(name)["EnabledMetrics"]) > 10
    world.autoscaling.disable_metrics_collection(AutoScalingGroupName=name)
    assert world.described(name)["EnabledMetrics"] == []


def a_policy_is_enabled_unless_it_is_told_to_rest(world: World) -> None:
    name = world.group(1)
    cpu_policy(world, name, "cpu")
    (told,) = world.autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"]
    assert told["Enabled"] is True


_BUILDERS = (mixed, cpu_policy, policies_of)

TRUTHS = [
    each
    for each in list(globals().values())
    if callable(each) and getattr(each, "__module__", "") == __name__ and each not in _BUILDERS
]
