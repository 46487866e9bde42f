"""CloudWatch Logs: log groups."""

from __future__ import annotations

from sandbox.provider.aws import Retry
from sandbox.provider.limits import among
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Step, Tagging, Type

_GROUP = {"logGroupName": "{id}"}
_DAYS = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
_RULES = (
    (
        r"^[.\-_/#A-Za-z0-9]+$",
        '"{name}" isn\'t a valid log group name (alphanumeric characters, underscores, hyphens, slashes, hash signs '
        'and dots are allowed): "{value}"',
    ),
)


def _retention(live: Live) -> int:
    """AWS alone decides on a group of the class DELIVERY."""
    if live.answer.get("logGroupClass") == "DELIVERY":
        return live.inputs.get("retentionInDays", 0)
    return live.answer.get("retentionInDays", 0)


def _retain(step: Step) -> None:
    days = int(step.new.get("retentionInDays", 0))
    if "retentionInDays" not in step.changed or step.new.get("logGroupClass") == "DELIVERY":
        return
    if days:
        step.aws.call("logs", "PutRetentionPolicy", {"logGroupName": step.id, "retentionInDays": days})
    elif step.old:
        step.aws.call("logs", "DeleteRetentionPolicy", {"logGroupName": step.id})


def _forget_key(step: Step) -> None:
    if "kmsKeyId" in step.changed and "kmsKeyId" not in step.new:
        step.aws.call("logs", "DisassociateKmsKey", {"logGroupName": step.id})


def _arn(live: Live) -> str:
    return live.answer["arn"].removesuffix(":*")


# https://www.pulumi.com/registry/packages/aws/api-docs/cloudwatch/loggroup/
LOG_GROUP = Type(
    "aws:cloudwatch/logGroup:LogGroup",
    "logs",
    inputs={
        "deletionProtectionEnabled": Field("deletionProtectionEnabled", computed=True),
        "kmsKeyId": Field("kmsKeyId"),
        "logGroupClass": Field(
            "logGroupClass",
            replace=Replace.CHANGED,
            computed=True,
            limit=among("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
        ),
        "name": Field("logGroupName", replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "retentionInDays": Field(default=0, hooked=True, read=_retention, limit=among(*_DAYS)),
        "skipDestroy": Field(local=True, default=False),
    },
    outputs={"arn": _arn},
    create=Call("CreateLogGroup"),
    reads=(
        Read("DescribeLogGroups", {"logGroupNamePrefix": "{id}"}, "logGroups[?logGroupName=='{id}'] | [0]"),
        Read("ListTagsForResource", {"resourceArn": "{logGroupArn}"}, "@"),
    ),
    updates=(
        Call("AssociateKmsKey", _GROUP, whole=True),
        Call("PutLogGroupDeletionProtection", {"logGroupIdentifier": "{id}"}, whole=True),
    ),
    delete=Call("DeleteLogGroup", _GROUP),
    id="logGroupName",
    tags=Tagging(
        Call("TagResource", {"resourceArn": "{arn}"}),
        Call("UntagResource", {"resourceArn": "{arn}"}),
        keys="tagKeys",
        read="tags",
    ),
    naming=Naming(512, 483, _RULES, _RULES),
    exclusive=(("name", "namePrefix"),),
    kept_if="skipDestroy",
    retries=(Retry("OperationAbortedException", 60, "try again"),),
    after_change=(_retain, _forget_key),
)

ROWS = (LOG_GROUP,)
