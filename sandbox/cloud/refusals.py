"""What AWS answers when a call meets a fault, in the words and the protocol of the service that was asked."""

from __future__ import annotations

from typing import Any

from moto.core.utils import get_service_model

from sandbox.cloud import crashes
from sandbox.cloud.faults import Fault

#: Status, code and message.
Refusal = tuple[str, str, str]

# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_THROTTLE: dict[str, Refusal] = {
    "s3": ("503 Slow Down", "SlowDown", "Please reduce your request rate."),
    "lambda": ("429 Too Many Requests", "TooManyRequestsException", "Rate exceeded"),
    "apigateway": ("429 Too Many Requests", "TooManyRequestsException", "Too Many Requests"),
    "apigatewayv2": ("429 Too Many Requests", "TooManyRequestsException", "Too Many Requests"),
    "cloudwatch": ("400 Bad Request", "Throttling", "Rate exceeded"),
    # By protocol:
    "ec2": ("503 Service Unavailable", "RequestLimitExceeded", "Request limit exceeded."),
    "query": ("400 Bad Request", "Throttling", "Rate exceeded"),
    "rest-xml": ("400 Bad Request", "Throttling", "Rate exceeded"),
    "rest-json": ("429 Too Many Requests", "ThrottlingException", "Rate exceeded"),
    "": ("400 Bad Request", "ThrottlingException", "Rate exceeded"),
}

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html
_FAILED = "500 Internal Server Error"
_ERROR: dict[str, Refusal] = {
    "ec2": (_FAILED, "InternalError", "An internal error has occurred"),
    "s3": (_FAILED, "InternalError", "We encountered an internal error. Please try again."),
    "dynamodb": (_FAILED, "InternalServerError", "Internal server error"),
    "": (_FAILED, "InternalFailure", "The request processing has failed because of an unknown error."),
}

CAPACITY = "InsufficientInstanceCapacity"


def no_capacity(kind: str | None, zone: str | None) -> str:
    """AWS's words where it has no room for a type of instance.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
    """
    place = f" ({zone})" if zone else ""
    return (
        f"We currently do not have sufficient {kind or 'instance'} capacity in the Availability Zone you "
        f"requested{place}. Our system will be working on provisioning additional capacity."
    )


def answer(fault: Fault, response: Any) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body; `response` is moto's object for the call."""
    if fault.answer == "capacity":
        kind, placement = response._get_param("InstanceType"), response._get_param("Placement", {})
        headers, body = crashes.told(CAPACITY, no_capacity(kind, placement.get("AvailabilityZone")), response)
        return _FAILED, headers, body
    service = response.boto3_service_name
    protocol = response.determine_response_protocol(get_service_model(service))
    refusals = _THROTTLE if fault.answer == "throttle" else _ERROR
    status, code, message = next(refusals[each] for each in (service, protocol, "") if each in refusals)
    headers, body = crashes.told(code, message, response)
    return status, headers, body
