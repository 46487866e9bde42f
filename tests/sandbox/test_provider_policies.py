"""Policy documents against what the documentation says they come out as.

Source: registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document, whose examples are
those of pulumi_aws's `get_policy_document`.
"""

from __future__ import annotations

import json
import threading
import zlib
from typing import Any

import pytest

from sandbox.provider.aws import Aws, Settings
from sandbox.provider.invoke import invoke
from sandbox.provider.lookup import LookupFailedError
from sandbox.provider.values import Values

TOKEN = "aws:iam/getPolicyDocument:getPolicyDocument"
BUCKET = "arn:aws:s3:::somebucket"
ALL: dict[str, list[str]] = {"resources": ["*"]}


def document(**given: Any) -> Values:
    """What the function answers; it makes no call."""
    return invoke(TOKEN, given, Aws(Settings("eu-west-1"), threading.Event(), lambda _urn, _message: None))


def statements(**given: Any) -> Any:
    """The statements of the document."""
    return json.loads(document(**given)["json"])["Statement"]


def allow(action: str, resource: Any = "*", **more: Any) -> Values:
    """A statement as it is written."""
    return {**more, "Effect": "Allow", "Action": action, "Resource": resource}


def test_the_basic_example_is_written_letter_by_letter() -> None:
    given: list[Values] = [
        {"sid": "1", "actions": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "resources": ["arn:aws:s3:::*"]},
        {
            "actions": ["s3:ListBucket"],
            "resources": [BUCKET],
            "conditions": [
                {"test": "StringLike", "variable": "s3:prefix", "values": ["", "home/", "home/&{aws:username}/"]}
            ],
        },
        {"actions": ["s3:*"], "resources": [f"{BUCKET}/home/&{{aws:username}}/*", f"{BUCKET}/home/&{{aws:username}}"]},
    ]
    answer = document(statements=given)
    assert (
        answer["json"]
        == """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "1",
      "Effect": "Allow",
      "Action": [
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation"
      ],
      "Resource": "arn:aws:s3:::*"
    },
    {
      "Effect": "Allow",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::somebucket",
      "Condition": {
        "StringLike": {
          "s3:prefix": [
            "",
            "home/",
            "home/${aws:username}/"
          ]
        }
      }
    },
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": [
        "arn:aws:s3:::somebucket/home/${aws:username}/*",
        "arn:aws:s3:::somebucket/home/${aws:username}"
      ]
    }
  ]
}"""
    )
    assert answer["minifiedJson"] == json.dumps(json.loads(answer["json"]), separators=(",", ":"))
    assert answer["id"] == str(zlib.crc32(answer["json"].encode()))
    assert answer["version"] == "2012-10-17"
    assert "region" not in answer


def test_several_keys_of_one_condition_lie_side_by_side() -> None:
    test, prefix = "ForAnyValue:StringEquals", "kms:EncryptionContext"
    several = ["db-AAAAABBBBBCCCCCDDDDDEEEEE", "db-EEEEEDDDDDCCCCCBBBBBAAAAA"]
    given = {
        "actions": ["kms:Decrypt", "kms:GenerateDataKey"],
        "conditions": [
            {"test": test, "variable": f"{prefix}:service", "values": ["pi"]},
            {"test": test, "variable": f"{prefix}:aws:pi:service", "values": ["rds"]},
            {"test": test, "variable": f"{prefix}:aws:rds:db-id", "values": several},
        ],
        **ALL,
    }
    assert statements(statements=[given]) == [
        {
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": "*",
            "Condition": {
                test: {
                    f"{prefix}:aws:pi:service": "rds",
                    f"{prefix}:aws:rds:db-id": several,
                    f"{prefix}:service": "pi",
                }
            },
        }
    ]


def test_principals_lie_by_type_and_one_alone_is_no_list() -> None:
    saml = "arn:aws:iam::123456789012:saml-provider/web"
    given = {
        "actions": ["sts:AssumeRole"],
        "principals": [
            {"type": "Service", "identifiers": ["firehose.amazonaws.com"]},
            {"type": "AWS", "identifiers": ["arn:aws:iam::123456789012:role/web"]},
            {"type": "Federated", "identifiers": [saml, "cognito-identity.amazonaws.com"]},
        ],
    }
    assert statements(statements=[given]) == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {
                "AWS": "arn:aws:iam::123456789012:role/web",
                "Federated": ["cognito-identity.amazonaws.com", saml],
                "Service": "firehose.amazonaws.com",
            },
        }
    ]


@pytest.mark.parametrize(
    ("kind", "identifiers", "written"),
    [("*", ["*"], "*"), ("AWS", ["*"], {"AWS": "*"}), ("AWS", ["a", "b", "a"], {"AWS": ["b", "a"]})],
)
def test_everybody_is_a_string_only_where_that_means_the_same(kind: str, identifiers: list[str], written: Any) -> None:
    principals = [{"type": kind, "identifiers": identifiers}]
    (statement,) = statements(statements=[{"effect": "Deny", "notActions": ["a:*"], "notPrincipals": principals}])
    assert statement == {"Effect": "Deny", "NotAction": "a:*", "NotPrincipal": written}


def test_a_statement_takes_the_place_of_the_sources_with_its_sid() -> None:
    source = document(statements=[{"actions": ["ec2:*"], **ALL}, {"sid": "SidToOverride", "actions": ["s3:*"], **ALL}])[
        "json"
    ]
    own = {"sid": "SidToOverride", "actions": ["s3:*"], "resources": [BUCKET, f"{BUCKET}/*"]}
    assert statements(statements=[own], sourcePolicyDocuments=[source]) == [
        allow("ec2:*"),
        allow("s3:*", [f"{BUCKET}/*", BUCKET], Sid="SidToOverride"),
    ]


def test_an_override_takes_the_place_of_the_statement_with_its_sid() -> None:
    override = document(statements=[{"sid": "SidToOverride", "actions": ["s3:*"], **ALL}])["json"]
    own = [{"actions": ["ec2:*"], **ALL}, {"sid": "SidToOverride", "actions": ["s3:*"], "resources": [BUCKET]}]
    assert statements(statements=own, overridePolicyDocuments=[override]) == [
        allow("ec2:*"),
        allow("s3:*", Sid="SidToOverride"),
    ]


def test_sources_and_overrides_merge_without_statements_of_ones_own() -> None:
    source = document(statements=[{"sid": "A", "actions": ["ec2:DescribeAccountAttributes"], **ALL}])["json"]
    override = document(statements=[{"sid": "A", "actions": ["s3:GetObject"], **ALL}])["json"]
    assert statements(sourcePolicyDocuments=[source], overridePolicyDocuments=[override]) == [
        allow("s3:GetObject", Sid="A")
    ]


def test_sources_follow_each_other() -> None:
    one = document(statements=[{"actions": ["ec2:*"], **ALL}, {"sid": "UniqueSidOne", "actions": ["s3:*"], **ALL}])
    two = document(statements=[{"sid": "UniqueSidTwo", "actions": ["iam:*"], **ALL}, {"actions": ["lambda:*"], **ALL}])
    assert statements(sourcePolicyDocuments=[one["json"], two["minifiedJson"]]) == [
        allow("ec2:*"),
        allow("s3:*", Sid="UniqueSidOne"),
        allow("iam:*", Sid="UniqueSidTwo"),
        allow("lambda:*"),
    ]


def test_overrides_override_each_other_and_what_has_no_sid_is_added() -> None:
    one = document(statements=[{"sid": "One", "effect": "Allow", "actions": ["s3:*"], **ALL}])
    two = document(statements=[{"actions": ["ec2:*"], **ALL}, {"sid": "Two", "actions": ["iam:*"], **ALL}])
    three = document(statements=[{"sid": "One", "effect": "Deny", "actions": ["logs:*"], **ALL}])
    assert statements(
        statements=[{"sid": "Two", "effect": "Deny", "actions": ["*"], **ALL}],
        overridePolicyDocuments=[one["json"], two["json"], three["json"]],
    ) == [
        allow("iam:*", Sid="Two"),
        {"Sid": "One", "Effect": "Deny", "Action": "logs:*", "Resource": "*"},
        allow("ec2:*"),
    ]


def test_a_source_keeps_its_lists_and_gets_its_conditions_in_the_usual_form() -> None:
    source = {
        "Version": "2008-10-17",
        "Id": "of the source",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "Resource": [BUCKET],
                "Condition": {
                    "Bool": {"aws:SecureTransport": True},
                    "NumericLessThan": {"s3:max-keys": 3},
                    "StringLike": {"aws:a": ["b"]},
                },
            }
        ],
    }
    answer = json.loads(document(sourcePolicyDocuments=[json.dumps(source)])["json"])
    assert answer == {
        "Version": "2012-10-17",
        "Id": "of the source",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [BUCKET],
                "Principal": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:a": "b"}},
            }
        ],
    }
    assert list(answer["Statement"][0]) == ["Effect", "Action", "Resource", "Principal", "Condition"]


def test_version_and_id_come_before_the_statements_and_html_is_escaped() -> None:
    given = {"actions": ["a:<b>&"], **ALL}
    answer = document(policyId="mine", version="2008-10-17", statements=[given])
    assert answer["minifiedJson"] == (
        '{"Version":"2008-10-17","Id":"mine","Statement":'
        '[{"Effect":"Allow","Action":"a:\\u003cb\\u003e\\u0026","Resource":"*"}]}'
    )


def test_names_may_be_written_as_python_has_them() -> None:
    given = {"not_actions": ["a:*"], "not_resources": ["*"], "not_principals": [{"type": "AWS", "identifiers": ["*"]}]}
    assert statements(statements=[given]) == [
        {"Effect": "Allow", "NotAction": "a:*", "NotResource": "*", "NotPrincipal": {"AWS": "*"}}
    ]


def test_nothing_but_a_version_is_a_document_too() -> None:
    assert document()["json"] == '{\n  "Version": "2012-10-17"\n}'


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"statements": [{"sid": "A"}, {"sid": "A"}]},
        "writing IAM Policy Document: duplicate Sid (A). Remove the Sid or ensure the Sid is unique.",
    ),
    ({"statements": [{"sid": "not this"}]}, "statement.0.sid (must only include alphanumeric characters)"),
    ({"statements": [{"effect": "Perhaps"}]}, 'statement.0.effect to be one of ["Allow" "Deny"], got Perhaps'),
    ({"statements": [{"action": "s3:*"}]}, "statement.0: Invalid or unknown key 'action'"),
    ({"version": "2015-01-01"}, 'expected version to be one of ["2008-10-17" "2012-10-17"], got 2015-01-01'),
    (
        {"version": "2008-10-17", "statements": [{"resources": ["&{aws:username}"]}]},
        "found &{ sequence in (&{aws:username}), which is not supported in document version 2008-10-17",
    ),
    (
        {"sourcePolicyDocuments": ['{"Statement": [{"Sid": "A"}]}', '{"Statement": [{}, {"Sid": "A"}]}']},
        "merging source document 1: duplicate Sid (A) in source_policy_documents (statement 1). Remove the Sid or "
        "ensure Sids are unique.",
    ),
    ({"sourcePolicyDocuments": ["{"]}, "merging source document 0"),
    ({"overridePolicyDocuments": ["{}", '{"Statement": {}}']}, "merging override document 1"),
    ({"overridePolicyDocuments": ["[]"]}, "merging override document 0"),
    ({"sourceJson": "{}"}, "'sourceJson' is not used any more"),
]


@pytest.mark.parametrize(("given", "error"), WRONG)
def test_what_is_wrong_is_said_in_the_real_providers_words(given: dict[str, Any], error: str) -> None:
    with pytest.raises(LookupFailedError) as raised:
        document(**given)
    assert error in str(raised.value)
