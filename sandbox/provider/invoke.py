"""Functions of the provider: a row says how the arguments narrow what AWS lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.provider.aws import Aws, CloudError
from sandbox.provider.decode import search
from sandbox.provider.encode import fill, put
from sandbox.provider.lookup import Also, Filter, Filters, Found, Lookup, LookupFailedError, Where
from sandbox.provider.lookups import LOOKUPS
from sandbox.provider.values import Values, is_empty, is_list, is_object, text


def invoke(token: str, arguments: Values, aws: Aws) -> Values:
    """Look it up.

    Raises:
        LookupFailedError: the function is unknown, its arguments aren't right, or what was found isn't one.
    """
    if token not in LOOKUPS:
        raise LookupFailedError(
            f"{token} is not a function that the sandbox knows. It knows {', '.join(sorted(LOOKUPS))}. Add a row for "
            "it in sandbox/provider/lookups"
        )
    row = LOOKUPS[token]
    # An explicit false says something only where the default is another.
    said = {key: one for key, one in arguments.items() if not is_empty(one) or (one is False and key in row.defaults)}
    for problem in _problems(row, said):
        raise LookupFailedError(f"{token}: {problem}")
    given = {**row.defaults, **said}
    at = aws.at(str(given["region"])) if row.regional and "region" in given else aws
    item = _find(row, given, at)
    found = Found(item, given, at)
    told = {name: search(one, item) if isinstance(one, str) else one(found) for name, one in row.outputs.items()}
    region = {"region": at.region} if row.regional else {}
    return {**region, **arguments, **{name: value for name, value in told.items() if value is not None}}


def _problems(row: Lookup, given: Values) -> Iterable[str]:
    known = {*row.arguments, *(["region"] if row.regional else [])}
    yield from (f"argument '{name}' is not supported by the sandbox; leave it out" for name in given.keys() - known)
    yield from (f"Missing required argument '{name}'" for name in row.required if name not in given)
    for names in row.exclusive:
        first, *others = [name for name in names if name in given] or [""]
        yield from (f'Conflicting configuration arguments: "{first}" conflicts with {other}' for other in others)
    for names in row.any_of:
        if not set(names) & given.keys():
            yield f"one of `{','.join(names)}` must be specified"
    if row.check is not None and (wrong := row.check(given)):
        yield wrong


def _find(row: Lookup, given: Values, aws: Aws) -> Any:
    parameters = _parameters(row, given)
    if row.operation is None:
        return parameters
    try:
        listed: Any = search(row.items, aws.call(row.service, row.operation, parameters)) or []
    except CloudError as error:
        if row.one is None or not _means_gone(row, error):
            raise
        raise _not_one(row, {**parameters, **given}, 0, error) from error
    if row.each:
        listed = [_with(row, row.each, one, given, aws) for one in listed]
    if row.choose is not None:
        listed = row.choose(listed, given)
    if row.one is None:
        return listed
    if len(listed) != 1:
        raise _not_one(row, {**parameters, **given}, len(listed))
    return _with(row, row.also, listed[0], given, aws)


def _not_one(row: Lookup, known: Values, count: int, error: CloudError | None = None) -> LookupFailedError:
    """The error for none or several; `error` is AWS's own word that there is none."""
    words = row.one
    assert words is not None, f"{row.token} lists"
    if isinstance(words, str):
        said = ", ".join(f"{name}={known[name]}" for name in sorted({*row.arguments} & known.keys())) or "no arguments"
        if not count:
            return LookupFailedError(f"{row.token}: no matching {words} found ({said})")
        return LookupFailedError(
            f"{row.token}: multiple {words}s matched ({said}); use additional constraints to reduce matches to a "
            f"single {words}"
        )
    if callable(words):
        words = words(known)
    template = words.several if count else words.none if error is None else words.gone or words.none
    return LookupFailedError(f"{row.token}: {fill(template, {**known, 'count': count, 'error': error})}")


def _with(row: Lookup, calls: tuple[Also, ...], item: Values, given: Values, aws: Aws) -> Values:
    for one in calls:
        known = {**item, "asked": given}
        if not search(one.when, known):
            continue
        parameters: Values = {}
        for path, where in one.parameters.items():
            if (value := search(where, known)) is not None:
                put(parameters, path, value)
        try:
            told = search(one.path, aws.call(row.service, one.operation, parameters))
        except CloudError as error:
            if not (one.optional and _means_gone(row, error)):
                raise
            told = None
        item = {**item, one.under: told} if one.under else {**(told or {}), **item}
    return item


def _means_gone(row: Lookup, error: CloudError) -> bool:
    if re.search(r"NotFound|NoSuch|^404$", error.code):
        return True
    return any(code == error.code and part in error.message for code, part in row.gone)


def _parameters(row: Lookup, given: Values) -> Values:
    parameters: Values = {}
    filters: list[Values] = []
    for name, value in given.items():
        if name in row.arguments:
            _land(row.arguments[name], value, parameters, filters)
    if filters:
        parameters["Filters"] = filters
    return parameters


def _land(where: Where, value: Any, parameters: Values, filters: list[Values]) -> None:
    if isinstance(where, Filters):
        filters += [{where.name: one["name"], "Values": one["values"]} for one in value]
    elif isinstance(where, Filter):
        named = {f"{where.name}:{key}": one for key, one in value.items()} if is_object(value) else {where.name: value}
        for name, one in named.items():
            values = one if is_list(one) else [one]
            filters.append({"Name": name, "Values": [text(each) for each in values]})
    elif where:
        put(parameters, where, value)
