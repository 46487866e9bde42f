"""Lookups of roles and policies, logs, topics, keys and certificates, against the sandbox's cloud."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider.values import Values
from tests.sandbox.lookup_schema import ARN, TAGS, ask, missing
from tests.sandbox.provider_client import REGION, Client


def test_a_role_is_found_by_its_name(client: Client, boto: Any, name: str) -> None:
    assumed: Values = {"Version": "2012-10-17", "Statement": []}
    made = boto("iam").create_role(
        RoleName=name, Path="/web/", AssumeRolePolicyDocument=json.dumps(assumed), Description="of web", Tags=TAGS
    )["Role"]
    found = ask(client, "getRole", name=name)
    assert json.loads(found.pop("assumeRolePolicy")) == assumed
    assert found.pop("createDate").endswith("Z")
    assert found == {
        "arn": f"arn:aws:iam::123456789012:role/web/{name}",
        "description": "of web",
        "id": name,
        "maxSessionDuration": 3600,
        "name": name,
        "path": "/web/",
        "permissionsBoundary": "",
        "roleLastUseds": found["roleLastUseds"],
        "tags": {"team": "web"},
        "uniqueId": made["RoleId"],
    }
    boto("iam").delete_role(RoleName=name)
    assert missing(client, "getRole", name=name) == f"reading IAM Role ({name}): couldn't find resource"
    assert missing(client, "getRole") == "Missing required argument 'name'"


def test_a_policy_is_found_by_arn_name_and_path(client: Client, boto: Any, name: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam = boto("iam")
    arn = iam.create_policy(
        PolicyName=name, Path=f"/{name}/", PolicyDocument=json.dumps(document), Description="of web", Tags=TAGS
    )["Policy"]["Arn"]
    found = ask(client, "getPolicy", arn=arn)
    assert json.loads(found["policy"]) == document
    assert (found["name"], found["path"], found["description"]) == (name, f"/{name}/", "of web")
    assert (found["id"], found["attachmentCount"], found["tags"]) == (arn, 0, {"team": "web"})
    assert ask(client, "getPolicy", name=name)["arn"] == arn
    assert ask(client, "getPolicy", pathPrefix=f"/{name}/")["arn"] == arn
    iam.create_policy(PolicyName=f"{name}-2", Path=f"/{name}/", PolicyDocument=json.dumps(document))
    assert "multiple IAM Policys matched" in missing(client, "getPolicy", pathPrefix=f"/{name}/")
    assert "no matching IAM Policy found" in missing(client, "getPolicy", name="nobody")
    gone = f"{arn}-gone"
    assert missing(client, "getPolicy", arn=gone) == f"reading IAM Policy ({gone}): couldn't find resource"
    assert "conflicts with name" in missing(client, "getPolicy", arn=arn, name=name)


def test_a_log_group_is_found_by_its_whole_name(client: Client, boto: Any, name: str) -> None:
    logs = boto("logs")
    for one in (name, f"{name}-2"):
        logs.create_log_group(logGroupName=one, tags={"of": one})
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    found = ask(client, "getLogGroup", name=name)
    assert found["arn"] == f"arn:aws:logs:{ARN}:log-group:{name}"
    assert (found["id"], found["retentionInDays"], found["tags"]) == (name, 7, {"of": name})
    assert found["creationTime"] > 1_600_000_000_000
    assert ask(client, "getLogGroup", name=f"{name}-2")["retentionInDays"] == 0
    assert missing(client, "getLogGroup", name=name[:-1]) == (
        f"reading CloudWatch Logs Log Group ({name[:-1]}): couldn't find resource"
    )


def test_a_topic_is_found_by_its_name(client: Client, boto: Any, name: str) -> None:
    arn = boto("sns").create_topic(Name=name, Tags=TAGS)["TopicArn"]
    found = ask(client, "getTopic", name=name)
    assert found == {"arn": arn, "id": arn, "name": name, "region": REGION, "tags": {"team": "web"}}
    assert missing(client, "getTopic", name=name[1:]) == f"reading SNS Topic ({name[1:]}): couldn't find resource"


def test_a_key_and_its_alias_are_found(client: Client, boto: Any, name: str) -> None:
    kms = boto("kms")
    key = kms.create_key(Description="of web")["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    found = ask(client, "getKey", keyId=key["KeyId"])
    assert (found["arn"], found["description"], found["enabled"]) == (key["Arn"], "of web", True)
    assert (found["keyState"], found["multiRegion"]) == ("Enabled", False)
    assert ask(client, "getKey", keyId=f"alias/{name}")["id"] == key["KeyId"]
    alias = ask(client, "getAlias", name=f"alias/{name}")
    assert (alias["targetKeyArn"], alias["targetKeyId"]) == (key["Arn"], key["KeyId"])
    assert alias["arn"] == f"arn:aws:kms:{ARN}:alias/{name}"
    assert missing(client, "getKey", keyId="alias/nobody") == "reading KMS Key (alias/nobody): couldn't find resource"
    said = missing(client, "getAlias", name="alias/nobody")
    assert said == "reading KMS Alias (alias/nobody): couldn't find resource"


def test_a_certificate_is_found_by_its_domain_among_those_issued(client: Client, boto: Any, name: str) -> None:
    acm, domain = boto("acm"), f"{name}.example.com"
    first = acm.request_certificate(DomainName=domain, Tags=TAGS)["CertificateArn"]
    waiting = {"domain": domain, "statuses": ["PENDING_VALIDATION"]}
    found = ask(client, "getCertificate", **waiting)
    assert (found["arn"], found["status"], found["tags"]) == (first, "PENDING_VALIDATION", {"team": "web"})
    assert missing(client, "getCertificate", domain=domain) == f"no ACM Certificate matching domain ({domain})"
    second = acm.request_certificate(DomainName=domain)["CertificateArn"]
    assert missing(client, "getCertificate", **waiting) == f"multiple ACM Certificates matching domain ({domain})"
    assert ask(client, "getCertificate", **waiting, mostRecent=True)["arn"] in (first, second)
    assert ask(client, "getCertificate", **waiting, tags={"team": "web"})["arn"] == first
    said = missing(client, "getCertificate", **waiting, types=["IMPORTED"])
    assert said == "no ACM Certificate found matching input criteria"
    assert missing(client, "getCertificate") == "one of `domain,tags` must be specified"
