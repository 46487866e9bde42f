"""IAM's roles and policies."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider import decode
from sandbox.provider.lookup import Also, Found, Lookup, LookupFailedError, moment, reading, tags
from sandbox.provider.values import Values


def _assume_role_policy(found: Found) -> str:
    return _document(found.item["AssumeRolePolicyDocument"])


def _policy(found: Found) -> str:
    return _document(found.item["version"]["Document"])


def _document(told: Any) -> str:
    """botocore parses documents, if they are JSON."""
    return told if isinstance(told, str) else json.dumps(told, separators=(",", ":"))


def _policy_tags(found: Found) -> dict[str, str]:
    return decode.tags(found.item["policy"].get("Tags"))


def _last_used(found: Found) -> list[Values]:
    told: Values = found.item.get("RoleLastUsed") or {}
    if not told:
        return []
    return [{"lastUsedDate": decode.plain(told.get("LastUsedDate", "")), "region": told.get("Region", "")}]


def _named(policies: list[Any], arguments: Values) -> list[Any]:
    if "arn" in arguments:
        found = [one for one in policies if one["Arn"] == arguments["arn"]]
        if not found:
            raise LookupFailedError(f"reading IAM Policy ({arguments['arn']}): couldn't find resource")
        return found
    return [one for one in policies if one["PolicyName"] == arguments.get("name", one["PolicyName"])]


ROWS = (
    Lookup(
        "aws:iam/getRole:getRole",
        {
            "arn": "Arn",
            "assumeRolePolicy": _assume_role_policy,
            "createDate": moment("CreateDate"),
            "description": "Description",
            "id": "RoleName",
            "maxSessionDuration": "MaxSessionDuration",
            "path": "Path",
            "permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn || ''",
            "roleLastUseds": _last_used,
            "tags": tags,
            "uniqueId": "RoleId",
        },
        service="iam",
        operation="GetRole",
        items="[Role]",
        arguments={"name": "RoleName", "tags": ""},
        required=("name",),
        regional=False,
        one=reading("IAM Role ({name})"),
    ),
    Lookup(
        "aws:iam/getPolicy:getPolicy",
        {
            "arn": "Arn",
            "attachmentCount": "AttachmentCount",
            "description": "policy.Description",
            "id": "Arn",
            "name": "PolicyName",
            "path": "Path",
            "policy": _policy,
            "policyId": "PolicyId",
            "tags": _policy_tags,
        },
        service="iam",
        operation="ListPolicies",
        items="Policies",
        arguments={"arn": "", "name": "", "pathPrefix": "PathPrefix", "tags": ""},
        exclusive=(("arn", "name"), ("arn", "pathPrefix")),
        regional=False,
        choose=_named,
        one="IAM Policy",
        also=(
            # The list leaves out descriptions and tags.
            Also("GetPolicy", {"PolicyArn": "Arn"}, "Policy", under="policy"),
            Also(
                "GetPolicyVersion",
                {"PolicyArn": "Arn", "VersionId": "DefaultVersionId"},
                "PolicyVersion",
                under="version",
            ),
        ),
    ),
)
