"""Parameters and secrets.

A function's answer is in the clear even where Terraform's schema says that it is sensitive: the real provider leaves
the mark out of every answer (github.com/pulumi/pulumi-terraform-bridge/issues/1051), so a program that wants a secret
has to say so.
"""

from __future__ import annotations

from sandbox.provider.lookup import Also, Filters, Found, Lookup, Words, asked, here, moment, reading, tags
from sandbox.provider.values import Values


def _id_of_version(arguments: Values) -> str:
    """The id of a version: as it was asked for."""
    return f"{arguments['secretId']}|{arguments.get('versionId') or _stage(arguments)}"


def _stage(arguments: Values) -> str:
    return arguments.get("versionStage", "AWSCURRENT")


def _version_words(arguments: Values) -> Words:
    return reading(f"Secrets Manager Secret Version ({_id_of_version(arguments)})")


def _text_of_binary(found: Found) -> str:
    return (found.item.get("SecretBinary") or b"").decode(errors="replace")


ROWS = (
    Lookup(
        "aws:ssm/getParameter:getParameter",
        {
            "arn": "ARN",
            "id": "Name",
            "insecureValue": "Type != 'SecureString' && Value || null",
            "name": "Name",
            "type": "Type",
            "value": "Value",
            "version": "Version",
            "withDecryption": asked("withDecryption"),
        },
        service="ssm",
        operation="GetParameter",
        items="[Parameter]",
        arguments={"name": "Name", "withDecryption": "WithDecryption"},
        required=("name",),
        defaults={"withDecryption": True},
        one=reading("SSM Parameter ({name})"),
    ),
    Lookup(
        "aws:ssm/getParametersByPath:getParametersByPath",
        {
            "arns": "[].ARN",
            "id": asked("path"),
            "names": "[].Name",
            "types": "[].Type",
            "values": "[].Value",
            "withDecryption": asked("withDecryption"),
        },
        service="ssm",
        operation="GetParametersByPath",
        items="Parameters",
        arguments={"path": "Path", "recursive": "Recursive", "withDecryption": "WithDecryption"},
        required=("path",),
        defaults={"withDecryption": True},
    ),
    Lookup(
        "aws:secretsmanager/getSecret:getSecret",
        {
            "arn": "ARN",
            "createdDate": moment("CreatedDate"),
            "description": "Description",
            "id": "ARN",
            "kmsKeyId": "KmsKeyId",
            "lastChangedDate": moment("LastChangedDate"),
            "name": "Name",
            "policy": "policy || ''",
            "tags": tags,
            "type": "Type",
        },
        service="secretsmanager",
        operation="DescribeSecret",
        items="[@]",
        arguments={"arn": "SecretId", "name": "SecretId", "tags": ""},
        exclusive=(("arn", "name"),),
        any_of=(("arn", "name"),),
        one=reading("Secrets Manager Secret ({SecretId})"),
        also=(Also("GetResourcePolicy", {"SecretId": "ARN"}, "ResourcePolicy", "policy"),),
    ),
    Lookup(
        "aws:secretsmanager/getSecretVersion:getSecretVersion",
        {
            "arn": "ARN",
            "createdDate": moment("CreatedDate"),
            "id": lambda found: _id_of_version(found.arguments),
            "secretArn": "ARN",
            "secretBinary": _text_of_binary,
            "secretId": asked("secretId"),
            "secretString": "SecretString",
            "versionId": "VersionId",
            "versionStage": lambda found: _stage(found.arguments),
            "versionStages": "VersionStages",
        },
        service="secretsmanager",
        operation="GetSecretValue",
        items="[@]",
        arguments={"secretId": "SecretId", "versionId": "VersionId", "versionStage": "VersionStage"},
        required=("secretId",),
        one=_version_words,
    ),
    Lookup(
        "aws:secretsmanager/getSecrets:getSecrets",
        {"arns": "[].ARN", "id": here, "names": "[].Name"},
        service="secretsmanager",
        operation="ListSecrets",
        items="SecretList",
        arguments={"filters": Filters("Key")},
    ),
    Lookup(
        "aws:secretsmanager/getRandomPassword:getRandomPassword",
        {"id": "RandomPassword", "passwordLength": asked("passwordLength"), "randomPassword": "RandomPassword"},
        service="secretsmanager",
        operation="GetRandomPassword",
        arguments={
            "excludeCharacters": "ExcludeCharacters",
            "excludeLowercase": "ExcludeLowercase",
            "excludeNumbers": "ExcludeNumbers",
            "excludePunctuation": "ExcludePunctuation",
            "excludeUppercase": "ExcludeUppercase",
            "includeSpace": "IncludeSpace",
            "passwordLength": "PasswordLength",
            "requireEachIncludedType": "RequireEachIncludedType",
        },
        defaults={"passwordLength": 32},
    ),
)
