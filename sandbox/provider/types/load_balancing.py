"""Load balancers, listeners and rules."""

from __future__ import annotations

from sandbox.provider.aws import Retry
from sandbox.provider.codec import choice
from sandbox.provider.row import Call, Field, Live, Read, Replace, Step, Tagging, Type
from sandbox.provider.types.names import refuse_taken
from sandbox.provider.types.target_group import NAMING, PROPAGATION_S
from sandbox.provider.values import Values

_TAGS = Tagging(Call("AddTags", {"ResourceArns[0]": "{id}"}), Call("RemoveTags", {"ResourceArns[0]": "{id}"}))
_READ_TAGS = Read("DescribeTags", {"ResourceArns[0]": "{id}"}, "TagDescriptions[0]")

#: How long the real provider waits for a balancer.
_BALANCER_WAIT_S = 600.0
#: The highest priority a rule can have.
_LAST_PRIORITY = 50_000


def _on(key: str, default: bool | None = None) -> Field:
    return Field(attribute=key, kind=bool, default=default, computed=default is None)


def _log(kind: str) -> Field:
    keys = {key: Field(attribute=f"{kind}.s3.{key}") for key in ("bucket", "prefix")}
    return Field(computed=True, fields={**keys, "enabled": _on(f"{kind}.s3.enabled", default=False)})


def _suffix(live: Live) -> str:
    return live.id.partition(":loadbalancer/")[2]


def _wait_until_active(step: Step) -> None:
    """A balancer that is still provisioned answers nobody."""
    deadline = step.timeout_s or _BALANCER_WAIT_S
    waited = 0.0
    while True:
        found = step.aws.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [step.id]})["LoadBalancers"][0]
        state = found.get("State", {}).get("Code", "active")
        if state == "active":
            return
        if state == "failed" or waited >= deadline:
            raise TimeoutError(
                f"waiting for load balancer ({step.id}): it is {state}, not active, after {waited:.0f} s"
            )
        step.aws.pause(1.0)
        waited += 1.0


def _grow_subnets(parameters: Values, _inputs: Values) -> None:
    if "SubnetMappings" in parameters:
        parameters.pop("Subnets", None)


_MAPPINGS = (
    "AvailabilityZones[].{SubnetId: SubnetId, AllocationId: LoadBalancerAddresses[0].AllocationId, "
    "PrivateIPv4Address: LoadBalancerAddresses[0].PrivateIPv4Address, "
    "IPv6Address: LoadBalancerAddresses[0].IPv6Address}"
)
_BALANCER = {"LoadBalancerArn": "{id}"}

LOAD_BALANCER = Type(
    "aws:lb/loadBalancer:LoadBalancer",
    "elbv2",
    inputs={
        "accessLogs": _log("access_logs"),
        "clientKeepAlive": Field(attribute="client_keep_alive.seconds", kind=int, default=3600),
        "connectionLogs": _log("connection_logs"),
        "customerOwnedIpv4Pool": Field(replace=Replace.CHANGED),
        "desyncMitigationMode": Field(attribute="routing.http.desync_mitigation_mode", default="defensive"),
        "dnsRecordClientRoutingPolicy": Field(attribute="dns_record.client_routing_policy", computed=True),
        "dropInvalidHeaderFields": _on("routing.http.drop_invalid_header_fields.enabled", default=False),
        "enableCrossZoneLoadBalancing": _on("load_balancing.cross_zone.enabled"),
        "enableDeletionProtection": _on("deletion_protection.enabled", default=False),
        "enableHttp2": _on("routing.http2.enabled", default=True),
        "enableTlsVersionAndCipherSuiteHeaders": _on(
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", default=False
        ),
        "enableWafFailOpen": _on("waf.fail_open.enabled", default=False),
        "enableXffClientPort": _on("routing.http.xff_client_port.enabled", default=False),
        "enableZonalShift": _on("zonal_shift.config.enabled", default=False),
        "idleTimeout": Field(attribute="idle_timeout.timeout_seconds", kind=int, default=60),
        "internal": Field(
            "Scheme", codec=choice({True: "internal", False: "internet-facing"}), replace=Replace.CHANGED, computed=True
        ),
        "ipAddressType": Field(computed=True),
        "loadBalancerType": Field("Type", replace=Replace.CHANGED, default="application"),
        "name": Field(replace=Replace.CHANGED, computed=True, read="LoadBalancerName"),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "preserveHostHeader": _on("routing.http.preserve_host_header.enabled", default=False),
        "securityGroups": Field(unordered=True, computed=True),
        "subnetMappings": Field(
            unordered=True,
            computed=True,
            read=_MAPPINGS,
            fields={"privateIpv4Address": Field("PrivateIPv4Address"), "ipv6Address": Field("IPv6Address")},
        ),
        "subnets": Field(unordered=True, computed=True, read="AvailabilityZones[].SubnetId"),
        "xffHeaderProcessingMode": Field(attribute="routing.http.xff_header_processing.mode", default="append"),
    },
    outputs={
        "arn": "LoadBalancerArn",
        "arnSuffix": _suffix,
        "dnsName": "DNSName",
        "vpcId": "VpcId",
        "zoneId": "CanonicalHostedZoneId",
    },
    create=Call("CreateLoadBalancer"),
    reads=(
        Read("DescribeLoadBalancers", {"LoadBalancerArns[0]": "{id}"}, "LoadBalancers[0]"),
        _READ_TAGS,
        Read("DescribeLoadBalancerAttributes", _BALANCER, "Attributes", under="attributes"),
    ),
    updates=(
        Call("SetIpAddressType", _BALANCER),
        Call("SetSecurityGroups", _BALANCER),
        Call("SetSubnets", _BALANCER, adjust=_grow_subnets),
    ),
    delete=Call("DeleteLoadBalancer", _BALANCER),
    id="LoadBalancers[0].LoadBalancerArn",
    tags=_TAGS,
    attributes=Call("ModifyLoadBalancerAttributes", _BALANCER),
    naming=NAMING,
    before_create=(refuse_taken("DescribeLoadBalancers", "LoadBalancerNotFound", "ELBv2 Load Balancer"),),
    exclusive=(("name", "namePrefix"),),
    one_of=(("subnets", "subnetMappings"),),
    awaited_s=_BALANCER_WAIT_S,
    after_create=(_wait_until_active,),
)

_FORWARD = Field(
    "ForwardConfig",
    computed=True,
    fields={
        "stickiness": Field(
            "TargetGroupStickinessConfig",
            computed=True,
            fields={"duration": Field("DurationSeconds"), "enabled": Field(default=False)},
        ),
        "targetGroups": Field(
            required=True, unordered=True, fields={"arn": Field("TargetGroupArn"), "weight": Field(default=1)}
        ),
    },
)
_REDIRECT = Field(
    "RedirectConfig",
    fields={
        "host": Field(default="#{host}"),
        "path": Field(default="/#{path}"),
        "port": Field(default="#{port}"),
        "protocol": Field(default="#{protocol}"),
        "query": Field(default="#{query}"),
        "statusCode": Field(required=True),
    },
)
_ACTIONS = Field(
    required=True,
    fields={
        "authenticateCognito": Field("AuthenticateCognitoConfig"),
        "authenticateOidc": Field("AuthenticateOidcConfig"),
        "fixedResponse": Field("FixedResponseConfig"),
        "forward": _FORWARD,
        "jwtValidation": Field("JwtValidationConfig"),
        "order": Field(computed=True),
        "redirect": _REDIRECT,
        "targetGroupArn": Field(computed=True),
        "type": Field(required=True),
    },
)
_LISTENER = {"ListenerArn": "{id}"}

LISTENER = Type(
    "aws:lb/listener:Listener",
    "elbv2",
    inputs={
        "alpnPolicy": Field("AlpnPolicy[0]"),
        "certificateArn": Field("Certificates[0].CertificateArn"),
        "defaultActions": _ACTIONS,
        "loadBalancerArn": Field(required=True, replace=Replace.CHANGED),
        "mutualAuthentication": Field(computed=True),
        "port": Field(),
        "protocol": Field(computed=True),
        "sslPolicy": Field(computed=True),
    },
    outputs={"arn": "ListenerArn"},
    create=Call("CreateListener"),
    reads=(Read("DescribeListeners", {"ListenerArns[0]": "{id}"}, "Listeners[0]"), _READ_TAGS),
    updates=(Call("ModifyListener", _LISTENER),),
    delete=Call("DeleteListener", _LISTENER),
    id="Listeners[0].ListenerArn",
    tags=_TAGS,
    retries=(Retry("CertificateNotFound", 300),),
)


def _condition(word: str, member: str) -> Field:
    return Field(member, fields={"values": Field(unordered=True)}, also={"Field": word})


_CONDITIONS = Field(
    required=True,
    unordered=True,
    exact=True,
    fields={
        "hostHeader": _condition("host-header", "HostHeaderConfig"),
        "httpHeader": _condition("http-header", "HttpHeaderConfig"),
        "httpRequestMethod": _condition("http-request-method", "HttpRequestMethodConfig"),
        "pathPattern": _condition("path-pattern", "PathPatternConfig"),
        "queryStrings": Field(
            "QueryStringConfig.Values", fields={"key": Field(), "value": Field()}, also={"Field": "query-string"}
        ),
        "sourceIp": _condition("source-ip", "SourceIpConfig"),
    },
)


def _listener_of(live: Live) -> str:
    return live.id.replace(":listener-rule/", ":listener/").rpartition("/")[0]


def _next_priority(step: Step, parameters: Values) -> None:
    """A rule without a priority goes last."""
    if "Priority" in parameters:
        return
    found = step.aws.call("elbv2", "DescribeRules", {"ListenerArn": parameters["ListenerArn"]})["Rules"]
    taken = [int(rule["Priority"]) for rule in found if rule["Priority"] != "default"]
    parameters["Priority"] = min(max(taken, default=0) + 1, _LAST_PRIORITY)


_RULE = {"RuleArn": "{id}"}

LISTENER_RULE = Type(
    "aws:lb/listenerRule:ListenerRule",
    "elbv2",
    inputs={
        "actions": _ACTIONS,
        "conditions": _CONDITIONS,
        "listenerArn": Field(required=True, replace=Replace.CHANGED, read=_listener_of),
        "priority": Field(at={"SetRulePriorities": "RulePriorities[0].Priority"}, kind=int, computed=True),
    },
    outputs={"arn": "RuleArn"},
    create=Call("CreateRule"),
    reads=(Read("DescribeRules", {"RuleArns[0]": "{id}"}, "Rules[0]"), _READ_TAGS),
    updates=(
        Call("SetRulePriorities", {"RulePriorities[0].RuleArn": "{id}"}),
        Call("ModifyRule", _RULE),
    ),
    delete=Call("DeleteRule", _RULE),
    id="Rules[0].RuleArn",
    tags=_TAGS,
    awaited_s=PROPAGATION_S,
    before_create=(_next_priority,),
)

ROWS = (LOAD_BALANCER, LISTENER, LISTENER_RULE)
