"""Every function of the provider under the real engine, in a plain pulumi-aws program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from sandbox.provider.lookups import LOOKUPS
from tests.engine.stage import STACK, sandboxed
from tests.engine.test_provider_program import SEED, Program

#: What a program finds without any resource of its own; `made` is what the test has made by other hands.
PLAIN = """
    vpc = aws.ec2.get_vpc(default=True)
    inside = [{"name": "vpc-id", "values": [vpc.id]}]
    subnets = aws.ec2.get_subnets(filters=inside).ids
    documents = [aws.iam.get_policy_document(
        policy_id="mine",
        statements=[{"sid": "A", "not_actions": ["a:*"], "resources": ["*"],
                     "principals": [{"type": "AWS", "identifiers": ["*"]}],
                     "conditions": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]}]}])]
    documents.append(aws.iam.get_policy_document(source_policy_documents=[documents[0].json]))
    found = {
        "getAmi": aws.ec2.get_ami(most_recent=True, owners=["self"], name_regex="1.4.0$").id,
        "getAmiIds": aws.ec2.get_ami_ids(owners=["self"], name_regex="1.5.0$").ids,
        "getAuthorizationToken": aws.ecr.get_authorization_token().user_name,
        "getAvailabilityZone": aws.get_availability_zone(name="eu-west-1a").name_suffix,
        "getAvailabilityZones": aws.get_availability_zones().names,
        "getCallerIdentity": aws.get_caller_identity().account_id,
        "getDefaultTags": aws.get_default_tags().tags,
        "getInstances": aws.ec2.get_instances(instance_state_names=["terminated"]).ids,
        "getPartition": aws.get_partition().dns_suffix,
        "getPolicyDocument": json.loads(documents[1].minified_json),
        "getRegion": aws.get_region().region,
        "getSecurityGroups": len(aws.ec2.get_security_groups(filters=inside).ids),
        "getService": aws.get_service(service_id="s3").dns_name,
        "getSubnet": aws.ec2.get_subnet(id=subnets[0]).vpc_id == vpc.id,
        "getSubnets": len(subnets),
        "getVpc": vpc.default,
        "getVpcs": aws.ec2.get_vpcs().ids == [vpc.id],
        "getAlias": aws.kms.get_alias(name="alias/web").target_key_id == made["key"],
        "getBucket": aws.s3.get_bucket(bucket="web-files").bucket_regional_domain_name,
        "getCertificate": aws.acm.get_certificate(domain="web.example.com", statuses=["PENDING_VALIDATION"]).status,
        "getFileSystem": aws.efs.get_file_system(creation_token="web").performance_mode,
        "getImage": aws.ecr.get_image(repository_name="web", image_tag="1").image_tags,
        "getImages": len(aws.ecr.get_images(repository_name="web").image_ids),
        "getInstance": aws.ec2.get_instance(instance_id=made["instance"]).root_block_devices[0].volume_type,
        "getKey": aws.kms.get_key(key_id=made["key"]).description,
        "getLogGroup": aws.cloudwatch.get_log_group(name="web").arn,
        "getObject": aws.s3.get_object(bucket="web-files", key="a/page").body,
        "getObjects": aws.s3.get_objects(bucket="web-files", prefix="a/").keys,
        "getParameter": aws.ssm.get_parameter(name="web").value,
        "getParametersByPath": aws.ssm.get_parameters_by_path(path="/web").names,
        "getPolicy": json.loads(aws.iam.get_policy(name="web").policy),
        "getRandomPassword": len(aws.secretsmanager.get_random_password(password_length=12).random_password),
        "getRepositories": aws.ecr.get_repositories().names,
        "getRepository": aws.ecr.get_repository(name="web").most_recent_image_tags,
        "getSecret": aws.secretsmanager.get_secret(name="web").tags,
        "getSecrets": aws.secretsmanager.get_secrets(filters=[{"name": "name", "values": ["web"]}]).names,
        "getSecretVersion": aws.secretsmanager.get_secret_version(secret_id="web").secret_string,
        "getTopic": aws.sns.get_topic(name="web").arn,
    }
"""

#: What a program finds of its own resources, whose names no preview knows.
OWN = """
    group = aws.ec2.SecurityGroup("web", vpc_id=vpc.id, description="web")
    role = aws.iam.Role("web", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    template = aws.ec2.LaunchTemplate("web", image_id=found["getAmi"], instance_type="t3.micro",
                                      metadata_options={"http_tokens": "required"})
    targets = aws.lb.TargetGroup("web", port=80, protocol="HTTP", vpc_id=vpc.id)
    balancer = aws.lb.LoadBalancer("web", subnets=subnets[:2], security_groups=[group.id])
    listener = aws.lb.Listener("web", load_balancer_arn=balancer.arn, port=80, protocol="HTTP",
                               default_actions=[{"type": "forward", "target_group_arn": targets.arn}])
    fleet = aws.autoscaling.Group("web", min_size=0, max_size=1, vpc_zone_identifiers=subnets,
                                  launch_template={"id": template.id, "version": "$Latest"})
    found |= {
        "getGroup": aws.autoscaling.get_group_output(name=fleet.name).launch_templates[0].version,
        "getLaunchTemplate": aws.ec2.get_launch_template_output(id=template.id).metadata_options[0].http_tokens,
        "getListener": aws.lb.get_listener_output(load_balancer_arn=listener.load_balancer_arn, port=80)
            .default_actions[0].target_group_arn.apply(lambda arn: arn.split(":")[5].split("/")[0]),
        "getLoadBalancer": aws.lb.get_load_balancer_output(arn=balancer.arn).access_logs.enabled,
        "getRole": aws.iam.get_role_output(name=role.name).path,
        "getSecurityGroup": aws.ec2.get_security_group_output(id=group.id).description,
        "getTargetGroup": aws.lb.get_target_group_output(arn=targets.arn).health_check.protocol,
    }
    pulumi.export("found", found)
"""

PROGRAM = f"import json, pulumi, pulumi_aws as aws\nmade = pulumi.Config().get_object('given')\n{dedent(PLAIN + OWN)}"

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
DOCUMENT = {
    "Version": "2012-10-17",
    "Id": "mine",
    "Statement": [
        {
            "Sid": "A",
            "Effect": "Allow",
            "NotAction": "a:*",
            "Resource": "*",
            "Principal": {"AWS": "*"},
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        }
    ],
}

FOUND = {
    "getAlias": True,
    "getAmi": "ami-00000000000000140",
    "getAmiIds": ["ami-00000000000000150"],
    "getAuthorizationToken": "AWS",
    "getAvailabilityZone": "a",
    "getAvailabilityZones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    "getBucket": "web-files.s3.eu-west-1.amazonaws.com",
    "getCallerIdentity": "123456789012",
    "getCertificate": "PENDING_VALIDATION",
    "getDefaultTags": {},
    "getFileSystem": "generalPurpose",
    "getGroup": "$Latest",
    "getImage": ["1"],
    "getImages": 1,
    "getInstance": "gp3",
    "getInstances": [],
    "getKey": "of web",
    "getLaunchTemplate": "required",
    "getListener": "targetgroup",
    "getLoadBalancer": False,
    "getLogGroup": "arn:aws:logs:eu-west-1:123456789012:log-group:web",
    "getObject": "hello",
    "getObjects": ["a/page"],
    "getParameter": "hello",
    "getParametersByPath": ["/web/one"],
    "getPartition": "amazonaws.com",
    "getPolicy": POLICY,
    "getPolicyDocument": DOCUMENT,
    "getRandomPassword": 12,
    "getRegion": "eu-west-1",
    "getRepositories": ["web"],
    "getRepository": ["1"],
    "getRole": "/",
    "getSecret": {"team": "web"},
    "getSecretVersion": "hush",
    "getSecrets": ["web"],
    "getSecurityGroup": "web",
    "getSecurityGroups": 1,
    "getService": "s3.eu-west-1.amazonaws.com",
    "getSubnet": True,
    "getSubnets": 3,
    "getTargetGroup": "HTTP",
    "getTopic": "arn:aws:sns:eu-west-1:123456789012:web",
    "getVpc": True,
    "getVpcs": True,
}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program, in a cloud that holds what it looks up."""
    with sandboxed(tmp_path / "sandbox", SEED) as (home, environment):
        program = Program(home, environment, tmp_path / "project", PROGRAM)
        program.must("stack", "init", STACK)
        program.give(**_make(program))
        yield program


def _make(program: Program) -> dict[str, str]:
    """What the program looks up and hasn't made; the ids that AWS chose."""
    client = program.client
    key = client("kms").create_key(Description="of web")["KeyMetadata"]["KeyId"]
    client("kms").create_alias(AliasName="alias/web", TargetKeyId=key)
    client("s3").create_bucket(Bucket="web-files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client("s3").put_object(Bucket="web-files", Key="a/page", Body="hello", ContentType="text/plain")
    client("efs").create_file_system(CreationToken="web")
    client("ecr").create_repository(repositoryName="web")
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {}, "layers": []})
    client("ecr").put_image(repositoryName="web", imageManifest=manifest, imageTag="1")
    client("logs").create_log_group(logGroupName="web")
    client("ssm").put_parameter(Name="web", Type="String", Value="hello")
    client("ssm").put_parameter(Name="/web/one", Type="String", Value="one")
    client("iam").create_policy(PolicyName="web", PolicyDocument=json.dumps(POLICY))
    client("secretsmanager").create_secret(Name="web", SecretString="hush", Tags=[{"Key": "team", "Value": "web"}])
    client("sns").create_topic(Name="web")
    disk = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": True}}]
    made = client("ec2").run_instances(
        ImageId="ami-00000000000000150", InstanceType="t3.micro", MinCount=1, MaxCount=1, BlockDeviceMappings=disk
    )
    return {"key": key, "instance": made["Instances"][0]["InstanceId"]}


def _pending(program: Program) -> Program:
    """With a certificate that was requested just now; moto issues it a minute later."""
    acm = program.client("acm")
    for one in acm.list_certificates()["CertificateSummaryList"]:
        acm.delete_certificate(CertificateArn=one["CertificateArn"])
    acm.request_certificate(DomainName="web.example.com")
    return program


def test_all_functions_answer_a_program_and_leave_open_in_a_preview_what_is_not_known_yet(program: Program) -> None:
    preview = _pending(program).preview()
    assert preview.code == 0, preview.text
    up = _pending(program).up()
    assert "warning" not in up.text
    found = program.outputs()["found"]
    assert found == FOUND
    assert set(found) == {token.rpartition(":")[2] for token in LOOKUPS}
    assert _pending(program).up("--expect-no-changes").code == 0


def test_a_lookup_that_finds_nothing_ends_the_program_in_its_words(program: Program) -> None:
    missing = "aws.ssm.get_parameter(name='nobody')"
    (program.folder / "__main__.py").write_text(f"import pulumi_aws as aws\n{missing}\n")
    preview = program.preview()
    assert preview.code != 0
    assert "reading SSM Parameter (nobody): couldn't find resource" in preview.text
