"""Puts one resource, or a stack of them, before one rule, as the engine would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policies.pack import policy_of
from policies.rules import RULES

UNKNOWN = UNKNOWN_STRING_VALUE
BY_NAME = {rule.name: rule for rule in RULES}


def untyped(policy: Any) -> Any:
    """pulumi-policy's types are incomplete."""
    return policy


@dataclass(frozen=True)
class Judgement:
    """What came of it."""

    findings: tuple[str, ...]
    waits_for: str = ""
    applies: bool = True


def options(**given: Any) -> PolicyResourceOptions:
    """A resource's options."""
    plain: dict[str, Any] = {"protect": False, "ignore_changes": [], "delete_before_replace": None, "aliases": []}
    return PolicyResourceOptions(
        **{**plain, **given}, custom_timeouts=PolicyCustomTimeouts(0, 0, 0), additional_secret_outputs=[]
    )


def judge(
    rule: str,
    kind: str,
    inputs: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    stack: str = "dev",
    **opts: Any,
) -> Judgement:
    """One resource, named `web`, before a rule."""
    policy = policy_of(BY_NAME[rule])
    assert isinstance(policy, ResourceValidationPolicy)
    props = unknown_checking_proxy(dict(inputs))
    args = ResourceValidationArgs(kind, props, "urn", "web", options(**opts), None, dict(settings or {}))
    findings: list[str] = []

    def note(text: str, _urn: str | None = None) -> None:
        findings.append(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi.get_stack", lambda: stack)
        try:
            untyped(policy).validate(args, note)
        except UnknownValueError as unknown:
            return Judgement(tuple(findings), waits_for=unknown.message)
        except Exception as error:
            if type(error).__name__ != "_NotApplicableError":  # pulumi-policy's own, and private.
                raise
            return Judgement((), applies=False)
    return Judgement(tuple(findings))


def resource(
    kind: str, name: str, props: Mapping[str, Any], refers_to: Iterable[PolicyResource] = ()
) -> PolicyResource:
    """One resource of a stack."""
    checked = unknown_checking_proxy(dict(props))
    return PolicyResource(kind, checked, f"urn:{name}", name, options(), None, None, list(refers_to), {})


def judge_stack(rule: str, *resources: PolicyResource, settings: Mapping[str, Any] | None = None) -> list[str]:
    """All resources of a stack before a rule: the URNs of those that break it."""
    policy = policy_of(BY_NAME[rule])
    assert isinstance(policy, StackValidationPolicy)
    found: list[str] = []

    def note(_text: str, urn: str | None = None) -> None:
        found.append(str(urn))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi.get_stack", lambda: "dev")
        untyped(policy).validate(StackValidationArgs(list(resources), dict(settings or {})), note)
    return found
