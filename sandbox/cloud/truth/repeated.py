"""Calls that are repeated, by a client that lost the answer, say, and do nothing the second time.

EC2 knows them by their client token; Elastic Load Balancing by what they ask.
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
"""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response
from moto.elbv2.models import ELBv2Backend

from sandbox.cloud.truth.replacing import around, by_name


def install() -> None:
    """Make the backends remember what they made for whom."""
    _know_tokens()
    _know_settings()


def _know_tokens() -> None:

    @around(EC2Backend, "__init__")
    def _start(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.answered_by_token = {}

    @around(EC2Response, "call_action")
    def _call(original: Any, self: Any) -> Any:
        token = self._get_param("ClientToken")
        if not token:
            return original(self)
        answered, key = self.ec2_backend.answered_by_token, (self._get_action(), token)
        asked = {name: value for name, value in self.querystring.items() if name != "ClientToken"}
        if key not in answered:
            status, headers, body = original(self)
            if status == 200:
                answered[key] = asked, body
            return status, headers, body
        first, body = answered[key]
        if first == asked:
            return 200, self.response_headers, body
        return self.serialized(
            ActionResult(
                EC2ClientError(
                    "IdempotentParameterMismatch",
                    f"Arguments on this idempotent request are inconsistent with arguments used in previous request(s) "
                    f"with the client token: {token}",
                )
            )
        )


def _know_settings() -> None:
    @around(ELBv2Backend, "__init__")
    def _start(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.asked = {}

    @around(ELBv2Backend, "create_load_balancer", "create_target_group", "create_listener")
    def _create(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, *arguments, **named)
        del asked["self"]
        asked = original.__name__, copy.deepcopy(asked)
        known = next((arn for arn, each in self.asked.items() if each == asked), None)
        if known is not None and (found := _standing(self, known)):
            return found
        made = original(self, *arguments, **named)
        self.asked[made.arn] = asked
        return made

    # What was changed is no longer what was asked for.
    @around(
        ELBv2Backend,
        "modify_target_group",
        "modify_listener",
        "set_subnets",
        "set_security_groups",
        "set_ip_address_type",
    )
    def _modify(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        for value in by_name(original, self, *arguments, **named).values():
            if isinstance(value, str):
                self.asked.pop(value, None)
        return original(self, *arguments, **named)


def _standing(backend: Any, arn: str) -> Any:
    listeners = {each: one for balancer in backend.load_balancers.values() for each, one in balancer.listeners.items()}
    return {**backend.load_balancers, **backend.target_groups, **listeners}.get(arn)
