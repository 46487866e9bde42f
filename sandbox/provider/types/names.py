"""Names that are taken, where AWS would give back what has them: its create calls are idempotent.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.provider.aws import CloudError
from sandbox.provider.row import Step
from sandbox.provider.values import Values


class TakenError(Exception):
    """Something else has the name already."""


def refuse_taken(operation: str, missing: str, words: str) -> Callable[[Step, Values], None]:
    """Before a create: the describing `operation` must answer the error `missing`; `words` is the provider's for it."""

    def refuse(step: Step, parameters: Values) -> None:
        try:
            step.aws.call("elbv2", operation, {"Names": [parameters["Name"]]})
        except CloudError as error:
            if error.code != missing:
                raise
            return
        raise TakenError(f"{words} ({parameters['Name']}) already exists")

    return refuse
