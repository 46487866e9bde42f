"""How a wrong config reads: one line a problem, with the key's path, the value, the limit and the way out."""

from __future__ import annotations

import difflib
import json
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any

import pulumi
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_SHOWN = 80
"""Longest value shown in an error, in characters: enough to recognise it."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the config: the key's path (`services.web.releases[1].image`) and a sentence."""

    path: str
    message: str


class ConfigError(pulumi.RunError):
    """The stack's config can't be used. `problems` are all of them, those of single keys first; one a key.

    A `pulumi.RunError`, so that the engine shows the sentences and no traceback.
    """

    def __init__(self, problems: Sequence[Problem], stack: str | None = None) -> None:
        first: dict[str, Problem] = {}
        for problem in problems:
            first.setdefault(problem.path, problem)
        self.problems = tuple(first.values())
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        where = f"Pulumi.{stack}.yaml" if stack else "the stack's config"
        lines = [f"  immutable:{problem.path}: {problem.message}" for problem in self.problems]
        super().__init__("\n".join([f"{count} in {where}; nothing was touched:", *lines]))

    def of_stack(self, stack: str) -> ConfigError:
        """The same error, naming the stack's file."""
        return ConfigError(self.problems, stack)


def closest(key: str, known: Iterable[str]) -> str:
    """The way out of an unknown key: the nearest known one, or all of them."""
    names = sorted(known)
    match = difflib.get_close_matches(key, names, n=1)
    return f"Did you mean {match[0]}?" if match else f"Known here: {', '.join(names)}"


def from_pydantic(error: ValidationError, model: type[BaseModel], raw: Mapping[str, Any]) -> list[Problem]:
    """The problems behind a pydantic error over `raw`, in this house's words."""
    return [_problem(details, model, raw) for details in error.errors() if not _echo(details)]


def show(path: Iterable[str | int]) -> str:
    """`("services", "web", "releases", 1)` as `services.web.releases[1]`, as `pulumi config set --path` takes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def quote(value: object) -> str:
    """A value as it may stand in an error: JSON, shortened."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _echo(details: ErrorDetails) -> bool:
    """Whether this only repeats errors further down: pydantic drops malformed entries before it counts."""
    return details["type"] == "too_short" and len(details["input"]) >= details.get("ctx", {})["min_length"]


def _problem(details: ErrorDetails, model: type[BaseModel], raw: Mapping[str, Any]) -> Problem:
    kind, context = details["type"], details.get("ctx", {})
    loc = tuple(step for step in details["loc"] if step != "[key]")
    path = show(_real(loc, raw, kind))
    annotation, field = _declared(model, loc)
    example = _example(field)
    value = quote(details["input"])
    if details["loc"][-1] == "[key]":
        return Problem(
            path,
            "is a malformed name. Use up to 31 lower-case letters, digits and hyphens, such as web",
        )
    if kind == "missing":
        return Problem(path, f"is missing. Add it{example}")
    if kind == "extra_forbidden":
        owner, _ = _declared(model, loc[:-1])
        return Problem(path, f"is an unknown key. {closest(str(loc[-1]), _keys(owner))}")
    if kind in ("greater_than_equal", "less_than_equal"):
        side = "less than" if kind == "greater_than_equal" else "more than"
        limit = context["ge" if kind == "greater_than_equal" else "le"]
        return Problem(path, f"{value} is {side} {limit}. Use a whole number {_range(field)}{example}")
    if kind in ("too_short", "too_long"):
        limit = context["min_length" if kind == "too_short" else "max_length"]
        way_out = f"Give at least {limit}{example}" if kind == "too_short" else f"Give at most {limit}"
        count = context["actual_length"]
        return Problem(path, f"has {count} {'entry' if count == 1 else 'entries'}. {way_out}")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tag, choices = _get(details["input"], "kind"), " or ".join(filter(None, map(_tag, _options(annotation))))
        said = "is missing" if tag is None else f"{quote(tag)} is not one of its choices"
        return Problem(f"{path}.kind", f"{said}. Use {choices}")
    if kind == "literal_error":
        return Problem(path, f"{value} is not one of its choices. Use {context['expected']}")
    if kind in _WORDS:
        keys = f": {', '.join(_keys(annotation))}" if not example and _keys(annotation) else ""
        return Problem(path, f"{value} is not {_WORDS[kind]}. Write {_WORDS[kind]}{keys}{example}")
    if kind in ("string_pattern_mismatch", "string_too_short"):
        return Problem(path, f"{value} is malformed. Write it like this: {example.removeprefix(', such as ')}")
    return Problem(path, f"{value} {details['msg']}")


_WORDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
    "dict_type": "a map of keys",
    "mapping_type": "a map of keys",
    "tuple_type": "a list",
}


def _real(loc: Path, raw: object, kind: str) -> Iterator[str | int]:
    """The steps of `loc` that are keys of the config: pydantic adds the tags of unions, which are not."""
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        child = _get(raw, step)
        if child is not None or (last and kind in ("missing", "extra_forbidden")) or _has(raw, step):
            yield step
            raw = child


def _has(raw: object, step: str | int) -> bool:
    return (isinstance(raw, dict) and step in raw) or (isinstance(raw, list) and isinstance(step, int))


def _get(raw: object, step: str | int) -> Any:
    if isinstance(raw, dict):
        return typing.cast("dict[Any, Any]", raw).get(step)
    if isinstance(raw, list) and isinstance(step, int):
        return typing.cast("list[Any]", raw)[step]
    return None


def _declared(model: type[BaseModel], loc: Path) -> tuple[Any, FieldInfo | None]:
    """The annotation and the field that `loc` leads to in the models, so far as it leads."""
    annotation: Any = model
    field: FieldInfo | None = None
    for step in loc:
        annotation, inner = _strip(annotation)
        field = inner or field
        options = _options(annotation)
        tagged = [option for option in options if _tag(option) == step]
        if len(options) > 1 and tagged:
            annotation, field = tagged[0], None
            continue
        model_type = next((option for option in options if _is_model(option)), None)
        if model_type is not None:
            found = model_type.model_fields.get(str(step))
            if found is None:
                return None, None
            annotation, field = _accepted(found), found
        else:
            annotation, field = _element(options), None
    annotation, inner = _strip(annotation)
    return annotation, inner if field is None or (inner and inner.examples) else field


def _accepted(field: FieldInfo) -> Any:
    """What a config may say in a field: wider than what the field holds where a validator takes another form."""
    inputs = [item.json_schema_input_type for item in field.metadata if isinstance(item, BeforeValidator)]
    return inputs[0] if inputs else field.annotation


def _strip(annotation: Any) -> tuple[Any, FieldInfo | None]:
    if hasattr(annotation, "__metadata__"):
        info = next((item for item in annotation.__metadata__ if isinstance(item, FieldInfo)), None)
        return annotation.__origin__, info
    return annotation, None


def _options(annotation: Any) -> list[Any]:
    if isinstance(annotation, UnionType) or typing.get_origin(annotation) is typing.Union:
        members = [_strip(item)[0] for item in typing.get_args(annotation) if item is not type(None)]
        return [option for member in members for option in _options(member)]
    return [annotation]


def _element(options: list[Any]) -> Any:
    for option in options:
        arguments = typing.get_args(option)
        if arguments:
            return arguments[1] if typing.get_origin(option) in (dict, Mapping) else arguments[0]
        if typing.get_origin(option) is not None:
            return None
    return None


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)


def _tag(option: Any) -> str | None:
    kind = option.model_fields.get("kind") if _is_model(option) else None
    return typing.get_args(kind.annotation)[0] if kind else None


def _keys(annotation: Any) -> list[str]:
    models = [option for option in _options(annotation) if _is_model(option)]
    return list(dict.fromkeys(key for model in models for key in model.model_fields))


def _example(field: FieldInfo | None) -> str:
    if field is None or not field.examples:
        return ""
    example = field.examples[0]
    return f", such as {example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)}"


def _range(field: FieldInfo | None) -> str:
    metadata = field.metadata if field else []
    low = next((item.ge for item in metadata if hasattr(item, "ge")), None)
    high = next((item.le for item in metadata if hasattr(item, "le")), None)
    return f"from {low} to {high}" if high is not None else f"of at least {low}"
