"""DynamoDB: tables with their indexes, stream, expiry, backups and encryption."""

from __future__ import annotations

from typing import Any

from sandbox.provider.aws import Aws, CloudError
from sandbox.provider.limits import among
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Step, Tagging, Type
from sandbox.provider.types import table_keys
from sandbox.provider.types.table_keys import ON_DEMAND, global_indexes, throughput
from sandbox.provider.values import Values

_TABLE = {"TableName": "{id}"}
_WAIT_S = 1800.0
_RULES = ((r"^[a-zA-Z0-9_.-]+$", '"{name}" may hold letters, digits, underscores, hyphens and dots: "{value}"'),)
_PROJECTIONS = among("ALL", "INCLUDE", "KEYS_ONLY")


def _complete(step: Step, parameters: Values) -> None:
    inputs = step.new
    parameters["KeySchema"] = table_keys.schema(inputs)
    if inputs.get("billingMode") != ON_DEMAND:
        parameters["ProvisionedThroughput"] = throughput(inputs)
    if indexes := global_indexes(inputs):
        parameters["GlobalSecondaryIndexes"] = indexes
    if local := inputs.get("localSecondaryIndexes"):
        parameters["LocalSecondaryIndexes"] = [table_keys.index({**one, "hashKey": inputs["hashKey"]}) for one in local]
    parameters |= _stream(inputs) | _encryption(inputs)


def _stream(inputs: Values) -> Values:
    if not inputs.get("streamEnabled"):
        return {}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": inputs["streamViewType"]}}


def _encryption(inputs: Values) -> Values:
    asked: Values = inputs.get("serverSideEncryption") or {}
    if not asked.get("enabled"):
        return {}
    key: Values = {"SSEType": "KMS", "KMSMasterKeyId": asked["kmsKeyArn"]} if asked.get("kmsKeyArn") else {}
    return {"SSESpecification": {"Enabled": True, **key}}


def _until_active(aws: Aws, table: str, timeout_s: float | None) -> None:
    """A table takes one change at a time."""
    waited = 0.0
    while True:
        told = aws.call("dynamodb", "DescribeTable", {"TableName": table})["Table"]
        indexes: list[Values] = told.get("GlobalSecondaryIndexes") or []
        states = {told["TableStatus"], *(str(one.get("IndexStatus", "ACTIVE")) for one in indexes)}
        if states == {"ACTIVE"}:
            return
        if waited >= (timeout_s or _WAIT_S):
            raise TimeoutError(
                f"waiting for DynamoDB Table ({table}): it is {told['TableStatus']} after {waited:.0f} s"
            )
        aws.pause(1.0)
        waited += 1.0


def _settle(step: Step) -> None:
    _until_active(step.aws, step.id, step.timeout_s)


def _update(step: Step, **parameters: Any) -> None:
    step.aws.call("dynamodb", "UpdateTable", {"TableName": step.id, **parameters})
    _settle(step)


def _change(step: Step) -> None:
    """What takes calls of its own, one after the other as AWS wants it."""
    if step.old:
        _change_capacity(step)
        _change_indexes(step)
        if step.changed & {"streamEnabled", "streamViewType"}:
            _change_stream(step)
        if "serverSideEncryption" in step.changed:
            _update(step, **(_encryption(step.new) or {"SSESpecification": {"Enabled": False}}))
        if "tableClass" in step.changed:
            _update(step, TableClass=step.new.get("tableClass", "STANDARD"))
        if "deletionProtectionEnabled" in step.changed:
            _update(step, DeletionProtectionEnabled=bool(step.new.get("deletionProtectionEnabled")))
    _change_expiry(step)
    _change_backups(step)


def _change_capacity(step: Step) -> None:
    on_demand = step.new.get("billingMode") == ON_DEMAND
    if "billingMode" in step.changed and on_demand:
        _update(step, BillingMode=ON_DEMAND)
    elif step.changed & {"billingMode", "readCapacity", "writeCapacity"} and not on_demand:
        _update(step, BillingMode="PROVISIONED", ProvisionedThroughput=throughput(step.new))


def _change_indexes(step: Step) -> None:
    """Indexes that go, then those that come; one that is otherwise goes and comes again."""
    if "globalSecondaryIndexes" not in step.changed:
        return
    old = {one["IndexName"]: one for one in global_indexes(step.old)}
    new = {one["IndexName"]: one for one in global_indexes(step.new)}
    named: list[Values] = step.new.get("attributes") or []
    attributes = [{"AttributeName": one["name"], "AttributeType": one["type"]} for one in named]
    only_capacity = {
        name
        for name in old.keys() & new.keys()
        if {**old[name], "ProvisionedThroughput": None} == {**new[name], "ProvisionedThroughput": None}
    }
    for name in old.keys() - only_capacity:
        _update(step, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
    for name in new.keys() - only_capacity:
        _update(step, AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=[{"Create": new[name]}])
    for name in sorted(only_capacity):
        if old[name] != new[name] and "ProvisionedThroughput" in new[name]:
            told = {"IndexName": name, "ProvisionedThroughput": new[name]["ProvisionedThroughput"]}
            _update(step, GlobalSecondaryIndexUpdates=[{"Update": told}])


def _change_stream(step: Step) -> None:
    if step.old.get("streamEnabled"):
        _update(step, StreamSpecification={"StreamEnabled": False})
    if wanted := _stream(step.new):
        _update(step, **wanted)


def _change_expiry(step: Step) -> None:
    if "ttl" not in step.changed:
        return
    asked: Values = step.new.get("ttl") or {}
    was: Values = step.old.get("ttl") or {}
    enabled = bool(asked.get("enabled"))
    if enabled == bool(was.get("enabled")):
        return
    name = asked.get("attributeName") or was.get("attributeName")
    specification = {"AttributeName": name, "Enabled": enabled}
    step.aws.call("dynamodb", "UpdateTimeToLive", {"TableName": step.id, "TimeToLiveSpecification": specification})


def _change_backups(step: Step) -> None:
    if "pointInTimeRecovery" not in step.changed:
        return
    asked: Values = step.new.get("pointInTimeRecovery") or {}
    enabled = bool(asked.get("enabled"))
    specification = {"PointInTimeRecoveryEnabled": enabled}
    step.aws.call(
        "dynamodb",
        "UpdateContinuousBackups",
        {"TableName": step.id, "PointInTimeRecoverySpecification": specification},
    )


def _until_gone(step: Step) -> None:
    """A table that is still changing can't be deleted."""
    try:
        _settle(step)
    except CloudError as error:
        if error.code != "ResourceNotFoundException":
            raise


def _billing(live: Live) -> str:
    return live.answer.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")


def _capacity(member: str) -> Any:
    def read(live: Live) -> int:
        return int(live.answer.get("ProvisionedThroughput", {}).get(member, 0))

    return read


def _expiry(live: Live) -> Values | None:
    told = live.answer.get("expiry", {})
    enabled = told.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    if enabled:
        return {"attributeName": told.get("AttributeName", ""), "enabled": True}
    asked: Values | None = live.inputs.get("ttl")
    return asked if asked and not asked.get("enabled") else None  # Off, a table has forgotten which it was.


def _backups(live: Live) -> Values:
    told = live.answer.get("backups", {}).get("PointInTimeRecoveryDescription", {})
    return {"enabled": told.get("PointInTimeRecoveryStatus") == "ENABLED"}


def _encrypted(live: Live) -> Values | None:
    told = live.answer.get("SSEDescription", {})
    if told.get("Status") not in ("ENABLED", "ENABLING"):
        return None
    return {"enabled": True} | ({"kmsKeyArn": told["KMSMasterKeyArn"]} if told.get("KMSMasterKeyArn") else {})


# https://www.pulumi.com/registry/packages/aws/api-docs/dynamodb/table/
TABLE = Type(
    "aws:dynamodb/table:Table",
    "dynamodb",
    inputs={
        "attributes": Field(
            "AttributeDefinitions",
            unordered=True,
            computed=True,
            fields={
                "name": Field("AttributeName", required=True),
                "type": Field("AttributeType", required=True, limit=among("S", "N", "B")),
            },
        ),
        "billingMode": Field(
            "BillingMode", read=_billing, default="PROVISIONED", limit=among("PROVISIONED", ON_DEMAND)
        ),
        "deletionProtectionEnabled": Field("DeletionProtectionEnabled", computed=True),
        "globalSecondaryIndexes": Field(
            hooked=True,
            unordered=True,
            read=table_keys.indexes("GlobalSecondaryIndexes"),
            fields={
                "hashKey": Field(),
                "keySchemas": Field(
                    fields={
                        "attributeName": Field(required=True),
                        "keyType": Field(required=True, limit=among("HASH", "RANGE")),
                    }
                ),
                "name": Field(required=True),
                "projectionType": Field(required=True, limit=_PROJECTIONS),
                "readCapacity": Field(kind=int, computed=True),
                "writeCapacity": Field(kind=int, computed=True),
                "nonKeyAttributes": Field(unordered=True),
                "rangeKey": Field(),
            },
        ),
        "hashKey": Field(hooked=True, read=table_keys.part("HASH"), replace=Replace.CHANGED, computed=True),
        "localSecondaryIndexes": Field(
            hooked=True,
            unordered=True,
            read=table_keys.indexes("LocalSecondaryIndexes"),
            replace=Replace.CHANGED,
            fields={
                "name": Field(required=True),
                "projectionType": Field(required=True, limit=_PROJECTIONS),
                "rangeKey": Field(required=True),
                "nonKeyAttributes": Field(unordered=True),
            },
        ),
        "name": Field("TableName", replace=Replace.CHANGED, computed=True),
        "pointInTimeRecovery": Field(
            hooked=True, read=_backups, computed=True, fields={"enabled": Field(required=True)}
        ),
        "rangeKey": Field(hooked=True, read=table_keys.part("RANGE"), replace=Replace.CHANGED),
        "readCapacity": Field(hooked=True, read=_capacity("ReadCapacityUnits"), kind=int, computed=True),
        "serverSideEncryption": Field(
            hooked=True,
            read=_encrypted,
            computed=True,
            fields={"enabled": Field(required=True), "kmsKeyArn": Field(computed=True)},
        ),
        "streamEnabled": Field(hooked=True, read="StreamSpecification.StreamEnabled"),
        "streamViewType": Field(
            hooked=True,
            read="StreamSpecification.StreamViewType",
            computed=True,
            limit=among("", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"),
        ),
        "tableClass": Field(
            "TableClass",
            read="TableClassSummary.TableClass",
            computed=True,
            limit=among("STANDARD", "STANDARD_INFREQUENT_ACCESS"),
        ),
        "ttl": Field(
            hooked=True,
            read=_expiry,
            computed=True,
            fields={"attributeName": Field(computed=True), "enabled": Field(default=False)},
        ),
        "writeCapacity": Field(hooked=True, read=_capacity("WriteCapacityUnits"), kind=int, computed=True),
    },
    outputs={"arn": "TableArn", "streamArn": "LatestStreamArn", "streamLabel": "LatestStreamLabel"},
    create=Call("CreateTable"),
    reads=(
        Read("DescribeTable", _TABLE, "Table"),
        Read("DescribeTimeToLive", _TABLE, "TimeToLiveDescription", under="expiry"),
        Read("DescribeContinuousBackups", _TABLE, "ContinuousBackupsDescription", under="backups"),
        Read("ListTagsOfResource", {"ResourceArn": "{TableArn}"}, "{Tags: Tags}"),
    ),
    delete=Call("DeleteTable", _TABLE),
    id="TableDescription.TableName",
    tags=Tagging(
        Call("TagResource", {"ResourceArn": "{arn}"}),
        Call("UntagResource", {"ResourceArn": "{arn}"}),
    ),
    naming=Naming(255, 0, _RULES, shortest=3),
    check=table_keys.problems,
    before_create=(_complete,),
    after_create=(_settle,),
    after_change=(_change,),
    before_delete=(_until_gone,),
)

ROWS = (TABLE,)
