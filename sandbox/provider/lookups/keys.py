"""Keys of KMS and their aliases."""

from __future__ import annotations

from typing import Any

from sandbox.provider.lookup import Also, Lookup, moment, reading
from sandbox.provider.values import Values


def _named(aliases: list[Any], arguments: Values) -> list[Any]:
    return [one for one in aliases if one["AliasName"] == arguments["name"]]


_REGIONS = "{arn: Arn, region: Region}"

ROWS = (
    Lookup(
        "aws:kms/getKey:getKey",
        {
            "arn": "Arn",
            "awsAccountId": "AWSAccountId",
            "cloudHsmClusterId": "CloudHsmClusterId",
            "creationDate": moment("CreationDate"),
            "customKeyStoreId": "CustomKeyStoreId",
            "customerMasterKeySpec": "CustomerMasterKeySpec",
            "deletionDate": moment("DeletionDate"),
            "description": "Description",
            "enabled": "Enabled",
            "expirationModel": "ExpirationModel",
            "id": "KeyId",
            "keyManager": "KeyManager",
            "keySpec": "KeySpec",
            "keyState": "KeyState",
            "keyUsage": "KeyUsage",
            "multiRegion": "MultiRegion || `false`",
            "multiRegionConfigurations": (
                "[MultiRegionConfiguration][?@].{multiRegionKeyType: MultiRegionKeyType, "
                f"primaryKeys: [PrimaryKey][?@].{_REGIONS}, replicaKeys: ReplicaKeys[].{_REGIONS}}}"
            ),
            "origin": "Origin",
            "pendingDeletionWindowInDays": "PendingDeletionWindowInDays || `0`",
            "validTo": moment("ValidTo"),
            "xksKeyConfigurations": "[XksKeyConfiguration][?@].{id: Id}",
        },
        service="kms",
        operation="DescribeKey",
        items="[KeyMetadata]",
        arguments={"grantTokens": "GrantTokens", "keyId": "KeyId"},
        required=("keyId",),
        one=reading("KMS Key ({keyId})"),
    ),
    Lookup(
        "aws:kms/getAlias:getAlias",
        {"arn": "AliasArn", "id": "AliasArn", "targetKeyArn": "key.Arn", "targetKeyId": "key.KeyId"},
        service="kms",
        operation="ListAliases",
        items="Aliases",
        arguments={"name": ""},
        required=("name",),
        choose=_named,
        one=reading("KMS Alias ({name})"),
        # An alias of AWS's own gets its key when the key is first asked for.
        also=(Also("DescribeKey", {"KeyId": "AliasName"}, "KeyMetadata", "key"),),
    ),
)
