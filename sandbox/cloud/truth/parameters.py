"""Parameters of the Parameter Store: tiers and patterns, which moto takes note of and doesn't heed.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ssm.exceptions import ValidationException
from moto.ssm.models import SimpleSystemManagerBackend

from sandbox.cloud.truth.replacing import around, by_name

#: The most characters that the standard tier has room for.
_STANDARD = 4096


def install() -> None:
    """Make the backend refuse what AWS refuses, and choose the tier as AWS does."""

    @around(SimpleSystemManagerBackend, "put_parameter")
    def _put(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, *arguments, **named)
        name, value = asked["name"], asked["value"] or ""
        if asked["allowed_pattern"] and not re.search(asked["allowed_pattern"], value):
            raise JsonRESTError(
                "ParameterPatternMismatchException",
                f"Parameter value, cannot be validated against allowedPattern: {asked['allowed_pattern']}",
            )
        versions: list[Any] = self._parameters.get(name) or []
        is_advanced = bool(versions) and versions[-1].tier == "Advanced"
        if is_advanced and asked["tier"] == "Standard":
            raise ValidationException(
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
                "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
                "parameter and recreate it as a standard parameter."
            )
        parameter = original(self, *arguments, **named)
        if parameter.tier == "Intelligent-Tiering":
            parameter.tier = "Advanced" if is_advanced or len(value) > _STANDARD else "Standard"
        return parameter
