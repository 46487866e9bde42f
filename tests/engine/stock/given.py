"""What the documentation's examples take for granted, made in the cloud by boto3 as whoever tries them would make it.

By the name that an example leaves undefined, by the key of the config that it asks for, or by the example itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

#: A boto3 client of a service, in the region of the example.
Clients = Callable[[str], Any]

_TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
_ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Given:
    """An account as the documentation presumes it; whatever is asked for is made once."""

    def __init__(self, client: Clients) -> None:
        self._client = cache(client)
        self.value = cache(self._value)

    def names(self, id_: str, undefined: Iterable[str]) -> dict[str, Any]:
        """The values of an example's undefined names, of those that anything is known of."""
        known = {name: f"{id_}:{name}" if f"{id_}:{name}" in _NAMES else name for name in undefined}
        return {name: self.value(key) for name, key in known.items() if key in _NAMES}

    def config(self, keys: Mapping[str, bool]) -> dict[str, str]:
        """The values of config keys, of those that can be given; as JSON where an object is wanted."""
        values = {key: _CONFIG[key](self) for key in keys if key in _CONFIG}
        return {key: json.dumps(value) if keys[key] else value for key, value in values.items()}

    def seed(self, id_: str) -> None:
        """Make what an example finds by a name of its own."""
        if id_ in _SEEDS:
            _SEEDS[id_](self)

    def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """Call the cloud."""
        return getattr(self._client(service), operation)(**arguments)

    def _value(self, name: str) -> Any:
        return _NAMES[name](self)

    def vpc(self) -> dict[str, Any]:
        """A network with IPv6 and a way out."""
        made = self.call("ec2", "create_vpc", CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        gateway = self.call("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
        self.call("ec2", "attach_internet_gateway", InternetGatewayId=gateway, VpcId=made["VpcId"])
        ipv6 = made["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        return {"id": made["VpcId"], "cidrBlock": made["CidrBlock"], "ipv6CidrBlock": ipv6}

    def subnet(self, number: int) -> dict[str, Any]:
        """A subnet of that network."""
        zone = self.call("ec2", "describe_availability_zones")["AvailabilityZones"][number - 1]["ZoneName"]
        place = {"CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}
        return {"id": self.call("ec2", "create_subnet", VpcId=self.value("main")["id"], **place)["Subnet"]["SubnetId"]}

    def address(self) -> dict[str, Any]:
        """An elastic IP address."""
        return {"id": self.call("ec2", "allocate_address", Domain="vpc")["AllocationId"]}

    def image(self, architecture: str) -> dict[str, Any]:
        """An image of the account's own."""
        wanted = [{"Name": "architecture", "Values": [architecture]}]
        images = self.call("ec2", "describe_images", Owners=["self"], Filters=wanted)["Images"]
        return {"id": images[0]["ImageId"]}

    def allowed(self, name: str) -> None:
        """Let the account itself launch an image expressly."""
        found = self.call("ec2", "describe_images", Filters=[{"Name": "name", "Values": [name]}])["Images"][0]
        self.call(
            "ec2",
            "modify_image_attribute",
            ImageId=found["ImageId"],
            LaunchPermission={"Add": [{"UserId": "123456789012"}]},
        )

    def security_group(self) -> dict[str, Any]:
        """A security group of the network."""
        about = {"GroupName": "given", "Description": "given", "VpcId": self.value("main")["id"]}
        return {"id": self.call("ec2", "create_security_group", **about)["GroupId"]}

    def template(self, name: str) -> None:
        """A launch template."""
        data = {"ImageId": self.value("example_aws_ami")["id"], "InstanceType": "t3.micro"}
        self.call("ec2", "create_launch_template", LaunchTemplateName=name, LaunchTemplateData=data)

    def configuration(self) -> dict[str, Any]:
        """A launch configuration."""
        data = {"ImageId": self.value("example_aws_ami")["id"], "InstanceType": "t3.micro"}
        self.call("autoscaling", "create_launch_configuration", LaunchConfigurationName="given", **data)
        return {"name": "given"}

    def group(self, name: str) -> dict[str, Any]:
        """An Auto Scaling group, empty."""
        self.call(
            "autoscaling",
            "create_auto_scaling_group",
            AutoScalingGroupName=name,
            LaunchConfigurationName=self.value("foobar")["name"],
            MinSize=0,
            MaxSize=1,
            VPCZoneIdentifier=self.value("example1")["id"],
        )
        return {"name": name}

    def balancer(self, kind: str, name: str) -> dict[str, Any]:
        """A load balancer."""
        subnets = [subnet["id"] for subnet in self.value("public")]
        made = self.call("elbv2", "create_load_balancer", Name=name, Type=kind, Subnets=subnets)["LoadBalancers"][0]
        arn = made["LoadBalancerArn"]
        return {"id": arn, "arn": arn, "arnSuffix": arn.partition("loadbalancer/")[2]}

    def targets(self, protocol: str) -> dict[str, Any]:
        """A target group."""
        about = {"Name": f"given-{protocol.lower()}", "Protocol": protocol, "Port": 80}
        made = self.call("elbv2", "create_target_group", VpcId=self.value("main")["id"], **about)["TargetGroups"][0]
        arn = made["TargetGroupArn"]
        return {"id": arn, "arn": arn, "arnSuffix": arn.rpartition(":")[2]}

    def listener(self, balancer: dict[str, Any], port: int) -> str:
        """A listener's ARN."""
        actions = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
        about = {"LoadBalancerArn": balancer["arn"], "Port": port, "Protocol": "HTTP", "DefaultActions": actions}
        return self.call("elbv2", "create_listener", **about)["Listeners"][0]["ListenerArn"]

    def certificate(self) -> dict[str, Any]:
        """A certificate's ARN."""
        return {"arn": self.call("acm", "request_certificate", DomainName="example.com")["CertificateArn"]}

    def topic(self, name: str) -> dict[str, Any]:
        """A topic."""
        return {"arn": self.call("sns", "create_topic", Name=name)["TopicArn"]}

    def alarm(self, name: str) -> dict[str, Any]:
        """An alarm."""
        what = {"MetricName": "m", "Namespace": "n", "Period": 60, "EvaluationPeriods": 1, "Statistic": "Sum"}
        when = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
        self.call("cloudwatch", "put_metric_alarm", AlarmName=name, **what, **when)
        return {"alarmName": name}

    def bucket(self) -> dict[str, Any]:
        """A bucket for a balancer's logs."""
        self.call("s3", "create_bucket", Bucket="given-logs")
        return {"id": "given-logs"}

    def secret(self, name: str) -> dict[str, Any]:
        """A secret that has a value."""
        return {"id": self.call("secretsmanager", "create_secret", Name=name, SecretString="hush")["ARN"]}

    def policy(self, name: str) -> None:
        """A managed policy."""
        self.call("iam", "create_policy", PolicyName=name, PolicyDocument=_policy(_ANYTHING))

    def parameter(self, name: str, versions: int) -> None:
        """A parameter that was written so many times."""
        for version in range(versions):
            self.call("ssm", "put_parameter", Name=name, Type="String", Value=str(version), Overwrite=version > 0)

    def pushed(self, repository: str) -> None:
        """A repository with an image."""
        media = "application/vnd.docker.distribution.manifest.v2+json"
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": media,
            "layers": [],
            "config": {"digest": f"sha256:{'0' * 64}", "size": 1},
        }
        self.call("ecr", "create_repository", repositoryName=repository)
        about = {"imageManifest": json.dumps(manifest), "imageTag": "latest"}
        self.call("ecr", "put_image", repositoryName=repository, **about)

    def file_system(self, **tags: str) -> dict[str, Any]:
        """A file system."""
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"id": self.call("efs", "create_file_system", CreationToken=f"given{tags}", Tags=listed)["FileSystemId"]}

    def tag(self, id_: str, name: str) -> None:
        """Name what EC2 has."""
        self.call("ec2", "create_tags", Resources=[id_], Tags=[{"Key": "Name", "Value": name}])


_NAMES: dict[str, Callable[[Given], Any]] = {
    "account_id": lambda _: "123456789012",
    "alerts": lambda given: given.value("example_aws_sns_topic"),
    "alpha": lambda given: given.alarm("alpha"),
    "bar": lambda given: given.group("given"),
    "bravo": lambda given: given.alarm("bravo"),
    "efs.AccessPoint.0:foo": lambda given: given.value("example_aws_efs_file_system"),
    "example": lambda given: given.secret("given"),
    "example1": lambda given: given.subnet(1),
    "example1_aws_eip": Given.address,
    "example2": lambda given: given.subnet(2),
    "example2_aws_ami": lambda given: given.image("arm64"),
    "example2_aws_eip": Given.address,
    "example_aws_ami": lambda given: given.image("x86_64"),
    "example_aws_efs_file_system": Given.file_system,
    "example_aws_security_group": Given.security_group,
    "example_aws_sns_topic": lambda given: given.topic("given"),
    "example_aws_subnet": lambda given: given.value("example1"),
    "example_aws_vpc": lambda given: given.value("main"),
    "foo": lambda given: given.value("foobar"),
    "foobar": Given.configuration,
    "front_end_aws_lb": lambda given: given.balancer("network", "given-network"),
    "front_end_aws_lb_target_group": lambda given: given.targets("TLS"),
    "instance_assume_role_policy": lambda _: {"json": _policy(_TRUST)},
    "lb": lambda given: given.value("front_end_aws_lb"),
    "lb_logs": Given.bucket,
    "lb_sg": lambda given: given.value("example_aws_security_group"),
    "lb_tg": lambda given: given.value("front_end_aws_lb_target_group"),
    "logstash_servers_count": lambda _: 2,
    "main": Given.vpc,
    "provider_name": lambda _: "given",
    "public": lambda given: [given.value("example1"), given.value("example2")],
    "sns": lambda given: given.value("example_aws_sns_topic"),
    "test_aws_iam_server_certificate": Given.certificate,
    "test_aws_subnet": lambda given: given.value("example1"),
    "test_aws_vpclattice_target_group": lambda _: [
        {"arn": "arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-0123456789abcdef0"}
    ],
    "test_aws_lb": lambda given: given.balancer("application", "given-application"),
    "test_aws_lb_target_group": lambda given: given.targets("HTTP"),
    "trusted_role_arn": lambda _: "arn:aws:iam::123456789012:role/given",
    "vpc_id": lambda given: given.value("main")["id"],
}

_CONFIG: dict[str, Callable[[Given], Any]] = {
    "fileSystemId": lambda given: given.value("example_aws_efs_file_system")["id"],
    "lbArn": lambda given: given.value("test_aws_lb")["arn"],
    "lbTgArn": lambda given: given.value("test_aws_lb_target_group")["arn"],
    "listenerArn": lambda given: given.listener(given.value("test_aws_lb"), 80),
    "subnetId": lambda given: given.value("example1")["id"],
}

_SEEDS: dict[str, Callable[[Given], Any]] = {
    "acm.get_certificate.0": lambda given: given.call("acm", "request_certificate", DomainName="tf.example.com"),
    "autoscaling.get_group.0": lambda given: given.group("foo"),
    "autoscaling.Policy.1": lambda given: given.group("my-test-asg"),
    "autoscaling.Policy.2": lambda given: given.group("my-test-asg"),
    "autoscaling.Policy.3": lambda given: given.group("my-test-asg"),
    "cloudwatch.get_log_group.0": lambda given: given.call("logs", "create_log_group", logGroupName="MyImportantLogs"),
    "ec2.get_ami.0": lambda given: given.allowed("myami-123"),
    "ec2.get_launch_template.0": lambda given: given.template("my-launch-template"),
    "ec2.get_launch_template.1": lambda given: given.template("some-template"),
    "ec2.get_subnet.1": lambda given: given.tag(given.value("example1")["id"], "yakdriver"),
    "ecr.get_image.0": lambda given: given.pushed("my/service"),
    "ecr.get_images.0": lambda given: given.pushed("my-repository"),
    "ecr.get_repository.0": lambda given: given.call("ecr", "create_repository", repositoryName="ecr-repository"),
    "efs.get_file_system.0": lambda given: given.file_system(Environment="dev"),
    "iam.get_policy.0": lambda given: given.policy("UsersManageOwnCredentials"),
    "iam.get_policy.1": lambda given: given.policy("test_policy"),
    "iam.get_role.0": lambda given: given.call(
        "iam", "create_role", RoleName="an_example_role_name", AssumeRolePolicyDocument=_policy(_TRUST)
    ),
    "lb.get_listener.0": lambda given: given.listener(given.balancer("application", "default-public"), 443),
    "secretsmanager.get_secret_version.1": lambda given: given.call(
        "secretsmanager",
        "put_secret_value",
        SecretId=given.value("example")["id"],
        SecretString="hush",
        VersionStages=["example"],
    ),
    "secretsmanager.get_secret.1": lambda given: given.secret("example"),
    "sns.TopicSubscription.2": lambda given: given.topic("my-topic"),
    "sns.get_topic.0": lambda given: given.topic("an_example_topic"),
    "ssm.get_parameter.0": lambda given: given.parameter("foo", versions=1),
    "ssm.get_parameter.1": lambda given: given.parameter("foo", versions=3),
}
