"""Functions of the provider: a row says how the arguments narrow what AWS lists."""

from __future__ import annotations

from typing import Any

from sandbox.provider.aws import Aws
from sandbox.provider.decode import search
from sandbox.provider.encode import put
from sandbox.provider.lookup import Filter, Found, Lookup, LookupFailedError
from sandbox.provider.lookups import LOOKUPS
from sandbox.provider.values import Values, is_empty, is_list, text


def invoke(token: str, arguments: Values, aws: Aws) -> Values:
    """Look it up.

    Raises:
        LookupFailedError: the function is unknown, an argument isn't supported, or what was found isn't one.
    """
    if token not in LOOKUPS:
        raise LookupFailedError(
            f"{token} is not a function that the sandbox knows. It knows {', '.join(sorted(LOOKUPS))}. Add a row for "
            "it in sandbox/provider/lookups"
        )
    row, given = LOOKUPS[token], {key: value for key, value in arguments.items() if not is_empty(value)}
    at = aws.at(str(given["region"])) if "region" in given else aws
    item = _find(row, given, at)
    found = Found(item, given, at)
    told = {name: search(one, item) if isinstance(one, str) else one(found) for name, one in row.outputs.items()}
    return {"region": at.region, **arguments, **{name: value for name, value in told.items() if value is not None}}


def _find(row: Lookup, given: Values, aws: Aws) -> Any:
    if row.operation is None:
        return _parameters(row, given)
    listed = search(row.items, aws.call(row.service, row.operation, _parameters(row, given)))
    if row.choose is not None:
        listed = row.choose(listed, given)
    if row.one is None:
        return listed
    if not listed:
        raise LookupFailedError(f"{row.token}: no matching {row.one} found ({_said(given)})")
    if len(listed) > 1:
        raise LookupFailedError(
            f"{row.token}: multiple {row.one}s matched ({_said(given)}); use additional constraints to reduce matches "
            f"to a single {row.one}"
        )
    return listed[0]


def _parameters(row: Lookup, given: Values) -> Values:
    parameters: Values = {}
    filters: list[Values] = []
    for name, value in given.items():
        if name == "region":
            continue
        if row.filtered and name == "filters":
            filters += [{"Name": one["name"], "Values": one["values"]} for one in value]
        elif row.filtered and name == "tags":
            filters += [{"Name": f"tag:{key}", "Values": [one]} for key, one in value.items()]
        elif name not in row.arguments:
            raise LookupFailedError(f"{row.token}: argument '{name}' is not supported by the sandbox; leave it out")
        else:
            _land(row.arguments[name], value, parameters, filters)
    if filters:
        parameters["Filters"] = filters
    return parameters


def _land(where: str | Filter, value: Any, parameters: Values, filters: list[Values]) -> None:
    if isinstance(where, Filter):
        values = value if is_list(value) else [value]
        filters.append({"Name": where.name, "Values": [text(one) for one in values]})
    elif where:
        put(parameters, where, value)


def _said(given: Values) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(given.items())) or "no arguments"
