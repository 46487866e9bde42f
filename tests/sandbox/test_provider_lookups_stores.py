"""Lookups of what is stored and kept secret: parameters, secrets, objects, files and images, in the sandbox's cloud."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from pulumi.runtime.proto import provider_pb2

from sandbox.provider.values import Values, secret_names, to_struct
from tests.sandbox.lookup_schema import ARN, TAGS, TOKENS, ask, missing
from tests.sandbox.provider_client import REGION, Client


def test_a_parameter_is_found_by_its_name_and_encrypted_unless_told_otherwise(
    client: Client, boto: Any, name: str
) -> None:
    boto("ssm").put_parameter(Name=f"/{name}/plain", Type="String", Value="hello")
    boto("ssm").put_parameter(Name=f"/{name}/secret", Type="SecureString", Value="hush")
    assert ask(client, "getParameter", name=f"/{name}/plain") == {
        "arn": f"arn:aws:ssm:{ARN}:parameter/{name}/plain",
        "id": f"/{name}/plain",
        "insecureValue": "hello",
        "name": f"/{name}/plain",
        "region": REGION,
        "type": "String",
        "value": "hello",
        "version": 1,
        "withDecryption": True,
    }
    secret = ask(client, "getParameter", name=f"/{name}/secret")
    assert (secret["value"], secret["type"]) == ("hush", "SecureString")
    assert "insecureValue" not in secret
    encrypted = ask(client, "getParameter", name=f"/{name}/secret", withDecryption=False)
    assert encrypted["value"] != "hush"
    assert encrypted["withDecryption"] is False
    said = missing(client, "getParameter", name=f"/{name}/nothing")
    assert said == f"reading SSM Parameter (/{name}/nothing): couldn't find resource"


def test_parameters_below_a_path_are_found(client: Client, boto: Any, name: str) -> None:
    for path, kind in (("a", "String"), ("b", "SecureString"), ("deep/c", "String")):
        boto("ssm").put_parameter(Name=f"/{name}/{path}", Type=kind, Value=path)
    found = ask(client, "getParametersByPath", path=f"/{name}")
    assert found == {
        "arns": [f"arn:aws:ssm:{ARN}:parameter/{name}/{path}" for path in "ab"],
        "id": f"/{name}",
        "names": [f"/{name}/a", f"/{name}/b"],
        "path": f"/{name}",
        "region": REGION,
        "types": ["String", "SecureString"],
        "values": ["a", "b"],
        "withDecryption": True,
    }
    assert ask(client, "getParametersByPath", path=f"/{name}", recursive=True)["values"] == ["a", "b", "deep/c"]
    assert ask(client, "getParametersByPath", path="/nothing")["names"] == []


def test_answers_carry_no_mark_of_a_secret_just_like_the_real_providers(client: Client, boto: Any, name: str) -> None:
    boto("ssm").put_parameter(Name=name, Type="SecureString", Value="hush")
    request = provider_pb2.InvokeRequest(tok=TOKENS["getParameter"], args=to_struct({"name": name}))
    answer = getattr(client.stub.Invoke(request), "return")
    assert answer.fields["value"].string_value == "hush"
    assert secret_names(answer) == set()


def test_a_secret_is_found_by_name_and_arn(client: Client, boto: Any, name: str) -> None:
    secrets = boto("secretsmanager")
    arn = secrets.create_secret(Name=name, SecretString="hush", Description="of web", Tags=TAGS)["ARN"]
    found = ask(client, "getSecret", name=name)
    assert (found["arn"], found["id"], found["description"]) == (arn, arn, "of web")
    assert (found["tags"], found["policy"]) == ({"team": "web"}, "")
    assert found["createdDate"].endswith("Z")
    assert ask(client, "getSecret", arn=arn)["name"] == name
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    secrets.put_resource_policy(SecretId=name, ResourcePolicy=policy)
    assert json.loads(ask(client, "getSecret", name=name)["policy"]) == json.loads(policy)
    assert missing(client, "getSecret", name="nobody") == (
        "reading Secrets Manager Secret (nobody): couldn't find resource"
    )
    assert missing(client, "getSecret") == "one of `arn,name` must be specified"
    assert "conflicts" in missing(client, "getSecret", name=name, arn=arn)


def test_a_secrets_version_is_found_by_id_and_stage(client: Client, boto: Any, name: str) -> None:
    secrets = boto("secretsmanager")
    first = secrets.create_secret(Name=name, SecretString="first")
    second = secrets.put_secret_value(SecretId=name, SecretString="second")
    current = ask(client, "getSecretVersion", secretId=name)
    assert (current["secretString"], current["versionId"]) == ("second", second["VersionId"])
    assert (current["id"], current["versionStage"]) == (f"{name}|AWSCURRENT", "AWSCURRENT")
    assert (current["arn"], current["secretArn"], current["secretBinary"]) == (first["ARN"], first["ARN"], "")
    previous = ask(client, "getSecretVersion", secretId=name, versionStage="AWSPREVIOUS")
    assert (previous["secretString"], previous["versionStages"]) == ("first", ["AWSPREVIOUS"])
    by_id = ask(client, "getSecretVersion", secretId=name, versionId=first["VersionId"])
    assert (by_id["secretString"], by_id["id"]) == ("first", f"{name}|{first['VersionId']}")
    secrets.create_secret(Name=f"{name}-binary", SecretBinary=b"bytes")
    assert ask(client, "getSecretVersion", secretId=f"{name}-binary")["secretBinary"] == "bytes"
    said = missing(client, "getSecretVersion", secretId="nobody")
    assert said == "reading Secrets Manager Secret Version (nobody|AWSCURRENT): couldn't find resource"


def test_secrets_are_listed_by_filters(client: Client, boto: Any, name: str) -> None:
    arns = [boto("secretsmanager").create_secret(Name=f"{name}-{one}", SecretString=one)["ARN"] for one in "ab"]
    found = ask(client, "getSecrets", filters=[{"name": "name", "values": [name]}])
    assert (found["arns"], found["names"], found["id"]) == (arns, [f"{name}-a", f"{name}-b"], REGION)
    assert ask(client, "getSecrets", filters=[{"name": "name", "values": ["nobody"]}])["arns"] == []


def test_a_password_is_made_up_as_asked(client: Client) -> None:
    found = ask(client, "getRandomPassword")
    assert (len(found["randomPassword"]), found["passwordLength"]) == (32, 32)
    digits = {"excludeLowercase": True, "excludeUppercase": True, "excludePunctuation": True}
    assert ask(client, "getRandomPassword", passwordLength=12, **digits)["randomPassword"].isdigit()


def test_an_object_is_found_with_its_body_if_that_is_text(client: Client, boto: Any, name: str) -> None:
    s3 = boto("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    said = {"ContentType": "text/plain", "Metadata": {"of": "web"}, "Tagging": "team=web"}
    first = s3.put_object(Bucket=name, Key="a/page", Body="hello", **said)
    s3.put_object(Bucket=name, Key="a/page", Body=b"\x00", ContentType="image/png")
    newest = ask(client, "getObject", bucket=name, key="a/page")
    assert (newest["arn"], newest["id"]) == (f"arn:aws:s3:::{name}/a/page", f"{name}/a/page")
    assert (newest["contentType"], newest["contentLength"], "body" in newest) == ("image/png", 1, False)
    assert (newest["storageClass"], newest["tags"], newest["expires"]) == ("STANDARD", {}, "")
    assert newest["lastModified"].endswith(" UTC")
    before = ask(client, "getObject", bucket=name, key="a/page", versionId=first["VersionId"])
    assert (before["body"], before["metadata"], before["tags"]) == ("hello", {"of": "web"}, {"team": "web"})
    assert (before["etag"], before["id"]) == (first["ETag"].strip('"'), f"{name}/a/page@{first['VersionId']}")
    ask_first = functools.partial(ask, client, "getObject", bucket=name, key="a/page", versionId=first["VersionId"])
    assert "bodyBase64" not in before
    assert ask_first(downloadBody="true")["bodyBase64"] == "aGVsbG8="
    assert not {"body", "bodyBase64"} & ask_first(downloadBody="false").keys()
    image = ask(client, "getObject", bucket=name, key="a/page", downloadBody="true")
    assert (image["bodyBase64"], "body" in image) == ("AA==", False)
    said = missing(client, "getObject", bucket=name, key="b")
    assert said == f"reading S3 Bucket ({name}) Object (b): couldn't find resource"


def test_objects_are_listed_below_a_prefix(client: Client, boto: Any, name: str) -> None:
    s3 = boto("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("a/1", "a/2", "a/b/3", "c"):
        s3.put_object(Bucket=name, Key=key)
    found = ask(client, "getObjects", bucket=name, prefix="a/", delimiter="/", fetchOwner=True)
    assert (found["keys"], found["commonPrefixes"], found["id"]) == (["a/1", "a/2"], ["a/b/"], name)
    assert len(found["owners"]) == 2
    assert ask(client, "getObjects", bucket=name, maxKeys=3)["keys"] == ["a/1", "a/2", "a/b/3"]


def test_a_bucket_is_found_by_its_name_in_the_region_it_is_in(client: Client, boto: Any, name: str) -> None:
    s3 = boto("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    expected = {
        "arn": f"arn:aws:s3:::{name}",
        "bucket": name,
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": REGION,
        "bucketRegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
        "hostedZoneId": "Z1BKCTXD74EZPE",
        "id": name,
        "region": REGION,
    }
    assert ask(client, "getBucket", bucket=name) == expected
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    domain = f"s3-website-{REGION}.amazonaws.com"
    website = {"websiteDomain": domain, "websiteEndpoint": f"{name}.{domain}"}
    assert ask(client, "getBucket", bucket=name) == {**expected, **website}
    assert missing(client, "getBucket", bucket=f"{name}-gone") == (
        f"reading S3 Bucket ({name}-gone): couldn't find resource"
    )


def test_a_file_system_is_found_by_each_argument(client: Client, boto: Any, name: str) -> None:
    efs = boto("efs")
    tags = [{"Key": "Name", "Value": name}]
    id_ = efs.create_file_system(CreationToken=name, Encrypted=True, Tags=tags)["FileSystemId"]
    efs.put_lifecycle_configuration(FileSystemId=id_, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
    found = ask(client, "getFileSystem", fileSystemId=id_)
    assert (found["creationToken"], found["name"], found["encrypted"]) == (name, name, True)
    assert found["dnsName"] == f"{id_}.efs.{REGION}.amazonaws.com"
    assert [one["transitionToIa"] for one in found["lifecyclePolicies"]] == ["AFTER_30_DAYS"]
    assert ask(client, "getFileSystem", creationToken=name)["id"] == id_
    assert ask(client, "getFileSystem", tags={"Name": name})["id"] == id_
    assert "no matching EFS file system found" in missing(client, "getFileSystem", tags={"Name": "nobody"})
    assert "no matching EFS file system found" in missing(client, "getFileSystem", fileSystemId="fs-00000000")
    efs.create_file_system(CreationToken=f"{name}-2", Tags=tags)
    assert "multiple EFS file systems matched" in missing(client, "getFileSystem", tags={"Name": name})


def test_a_repository_and_its_images_are_found(client: Client, boto: Any, name: str) -> None:
    ecr = boto("ecr")
    made = ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE", tags=TAGS)["repository"]
    empty = ask(client, "getRepository", name=name)
    assert (empty["arn"], empty["repositoryUrl"]) == (made["repositoryArn"], made["repositoryUri"])
    assert (empty["imageTagMutability"], empty["tags"]) == ("IMMUTABLE", {"team": "web"})
    assert empty["imageScanningConfigurations"] == [{"scanOnPush": False}]
    assert empty["encryptionConfigurations"] == [{"encryptionType": "AES256", "kmsKey": ""}]
    assert missing(client, "getImage", repositoryName=name, mostRecent=True) == (
        "Your query returned no results. Please change your search criteria and try again."
    )

    kind = "application/vnd.oci.image.manifest.v1+json"
    for tag in ("1.4.0", "1.5.0"):
        manifest: Values = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {},
            "layers": [],
            "annotations": {"of": tag},
        }
        ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag=tag)
    by_tag = ask(client, "getImage", repositoryName=name, imageTag="1.4.0")
    assert by_tag["imageUri"] == f"{made['repositoryUri']}@{by_tag['imageDigest']}"
    assert (by_tag["imageTags"], by_tag["id"]) == (["1.4.0"], by_tag["imageDigest"])
    assert by_tag["imagePushedAt"] > 1_600_000_000
    by_digest = ask(client, "getImage", repositoryName=name, imageDigest=by_tag["imageDigest"])
    assert by_digest["imageTags"] == ["1.4.0"]
    newest = ask(client, "getImage", repositoryName=name, mostRecent=True)["imageTags"]
    assert newest == ask(client, "getRepository", name=name)["mostRecentImageTags"]
    assert name in ask(client, "getRepositories")["names"]
    listed = ask(client, "getImages", repositoryName=name)["imageIds"]
    assert {one["imageTag"]: one["imageDigest"] for one in listed}["1.4.0"] == by_tag["imageDigest"]

    assert missing(client, "getRepository", name="nobody") == "reading ECR Repository (nobody): couldn't find resource"
    assert "reading ECR Images: " in missing(client, "getImage", repositoryName=name, imageTag="9")
    assert missing(client, "getImage", repositoryName=name) == (
        "one of `imageDigest,imageTag,mostRecent` must be specified"
    )
    assert "conflicts with imageTag" in missing(client, "getImage", repositoryName=name, imageTag="1", mostRecent=True)


def test_a_registrys_token_holds_name_and_password(client: Client) -> None:
    found = ask(client, "getAuthorizationToken")
    assert found["userName"] == "AWS"
    told = base64.b64decode(found["authorizationToken"]).decode()
    assert told == f"AWS:{found['password']}"
    assert found["proxyEndpoint"].endswith(f"dkr.ecr.{REGION}.amazonaws.com")
    assert found["expiresAt"].endswith("Z")
