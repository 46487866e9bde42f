"""The rules as pulumi-policy has them: settings with defaults, findings that say what to do, unknowns that are said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pulumi
from pulumi_policy import (
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policies.rule import Rule, Stack, Subject
from policies.rules import RULES

NAME = "immutable-infrastructure"

#: For resources that are known to break a rule and are meant to: a setting of every rule.
ALLOW = "allow"
ALLOW_SCHEMA: Mapping[str, Any] = {
    "type": "array",
    "items": {"type": "string"},
    "default": [],
    "description": "Logical names of resources that this rule leaves alone.",
}


def policies() -> list[Policy]:
    """Every rule, ready for `PolicyPack`."""
    return [policy_of(rule) for rule in RULES]


def policy_of(rule: Rule) -> Policy:
    """One rule as a policy."""
    said: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": rule.level,
        "config_schema": PolicyConfigSchema({**_plain(rule.settings), ALLOW: dict(ALLOW_SCHEMA)}),
        "severity": rule.severity,
        "remediation_steps": rule.remediation,
        "url": rule.url,
        "tags": ["immutable-infrastructure"],
    }
    if rule.check_stack is not None:
        return StackValidationPolicy(validate=_stack_validation(rule), **said)
    return ResourceValidationPolicy(validate=_validation(rule), **said)


def defaults(rule: Rule) -> dict[str, Any]:
    """What each setting is where nothing is said."""
    return {name: schema["default"] for name, schema in {**rule.settings, ALLOW: ALLOW_SCHEMA}.items()}


def _plain(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: dict(schema) for name, schema in settings.items()}


def _validation(rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        # To say `not_applicable` dozens of times a resource costs the engine more than all the judging.
        if args.resource_type not in rule.types or rule.check is None:
            return
        settings = {**defaults(rule), **args.get_config()}
        if args.name in settings[ALLOW]:
            args.not_applicable("allowed by the rule's settings")
        subject = Subject(args.resource_type, args.name, args.props, args.opts, settings, pulumi.get_stack())
        _report(_until_unknown(rule.check(subject), subject.waiting), subject.waiting, rule, report)

    return validate


def _stack_validation(rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        if rule.check_stack is None:
            return
        settings = {**defaults(rule), **args.get_config()}
        own = [resource for resource in args.resources if resource.resource_type in rule.types]
        kept = [resource for resource in own if resource.name not in settings[ALLOW]]
        stack = Stack(kept, settings, pulumi.get_stack())
        found = list(_until_unknown(rule.check_stack(stack), stack.waiting))
        for message, urn in found:
            _report([message], [], rule, lambda text, _=None, urn=urn: report(text, urn))
        _raise_first(stack.waiting)

    return validate


def _until_unknown(found: Iterator[Any], waiting: list[UnknownValueError]) -> Iterator[Any]:
    """What is found before the first value that is not known yet, which is noted."""
    with contextlib.suppress(StopIteration):
        while True:
            try:
                yield next(found)
            except UnknownValueError as unknown:
                waiting.append(unknown)
                return


def _report(found: Iterable[str], waiting: list[UnknownValueError], rule: Rule, report: ReportViolation) -> None:
    for message in found:
        report(f"{message}. {rule.remediation}", None)
    _raise_first(waiting)


def _raise_first(waiting: list[UnknownValueError]) -> None:
    """pulumi-policy says of an unknown value that the rule could not be run yet."""
    if waiting:
        raise waiting[0]
