"""Router: the load balancer and its listeners, a preview rule a release, a traffic rule a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from pydantic import BaseModel, ConfigDict

from components.digest import TAG_SERVICE
from components.hooks import Hooks
from components.layouts import Plan
from components.owned import owned
from components.rules import (
    TAG_WEIGHTS,
    preview_conditions,
    preview_priority,
    route_conditions,
    traffic_priority,
)
from components.settings import Balancer, Route

_NOBODY = aws.lb.ListenerDefaultActionArgs(
    type="fixed-response",
    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
        content_type="text/plain", message_body="No release serves this request.", status_code="503"
    ),
)


class RouterArgs(BaseModel):
    """Where the balancer stands and how it is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    balancer: Balancer
    subnet_ids: list[str]
    security_group_id: str | pulumi.Output[str]


class Router(pulumi.ComponentResource):
    """A load balancer that knows no service: what no rule claims is answered with a fixed 503.

    With a certificate services answer on HTTPS, and HTTP redirects there.
    """

    listener_arn: pulumi.Output[str]
    """The listener that preview and traffic rules belong to."""
    url: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    """The balancer's part of the resource label that request scaling is measured by."""

    def __init__(self, name: str, args: RouterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("immutable:aws:Router", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        balancer = aws.lb.LoadBalancer(
            name,
            name_prefix=f"{name[:5]}-",
            load_balancer_type="application",
            internal=args.balancer.internal,
            subnets=args.subnet_ids,
            security_groups=[args.security_group_id],
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.balancer.deletion_protection,
            tags=owned(name),
            opts=child,
        )
        http = aws.lb.Listener(
            "http",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[_NOBODY],
            tags=owned("http"),
            opts=child,
        )
        self.listener_arn, scheme = http.arn, "http"
        if args.balancer.certificate_arn:
            scheme = "https"
            https = aws.lb.Listener(
                "https",
                load_balancer_arn=balancer.arn,
                port=443,
                protocol="HTTPS",
                ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
                certificate_arn=args.balancer.certificate_arn,
                default_actions=[_NOBODY],
                tags=owned("https"),
                opts=child,
            )
            self.listener_arn = https.arn
            aws.lb.ListenerRule(
                "to-https",
                listener_arn=http.arn,
                priority=1,
                conditions=[{"path_pattern": {"values": ["/*"]}}],
                actions=[
                    {
                        "type": "redirect",
                        "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"},
                    }
                ],
                tags=owned("to-https"),
                opts=child,
            )
        self.url = pulumi.Output.concat(scheme, "://", balancer.dns_name)
        self.arn_suffix = balancer.arn_suffix
        self.register_outputs({"url": self.url})


def preview_rule(
    plan: Plan,
    listener_arn: str | pulumi.Output[str],
    target_group_arn: pulumi.Output[str],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> aws.lb.ListenerRule:
    """The rule by which people reach a release before users do; also what makes AWS check its targets' health."""
    return aws.lb.ListenerRule(
        f"{plan.name}-preview",
        listener_arn=listener_arn,
        priority=preview_priority(plan.name),
        conditions=preview_conditions(plan.name),
        actions=[{"type": "forward", "target_group_arn": target_group_arn}],
        tags=owned(f"{plan.name}-preview") | dict(tags),
        opts=opts,
    )


def traffic_rule(
    service: str,
    route: Route,
    listener_arn: str | pulumi.Output[str],
    weights: Sequence[tuple[pulumi.Output[str], int]],
    hooks: Hooks,
    opts: pulumi.ResourceOptions,
) -> aws.lb.ListenerRule:
    """The one rule that shares a service's traffic, by target group ARN and weight; it moves behind the traffic gate.

    `opts` must make it depend on every fleet of the service.
    """
    groups = [aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=arn, weight=weight) for arn, weight in weights]
    forward = aws.lb.ListenerRuleActionForwardArgs(target_groups=groups)
    return aws.lb.ListenerRule(
        service,
        listener_arn=listener_arn,
        priority=traffic_priority(route),
        conditions=route_conditions(route),
        actions=[aws.lb.ListenerRuleActionArgs(type="forward", forward=forward)],
        tags=owned(service) | {TAG_SERVICE: service},
        opts=pulumi.ResourceOptions.merge(
            opts,
            # The gates' own note, which the next update would otherwise remove.
            pulumi.ResourceOptions(
                hooks=hooks.traffic,
                ignore_changes=[f'tags["{TAG_WEIGHTS}"]', f'tagsAll["{TAG_WEIGHTS}"]'],
            ),
        ),
    )
