"""Lookups of networks, images, zones and services, against the sandbox's cloud."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from sandbox.provider.values import Values
from tests.sandbox.lookup_schema import ask
from tests.sandbox.provider_client import REGION, Client, RefusedError

OLDER, NEWER = "ami-00000000000000140", "ami-00000000000000150"


@pytest.fixture
def network(boto: Any) -> Values:
    """A VPC with a tag of its own and two security groups in it."""
    ec2, tag = boto("ec2"), uuid4().hex
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    groups = [
        ec2.create_security_group(GroupName=f"{name}-{tag}", Description=f"of {name}", VpcId=vpc)["GroupId"]
        for name in ("web", "api")
    ]
    ec2.create_tags(Resources=[vpc, *groups], Tags=[{"Key": "of", "Value": tag}])
    return {"vpc": vpc, "groups": groups, "tag": tag}


def test_vpcs_are_listed_by_filters_and_tags_and_there_may_be_none(client: Client, network: Values) -> None:
    by_tag = ask(client, "getVpcs", tags={"of": network["tag"]})
    assert (by_tag["ids"], by_tag["id"]) == ([network["vpc"]], REGION)
    everything = ask(client, "getVpcs")["ids"]
    assert network["vpc"] in everything
    assert len(everything) > 1
    filters = [{"name": "vpc-id", "values": [network["vpc"]]}]
    assert ask(client, "getVpcs", filters=filters)["ids"] == [network["vpc"]]
    assert ask(client, "getVpcs", tags={"of": "nobody"})["ids"] == []


def test_a_vpc_that_is_not_there_is_told_as_the_real_provider_tells_it(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"no matching EC2 VPC found \(id=vpc-00000000\)"):
        ask(client, "getVpc", id="vpc-00000000")


def test_a_security_group_is_found_by_each_argument(client: Client, network: Values) -> None:
    id_, name = network["groups"][0], f"web-{network['tag']}"
    found = ask(client, "getSecurityGroup", id=id_)
    assert found == {
        "arn": f"arn:aws:ec2:{REGION}:123456789012:security-group/{id_}",
        "description": "of web",
        "id": id_,
        "name": name,
        "region": REGION,
        "tags": {"of": network["tag"]},
        "vpcId": network["vpc"],
    }
    assert ask(client, "getSecurityGroup", name=name) == found
    assert ask(client, "getSecurityGroup", name=name, vpcId=network["vpc"], tags={"of": network["tag"]}) == found
    by_filter = ask(client, "getSecurityGroup", filters=[{"name": "group-name", "values": [name]}])
    assert by_filter["id"] == id_


def test_a_security_group_must_be_one(client: Client, network: Values) -> None:
    with pytest.raises(RefusedError, match="no matching EC2 Security Group found"):
        ask(client, "getSecurityGroup", name="nobody")
    with pytest.raises(RefusedError, match="no matching EC2 Security Group found"):
        ask(client, "getSecurityGroup", id="sg-00000000")
    with pytest.raises(RefusedError, match=r"multiple EC2 Security Groups matched.*to a single EC2 Security Group"):
        ask(client, "getSecurityGroup", vpcId=network["vpc"])


def test_security_groups_are_listed_with_arns_and_vpcs_in_the_same_order(client: Client, network: Values) -> None:
    found = ask(client, "getSecurityGroups", tags={"of": network["tag"]})
    assert set(found["ids"]) == set(network["groups"])
    assert found["vpcIds"] == [network["vpc"]] * 2
    assert found["arns"] == [f"arn:aws:ec2:{REGION}:123456789012:security-group/{one}" for one in found["ids"]]
    assert ask(client, "getSecurityGroups", tags={"of": "nobody"})["arns"] == []


def test_images_are_listed_the_oldest_first_or_last(client: Client) -> None:
    filters = [{"name": "tag:service", "values": ["web"]}]
    found = ask(client, "getAmiIds", owners=["self"], filters=filters)
    assert (found["sortAscending"], found["includeDeprecated"]) == (False, False)
    assert sorted(found["ids"]) == [OLDER, NEWER]
    turned = ask(client, "getAmiIds", owners=["self"], filters=filters, sortAscending=True)
    assert turned["ids"] == found["ids"][::-1]
    assert turned["id"] != found["id"]
    assert ask(client, "getAmiIds", owners=["self"], filters=filters)["id"] == found["id"]
    assert ask(client, "getAmiIds", owners=["self"], nameRegex="1.5.0$")["ids"] == [NEWER]
    assert ask(client, "getAmiIds", owners=["self"], nameRegex="nothing")["ids"] == []
    with pytest.raises(RefusedError, match="Missing required argument 'owners'"):
        ask(client, "getAmiIds")


def test_an_images_tags_are_told_and_narrow_nothing_unlike_filters(client: Client) -> None:
    narrowed = {"owners": ["self"], "nameRegex": "1.5.0$", "tags": {"service": "nobody"}}
    found = ask(client, "getAmi", **narrowed)
    assert (found["id"], found["tags"]["service"]) == (NEWER, "web")


def test_a_zone_is_found_by_each_argument(client: Client) -> None:
    found = ask(client, "getAvailabilityZone", name="eu-west-1b")
    assert (found["id"], found["nameSuffix"], found["state"]) == ("eu-west-1b", "b", "available")
    assert found["zoneType"] == "availability-zone"
    assert ask(client, "getAvailabilityZone", zoneId=found["zoneId"])["name"] == "eu-west-1b"
    named = [{"name": "zone-name", "values": ["eu-west-1b"]}]
    assert ask(client, "getAvailabilityZone", filters=named, state="available")["name"] == "eu-west-1b"
    with pytest.raises(RefusedError, match="multiple EC2 Availability Zones matched"):
        ask(client, "getAvailabilityZone", state="available")
    with pytest.raises(RefusedError, match="no matching EC2 Availability Zone found"):
        ask(client, "getAvailabilityZone", filters=[{"name": "zone-name", "values": ["eu-west-1z"]}])


def test_a_region_is_found_by_name_and_by_endpoint(client: Client) -> None:
    by_endpoint = ask(client, "getRegion", endpoint="ec2.eu-central-1.amazonaws.com")
    assert (by_endpoint["name"], by_endpoint["description"]) == ("eu-central-1", "Europe (Frankfurt)")
    assert ask(client, "getRegion", name="eu-central-1")["endpoint"] == "ec2.eu-central-1.amazonaws.com"
    assert ask(client, "getRegion")["name"] == REGION
    with pytest.raises(RefusedError, match="region not found for name"):
        ask(client, "getRegion", name="eu-nowhere-1")
    with pytest.raises(RefusedError, match="multiple regions matched"):
        ask(client, "getRegion", name="eu-central-1", endpoint="ec2.eu-west-1.amazonaws.com")


def test_default_tags_are_those_of_the_config(client: Client, address: str) -> None:
    assert ask(client, "getDefaultTags")["tags"] == {}
    tagged = Client(address, defaultTags={"tags": {"team": "web"}})
    assert ask(tagged, "getDefaultTags")["tags"] == {"team": "web"}
    tagged.channel.close()


def test_a_service_is_named_from_its_parts_or_taken_apart(client: Client) -> None:
    expected = {
        "dnsName": f"s3.{REGION}.amazonaws.com",
        "id": f"com.amazonaws.{REGION}.s3",
        "partition": "aws",
        "region": REGION,
        "reverseDnsName": f"com.amazonaws.{REGION}.s3",
        "reverseDnsPrefix": "com.amazonaws",
        "serviceId": "s3",
        "supported": True,
    }
    assert ask(client, "getService", serviceId="s3") == expected
    assert ask(client, "getService", dnsName=expected["dnsName"]) == expected
    assert ask(client, "getService", reverseDnsName=expected["id"]) == expected
    chinese = ask(client, "getService", reverseDnsName="cn.com.amazonaws.cn-north-1.nothing")
    assert (chinese["partition"], chinese["supported"]) == ("aws-cn", False)
    with pytest.raises(RefusedError, match=r"at least 4 parts: s3\.amazonaws has 2"):
        ask(client, "getService", dnsName="amazonaws.s3")
    with pytest.raises(RefusedError, match="service ID not provided directly or through a DNS name"):
        ask(client, "getService", region=REGION)
