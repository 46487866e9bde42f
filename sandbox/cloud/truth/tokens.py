"""Client tokens of EC2: a call that is repeated with its token does nothing and gets the first one's answer.

https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Make the backend remember what it answered."""

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
