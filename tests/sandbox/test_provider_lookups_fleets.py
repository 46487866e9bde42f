"""Lookups of instances, fleets and balancers: what a resource says of itself, a function says of it too."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from uuid import uuid4

import pytest

from sandbox.provider.values import Values
from tests.sandbox.lookup_schema import ask, missing
from tests.sandbox.provider_client import REGION, Resource
from tests.sandbox.provider_world import BALANCER, GROUP, IMAGE, LISTENER, TARGET_GROUP, TEMPLATE, World


def agreeing(found: Values, resource: Resource, names: str) -> None:
    """The answer has what the resource's state has."""
    for name in names.split():
        assert (name, found.get(name)) == (name, resource.state.get(name))


@pytest.fixture
def tag() -> str:
    """A tag's value that nothing else in the cloud has."""
    return uuid4().hex


def test_a_launch_template_is_found_by_each_argument_with_its_latest_version(world: World, tag: str) -> None:
    inputs: Values = {
        **world.rich_inputs_of(TEMPLATE),
        "tags": {"of": tag},
        "networkInterfaces": [{"deviceIndex": 0, "associatePublicIpAddress": "true", "securityGroups": ["sg-1"]}],
        "vpcSecurityGroupIds": None,
    }
    template = world.make(TEMPLATE, **inputs)
    found = ask(world.client, "getLaunchTemplate", id=template.id)
    agreeing(found, template, "arn name imageId instanceType latestVersion defaultVersion description userData keyName")
    assert found["tags"] == {"of": tag}
    assert [one["ebs"] for one in found["blockDeviceMappings"]] == [
        [one["ebs"]] for one in template.state["blockDeviceMappings"]
    ]
    (interface,) = found["networkInterfaces"]
    assert (interface["associatePublicIpAddress"], interface["deleteOnTermination"]) == (True, False)
    assert ask(world.client, "getLaunchTemplate", name=template.state["name"]) == found
    assert ask(world.client, "getLaunchTemplate", tags={"of": tag})["id"] == template.id
    named = [{"name": "launch-template-name", "values": [template.state["name"]]}]
    assert ask(world.client, "getLaunchTemplate", filters=named)["id"] == template.id

    world.client.update(template, **{**template.inputs, "instanceType": "m5.large"})
    later = ask(world.client, "getLaunchTemplate", id=template.id)
    assert (later["latestVersion"], later["defaultVersion"], later["instanceType"]) == (2, 1, "m5.large")
    world.make(TEMPLATE, "other", tags={"of": tag})
    assert "multiple EC2 Launch Templates matched" in missing(world.client, "getLaunchTemplate", tags={"of": tag})
    assert "no matching EC2 Launch Template found" in missing(world.client, "getLaunchTemplate", name="nobody")
    assert "no matching EC2 Launch Template found" in missing(
        world.client, "getLaunchTemplate", id="lt-0123456789abcdef0"
    )


def test_a_group_is_found_by_its_name(world: World) -> None:
    group = world.make(GROUP, **world.rich_inputs_of(GROUP), launchTemplate=None)
    found = ask(world.client, "getGroup", name=group.id)
    agreeing(found, group, "arn minSize maxSize desiredCapacity healthCheckGracePeriod healthCheckType targetGroupArns")
    agreeing(found, group, "suspendedProcesses defaultCooldown")
    assert (found["id"], found["vpcZoneIdentifier"].split(",")) == (group.id, group.state["vpcZoneIdentifiers"])
    assert found["terminationPolicies"] == ["Default"]
    assert sorted(found["enabledMetrics"]) == ["GroupMaxSize", "GroupMinSize"]
    assert {one["key"]: one["value"] for one in found["tags"]} == {
        one["key"]: one["value"] for one in group.state["tags"]
    }
    (mixed,) = found["mixedInstancesPolicies"]
    (template,) = mixed["launchTemplates"]
    (specification,) = template["launchTemplateSpecifications"]
    assert specification["launchTemplateId"] == world.one(TEMPLATE).id
    assert [one["instanceType"] for one in template["overrides"]] == ["t3.micro", "t3.small"]
    assert mixed["instancesDistributions"][0]["onDemandPercentageAboveBaseCapacity"] == 100
    said = missing(world.client, "getGroup", name="nobody")
    assert said == "reading Auto Scaling Group (nobody): couldn't find resource"


def test_a_group_with_a_plain_template_tells_it(world: World) -> None:
    group = world.make(GROUP)
    (template,) = ask(world.client, "getGroup", name=group.id)["launchTemplates"]
    assert (template["id"], template["version"]) == (world.one(TEMPLATE).id, "1")


def test_a_balancer_is_found_by_each_argument(world: World, tag: str) -> None:
    balancer = world.make(BALANCER, idleTimeout=90, tags={"of": tag, "more": "yes"})
    found = ask(world.client, "getLoadBalancer", arn=balancer.id)
    agreeing(
        found,
        balancer,
        "arn arnSuffix clientKeepAlive desyncMitigationMode dnsName dropInvalidHeaderFields enableDeletionProtection "
        "enableHttp2 idleTimeout internal ipAddressType loadBalancerType name preserveHostHeader securityGroups "
        "subnets vpcId xffHeaderProcessingMode zoneId",
    )
    assert found["accessLogs"] == {"bucket": "", "enabled": False, "prefix": ""}
    assert {one["subnetId"] for one in found["subnetMappings"]} == set(balancer.state["subnets"])
    assert found["tags"] == {"of": tag, "more": "yes"}
    assert ask(world.client, "getLoadBalancer", name=balancer.state["name"]) == found
    assert ask(world.client, "getLoadBalancer", tags={"of": tag})["arn"] == balancer.id

    said = "Search returned {} results, please revise so only one is returned"
    assert missing(world.client, "getLoadBalancer", tags={"of": "nobody"}) == said.format(0)
    world.make(BALANCER, "other", tags={"of": tag})
    assert missing(world.client, "getLoadBalancer", tags={"of": tag}) == said.format(2)
    gone = missing(world.client, "getLoadBalancer", name="nobody")
    assert gone == "reading ELBv2 Load Balancers: couldn't find resource"


def test_a_target_group_is_found_by_each_argument(world: World, tag: str) -> None:
    targets = world.make(TARGET_GROUP, tags={"of": tag}, deregistrationDelay=5)
    found = ask(world.client, "getTargetGroup", arn=targets.id)
    agreeing(found, targets, "arn arnSuffix name port protocol slowStart targetType vpcId")
    agreeing(found, targets, "healthCheck stickiness loadBalancingAlgorithmType")
    assert (found["deregistrationDelay"], found["loadBalancerArns"]) == ("5", [])
    assert ask(world.client, "getTargetGroup", name=targets.state["name"]) == found
    assert ask(world.client, "getTargetGroup", tags={"of": tag})["id"] == targets.id
    said = missing(world.client, "getTargetGroup", tags={"of": "nobody"})
    assert said == "Search returned 0 results, please revise so only one is returned"
    assert (
        missing(world.client, "getTargetGroup", name="nobody") == "reading ELBv2 Target Groups: couldn't find resource"
    )


def test_a_listener_is_found_by_its_arn_or_its_port(world: World, tag: str) -> None:
    listener = world.make(LISTENER, tags={"of": tag})
    balancer = listener.state["loadBalancerArn"]
    targets = world.one(TARGET_GROUP).id
    forward = {"targetGroups": [{"arn": targets, "weight": 1}], "stickiness": {"duration": 60, "enabled": True}}
    other = world.make(LISTENER, "other", port=81, defaultActions=[{"type": "forward", "forward": forward}])

    found = ask(world.client, "getListener", arn=listener.id)
    agreeing(found, listener, "arn loadBalancerArn port protocol")
    (action,) = found["defaultActions"]
    fixed = {"contentType": "text/plain", "messageBody": "no", "statusCode": "503"}
    assert (action["type"], action["fixedResponses"]) == ("fixed-response", [fixed])
    assert (found["id"], found["tags"]) == (listener.id, {"of": tag})
    by_port = ask(world.client, "getListener", loadBalancerArn=balancer, port=81)
    assert by_port["arn"] == other.id
    (told,) = by_port["defaultActions"][0]["forwards"]
    assert told["targetGroups"] == [{"arn": targets, "weight": 1}]
    assert told["stickinesses"] == [{"duration": 60, "enabled": True}]

    said = missing(world.client, "getListener", loadBalancerArn=balancer, port=82)
    assert said == "Search returned 0 results, please revise so only one is returned"
    assert (
        missing(world.client, "getListener", loadBalancerArn=balancer) == "both load_balancer_arn and port must be set"
    )
    assert "conflicts with port" in missing(world.client, "getListener", arn=listener.id, port=80)
    assert "couldn't find resource" in missing(world.client, "getListener", arn=f"{listener.id}0")


@pytest.fixture
def instance(world: World, boto: Any, tag: str) -> Any:
    """An instance with user data, two volumes and a tag of its own."""
    disk = {"Ebs": {"VolumeSize": 9, "VolumeType": "gp3", "DeleteOnTermination": True, "Encrypted": True}}
    ec2 = boto("ec2")
    (made,) = ec2.run_instances(
        ImageId=IMAGE,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        SubnetId=world.subnets[0],
        UserData="echo hello",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", **disk}, {"DeviceName": "/dev/sdb", **disk}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "of", "Value": tag}]}],
    )["Instances"]
    yield made
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


def test_an_instance_is_found_by_each_argument(world: World, instance: Any, boto: Any, tag: str) -> None:
    id_ = instance["InstanceId"]
    found = ask(world.client, "getInstance", instanceId=id_)
    assert (found["id"], found["arn"]) == (id_, f"arn:aws:ec2:{REGION}:123456789012:instance/{id_}")
    assert (found["ami"], found["instanceType"], found["instanceState"]) == (IMAGE, "t3.micro", "running")
    assert (found["subnetId"], found["privateIp"]) == (world.subnets[0], instance["PrivateIpAddress"])
    assert (found["tags"], found["disableApiTermination"]) == ({"of": tag}, False)
    assert found["userData"] == hashlib.sha1(b"echo hello", usedforsecurity=False).hexdigest()
    assert "userDataBase64" not in found
    assert found["creditSpecifications"] == [{"cpuCredits": "standard"}]
    assert found["launchTime"].endswith("Z")
    assert [one["deviceName"] for one in found["rootBlockDevices"]] == ["/dev/xvda"]
    (disk,) = found["ebsBlockDevices"]
    assert (disk["deviceName"], disk["volumeSize"], disk["encrypted"]) == ("/dev/sdb", 9, True)
    groups = [one["GroupId"] for one in instance["SecurityGroups"]]
    assert found["vpcSecurityGroupIds"] == groups
    assert found["securityGroups"] == [one["GroupName"] for one in instance["SecurityGroups"]]

    asked = ask(world.client, "getInstance", instanceTags={"of": tag}, getUserData=True)
    assert base64.b64decode(asked["userDataBase64"]) == b"echo hello"
    filters = [{"name": "private-ip-address", "values": [instance["PrivateIpAddress"]]}]
    assert ask(world.client, "getInstance", filters=filters)["id"] == id_
    assert "no matching EC2 Instance found" in missing(world.client, "getInstance", instanceTags={"of": "nobody"})
    assert "no matching EC2 Instance found" in missing(world.client, "getInstance", instanceId="i-0123456789abcdef0")
    (other,) = boto("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"]
    boto("ec2").create_tags(Resources=[other["InstanceId"]], Tags=[{"Key": "of", "Value": tag}])
    assert "multiple EC2 Instances matched" in missing(world.client, "getInstance", instanceTags={"of": tag})
    boto("ec2").terminate_instances(InstanceIds=[other["InstanceId"]])


def test_only_running_instances_are_listed_unless_states_are_named(
    world: World, instance: Any, boto: Any, tag: str
) -> None:
    found = ask(world.client, "getInstances", instanceTags={"of": tag})
    assert (found["ids"], found["privateIps"]) == ([instance["InstanceId"]], [instance["PrivateIpAddress"]])
    assert "instanceStateNames" not in found
    boto("ec2").stop_instances(InstanceIds=[instance["InstanceId"]])
    assert ask(world.client, "getInstances", instanceTags={"of": tag})["ids"] == []
    stopped = ask(world.client, "getInstances", instanceTags={"of": tag}, instanceStateNames=["stopped"])
    assert stopped["ids"] == [instance["InstanceId"]]
    filters = [{"name": "tag:of", "values": [tag]}]
    assert ask(world.client, "getInstances", filters=filters, instanceStateNames=["stopped"])["ids"] == stopped["ids"]
