"""Policy documents: made of statements and other documents, without a call.

Source: registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from typing import Any

from sandbox.provider.lookup import Found, Lookup, LookupFailedError
from sandbox.provider.values import Values, is_list, is_object, text

_MEMBERS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
_ARGUMENTS = {
    "sid",
    "effect",
    "actions",
    "notActions",
    "resources",
    "notResources",
    "principals",
    "notPrincipals",
    "conditions",
}
_OLD, _NEW = "2008-10-17", "2012-10-17"


def _document(given: Values) -> Values:
    """The merged document: the sources, then the statements, then what overrides both."""
    document: Values = {"Statement": []}
    sids: set[str] = set()
    for index, source in enumerate(given.get("sourcePolicyDocuments", [])):
        parsed = _parsed(source, f"merging source document {index}")
        for number, statement in enumerate(parsed["Statement"]):
            if statement.get("Sid") in sids:
                raise LookupFailedError(
                    f"writing IAM Policy Document: merging source document {index}: duplicate Sid "
                    f"({statement['Sid']}) in source_policy_documents (statement {number}). Remove the Sid or ensure "
                    "Sids are unique."
                )
            sids |= {statement["Sid"]} if statement.get("Sid") else set()
        _merge(document, parsed)
    _merge(document, _own(given))
    for index, override in enumerate(given.get("overridePolicyDocuments", [])):
        _merge(document, _parsed(override, f"merging override document {index}"))
    return {key: document[key] for key in ("Version", "Id", "Statement") if document.get(key)}


def _merge(document: Values, other: Values) -> None:
    """A statement takes the place of the one with its Sid; the others go last."""
    if other.get("Id"):
        document["Id"] = other["Id"]
    document["Version"] = max(document.get("Version", ""), other.get("Version") or "")
    statements: list[Values] = document["Statement"]
    for statement in other["Statement"]:
        places = [place for place, one in enumerate(statements) if one.get("Sid") == statement.get("Sid")]
        if statement.get("Sid") and places:
            statements[places[0]] = statement
        else:
            statements.append(statement)


def _own(given: Values) -> Values:
    version = given["version"]
    if version not in (_OLD, _NEW):
        raise LookupFailedError(f'expected version to be one of ["{_OLD}" "{_NEW}"], got {version}')
    statements = [_statement(one, index, version) for index, one in enumerate(given.get("statements", []))]
    sids = [one["Sid"] for one in statements if "Sid" in one]
    for sid in sids:
        if sids.count(sid) > 1:
            raise LookupFailedError(
                f"writing IAM Policy Document: duplicate Sid ({sid}). Remove the Sid or ensure the Sid is unique."
            )
    return {"Version": version, "Id": given.get("policyId"), "Statement": statements}


def _statement(given: Values, index: int, version: str) -> Values:
    # The SDK translates the names in objects of its own classes, not in plain ones; the real provider takes both.
    one = {re.sub("_([a-z])", lambda found: found[1].upper(), name): value for name, value in given.items()}
    for name in one.keys() - _ARGUMENTS:
        raise LookupFailedError(f"statement.{index}: Invalid or unknown key '{name}'")
    sid, effect = one.get("sid") or "", one.get("effect") or "Allow"
    if not re.fullmatch("[a-zA-Z0-9]*", sid):
        raise LookupFailedError(
            f"invalid value for statement.{index}.sid (must only include alphanumeric characters): {sid}"
        )
    if effect not in ("Allow", "Deny"):
        raise LookupFailedError(f'expected statement.{index}.effect to be one of ["Allow" "Deny"], got {effect}')

    conditions: list[Values] = one.get("conditions") or []
    return _ordered(
        {
            "Sid": sid,
            "Effect": effect,
            "Action": _set(one.get("actions")),
            "NotAction": _set(one.get("notActions")),
            "Resource": _set(_filled(one.get("resources"), "resources", version)),
            "NotResource": _set(_filled(one.get("notResources"), "not_resources", version)),
            "Principal": _principals(_pairs(one.get("principals"), "principals", version)),
            "NotPrincipal": _principals(_pairs(one.get("notPrincipals"), "not_principals", version)),
            "Condition": _conditions(
                [
                    (each["test"], each["variable"], _filled(each["values"], "condition: reading values", version))
                    for each in conditions
                ]
            ),
        }
    )


def _leftover(given: Values) -> str | None:
    names = [name for name in ("sourceJson", "overrideJson") if given.get(name)]
    return f"'{names[0]}' is not used any more, and must be empty" if names else None


def _parsed(written: str, doing: str) -> Values:
    """A document that was given as JSON."""
    try:
        document = json.loads(written)
    except ValueError as error:
        raise LookupFailedError(f"writing IAM Policy Document: {doing}: contains an invalid JSON: {error}") from error
    statements: Any = document.get("Statement", []) if is_object(document) else None
    if not is_list(statements) or not all(map(is_object, statements)):
        raise LookupFailedError(f"writing IAM Policy Document: {doing}: Statement must be a list of objects")
    return {**document, "Statement": [_known(one) for one in statements]}


def _known(one: Values) -> Values:
    """A statement of a document that was given, in the form of those made here."""
    conditions: dict[str, Values] = one.get("Condition") or {}
    return _ordered(
        {
            **one,
            "Principal": _principals(_listed(one.get("Principal"))),
            "NotPrincipal": _principals(_listed(one.get("NotPrincipal"))),
            "Condition": _conditions(
                [
                    (test, variable, values if is_list(values) else [text(values)])
                    for test, variables in conditions.items()
                    for variable, values in variables.items()
                    # A number is no value of a condition, and dropped.
                    if is_list(values) or isinstance(values, str | bool)
                ]
            ),
        }
    )


def _ordered(statement: Values) -> Values:
    return {name: statement[name] for name in _MEMBERS if statement.get(name) not in (None, "", {})}


def _filled(values: list[Any] | None, where: str, version: str) -> list[str]:
    """Values with IAM's variables, which are written `&{…}`, as `${…}` is Terraform's own."""
    found = [text(value) for value in values or []]
    for value in found:
        if "&{" in value and version == _OLD:
            raise LookupFailedError(
                f"reading {where}: found &{{ sequence in ({value}), which is not supported in document version {_OLD}"
            )
    return [value.replace("&{", "${") for value in found]


def _set(values: Iterable[str] | None) -> str | list[str] | None:
    """A set as the real provider writes it: one alone as a string, several backwards."""
    found = sorted(set(values or []), reverse=True)
    return found[0] if len(found) == 1 else found or None


def _pairs(principals: list[Values] | None, where: str, version: str) -> list[tuple[str, Any]]:
    return [(one["type"], _set(_filled(one["identifiers"], where, version)) or []) for one in principals or []]


def _listed(principals: str | Values | None) -> list[tuple[str, Any]]:
    if isinstance(principals, str):
        return [("*", ["*"])]
    return list((principals or {}).items())


def _principals(pairs: list[tuple[str, Any]]) -> Any:
    """Everybody as the string that only means the same in this form; several of one type as one list."""
    if len(pairs) == 1 and pairs[0][0] == "*" and pairs[0][1] in ("*", ["*"]):
        return "*"
    found: Values = {}
    for kind, identifiers in pairs:
        more = identifiers if isinstance(identifiers, str) else sorted(identifiers, reverse=True)
        if kind not in found:
            found[kind] = more
            continue
        both = (one if is_list(one) else [one] for one in (found[kind], more))
        found[kind] = [one for part in both for one in part]
    return dict(sorted(found.items()))


def _conditions(given: list[tuple[str, str, list[str]]]) -> Values:
    found: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in given:
        found.setdefault(test, {}).setdefault(variable, []).extend(values)
    return {
        test: {name: values[0] if len(values) == 1 else values for name, values in sorted(variables.items())}
        for test, variables in sorted(found.items())
    }


def _escaped(written: str) -> str:
    """As Go writes JSON, which may stand in HTML."""
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", written)


def _json(found: Found) -> str:
    return _escaped(json.dumps(_document(found.arguments), indent=2, ensure_ascii=False))


def _minified(found: Found) -> str:
    return _escaped(json.dumps(_document(found.arguments), separators=(",", ":"), ensure_ascii=False))


def _hash(found: Found) -> str:
    return str(zlib.crc32(_json(found).encode()))


ROWS = (
    Lookup(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        {"id": _hash, "json": _json, "minifiedJson": _minified, "version": lambda found: found.arguments["version"]},
        arguments=dict.fromkeys(
            (
                "overrideJson",
                "overridePolicyDocuments",
                "policyId",
                "sourceJson",
                "sourcePolicyDocuments",
                "statements",
                "version",
            ),
            "",
        ),
        defaults={"version": _NEW},
        check=_leftover,
        regional=False,
    ),
)
