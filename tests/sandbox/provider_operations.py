"""Valid inputs for the types that operate a fleet: schedules, hooks, alarms, logs, messages, parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.provider.values import Values

if TYPE_CHECKING:
    from tests.sandbox.provider_world import World

SCHEDULE = "aws:autoscaling/schedule:Schedule"
HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
PARAMETER = "aws:ssm/parameter:Parameter"

TAGS = {"team": "web", "a.b:c": "d e"}
ACTION = "arn:aws:sns:eu-west-1:123456789012:"
#: Topics by name: a hook whose topic doesn't exist is refused.
HOOKS_TELL = ("hooks", "other")
SENDER = "arn:aws:iam::123456789012:role/sender"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-00000000000"


def allowed(action: str) -> str:
    """A policy that allows an action everywhere."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def little(world: World, token: str) -> Values:
    """The least that creates a resource of the type."""
    group, role = "aws:autoscaling/group:Group", "aws:iam/role:Role"
    metric = {"namespace": "AWS/EC2", "metricName": "CPUUtilization", "statistic": "Average", "period": 60}
    limits = {"comparisonOperator": "GreaterThanThreshold", "threshold": 80.5, "evaluationPeriods": 2}
    match token:
        case "aws:autoscaling/schedule:Schedule":
            sizes = {"minSize": -1, "maxSize": -1, "desiredCapacity": 0, "recurrence": "0 20 * * *"}
            return {"autoscalingGroupName": world.one(group).id, "scheduledActionName": "night", **sizes}
        case "aws:autoscaling/lifecycleHook:LifecycleHook":
            transition = "autoscaling:EC2_INSTANCE_TERMINATING"
            return {"autoscalingGroupName": world.one(group).id, "lifecycleTransition": transition}
        case "aws:iam/rolePolicy:RolePolicy":
            return {"role": world.one(role).id, "policy": allowed("s3:GetObject")}
        case "aws:cloudwatch/metricAlarm:MetricAlarm":
            return {**metric, **limits}
        case "aws:cloudwatch/compositeAlarm:CompositeAlarm":
            return {"alarmName": "any", "alarmRule": f"ALARM({world.one(ALARM).id})"}
        case "aws:cloudwatch/dashboard:Dashboard":
            return {"dashboardName": "web", "dashboardBody": json.dumps({"widgets": []})}
        case "aws:sns/topicSubscription:TopicSubscription":
            return {"topic": world.one(TOPIC).id, "protocol": "sqs", "endpoint": ACTION.replace("sns", "sqs") + "q"}
        case "aws:ssm/parameter:Parameter":
            return {"type": "String", "value": "one"}
        case _:
            return {}


def rich(world: World, token: str) -> Values:
    """What a resource of the type may have beside."""
    match token:
        case "aws:autoscaling/schedule:Schedule":
            times = {"startTime": "2042-01-01T00:00:00Z", "endTime": "2043-01-01T00:00:00Z"}
            return {**times, "timeZone": "Europe/Vienna", "minSize": 0, "maxSize": 4, "desiredCapacity": -1}
        case "aws:autoscaling/lifecycleHook:LifecycleHook":
            told = {"notificationTargetArn": ACTION + "hooks", "roleArn": SENDER, "notificationMetadata": "web"}
            return {**told, "name": "drain", "defaultResult": "CONTINUE", "heartbeatTimeout": 60}
        case "aws:iam/rolePolicy:RolePolicy":
            return {"namePrefix": "read-"}
        case "aws:cloudwatch/metricAlarm:MetricAlarm":
            actions: dict[str, Any] = {"alarmActions": [ACTION + "b", ACTION + "a"], "okActions": [ACTION + "ok"]}
            return {
                **actions,
                "insufficientDataActions": [ACTION + "none"],
                "actionsEnabled": False,
                "alarmDescription": "The servers have too much to do",
                "datapointsToAlarm": 1,
                "dimensions": {"AutoScalingGroupName": "web-1", "InstanceType": "t3.micro"},
                "treatMissingData": "breaching",
                "unit": "Percent",
                "tags": TAGS,
            }
        case "aws:cloudwatch/compositeAlarm:CompositeAlarm":
            suppressor = {"alarm": world.one(ALARM).id, "extensionPeriod": 10, "waitPeriod": 20}
            return {
                "actionsEnabled": False,
                "actionsSuppressor": suppressor,
                "alarmActions": [ACTION + "b", ACTION + "a"],
                "alarmDescription": "Something is wrong",
                "insufficientDataActions": [ACTION + "none"],
                "okActions": [ACTION + "ok"],
                "tags": TAGS,
            }
        case "aws:cloudwatch/logGroup:LogGroup":
            more = {"kmsKeyId": KEY + "1", "logGroupClass": "INFREQUENT_ACCESS", "skipDestroy": False}
            return {"namePrefix": "/web/", "retentionInDays": 30, "tags": TAGS, **more}
        case "aws:sns/topic:Topic":
            return {"namePrefix": "web-", "fifoTopic": True, **_fifo(), **_settings(), "tags": TAGS}
        case "aws:sns/topicSubscription:TopicSubscription":
            return {
                "filterPolicy": json.dumps({"store": {"name": ["web"]}}),
                "filterPolicyScope": "MessageBody",
                "rawMessageDelivery": True,
                "redrivePolicy": json.dumps({"deadLetterTargetArn": ACTION.replace("sns", "sqs") + "dead"}),
            }
        case "aws:ssm/parameter:Parameter":
            return {
                "name": "/web/image",
                "type": "SecureString",
                "keyId": "alias/web",
                "allowedPattern": "[a-z]+",
                "dataType": "text",
                "description": "of web",
                "tier": "Advanced",
                "tags": TAGS,
            }
        case _:
            return {}


def _fifo() -> Values:
    return {
        "archivePolicy": json.dumps({"MessageRetentionPeriod": 30}),
        "contentBasedDeduplication": True,
        "fifoThroughputScope": "MessageGroup",
    }


def _settings() -> Values:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "SNS:Publish", "Resource": "*"}
    return {
        **{f"{protocol}{kind}FeedbackRoleArn": SENDER for protocol in PROTOCOLS for kind in ("Failure", "Success")},
        **{f"{protocol}SuccessFeedbackSampleRate": 10 for protocol in PROTOCOLS},
        "deliveryPolicy": json.dumps({"http": {"disableSubscriptionOverrides": False}}),
        "displayName": "Web",
        "kmsMasterKeyId": "alias/aws/sns",
        "maximumMessageSize": 2048,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        "signatureVersion": 2,
        "tracingConfig": "Active",
    }


PROTOCOLS = ("application", "firehose", "http", "lambda", "sqs")
