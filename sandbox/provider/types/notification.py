"""SNS: topics and their subscriptions."""

from __future__ import annotations

import re
import time
from typing import Any

from sandbox.provider.aws import CloudError, Retry
from sandbox.provider.codec import JSON
from sandbox.provider.limits import among, arn, between, document
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Step, Tagging, Type
from sandbox.provider.values import Values

_TOPIC = {"TopicArn": "{id}"}
_FIFO_NAME, _NAME = r"[0-9A-Za-z_-]{1,251}\.fifo", r"[0-9A-Za-z_-]{1,256}"


def _text(key: str, **words: Any) -> Field:
    words.setdefault("cleared", "")
    return Field(attribute=key, **words)


def _feedback(protocol: str) -> dict[str, Field]:
    """Whether and as whom the topic logs what became of its messages, for one protocol."""
    key = protocol[0].upper() + protocol[1:] if protocol != "http" else "HTTP"
    key = "SQS" if protocol == "sqs" else key
    return {
        f"{protocol}FailureFeedbackRoleArn": _text(f"{key}FailureFeedbackRoleArn", limit=arn),
        f"{protocol}SuccessFeedbackRoleArn": _text(f"{key}SuccessFeedbackRoleArn", limit=arn),
        f"{protocol}SuccessFeedbackSampleRate": Field(
            attribute=f"{key}SuccessFeedbackSampleRate", kind=int, default=0, limit=between(0, 100)
        ),
    }


def _suffix(inputs: Values) -> str:
    return ".fifo" if inputs.get("fifoTopic") else ""


def _name(live: Live) -> str:
    return live.id.rpartition(":")[2]


def _leave_out_false(parameters: Values, _inputs: Values) -> None:
    """A standard topic refuses attributes of another kind, even if they are false."""
    told = {key: value for key, value in parameters.pop("Attributes", {}).items() if value != "false"}
    parameters |= {"Attributes": told} if told else {}


def _topic_problems(inputs: Values) -> dict[str, str]:
    fifo, name = inputs.get("fifoTopic"), inputs.get("name")
    wrong: dict[str, str] = {}
    if isinstance(name, str) and not re.fullmatch(_FIFO_NAME if fifo else _NAME, name):
        wrong["name"] = f"invalid topic name: {name}"
    if not fifo and inputs.get("archivePolicy"):
        wrong["archivePolicy"] = "message archive policy can only be set for FIFO topics"
    if not fifo and inputs.get("fifoThroughputScope"):
        wrong["fifoThroughputScope"] = "FIFO throughput scope can only be set for FIFO topics"
    if not fifo and inputs.get("contentBasedDeduplication"):
        wrong["contentBasedDeduplication"] = "content-based deduplication can only be set for FIFO topics"
    return wrong


# https://www.pulumi.com/registry/packages/aws/api-docs/sns/topic/
TOPIC = Type(
    "aws:sns/topic:Topic",
    "sns",
    inputs={
        **_feedback("application"),
        "archivePolicy": _text("ArchivePolicy", codec=JSON, limit=document, cleared="{}"),
        "contentBasedDeduplication": Field(attribute="ContentBasedDeduplication", kind=bool, default=False),
        "deliveryPolicy": _text("DeliveryPolicy", codec=JSON, limit=document),
        "displayName": _text("DisplayName"),
        "fifoThroughputScope": Field(
            attribute="FifoThroughputScope",
            at={"CreateTopic": "Attributes.FifoThroughputScope"},
            computed=True,
            limit=among("Topic", "MessageGroup"),
        ),
        "fifoTopic": Field(
            attribute="FifoTopic",
            at={"CreateTopic": "Attributes.FifoTopic"},
            kind=bool,
            default=False,
            replace=Replace.CHANGED,
        ),
        **_feedback("firehose"),
        **_feedback("http"),
        "kmsMasterKeyId": _text("KmsMasterKeyId"),
        **_feedback("lambda"),
        "maximumMessageSize": Field(
            attribute="MaximumMessageSize", kind=int, computed=True, limit=between(1024, 1048576)
        ),
        "name": Field(read=_name, replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "policy": Field(attribute="Policy", codec=JSON, computed=True, limit=document),
        "signatureVersion": Field(attribute="SignatureVersion", kind=int, computed=True, limit=between(1, 2)),
        **_feedback("sqs"),
        "tracingConfig": Field(attribute="TracingConfig", computed=True, limit=among("Active", "PassThrough")),
    },
    outputs={
        "arn": "attributes.TopicArn",
        "beginningArchiveTime": "attributes.BeginningArchiveTime",
        "owner": "attributes.Owner",
    },
    create=Call("CreateTopic", adjust=_leave_out_false),
    reads=(
        Read("GetTopicAttributes", _TOPIC, "Attributes", under="attributes"),
        Read("ListTagsForResource", {"ResourceArn": "{id}"}, "@"),
    ),
    attributes=Call("SetTopicAttributes", _TOPIC),
    complete_attributes=True,
    delete=Call("DeleteTopic", _TOPIC),
    id="TopicArn",
    tags=Tagging(Call("TagResource", {"ResourceArn": "{id}"}), Call("UntagResource", {"ResourceArn": "{id}"})),
    naming=Naming(256, 230, suffix=_suffix),
    exclusive=(("name", "namePrefix"),),
    retries=(
        Retry("InvalidParameter", 120, "PrincipalNotFound"),
        Retry("AuthorizationError", 120, "is not authorized to perform"),
    ),
    check=_topic_problems,
)

_SUBSCRIPTION = {"SubscriptionArn": "{id}"}
_PROTOCOLS = ("application", "email-json", "email", "firehose", "http", "https", "lambda", "sms", "sqs")

#: How long a subscription that confirms itself may take.
_CONFIRMED_S = 120.0


def _setting(key: str, **words: Any) -> Field:
    """An attribute that the subscription can have from the start."""
    return Field(attribute=key, at={"Subscribe": f"Attributes.{key}"}, **words)


def _subscribe(parameters: Values, inputs: Values) -> None:
    _leave_out_false(parameters, inputs)
    parameters["ReturnSubscriptionArn"] = True


def _leave_out_empty(parameters: Values, _inputs: Values) -> None:
    """AWS takes no empty redrive policy: it goes with the value left out."""
    if parameters["AttributeName"] == "RedrivePolicy" and not parameters["AttributeValue"]:
        del parameters["AttributeValue"]


def _scope_rank(key: str, value: str) -> int:
    """A policy may be nested in the scope MessageBody only: that comes before the policy, the other after it."""
    return {"MessageBody": -1, "MessageAttributes": 1}.get(value, 0) if key == "FilterPolicyScope" else 0


def _await_confirmation(step: Step) -> None:
    """Endpoints that AWS knows confirm by themselves; a person, or a server that doesn't say so, is not waited for."""
    protocol: str = step.new["protocol"]
    by_http = protocol.startswith("http")
    if protocol.startswith("email") or (by_http and not step.new.get("endpointAutoConfirms")):
        return
    wait_s = 60.0 * float(step.new["confirmationTimeoutInMinutes"]) if by_http else _CONFIRMED_S
    deadline = time.monotonic() + wait_s
    while _is_pending(step.aws.call("sns", "GetSubscriptionAttributes", {"SubscriptionArn": step.id})):
        if time.monotonic() > deadline:
            raise CloudError(
                f"waiting for SNS Topic Subscription ({step.id}) confirmation",
                "timeout while waiting for state to become 'false'",
                f"last state: 'true', timeout: {wait_s:.0f}s",
            )
        step.aws.pause(1)


def _is_pending(answer: Values) -> bool:
    return answer["Attributes"].get("PendingConfirmation") == "true"


def _flag(key: str) -> Any:
    def read(live: Live) -> bool:
        return live.answer["attributes"].get(key) == "true"

    return read


def _subscription_problems(inputs: Values) -> dict[str, str]:
    if inputs.get("filterPolicyScope") and not inputs.get("filterPolicy"):
        return {"filterPolicyScope": "filter_policy is required when filter_policy_scope is set"}
    return {}


# https://www.pulumi.com/registry/packages/aws/api-docs/sns/topicsubscription/
TOPIC_SUBSCRIPTION = Type(
    "aws:sns/topicSubscription:TopicSubscription",
    "sns",
    inputs={
        "confirmationTimeoutInMinutes": Field(local=True, default=1),
        "deliveryPolicy": _setting("DeliveryPolicy", codec=JSON, limit=document, cleared=""),
        "endpoint": Field(required=True, replace=Replace.CHANGED, read="attributes.Endpoint"),
        "endpointAutoConfirms": Field(local=True, default=False),
        "filterPolicy": _setting("FilterPolicy", codec=JSON, limit=document, cleared="{}"),
        "filterPolicyScope": _setting(
            "FilterPolicyScope", computed=True, limit=among("MessageAttributes", "MessageBody")
        ),
        "protocol": Field(required=True, replace=Replace.CHANGED, read="attributes.Protocol", limit=among(*_PROTOCOLS)),
        "rawMessageDelivery": _setting("RawMessageDelivery", kind=bool, default=False),
        "redrivePolicy": _setting("RedrivePolicy", codec=JSON, limit=document, cleared=""),
        "replayPolicy": _setting("ReplayPolicy", codec=JSON, limit=document, cleared=""),
        "subscriptionRoleArn": _setting("SubscriptionRoleArn", limit=arn, cleared=""),
        "topic": Field("TopicArn", required=True, replace=Replace.CHANGED, read="attributes.TopicArn", limit=arn),
    },
    outputs={
        "arn": "attributes.SubscriptionArn",
        "confirmationWasAuthenticated": _flag("ConfirmationWasAuthenticated"),
        "ownerId": "attributes.Owner",
        "pendingConfirmation": _flag("PendingConfirmation"),
    },
    create=Call("Subscribe", adjust=_subscribe),
    reads=(Read("GetSubscriptionAttributes", _SUBSCRIPTION, "Attributes", under="attributes"),),
    attributes=Call("SetSubscriptionAttributes", _SUBSCRIPTION, adjust=_leave_out_empty),
    complete_attributes=True,
    attribute_rank=_scope_rank,
    delete=Call("Unsubscribe", _SUBSCRIPTION),
    id="SubscriptionArn",
    gone=(("InvalidParameter", "pending confirmation"),),
    after_create=(_await_confirmation,),
    check=_subscription_problems,
)

ROWS = (TOPIC, TOPIC_SUBSCRIPTION)
