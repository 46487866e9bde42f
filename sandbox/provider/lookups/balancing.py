"""Load balancers, target groups and listeners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.provider import decode
from sandbox.provider.decode import ATTRIBUTES
from sandbox.provider.lookup import Also, Found, Lookup, Words, tagged, tags
from sandbox.provider.lookups.resources import like
from sandbox.provider.types.load_balancing import LISTENER, LOAD_BALANCER
from sandbox.provider.types.target_group import TARGET_GROUP
from sandbox.provider.values import Values


def _words(what: str) -> Words:
    said = "Search returned {count} results, please revise so only one is returned"
    return Words(said, said, f"reading ELBv2 {what}: couldn't find resource")


def _tags_of(arn: str) -> Also:
    return Also("DescribeTags", {"ResourceArns[0]": arn}, "TagDescriptions[0].Tags", "Tags")


def _attributes(found: Found) -> dict[str, str]:
    return decode.tags(found.item[ATTRIBUTES])


def _logs(kind: str, found: Found) -> Values:
    pairs = _attributes(found)
    told: Values = {name: pairs.get(f"{kind}.s3.{name}", "") for name in ("bucket", "enabled", "prefix")}
    return {**told, "enabled": told["enabled"] == "true"}


def _list_of_logs(kind: str) -> Callable[[Found], list[Values]]:
    return lambda found: [_logs(kind, found)]


def _addresses_per_subnet(found: Found) -> int:
    return int(_attributes(found).get("secondary_ips.auto_assigned.per_subnet", 0))


def _delay(found: Found) -> str | None:
    """A text, where the resource has a number."""
    return _attributes(found).get("deregistration_delay.timeout_seconds")


def _on_port(listeners: list[Any], arguments: Values) -> list[Any]:
    return [one for one in listeners if one.get("Port") == arguments.get("port", one.get("Port"))]


def _needs_port(given: Values) -> str | None:
    missing = "arn" not in given and not {"loadBalancerArn", "port"} <= given.keys()
    return "both load_balancer_arn and port must be set" if missing else None


ROWS = (
    Lookup(
        "aws:lb/getLoadBalancer:getLoadBalancer",
        {
            **like(
                LOAD_BALANCER,
                "LoadBalancerArn",
                "arn arnSuffix clientKeepAlive customerOwnedIpv4Pool desyncMitigationMode dnsName "
                "dnsRecordClientRoutingPolicy dropInvalidHeaderFields enableCrossZoneLoadBalancing "
                "enableDeletionProtection enableHttp2 enableTlsVersionAndCipherSuiteHeaders enableWafFailOpen "
                "enableXffClientPort enableZonalShift idleTimeout internal ipAddressType loadBalancerType name "
                "preserveHostHeader securityGroups subnetMappings subnets vpcId xffHeaderProcessingMode zoneId",
            ),
            "accessLogs": lambda found: _logs("access_logs", found),
            "connectionLogs": _list_of_logs("connection_logs"),
            "enablePrefixForIpv6SourceNat": "EnablePrefixForIpv6SourceNat",
            "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic": (
                "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
            ),
            "healthCheckLogs": _list_of_logs("health_check_logs"),
            "id": "LoadBalancerArn",
            "ipamPools": "[IpamPools][?@].{ipv4IpamPoolId: Ipv4IpamPoolId}",
            "secondaryIpsAutoAssignedPerSubnet": _addresses_per_subnet,
            "tags": tags,
        },
        service="elbv2",
        operation="DescribeLoadBalancers",
        items="LoadBalancers",
        arguments={"arn": "LoadBalancerArns[0]", "name": "Names[0]", "tags": ""},
        each=(_tags_of("LoadBalancerArn"),),
        choose=tagged,
        one=_words("Load Balancers"),
        also=(
            Also("DescribeLoadBalancerAttributes", {"LoadBalancerArn": "LoadBalancerArn"}, "Attributes", ATTRIBUTES),
        ),
    ),
    Lookup(
        "aws:lb/getTargetGroup:getTargetGroup",
        {
            **like(
                TARGET_GROUP,
                "TargetGroupArn",
                "arn arnSuffix connectionTermination lambdaMultiValueHeadersEnabled "
                "loadBalancerArns loadBalancingAlgorithmType loadBalancingAnomalyMitigation "
                "loadBalancingCrossZoneEnabled name port preserveClientIp protocol protocolVersion proxyProtocolV2 "
                "slowStart targetType vpcId",
                whole="healthCheck stickiness",
            ),
            "deregistrationDelay": _delay,
            "id": "TargetGroupArn",
            "tags": tags,
            "targetControlPort": "TargetControlPort",
        },
        service="elbv2",
        operation="DescribeTargetGroups",
        items="TargetGroups",
        arguments={
            "arn": "TargetGroupArns[0]",
            "loadBalancingAnomalyMitigation": "",
            "name": "Names[0]",
            "tags": "",
        },
        each=(_tags_of("TargetGroupArn"),),
        choose=tagged,
        one=_words("Target Groups"),
        also=(Also("DescribeTargetGroupAttributes", {"TargetGroupArn": "TargetGroupArn"}, "Attributes", ATTRIBUTES),),
    ),
    Lookup(
        "aws:lb/getListener:getListener",
        {
            **like(
                LISTENER,
                "ListenerArn",
                "alpnPolicy arn certificateArn defaultActions loadBalancerArn mutualAuthentications port protocol "
                "sslPolicy",
            ),
            "id": "ListenerArn",
            "tags": tags,
        },
        service="elbv2",
        operation="DescribeListeners",
        items="Listeners",
        arguments={"arn": "ListenerArns[0]", "loadBalancerArn": "LoadBalancerArn", "port": "", "tags": ""},
        exclusive=(("arn", "loadBalancerArn"), ("arn", "port")),
        check=_needs_port,
        choose=_on_port,
        one=_words("Listener"),
        also=(_tags_of("ListenerArn"),),
    ),
)
