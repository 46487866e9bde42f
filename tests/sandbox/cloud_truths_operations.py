"""What AWS does and moto alone doesn't, for what operates a fleet: schedules, hooks, alarms, logs, messages."""

from __future__ import annotations

import functools
import itertools
import json
from typing import Any

from tests.sandbox.cloud_world import World, client, refused

_numbers = itertools.count(1)
_ROLE = "arn:aws:iam::123456789012:role/sender"


@functools.cache
def aws(world: World, service: str) -> Any:
    """A client of the world's cloud."""
    return client(service, world.url)


def a_name(kind: str) -> str:
    return f"{kind}-of-operations-{next(_numbers)}"


# Scheduled actions and lifecycle hooks


def two_groups_may_have_scheduled_actions_of_one_name(world: World) -> None:
    groups = [world.group(0), world.group(0)]
    for size, group in enumerate(groups):
        world.autoscaling.put_scheduled_update_group_action(
            AutoScalingGroupName=group, ScheduledActionName="night", Recurrence="0 20 * * *", DesiredCapacity=size
        )
    told = [
        world.autoscaling.describe_scheduled_actions(AutoScalingGroupName=group)["ScheduledUpdateGroupActions"]
        for group in groups
    ]
    assert [[one["DesiredCapacity"] for one in actions] for actions in told] == [[0], [1]]


def a_scheduled_action_has_an_arn_which_it_keeps(world: World) -> None:
    group, arns = world.group(0), set[str]()
    for size in (1, 2):
        world.autoscaling.put_scheduled_update_group_action(
            AutoScalingGroupName=group, ScheduledActionName="day", Recurrence="0 6 * * *", DesiredCapacity=size
        )
        (told,) = world.autoscaling.describe_scheduled_actions(AutoScalingGroupName=group)[
            "ScheduledUpdateGroupActions"
        ]
        arns.add(told["ScheduledActionARN"])
    (arn,) = arns
    assert arn.endswith(f":autoScalingGroupName/{group}:scheduledActionName/day")


def a_scheduled_action_needs_a_group(world: World) -> None:
    with refused("ValidationError"):
        world.autoscaling.put_scheduled_update_group_action(
            AutoScalingGroupName="no-such", ScheduledActionName="day", Recurrence="0 6 * * *", DesiredCapacity=1
        )


def a_hook(world: World, group: str, **settings: Any) -> dict[str, Any]:
    world.autoscaling.put_lifecycle_hook(AutoScalingGroupName=group, LifecycleHookName="drain", **settings)
    (told,) = world.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
    return told


def a_lifecycle_hook_tells_whom_it_notifies(world: World) -> None:
    topic = client("sns", world.url).create_topic(Name="notified")["TopicArn"]
    notified = {"NotificationTargetARN": topic, "RoleARN": _ROLE}
    notified["NotificationMetadata"] = "web"
    transition = {"LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}
    told = a_hook(world, world.group(0), **notified, **transition)
    assert {name: told.get(name) for name in notified} == notified


def a_lifecycle_hook_notifies_nobody_unless_told(world: World) -> None:
    told = a_hook(world, world.group(0), LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout=60)
    assert not told.keys() & {"NotificationTargetARN", "RoleARN", "NotificationMetadata"}
    assert told["GlobalTimeout"] == 6000


def what_a_change_of_a_hook_leaves_out_stays(world: World) -> None:
    group = world.group(0)
    a_hook(world, group, LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout=60)
    told = a_hook(world, group, DefaultResult="CONTINUE")
    assert (told["LifecycleTransition"], told["HeartbeatTimeout"]) == ("autoscaling:EC2_INSTANCE_LAUNCHING", 60)


def a_hook_that_is_not_there_is_not_deleted(world: World) -> None:
    with refused("ValidationError"):
        world.autoscaling.delete_lifecycle_hook(AutoScalingGroupName=world.group(0), LifecycleHookName="none")


def a_group_takes_its_schedules_and_hooks_with_it(world: World) -> None:
    group, transition = world.group(0), "autoscaling:EC2_INSTANCE_LAUNCHING"
    a_hook(world, group, LifecycleTransition=transition)
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    world.group(0, name=group)
    assert world.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"] == []


# Alarms

METRIC: dict[str, Any] = {"Namespace": "web", "MetricName": "Errors", "Period": 60}
LIMIT: dict[str, Any] = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1}


def an_alarm(world: World, name: str | None = None, **settings: Any) -> dict[str, Any]:
    name = name or a_name("alarm")
    aws(world, "cloudwatch").put_metric_alarm(AlarmName=name, **settings)
    (told,) = aws(world, "cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return told


def an_alarm_keeps_its_windows_and_its_warm_up(world: World) -> None:
    settings: dict[str, Any] = {
        "EvaluationWindow": {"WallClockWindow": {"Timezone": "UTC"}},
        "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5},
    }
    told = an_alarm(world, **METRIC, **LIMIT, Statistic="Sum", **settings)
    assert {name: told.get(name) for name in settings} == settings


def an_alarm_keeps_its_promql_query(world: World) -> None:
    criteria = {"PromQLCriteria": {"Query": "up == 0", "PendingPeriod": 60}}
    told = an_alarm(world, EvaluationCriteria=criteria, EvaluationInterval=60)
    assert (told.get("EvaluationCriteria"), told.get("EvaluationInterval")) == (criteria, 60)


def an_alarm_takes_every_extended_statistic(world: World) -> None:
    assert an_alarm(world, **METRIC, **LIMIT, ExtendedStatistic="tm90")["ExtendedStatistic"] == "tm90"


def an_alarm_on_another_accounts_metric_names_the_account(world: World) -> None:
    query = {"Id": "m", "AccountId": "210987654321", "MetricStat": {"Metric": METRIC_ONLY, "Period": 60, "Stat": "Sum"}}
    told = an_alarm(world, Metrics=[query], **LIMIT)
    assert told["Metrics"][0].get("AccountId") == "210987654321"


METRIC_ONLY = {"Namespace": "web", "MetricName": "Errors"}


def the_tags_of_an_alarm_end_with_it(world: World) -> None:
    told = an_alarm(world, **METRIC, **LIMIT, Statistic="Sum", Tags=[{"Key": "a", "Value": "b"}])
    aws(world, "cloudwatch").delete_alarms(AlarmNames=[told["AlarmName"]])
    an_alarm(world, told["AlarmName"], **METRIC, **LIMIT, Statistic="Sum")
    assert aws(world, "cloudwatch").list_tags_for_resource(ResourceARN=told["AlarmArn"])["Tags"] == []


def tags_are_for_a_new_alarm_only(world: World) -> None:
    told = an_alarm(world, **METRIC, **LIMIT, Statistic="Sum")
    an_alarm(world, told["AlarmName"], **METRIC, **LIMIT, Statistic="Sum", Tags=[{"Key": "a", "Value": "b"}])
    assert aws(world, "cloudwatch").list_tags_for_resource(ResourceARN=told["AlarmArn"])["Tags"] == []


# Log groups


def a_log_group(world: World, **settings: Any) -> str:
    name = a_name("log")
    aws(world, "logs").create_log_group(logGroupName=name, **settings)
    return name


def described(world: World, name: str) -> dict[str, Any]:
    (told,) = aws(world, "logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return told


def a_log_group_has_a_class(world: World) -> None:
    told = [described(world, a_log_group(world, **one)) for one in ({}, {"logGroupClass": "INFREQUENT_ACCESS"})]
    assert [one.get("logGroupClass") for one in told] == ["STANDARD", "INFREQUENT_ACCESS"]


def a_log_group_changes_its_key(world: World) -> None:
    name, key = a_log_group(world), "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000001"
    aws(world, "logs").associate_kms_key(logGroupName=name, kmsKeyId=key)
    assert described(world, name)["kmsKeyId"] == key
    aws(world, "logs").disassociate_kms_key(logGroupName=name)
    assert "kmsKeyId" not in described(world, name)


def a_protected_log_group_is_not_deleted(world: World) -> None:
    name = a_log_group(world, deletionProtectionEnabled=True)
    with refused("ValidationException"):
        aws(world, "logs").delete_log_group(logGroupName=name)
    aws(world, "logs").put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=False)
    aws(world, "logs").delete_log_group(logGroupName=name)


# Topics and subscriptions


def a_topic(world: World, **attributes: str) -> str:
    fifo = ".fifo" if attributes.get("FifoTopic") == "true" else ""
    return aws(world, "sns").create_topic(Name=a_name("topic") + fifo, Attributes=attributes)["TopicArn"]


def a_topic_tells_every_attribute_that_was_set(world: World) -> None:
    settings = {"HTTPFailureFeedbackRoleArn": _ROLE, "SQSSuccessFeedbackSampleRate": "10", "SignatureVersion": "2"}
    settings |= {"TracingConfig": "Active", "MaximumMessageSize": "2048"}
    topic = a_topic(world)
    for name, value in settings.items():
        aws(world, "sns").set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    told = aws(world, "sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert {name: told.get(name) for name in settings} == settings


def a_topic_that_archives_tells_since_when(world: World) -> None:
    policy = json.dumps({"MessageRetentionPeriod": 30})
    topic = a_topic(world, FifoTopic="true", FifoThroughputScope="MessageGroup", ArchivePolicy=policy)
    told = aws(world, "sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (told.get("ArchivePolicy"), told.get("FifoThroughputScope")) == (policy, "MessageGroup")
    assert told["BeginningArchiveTime"].startswith("20")


def a_topic_has_no_attribute_that_aws_does_not_know(world: World) -> None:
    with refused("InvalidParameter"):
        aws(world, "sns").set_topic_attributes(TopicArn=a_topic(world), AttributeName="Colour", AttributeValue="red")


def subscribed(world: World, protocol: str, endpoint: str, **attributes: str) -> dict[str, Any]:
    arn = aws(world, "sns").subscribe(
        TopicArn=a_topic(world), Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return aws(world, "sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]


def a_person_has_to_confirm_a_subscription(world: World) -> None:
    told = subscribed(world, "email", "ops@web.example")
    assert (told["PendingConfirmation"], told["ConfirmationWasAuthenticated"]) == ("true", "false")
    with refused("InvalidParameter"):
        aws(world, "sns").unsubscribe(SubscriptionArn=told["SubscriptionArn"])


def an_empty_policy_of_a_subscription_is_none(world: World) -> None:
    told = subscribed(world, "sqs", "arn:aws:sqs:eu-west-1:123456789012:q", FilterPolicy='{"a": ["b"]}')
    arn = told["SubscriptionArn"]
    aws(world, "sns").set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}"
    )
    told = aws(world, "sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert not told.keys() & {"FilterPolicy", "FilterPolicyScope"}


def a_subscription_replays_an_archive(world: World) -> None:
    policy = json.dumps({"PointType": "Timestamp", "StartingPoint": "2042-01-01T00:00:00.000Z"})
    told = subscribed(world, "sqs", "arn:aws:sqs:eu-west-1:123456789012:q", ReplayPolicy=policy)
    assert told["ReplayPolicy"] == policy


# Parameters


def a_parameter(world: World, **settings: Any) -> str:
    name = a_name("parameter")
    aws(world, "ssm").put_parameter(Name=name, **{"Type": "String", "Value": "one", **settings})
    return name


def a_value_that_breaks_the_pattern_is_refused(world: World) -> None:
    name = a_parameter(world, AllowedPattern="^[a-z]+$")
    with refused("ParameterPatternMismatchException"):
        aws(world, "ssm").put_parameter(Name=name, Value="1", AllowedPattern="^[a-z]+$", Overwrite=True)


def an_advanced_parameter_stays_one(world: World) -> None:
    name = a_parameter(world, Tier="Advanced")
    with refused("ValidationException"):
        aws(world, "ssm").put_parameter(Name=name, Value="two", Tier="Standard", Overwrite=True)


def the_tier_that_is_left_to_aws_depends_on_the_size(world: World) -> None:
    names = [a_parameter(world, Tier="Intelligent-Tiering", Value="x" * size) for size in (1, 5000)]
    told = [
        aws(world, "ssm").describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"][0]
        for name in names
    ]
    assert [one["Tier"] for one in told] == ["Standard", "Advanced"]


# Quotas


def the_quota_of_groups_is_told_with_their_number(world: World) -> None:
    before = world.autoscaling.describe_account_limits()
    world.group(0)
    after = world.autoscaling.describe_account_limits()
    assert after["MaxNumberOfAutoScalingGroups"] == 500
    assert after["NumberOfAutoScalingGroups"] == before["NumberOfAutoScalingGroups"] + 1


def the_quota_of_target_groups_of_a_balancer_is_told(world: World) -> None:
    told = {one["Name"]: one["Max"] for one in world.elb.describe_account_limits()["Limits"]}
    assert told["target-groups-per-application-load-balancer"] == "100"


def the_quota_of_launch_templates_is_told(world: World) -> None:
    told = aws(world, "service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-FB451C26")
    assert told["Quota"]["Value"] == 5000


_BUILDERS = {aws, a_name, a_hook, an_alarm, a_log_group, described, a_topic, subscribed, a_parameter}

TRUTHS = [
    each
    for each in list(globals().values())
    if callable(each) and getattr(each, "__module__", "") == __name__ and each not in _BUILDERS
]
