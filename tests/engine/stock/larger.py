"""What is done to each of the larger programs in `programs/`, and what each step must show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: A boto3 client of a service.
Clients = Callable[[str], Any]
#: What a preview shows: operation, and type and name.
Steps = set[tuple[str, str]]


@dataclass(frozen=True)
class Larger:
    """A program's life: config that changes it, with the steps; a drift; something to adopt; what may not be left."""

    name: str
    changes: tuple[tuple[dict[str, Any], Steps], ...]
    drift: Callable[[Clients], None]
    drifted: tuple[str, str]
    """The resource and the property that a refresh names."""
    adopt: Callable[[Clients], str]
    things: Callable[[Clients], list[Any]]


def replaced(resource: str) -> Steps:
    """The steps of a replacement."""
    return {(operation, resource) for operation in ("create-replacement", "replace", "delete-replaced")}


def _fleet_drifts(client: Clients) -> None:
    elb = client("elbv2")
    arn = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    shorter = [{"Key": "idle_timeout.timeout_seconds", "Value": "30"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=shorter)


def _fleet_things(client: Clients) -> list[Any]:
    ec2, elb, scaling, watch = (client(service) for service in ("ec2", "elbv2", "autoscaling", "cloudwatch"))
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    return [
        *(group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]),
        *ec2.describe_instances(Filters=running)["Reservations"],
        *ec2.describe_launch_templates()["LaunchTemplates"],
        *elb.describe_load_balancers()["LoadBalancers"],
        *elb.describe_target_groups()["TargetGroups"],
        *scaling.describe_auto_scaling_groups()["AutoScalingGroups"],
        *scaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"],
        *watch.describe_alarms()["MetricAlarms"],
        *watch.list_dashboards()["DashboardEntries"],
        *client("sns").list_topics()["Topics"],
    ]


def _files_drift(client: Clients) -> None:
    efs = client("efs")
    (files,) = efs.describe_file_systems()["FileSystems"]
    later = [{"TransitionToIA": "AFTER_90_DAYS"}]
    efs.put_lifecycle_configuration(FileSystemId=files["FileSystemId"], LifecyclePolicies=later)


def _files_things(client: Clients) -> list[Any]:
    efs = client("efs")
    groups = client("ec2").describe_security_groups()["SecurityGroups"]
    return [
        *(group["GroupName"] for group in groups),
        *efs.describe_file_systems()["FileSystems"],
        *efs.describe_access_points()["AccessPoints"],
    ]


def _images_drift(client: Clients) -> None:
    client("ecr").put_image_tag_mutability(repositoryName="team/site", imageTagMutability="MUTABLE")


def _adopted_repository(client: Clients) -> str:
    return client("ecr").create_repository(repositoryName="by-hand")["repository"]["repositoryName"]


def _objects_drift(client: Clients) -> None:
    s3 = client("s3")
    s3.put_object(Bucket="stock-objects-2", Key="left-behind", Body=b"x")
    s3.put_bucket_versioning(Bucket="stock-objects-2", VersioningConfiguration={"Status": "Suspended"})


def _adopted_bucket(client: Clients) -> str:
    client("s3").create_bucket(Bucket="by-hand", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return "by-hand"


def _table_drifts(client: Clients) -> None:
    dynamodb = client("dynamodb")
    (name,) = dynamodb.list_tables()["TableNames"]
    dynamodb.update_table(TableName=name, ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 5})


def _adopted_table(client: Clients) -> str:
    client("dynamodb").create_table(
        TableName="by-hand",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "by-hand"


_TARGETS = "aws:lb/targetGroup:TargetGroup::web"
_PLACE = "aws:efs/accessPoint:AccessPoint::app"
_IMAGES, _EXPIRY = "aws:ecr/repository:Repository::images", "aws:ecr/lifecyclePolicy:LifecyclePolicy::images"
_OBJECTS, _VERSIONS = "aws:s3/bucket:Bucket::objects", "aws:s3/bucketVersioning:BucketVersioning::objects"
_TABLE = "aws:dynamodb/table:Table::games"

LARGER = (
    Larger(
        "fleet",
        (
            (
                {"most": 5, "slow": 0.8, "port": 8081},
                {
                    ("update", "aws:autoscaling/group:Group::web"),
                    ("update", "aws:cloudwatch/metricAlarm:MetricAlarm::slow"),
                    ("update", "aws:lb/listener:Listener::http"),
                    *replaced(_TARGETS),
                },
            ),
        ),
        _fleet_drifts,
        ("aws:lb/loadBalancer:LoadBalancer", "idleTimeout"),
        lambda client: client("ec2").create_security_group(GroupName="by-hand", Description="made by hand")["GroupId"],
        _fleet_things,
    ),
    Larger(
        "files",
        (
            (
                {"cold": "AFTER_60_DAYS", "path": "/site"},
                {("update", "aws:efs/fileSystem:FileSystem::files"), *replaced(_PLACE)},
            ),
        ),
        _files_drift,
        ("aws:efs/fileSystem:FileSystem", "lifecyclePolicies"),
        lambda client: client("efs").create_file_system(CreationToken="by-hand", Encrypted=True)["FileSystemId"],
        _files_things,
    ),
    Larger(
        "images",
        (
            ({"days": 14}, replaced(_EXPIRY)),
            ({"days": 14, "name": "team/site"}, {*replaced(_IMAGES), *replaced(_EXPIRY)}),
        ),
        _images_drift,
        ("aws:ecr/repository:Repository", "imageTagMutability"),
        _adopted_repository,
        lambda client: client("ecr").describe_repositories()["repositories"],
    ),
    Larger(
        "objects",
        (
            ({"purpose": "archive"}, {("update", _OBJECTS)}),
            ({"purpose": "archive", "name": "stock-objects-2"}, {*replaced(_OBJECTS), *replaced(_VERSIONS)}),
        ),
        _objects_drift,
        ("aws:s3/bucketVersioning:BucketVersioning", "status"),
        _adopted_bucket,
        lambda client: client("s3").list_buckets()["Buckets"],
    ),
    Larger(
        "table",
        (({"reads": 6}, {("update", _TABLE)}), ({"reads": 6, "range": "match"}, replaced(_TABLE))),
        _table_drifts,
        ("aws:dynamodb/table:Table", "readCapacity"),
        _adopted_table,
        lambda client: client("dynamodb").list_tables()["TableNames"],
    ),
)
