"""What becomes of a resource: a table of the types that operate a fleet, with a change for every input."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider.types import TYPES
from sandbox.provider.values import Values
from tests.sandbox.provider_client import Resource
from tests.sandbox.provider_operations import (
    ACTION,
    ALARM,
    COMPOSITE,
    DASHBOARD,
    HOOK,
    KEY,
    LOG_GROUP,
    PARAMETER,
    PROTOCOLS,
    ROLE_POLICY,
    SCHEDULE,
    SENDER,
    SUBSCRIPTION,
    TOPIC,
    allowed,
)
from tests.sandbox.provider_world import World


@dataclass(frozen=True)
class Life:
    """A resource made with the inputs of `rich_inputs_of` and these (None takes one away), and what changes of it."""

    token: str
    changes: Values
    replacing: Values = field(default_factory=dict[str, Any])
    first: Values = field(default_factory=dict[str, Any])

    def inputs(self, world: World) -> Values:
        given = {**world.rich_inputs_of(self.token), **self.first}
        return {name: value for name, value in given.items() if value is not None}


class Lived:
    """One resource of each type: the tests of a life's inputs change the same one, each from its first inputs."""

    def __init__(self, world: World) -> None:
        self._world, self._made = world, dict[str, tuple[Life, Resource]]()

    def inputs(self, life: Life) -> Values:
        """What it is made with."""
        return life.inputs(self._world.standing or self._world)

    def made(self, life: Life) -> Resource:
        """It, as it was made."""
        given, (known, resource) = self.inputs(life), self._made.get(life.token, (None, None))
        if resource is not None and known is life:
            if resource.inputs != self._world.client.check(resource, given):
                self._world.client.update(resource, **given)
            return resource
        if resource is not None:
            self._world.client.delete(resource)
            self._world.made.remove(resource)
        resource = self._world.client.create(life.token, "web", **given)
        self._world.made.append(resource)
        self._made[life.token] = life, resource
        return resource


def _statistic(stat: str) -> Values:
    return {"metricName": "Errors", "namespace": "web", "period": 60, "stat": stat, "dimensions": {"Service": "web"}}


NO_METRIC = dict.fromkeys(["metricName", "namespace", "statistic", "period", "dimensions", "unit"])
NO_THRESHOLD = dict.fromkeys(["comparisonOperator", "threshold", "evaluationPeriods", "datapointsToAlarm"])
PLAIN = {"type": "String", "keyId": None}
NOTHING = dict.fromkeys(TYPES[TOPIC].inputs)
RATE = {"id": "rate", "expression": "100 * errors", "label": "Rate", "returnData": True}

LIVES = (
    Life(
        SCHEDULE,
        {
            "desiredCapacity": 3,
            "maxSize": 0,
            "minSize": -1,
            "recurrence": "0 6 * * 1",
            "startTime": "2042-02-01T00:00:00Z",
            "endTime": "2044-01-01T00:00:00Z",
            "timeZone": "Etc/UTC",
        },
        {"scheduledActionName": "day", "autoscalingGroupName": "other"},
    ),
    Life(
        HOOK,
        {
            "defaultResult": "ABANDON",
            "heartbeatTimeout": 120,
            "notificationMetadata": "api",
            "lifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
            "notificationTargetArn": ACTION + "other",
            "roleArn": SENDER + "2",
        },
        {"name": "warm"},
    ),
    Life(ROLE_POLICY, {"policy": allowed("s3:PutObject")}, {"namePrefix": "write-", "role": "other"}),
    Life(
        ALARM,
        {
            "actionsEnabled": True,
            "alarmActions": [ACTION + "c"],
            "okActions": [ACTION + "c", ACTION + "d"],
            "insufficientDataActions": [ACTION + "c"],
            "alarmDescription": "Less",
            "datapointsToAlarm": 2,
            "comparisonOperator": "LessThanThreshold",
            "dimensions": {"InstanceType": "t3.large"},
            "evaluationPeriods": 3,
            "metricName": "NetworkIn",
            "namespace": "web",
            "period": 300,
            "statistic": "Maximum",
            "threshold": 0,
            "treatMissingData": "ignore",
            "unit": "Bytes",
            "evaluationWindow": {"wallClockWindow": {"timezone": "UTC"}},
            "warmUpConfiguration": {"warmUpPeriodDurationInMinutes": 5},
            "tags": {"team": "api", "new": "one"},
        },
        {"name": "other"},
    ),
    Life(
        ALARM,
        {"extendedStatistic": "tm90", "evaluateLowSampleCountPercentiles": "ignore"},
        first={"statistic": None, "extendedStatistic": "p99.9", "evaluateLowSampleCountPercentiles": "evaluate"},
    ),
    Life(
        ALARM,
        {"metricQueries": [{**RATE, "expression": "errors"}, {"id": "errors", "metric": _statistic("p90")}]},
        first={
            **NO_METRIC,
            "metricQueries": [{"id": "errors", "accountId": "123456789012", "metric": _statistic("Sum")}, RATE],
        },
    ),
    Life(ALARM, {"thresholdMetricId": "band"}, first={"threshold": None, "thresholdMetricId": "other"}),
    Life(
        ALARM,
        {"evaluationCriteria": {"promqlCriteria": {"query": "up == 1"}}, "evaluationInterval": 120},
        first={
            **NO_METRIC,
            **NO_THRESHOLD,
            "evaluationCriteria": {"promqlCriteria": {"query": "up == 0", "pendingPeriod": 60}},
            "evaluationInterval": 60,
        },
    ),
    Life(
        COMPOSITE,
        {
            "alarmActions": [ACTION + "c"],
            "okActions": [ACTION + "c"],
            "insufficientDataActions": [ACTION + "c"],
            "alarmDescription": "Something else is wrong",
            "alarmRule": "TRUE",
            "actionsSuppressor": {"alarm": "other", "extensionPeriod": 30, "waitPeriod": 40},
            "tags": {"team": "api"},
        },
        {"alarmName": "other", "actionsEnabled": True},
    ),
    Life(
        DASHBOARD,
        {"dashboardBody": json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "web"}}]})},
        {"dashboardName": "other"},
    ),
    Life(
        LOG_GROUP,
        {"kmsKeyId": KEY + "2", "retentionInDays": 7, "tags": {"team": "api"}},
        {"namePrefix": "/api/", "logGroupClass": "STANDARD"},
    ),
    Life(LOG_GROUP, {"deletionProtectionEnabled": False}, first={"deletionProtectionEnabled": True}),
    Life(
        TOPIC,
        {
            **{f"{one}{kind}FeedbackRoleArn": SENDER + "2" for one in PROTOCOLS for kind in ("Failure", "Success")},
            **{f"{protocol}SuccessFeedbackSampleRate": 50 for protocol in PROTOCOLS},
            "archivePolicy": json.dumps({"MessageRetentionPeriod": 60}),
            "contentBasedDeduplication": False,
            "deliveryPolicy": json.dumps({"http": {"disableSubscriptionOverrides": True}}),
            "displayName": "Api",
            "fifoThroughputScope": "Topic",
            "kmsMasterKeyId": "alias/other",
            "maximumMessageSize": 4096,
            "policy": allowed("SNS:GetTopicAttributes"),
            "signatureVersion": 1,
            "tracingConfig": "PassThrough",
            "tags": {"team": "api"},
        },
        {"namePrefix": "api-"},
    ),
    Life(TOPIC, {}, {"name": "web"}, {**NOTHING, "name": "api"}),
    Life(TOPIC, {}, {"fifoTopic": True}, {**NOTHING, "namePrefix": "web-"}),
    Life(
        SUBSCRIPTION,
        {
            "filterPolicy": json.dumps({"store": {"name": ["api"]}}),
            "rawMessageDelivery": False,
            "redrivePolicy": json.dumps({"deadLetterTargetArn": ACTION.replace("sns", "sqs") + "other"}),
            "subscriptionRoleArn": SENDER + "2",
            "replayPolicy": json.dumps({"PointType": "Timestamp", "StartingPoint": "2042-01-01T00:00:00.000Z"}),
            "deliveryPolicy": json.dumps({"healthyRetryPolicy": {"numRetries": 3}}),
        },
        {"endpoint": ACTION.replace("sns", "sqs") + "other", "protocol": "lambda", "topic": ACTION + "other"},
    ),
    Life(
        SUBSCRIPTION,
        {"filterPolicyScope": "MessageAttributes"},
        first={"filterPolicy": json.dumps({"store": ["web"]}), "filterPolicyScope": "MessageBody"},
    ),
    Life(
        PARAMETER,
        {
            "allowedPattern": "[a-z0-9]+",
            "description": "of api",
            "keyId": "alias/api",
            "value": "two",
            "tags": {"team": "api"},
        },
        {"name": "/api/image", "dataType": "aws:ec2:image", "tier": "Standard"},
    ),
    Life(PARAMETER, {"type": "StringList", "value": "one,two"}, first={**PLAIN, "allowedPattern": None}),
    Life(PARAMETER, {"tier": "Advanced"}, first={"tier": "Standard"}),
    Life(PARAMETER, {"insecureValue": "two"}, first={**PLAIN, "value": None, "insecureValue": "one"}),
    Life(PARAMETER, {"valueWoVersion": 2}, first={"value": None, "valueWo": "one", "valueWoVersion": 1}),
)
