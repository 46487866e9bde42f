"""Topics and subscriptions: attributes that moto forgets, and endpoints that have to confirm.

https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from __future__ import annotations

import datetime
from typing import Any

from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend
from moto.sns.responses import SNSResponse

from sandbox.cloud.truth.replacing import around

#: Attributes of a topic that moto sets and never tells.
_DELIVERY = [
    f"{protocol}{kind}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for kind in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
]
_FORGOTTEN = {*_DELIVERY, "FifoThroughputScope", "MaximumMessageSize", "SignatureVersion", "TracingConfig"}
_TOLD = ("ArchivePolicy", "ContentBasedDeduplication", "DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "Policy")


def install() -> None:
    """Make the backend keep what AWS keeps, and ask for confirmation where AWS does."""
    _keep_topics()
    _keep_subscriptions()

    # https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
    @around(SNSBackend, "subscribe")
    def _subscribe(original: Any, self: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
        known = self._find_subscription(topic_arn, endpoint, protocol)
        subscription = original(self, topic_arn, endpoint, protocol)
        if known is None and protocol in ("email", "email-json", "http", "https"):
            subscription.attributes |= {"PendingConfirmation": True, "ConfirmationWasAuthenticated": False}
        return subscription

    # https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
    @around(SNSBackend, "unsubscribe")
    def _unsubscribe(original: Any, self: Any, subscription_arn: str) -> None:
        subscription = self.subscriptions.get(subscription_arn)
        if subscription and subscription.attributes["PendingConfirmation"] is True:
            raise SNSInvalidParameter(
                "Invalid parameter: SubscriptionArn Reason: "
                "Cannot unsubscribe a subscription that is pending confirmation"
            )
        original(self, subscription_arn)


def _keep_topics() -> None:
    @around(SNSResponse, "create_topic")
    def _create(original: Any, self: Any) -> Any:
        answer = original(self)
        topic = self.backend.topics[answer.result["TopicArn"]]
        attributes: dict[str, str] = self._get_attributes() or {}
        for name, value in attributes.items():
            _keep(topic, name, value)
        return answer

    @around(SNSResponse, "set_topic_attributes")
    def _set(original: Any, self: Any) -> Any:
        name = self._get_param("AttributeName")
        if name not in (*_FORGOTTEN, *_TOLD):
            raise SNSInvalidParameter("Invalid parameter: AttributeName")
        answer = original(self)
        _keep(self.backend.get_topic(self._get_param("TopicArn")), name, self._get_param("AttributeValue"))
        return answer

    @around(SNSResponse, "get_topic_attributes")
    def _get(original: Any, self: Any) -> Any:
        answer = original(self)
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        answer.result["Attributes"] |= getattr(topic, "kept", {})
        return answer


def _keep(topic: Any, name: str, value: str | None) -> None:
    kept: dict[str, str] = {**getattr(topic, "kept", {})}
    if name in _FORGOTTEN and value:
        kept[name] = value
    elif name == "ArchivePolicy" and value not in (None, "", "{}"):
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        kept = {"BeginningArchiveTime": now, **kept, name: str(value)}
    else:
        for gone in (name, *(["BeginningArchiveTime"] if name == "ArchivePolicy" else [])):
            kept.pop(gone, None)
    topic.kept = kept


def _keep_subscriptions() -> None:
    @around(SNSBackend, "set_subscription_attributes")
    def _set(original: Any, self: Any, arn: str, name: str, value: Any) -> None:
        if name != "ReplayPolicy":
            original(self, arn, name, value)
        attributes = self.subscriptions[arn].attributes
        attributes[name] = value
        # An empty one is none. https://docs.aws.amazon.com/sns/latest/dg/message-filtering-policy-remove.html
        if value in (None, "", "{}"):
            del attributes[name]
            if name == "FilterPolicy":
                attributes.pop("FilterPolicyScope", None)
