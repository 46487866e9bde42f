"""The config of a whole stack as an earlier entry had it, put together with today's."""

from __future__ import annotations

import json
from typing import Any

from operations.rollback.whole import in_file, whole


def config(services: dict[str, Any], **others: str) -> dict[str, str]:
    return {"immutable:services": json.dumps(services), **{key.replace("_", ":"): one for key, one in others.items()}}


def test_everything_is_as_then_but_no_service_ends() -> None:
    then = config({"web": {"capacity": 1}, "old": {}}, aws_region="eu-west-1", immutable_retired='["jobs", "shop"]')
    today = config({"web": {"capacity": 2}, "jobs": {}, "planned": {}}, aws_region="eu-west-1", other_key="5")
    found = whole(today, then, ["web", "jobs"])
    assert json.loads(found.pop("immutable:services")) == {"web": {"capacity": 1}, "old": {}, "jobs": {}}
    assert found == {"aws:region": "eu-west-1", "immutable:retired": '["shop"]'}


def test_the_file_keeps_how_it_writes_what_is_as_it_was() -> None:
    file = {"other:number": 5, "other:flag": True, "other:list": [1], "other:token": {"secure": "v1:old"}}
    told = {"other:number": "5", "other:flag": "true", "other:list": "[1]", "other:new": "7"}
    secrets = {"other:token": {"secure": "v1:new"}}
    assert in_file(told, file, secrets) == {
        "other:number": 5,
        "other:flag": True,
        "other:list": [1],
        "other:new": "7",
        "other:token": {"secure": "v1:new"},
    }


def test_keys_stand_in_the_order_of_the_file() -> None:
    file: dict[str, Any] = {
        "immutable:services": {"web": {"releases": [], "capacity": {"min": 2, "max": 8}, "route": {}}}
    }
    told = config({"web": {"capacity": {"max": 10, "min": 2}, "gate": {}, "releases": []}})
    found = in_file(told, file, {})["immutable:services"]
    assert found == {"web": {"releases": [], "capacity": {"min": 2, "max": 10}, "gate": {}}}
    assert [list(found["web"]), list(found["web"]["capacity"])] == [["releases", "capacity", "gate"], ["min", "max"]]
