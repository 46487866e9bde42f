"""IAM policy documents, wherever a resource carries one."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.kinds import ROLE
from policies.rule import Subject, listed, members

#: Types that carry a policy of what may be done, and those that attach one by its ARN.
WITH_DOCUMENT = (
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/policy:Policy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    ROLE,
)
ATTACHING = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    ROLE,
)


@dataclass(frozen=True)
class Statement:
    """One statement that allows something."""

    where: str
    actions: tuple[str, ...]
    """Patterns in lower case, as IAM compares them."""
    resources: tuple[str, ...]
    all_but: bool
    """It allows what it does not name."""

    def allows(self, *actions: str) -> list[str]:
        """Which of these actions it allows, each as it is given."""
        return [one for one in actions if self.all_but != _matches(one.lower(), self.actions)]

    @property
    def everywhere(self) -> bool:
        """Whether it allows that on every resource."""
        return "*" in self.resources


def allowing(subject: Subject) -> Iterator[Statement]:
    """Every statement that allows something; a document that isn't known yet is noted."""
    for where, document in _documents(subject):
        for index, statement in enumerate(listed(document.get("Statement"))):
            if statement.get("Effect") == "Allow":
                named = "NotAction" if "NotAction" in statement else "Action"
                actions = tuple(str(one).lower() for one in listed(statement.get(named)))
                resources = ("*",) if "NotResource" in statement else tuple(listed(statement.get("Resource")))
                yield Statement(f"{where}, statement {index + 1}", actions, resources, named == "NotAction")


def attached(subject: Subject) -> Iterator[str]:
    """ARNs of the policies that a resource attaches."""
    for name in ("policyArn", "policyArns", "managedPolicyArns"):
        with subject.as_far_as_known():
            yield from map(str, listed(subject.inputs.get(name)))


def _documents(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with subject.as_far_as_known():
        if (policy := subject.inputs.get("policy")) is not None:
            yield "policy", _parsed(policy)
    for index, inline in enumerate(listed(subject.inputs.get("inlinePolicies"))):
        with subject.as_far_as_known():
            if (policy := inline.get("policy")) is not None:
                yield f"inlinePolicies[{index}]", _parsed(policy)


def _parsed(policy: Any) -> Mapping[str, Any]:
    try:
        found: Any = json.loads(policy) if isinstance(policy, str) else policy
    except ValueError:
        return {}  # AWS refuses it.
    return members(found)


def _matches(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(action, pattern) for pattern in patterns)
