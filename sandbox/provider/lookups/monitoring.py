"""Log groups and topics."""

from __future__ import annotations

from typing import Any

from sandbox.provider.lookup import Also, Found, Lookup, reading, tags
from sandbox.provider.values import Values


def _group_named(groups: list[Any], arguments: Values) -> list[Any]:
    """AWS searches by prefix."""
    return [one for one in groups if one["logGroupName"] == arguments["name"]]


def _topic_named(topics: list[Any], arguments: Values) -> list[Any]:
    return [one for one in topics if one["TopicArn"].rpartition(":")[2] == arguments["name"]]


def _group_arn(found: Found) -> str:
    return found.item["arn"].removesuffix(":*")


def _group_tags(found: Found) -> dict[str, str]:
    return dict(found.item["tags"])


ROWS = (
    Lookup(
        "aws:cloudwatch/getLogGroup:getLogGroup",
        {
            "arn": _group_arn,
            "creationTime": "creationTime",
            "deletionProtectionEnabled": "deletionProtectionEnabled || `false`",
            "id": "logGroupName",
            "kmsKeyId": "kmsKeyId",
            "logGroupClass": "logGroupClass",
            "retentionInDays": "retentionInDays || `0`",
            "tags": _group_tags,
        },
        service="logs",
        operation="DescribeLogGroups",
        items="logGroups",
        arguments={"name": "logGroupNamePrefix", "tags": ""},
        required=("name",),
        choose=_group_named,
        one=reading("CloudWatch Logs Log Group ({name})"),
        # Only without its `:*` does the ARN name the group itself.
        also=(Also("ListTagsForResource", {"resourceArn": "logGroupArn"}, "tags", "tags"),),
    ),
    Lookup(
        "aws:sns/getTopic:getTopic",
        {"arn": "TopicArn", "id": "TopicArn", "tags": tags},
        service="sns",
        operation="ListTopics",
        items="Topics",
        arguments={"name": "", "tags": ""},
        required=("name",),
        choose=_topic_named,
        one=reading("SNS Topic ({name})"),
        also=(Also("ListTagsForResource", {"ResourceArn": "TopicArn"}, "Tags", "Tags"),),
    ),
)
