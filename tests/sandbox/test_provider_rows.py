"""The rows against the schema that the installed pulumi_aws was generated from, and against botocore's models."""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import re
import typing
from typing import Any

import pulumi
import pytest

from sandbox.provider.check import check
from sandbox.provider.lookups import LOOKUPS
from sandbox.provider.models import service_model
from sandbox.provider.row import Type
from sandbox.provider.types import TYPES
from tests.sandbox import lookup_schema

#: What pulumi's input and resource classes know of themselves.
types: Any = importlib.import_module("pulumi._types")

ROWS = pytest.mark.parametrize("row", TYPES.values(), ids=lambda row: row.token.rpartition(":")[2])

#: Inputs of the real provider that a row refuses by name. Adding one to its row means taking it away here.
REFUSED = {
    "aws:autoscaling/group:Group": {"instanceRefresh"},
    "aws:ec2/launchTemplate:LaunchTemplate": {"secondaryInterfaces"},
    "aws:dynamodb/table:Table": {
        "globalTableWitness",
        "importTable",
        "onDemandThroughput",
        "replicas",
        "restoreBackupArn",
        "restoreDateTime",
        "restoreSourceName",
        "restoreSourceTableArn",
        "restoreToLatestTime",
        "warmThroughput",
    },
    "aws:ecr/repository:Repository": {"imageTagMutabilityExclusionFilters"},
    "aws:efs/fileSystem:FileSystem": {"protection"},
    "aws:efs/mountTarget:MountTarget": {"ipAddressType", "ipv6Address"},
    # The real provider has them for what is older than the resources that took their place.
    "aws:s3/bucket:Bucket": {
        "accelerationStatus",
        "acl",
        "bucketNamespace",
        "corsRules",
        "grants",
        "lifecycleRules",
        "logging",
        "objectLockConfiguration",
        "policy",
        "replicationConfiguration",
        "requestPayer",
        "serverSideEncryptionConfiguration",
        "versioning",
        "website",
    },
    "aws:lb/listener:Listener": {"routingHttp*", "tcpIdleTimeoutSeconds"},
    "aws:lb/listenerRule:ListenerRule": {"transforms"},
    "aws:lb/loadBalancer:LoadBalancer": {
        "enablePrefixForIpv6SourceNat",
        "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
        "healthCheckLogs",
        "ipamPools",
        "minimumLoadBalancerCapacity",
        "secondaryIpsAutoAssignedPerSubnet",
    },
    "aws:lb/targetGroup:TargetGroup": {"targetControlPort", "targetFailovers"},
}

#: Properties of objects that are refused by name. Of the first, AWS computes it, and the real provider ignores it.
REFUSED_INSIDE = {
    "subnetMappings[0].outpostId",
    # Not in the row yet: an index's own limits on demand, and how far back a backup goes.
    "globalSecondaryIndexes[0].onDemandThroughput",
    "pointInTimeRecovery.recoveryPeriodInDays",
}


@ROWS
def test_every_input_is_one_of_the_real_provider_and_the_others_are_refused_by_name(row: Type) -> None:
    declared = {*row.inputs, *(["tags"] if row.tags else []), *(["region"] if row.regional else [])}
    real = set(types.input_type_py_to_pulumi_names(_args(row)).values())
    assert declared <= real
    refused = {"routingHttp*" if name.startswith("routingHttp") else name for name in real - declared}
    assert refused == REFUSED.get(row.token, set())


@ROWS
def test_the_required_inputs_are_those_of_the_real_provider(row: Type) -> None:
    names = types.input_type_py_to_pulumi_names(_args(row))
    parameters = inspect.signature(_args(row).__init__).parameters
    required = {name for py, name in names.items() if parameters[py].default is inspect.Parameter.empty}
    assert {name for name, field in row.inputs.items() if field.required} == required


@ROWS
def test_every_output_of_the_real_provider_is_told(row: Type) -> None:
    inputs = set(types.input_type_py_to_pulumi_names(_args(row)).values())
    told = {*row.outputs, *(["tagsAll"] if row.tags else [])}
    assert told == set(types.resource_types(_resource(row))) - inputs


@ROWS
def test_every_property_inside_an_object_lands_on_a_member_of_the_call(row: Type) -> None:
    names, kinds = types.input_type_py_to_pulumi_names(_args(row)), types.input_type_types(_args(row))
    refused: set[str] = set()
    for name in {*names.values()} & set(row.inputs):
        checked = check(row, "web", {}, {name: _sample(kinds[name])}, b"seed")
        found = (re.search(r"property '(.+)' is not supported", why) for _, why in checked.failures)
        refused |= {one[1] for one in found if one}
    assert refused <= REFUSED_INSIDE


@ROWS
def test_every_call_is_one_that_botocore_knows(row: Type) -> None:
    members = [one.members for one in row.inputs.values() if one.members]
    calls = [row.create, row.delete, *row.updates, *([row.attributes] if row.attributes else [])]
    calls += [row.tags.add, row.tags.remove] if row.tags else []
    operations = {call.operation for call in calls} | {read.operation for read in row.reads}
    operations |= {name for one in members for name in (one.add, one.remove)}
    assert operations <= set(service_model(row.service).operation_names)


@pytest.mark.parametrize("token", LOOKUPS)
def test_every_function_takes_and_tells_what_the_real_one_does(token: str) -> None:
    row = LOOKUPS[token]
    arguments = {_camel(one) for one in inspect.signature(lookup_schema.function(token)).parameters} - {"opts"}
    assert {*row.arguments, *(["region"] if row.regional else [])} == arguments
    assert {*row.required, *row.defaults} <= arguments
    real = {
        _camel(one) for one in inspect.signature(lookup_schema.result(token).__init__).parameters if one != "__self__"
    }
    computed = real - arguments - NOT_TOLD.get(token, set())
    assert computed - {"id"} <= set(row.outputs)
    assert set(row.outputs) <= real


#: Outputs of functions that the sandbox's cloud has nothing for.
NOT_TOLD = {
    "aws:ec2/getVpc:getVpc": {"ipv6CidrBlockAssociations"},
    "aws:ec2/getAmi:getAmi": {"stateReason"},
    "aws:ec2/getLaunchTemplate:getLaunchTemplate": {"secondaryInterfaces"},
}


def _resource(row: Type) -> Any:
    _, module, name = row.token.split(":")
    return getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)


def _args(row: Type) -> Any:
    _, module, name = row.token.split(":")
    package = importlib.import_module(f"pulumi_aws.{module.split('/')[0]}")
    # Where an object of the same name has taken the name.
    return getattr(package, f"{name}InitArgs", None) or getattr(package, f"{name}Args")


def _sample(kind: Any) -> Any:
    """A value of a type of pulumi_aws's, with every property of every object in it."""
    kind = _plain(kind)
    if inspect.isclass(kind) and types.is_input_type(kind):
        kinds = types.input_type_types(kind)
        return {name: _sample(kinds[name]) for name in types.input_type_py_to_pulumi_names(kind).values()}
    origin = typing.get_origin(kind)
    if origin in (list, collections.abc.Sequence):
        return [_sample(typing.get_args(kind)[0])]
    if origin in (dict, collections.abc.Mapping):
        return {"key": "value"}
    if kind in (int, float):
        return 1
    return True if kind is bool else "1"


def _plain(kind: Any) -> Any:
    """The one type of those in a union that is neither an output nor a dictionary's."""
    while typing.get_origin(kind) is not None and "Union" in str(typing.get_origin(kind)):
        kept = [one for one in typing.get_args(kind) if one is not type(None)]
        kept = [one for one in kept if typing.get_origin(one) not in (collections.abc.Awaitable, pulumi.Output)]
        objects = [one for one in kept if inspect.isclass(one) and types.is_input_type(one)]
        kind = (objects or [one for one in kept if not (inspect.isclass(one) and issubclass(one, dict))])[0]
    return kind


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
