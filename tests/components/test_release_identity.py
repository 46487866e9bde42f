"""A release is a value: same content, same name; any other content, another name."""

from __future__ import annotations

import json
from collections import UserDict, UserList
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

import pulumi
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pulumi_policy.proxy import unknown_checking_proxy

from components.digest import LAYOUTS, Kind, digest_tag, identity, normalise, release_digest
from components.layouts import plan
from tests.components.builders import edited, release
from tests.components.releases import ENTRIES, Entry, nullable, paths, planned, read, schema_of, values

CONTENT = [path for path in paths() if path not in ("weight", "layout")]
KINDS: tuple[Kind, ...] = ("template", "group", "target_group")
VOLUME = {"device": "/dev/xvdb", "size_gib": 20}
FULL: Entry = release(
    user_data="#!/bin/sh\nexec docker run ${CONTAINER}\n",
    container=f"registry.example.com/web@sha256:{'0' * 64}",
    volumes=[VOLUME | {"iops": 4000, "throughput_mibps": 250}],
    spot={"percent": 50, "on_demand_base": 1},
).model_dump(mode="json")
"""An entry in which every key has a value, so that each can be changed."""
NAME = planned(FULL).name
quick = settings(max_examples=10)


def at(entry: Any, path: str) -> Any:
    for step in path.replace("[0]", ".0").split("."):
        entry = entry[int(step) if step.isdigit() else step]
    return entry


@given(entry=ENTRIES, data=st.data())
@quick
def test_the_same_content_has_the_same_name_whatever_its_weight_and_order(entry: Entry, data: st.DataObject) -> None:
    again = {key: entry[key] for key in data.draw(st.permutations(list(entry)))}
    assert planned(again | {"weight": data.draw(st.integers(0, 999))}) == planned(entry)


@pytest.mark.parametrize("path", CONTENT)
@given(data=st.data())
@quick
def test_a_change_of_one_key_is_another_release(path: str, data: st.DataObject) -> None:
    other = data.draw(values(schema_of(path), path))
    assume(other != at(FULL, path))
    assert planned(edited(FULL, {path: other})).name != NAME


@pytest.mark.parametrize("path", [path for path in nullable() if path != "container"])
def test_a_key_left_empty_is_another_release(path: str) -> None:
    assert planned(edited(FULL, {path: None})).name != NAME


@pytest.mark.parametrize(("key", "more"), [("instance_types", "m6i.large"), ("volumes", VOLUME)])
def test_one_more_is_another_release_and_so_is_another_order(key: str, more: Any) -> None:
    longer = [*FULL[key], more]
    names = {planned(edited(FULL, {key: changed})).name for changed in (longer, longer[::-1])}
    assert len({NAME, *names}) == 3


def test_what_is_left_out_is_what_its_default_says() -> None:
    short = release()
    assert plan("web", read(short.model_dump(mode="json"))) == plan("web", short)


def test_a_version_or_a_service_is_told_apart_by_its_name_alone() -> None:
    assert plan("web", release()).name.startswith("web-1.4.2-")
    assert plan("shop", release()).name.startswith("shop-1.4.2-")
    assert plan("web", release()).digest == plan("web", release(version="1.5.0")).digest


def test_a_revision_is_another_release_of_the_same_resources() -> None:
    first, second = plan("web", release()), plan("web", release(revision=1))
    assert first.digest_tags == second.digest_tags
    assert first.digest != second.digest


# What the engine, a hook and a policy pack make of the same values.


def camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)


def mapped(value: Any, of_map: Callable[[dict[str, Any]], Any], of_list: Callable[[list[Any]], Any]) -> Any:
    """As the engine hands it over: floats, camelCase and no nulls, in other containers."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return of_map({camel(key): mapped(item, of_map, of_list) for key, item in items if item is not None})
    if isinstance(value, list):
        return of_list([mapped(item, of_map, of_list) for item in cast("list[Any]", value)])
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def user_dict(value: dict[str, Any]) -> Any:
    return UserDict[str, Any](value)


def user_list(value: list[Any]) -> Any:
    return UserList[Any](value)


SEEN: Mapping[str, Callable[[Any], Any]] = {
    "by a hook": lambda value: mapped(value, dict, list),
    "read-only": lambda value: mapped(value, MappingProxyType, tuple),
    "wrapped": lambda value: mapped(value, user_dict, user_list),
    "by a policy": lambda value: unknown_checking_proxy(mapped(value, dict, list)),
    "in a state file": lambda value: json.loads(json.dumps(value)),
}


@given(entry=ENTRIES)
@quick
def test_whoever_sees_a_resource_can_recompute_the_digest_it_carries(entry: Entry) -> None:
    the_plan = planned(entry)
    for kind in KINDS:
        properties = {**the_plan.literals[kind], "tags": {"immutable:service": "web"}}
        seen = {digest_tag(kind, see(properties)) for see in SEEN.values()}
        assert seen == {the_plan.digest_tags[kind]}
    assert release_digest(the_plan.digest_tags, int(entry["revision"])) == the_plan.digest


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (80, "80"),
        (80.0, "80"),
        (0.5, "0.5"),
        ("80", "80"),
        (0, "0"),
        (False, "false"),
        ("", ""),
        ([], None),
        ({"a": None, "b": [None]}, None),
        ({"some_key": {"other_key": 1}}, {"someKey": {"otherKey": "1"}}),
        ((1, [2.0]), ["1", ["2"]]),
    ],
)
def test_values_are_told_apart_as_aws_tells_them_apart(value: Any, normal: Any) -> None:
    assert normalise(value) == normal


def test_tags_ids_and_sizes_are_no_identity() -> None:
    group = plan("web", release()).literals["group"]
    assert identity("group", {**group, "min_size": 4, "tags": [], "arn": object()}) == identity("group", group)


@pytest.mark.parametrize(
    ("unknown", "described"),
    [
        (pulumi.UNKNOWN, "Unknown"),
        (pulumi.Output.from_input("ami-1"), "Output"),
        (b"ami-1", "bytes"),
    ],
)
def test_what_is_no_literal_is_no_part_of_a_release(unknown: Any, described: str) -> None:
    with pytest.raises(TypeError, match=rf"\({described}\) is no literal, so it can't be part of a release$"):
        digest_tag("template", {"image_id": unknown})


def test_a_layout_that_nobody_knows_has_no_digest() -> None:
    with pytest.raises(KeyError):
        digest_tag("template", {}, layout=max(LAYOUTS) + 1)
