"""Correct changes pass all nets: hooks, policies and the review raise no false alarm."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from typing import Any

import yaml

from tests.engine.stage import PROJECT, Stage

Config = dict[str, Any]


def _services(config: Config) -> dict[str, Any]:
    return config["immutable:services"]


def _new_version(config: Config) -> None:
    """A release that takes over."""
    (release,) = _services(config)["api"]["releases"]
    release |= {"version": "3.3.0"}


def _other_types(config: Config) -> None:
    (release,) = _services(config)["api"]["releases"]
    release |= {"version": "3.3.0", "instance_types": ["c7g.large"], "spot": {"percent": 25}}


def _standby(config: Config) -> None:
    releases = _services(config)["api"]["releases"]
    releases.append({**deepcopy(releases[0]), "version": "3.3.0", "weight": 0})


def _canary_on(config: Config) -> None:
    stable, canary = _services(config)["shop"]["releases"]
    stable["weight"], canary["weight"] = 50, 50


def _canary_back(config: Config) -> None:
    _services(config)["shop"]["releases"].pop()


def _promoted(config: Config) -> None:
    _services(config)["shop"]["releases"].pop(0)


def _revision(config: Config) -> None:
    _services(config)["worker"]["releases"][0]["revision"] = 1


def _larger(config: Config) -> None:
    _services(config)["api"]["capacity"] = {"min": 4, "max": 40}


def _smaller(config: Config) -> None:
    _services(config)["api"]["capacity"] = {"min": 2, "max": 20}


def _other_scaling(config: Config) -> None:
    _services(config)["api"]["scaling"] = {"kind": "requests", "per_target_per_minute": 500}


def _patient_gate(config: Config) -> None:
    _services(config)["shop"]["gate"] = {"healthy_percent": 90, "timeout_s": 600}


def _other_route(config: Config) -> None:
    _services(config)["api"]["route"] = {"priority": 201, "hosts": ["api.example.com"], "paths": ["/v3/*", "/v4/*"]}


def _another_service(config: Config) -> None:
    _services(config)["admin"] = {
        **deepcopy(_services(config)["api"]),
        "route": {"priority": 300, "hosts": ["admin.example.com"]},
    }


def _retired(config: Config) -> None:
    del _services(config)["worker"]
    config["immutable:retired"] = ["worker"]


def _fewer_callers(config: Config) -> None:
    config["immutable:balancer"]["allowed_cidrs"] = ["10.0.0.0/8", "192.168.0.0/16"]


def _less_rights(config: Config) -> None:
    _services(config)["shop"]["managed_policies"] = []


def _longer_drain(config: Config) -> None:
    (release,) = _services(config)["api"]["releases"]
    release |= {"version": "3.3.0", "drain_s": 300}


def _nothing(_config: Config) -> None:
    """As it is."""


#: Changes of different services are reviewed together: a false alarm about one names it.
ROUNDS = (
    (_nothing,),
    (_patient_gate,),
    (_new_version, _canary_on, _revision, _fewer_callers),
    (_other_types, _canary_back, _retired),
    (_standby, _promoted, _another_service),
    (_larger, _less_rights),
    (_smaller,),
    (_other_scaling, _other_route),
    (_longer_drain,),
)


def test_no_correct_change_is_refused(production: Stage) -> None:
    packs = ("--policy-pack", str(PROJECT / "policies"))
    up = production.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", *packs)
    assert up.code == 0, up.text
    path = production.folder / "Pulumi.prod.yaml"
    document = yaml.safe_load(path.read_text())
    production.environment["PYTHONPATH"] = str(PROJECT)
    quiet: list[Any] = []
    for changes in ROUNDS:
        changed = deepcopy(document)
        for change in changes:
            change(changed["config"])
        path.write_text(yaml.safe_dump(changed, sort_keys=False))
        where = ("--stack", "prod", "--project", str(production.folder), "--json")
        run = production.run(sys.executable, "-m", "operations", "review", *where, *packs)
        assert run.code == 0, run.text
        if not json.loads(run.text[run.text.index("{\n") :])["steps"]:
            quiet += changes
    assert quiet == [_nothing, _patient_gate]  # A gate's settings are the program's own.
