"""Target groups of load balancers."""

from __future__ import annotations

from sandbox.provider.aws import Retry
from sandbox.provider.codec import Codec
from sandbox.provider.row import (
    Call,
    Field,
    Live,
    Naming,
    Read,
    Replace,
    Tagging,
    Type,
)
from sandbox.provider.types.names import refuse_taken
from sandbox.provider.values import Values

#: How long the real provider waits for a target group or a rule that was made a moment ago; not for a listener.
#: Source: terraform-provider-aws, internal/service/elbv2: `elbv2PropagationTimeout`.
PROPAGATION_S = 300

ARN = {"TargetGroupArn": "{id}"}

_ALLOWED = (r"^[0-9A-Za-z-]+$", 'only alphanumeric characters and hyphens allowed in "{name}": "{value}"')
_START = (r"^[^-]", '"{name}" cannot begin with a hyphen: "{value}"')
_END = (r"[^-]$", '"{name}" cannot end with a hyphen: "{value}"')

#: Of balancers and target groups alike.
NAMING = Naming(32, 6, (_ALLOWED, _START, _END), (_ALLOWED, _START))


def _needs(inputs: Values) -> Values:
    kind = inputs["targetType"]
    needed = ("port", "protocol", "vpcId") if kind != "lambda" else ()
    return {name: f'`{name}` should be set when target type is "{kind}"' for name in needed if name not in inputs}


def _suffix(live: Live) -> str:
    return live.id.rpartition(":")[2]


#: AWS names the codes by the protocol that the targets speak.
_MATCHER = Codec(lambda codes: {"HttpCode": codes}, lambda told: told.get("HttpCode") or told.get("GrpcCode"))


def _use_grpc_codes(parameters: Values, inputs: Values) -> None:
    if inputs.get("protocolVersion") == "GRPC" and "Matcher" in parameters:
        parameters["Matcher"] = {"GrpcCode": parameters["Matcher"]["HttpCode"]}


_HEALTH_CHECK = Field(
    "",
    computed=True,
    fields={
        "enabled": Field("HealthCheckEnabled", default=True),
        "healthyThreshold": Field("HealthyThresholdCount", default=3),
        "interval": Field("HealthCheckIntervalSeconds", default=30),
        "matcher": Field(codec=_MATCHER, computed=True),
        "path": Field("HealthCheckPath", computed=True),
        "port": Field("HealthCheckPort", default="traffic-port"),
        "protocol": Field("HealthCheckProtocol", default="HTTP"),
        "timeout": Field("HealthCheckTimeoutSeconds", computed=True),
        "unhealthyThreshold": Field("UnhealthyThresholdCount", default=3),
    },
)


# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
def _minima(where: str, count: type) -> Field:
    key = f"target_group_health.{where}.minimum_healthy_targets"
    return Field(
        computed=True,
        fields={
            "minimumHealthyTargetsCount": Field(attribute=f"{key}.count", kind=count, computed=True),
            "minimumHealthyTargetsPercentage": Field(attribute=f"{key}.percentage", computed=True),
        },
    )


_HEALTH = Field(
    computed=True,
    fields={
        "dnsFailover": _minima("dns_failover", str),
        "unhealthyStateRouting": _minima("unhealthy_state_routing", int),
    },
)
_UNHEALTHY = "target_health_state.unhealthy"
_HEALTH_STATES = Field(
    kind=list,
    computed=True,
    fields={
        "enableUnhealthyConnectionTermination": Field(
            attribute=f"{_UNHEALTHY}.connection_termination.enabled", kind=bool, required=True
        ),
        "unhealthyDrainingInterval": Field(
            attribute=f"{_UNHEALTHY}.draining_interval_seconds", kind=int, computed=True
        ),
    },
)
_STICKINESS = Field(
    computed=True,
    fields={
        "type": Field(attribute="stickiness.type", required=True),
        "enabled": Field(attribute="stickiness.enabled", kind=bool, default=True),
        "cookieDuration": Field(attribute="stickiness.{type}.duration_seconds", kind=int, default=86400),
        "cookieName": Field(attribute="stickiness.app_cookie.cookie_name"),
    },
)

TARGET_GROUP = Type(
    "aws:lb/targetGroup:TargetGroup",
    "elbv2",
    inputs={
        "connectionTermination": Field(
            attribute="deregistration_delay.connection_termination.enabled", kind=bool, computed=True
        ),
        "deregistrationDelay": Field(attribute="deregistration_delay.timeout_seconds", kind=int, default=300),
        "healthCheck": _HEALTH_CHECK,
        "ipAddressType": Field(replace=Replace.CHANGED, computed=True),
        "lambdaMultiValueHeadersEnabled": Field(
            attribute="lambda.multi_value_headers.enabled", kind=bool, default=False
        ),
        "loadBalancingAlgorithmType": Field(attribute="load_balancing.algorithm.type", computed=True),
        "loadBalancingAnomalyMitigation": Field(attribute="load_balancing.algorithm.anomaly_mitigation", computed=True),
        "loadBalancingCrossZoneEnabled": Field(attribute="load_balancing.cross_zone.enabled", computed=True),
        "name": Field(replace=Replace.CHANGED, computed=True, read="TargetGroupName"),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "port": Field(replace=Replace.CHANGED),
        "preserveClientIp": Field(attribute="preserve_client_ip.enabled", computed=True),
        "protocol": Field(replace=Replace.CHANGED),
        "protocolVersion": Field(replace=Replace.CHANGED, computed=True),
        "proxyProtocolV2": Field(attribute="proxy_protocol_v2.enabled", kind=bool, default=False),
        "slowStart": Field(attribute="slow_start.duration_seconds", kind=int, default=0),
        "stickiness": _STICKINESS,
        "targetGroupHealth": _HEALTH,
        "targetHealthStates": _HEALTH_STATES,
        "targetType": Field(replace=Replace.CHANGED, default="instance"),
        "vpcId": Field(replace=Replace.CHANGED),
    },
    outputs={"arn": "TargetGroupArn", "arnSuffix": _suffix, "loadBalancerArns": "LoadBalancerArns"},
    create=Call("CreateTargetGroup", adjust=_use_grpc_codes),
    reads=(
        Read("DescribeTargetGroups", {"TargetGroupArns[0]": "{id}"}, "TargetGroups[0]"),
        Read("DescribeTags", {"ResourceArns[0]": "{id}"}, "TagDescriptions[0]"),
        Read("DescribeTargetGroupAttributes", ARN, "Attributes", under="attributes"),
    ),
    updates=(Call("ModifyTargetGroup", ARN, adjust=_use_grpc_codes),),
    delete=Call("DeleteTargetGroup", ARN),
    id="TargetGroups[0].TargetGroupArn",
    tags=Tagging(
        Call("AddTags", {"ResourceArns[0]": "{id}"}),
        Call("RemoveTags", {"ResourceArns[0]": "{id}"}),
    ),
    attributes=Call("ModifyTargetGroupAttributes", ARN),
    naming=NAMING,
    before_create=(refuse_taken("DescribeTargetGroups", "TargetGroupNotFound", "ELBv2 Target Group"),),
    exclusive=(("name", "namePrefix"),),
    retries=(Retry("ResourceInUse", 120),),
    awaited_s=PROPAGATION_S,
    check=_needs,
)

ROWS = (TARGET_GROUP,)
