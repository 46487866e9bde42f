"""How each wrong config reads: the whole line, as a user sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.settings import Settings
from tests.components.builders import GONE, complaints, config, release_entry, service_entry, settings

RELEASE = "services.web.releases[0]"
GIVEN = {"kind": "given", "vpc_id": "vpc-0a", "subnet_ids": ["subnet-0a", "subnet-0b"]}


def test_a_valid_config_has_nothing_to_complain_of() -> None:
    parsed = settings()
    assert [release.label for release in parsed.services["web"].releases] == ["1.4.2"]


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param(
            {"services.web.capacity.min": "two"},
            "services.web.capacity.min: 'two' is not a whole number. Write a whole number, such as 2",
            id="text for a number",
        ),
        pytest.param(
            {"services.web.capacity.min": 2.5},
            "services.web.capacity.min: 2.5 is not a whole number. Write a whole number, such as 2",
            id="a fraction for a whole number",
        ),
        pytest.param(
            {"services.web.capacity.min": True},
            "services.web.capacity.min: true is not a whole number. Write a whole number, such as 2",
            id="a truth for a number",
        ),
        pytest.param(
            {f"{RELEASE}.port": "8080"},
            f"{RELEASE}.port: '8080' is not a whole number. Write a whole number, such as 8080",
            id="a number in quotes",
        ),
        pytest.param(
            {f"{RELEASE}.version": 1.4},
            f"{RELEASE}.version: 1.4 is not text. Write text, such as 1.5.0",
            id="a number for text",
        ),
        pytest.param(
            {f"{RELEASE}.metadata": {"instance_tags": "yes"}},
            f"{RELEASE}.metadata.instance_tags: 'yes' is not true or false. Write true or false",
            id="text for a truth",
        ),
        pytest.param(
            {f"{RELEASE}.instance_types": "m7i.large"},
            f"{RELEASE}.instance_types: 'm7i.large' is not a list. Write a list, such as [\"m7g.large\"]",
            id="text for a list",
        ),
        pytest.param(
            {"services.web.capacity": None},
            "services.web.capacity: null is not a map of keys. Write a map of keys: min, max, surge",
            id="nothing for a map",
        ),
        pytest.param(
            {"services.web.scaling": "cpu"},
            "services.web.scaling: 'cpu' is not a map of keys. "
            "Write a map of keys: kind, percent, per_target_per_minute",
            id="text for a choice",
        ),
        pytest.param(
            {"services": ["web"]},
            'services: ["web"] is not a map of keys. Write a map of keys, '
            "such as {web: {releases: […], capacity: {…}}}",
            id="services are a list",
        ),
        pytest.param(
            {"services.web": "1.4.2"},
            "services.web: '1.4.2' is not a map of keys. "
            "Write a map of keys: releases, capacity, route, gate, scaling, managed_policies",
            id="a service is text",
        ),
    ],
)
def test_a_wrong_type_is_told_with_what_to_write(edits: dict[str, Any], line: str) -> None:
    assert complaints(edits) == [line]


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param(
            {"services.web.capacity.min": 0},
            "services.web.capacity.min: 0 is less than 1. Use a whole number from 1 to 10000, such as 2",
            id="below",
        ),
        pytest.param(
            {"services.web.capacity.surge": "110%"},
            "services.web.capacity.surge: '110%' is malformed. Write it like this: 10%",
            id="surge",
        ),
        pytest.param(
            {"services.web.capacity.max": 10_001},
            "services.web.capacity.max: 10001 is more than 10000. Use a whole number from 1 to 10000, such as 10",
            id="above",
        ),
        pytest.param(
            {f"{RELEASE}.revision": -1},
            f"{RELEASE}.revision: -1 is less than 0. Use a whole number of at least 0, such as 1",
            id="below where nothing is too much",
        ),
        pytest.param(
            {"services.web.scaling": {"kind": "cpu", "percent": 5}},
            "services.web.scaling.percent: 5 is less than 10. Use a whole number from 10 to 90, such as 50",
            id="inside a choice",
        ),
        pytest.param(
            {"services.web.releases": [release_entry(version=f"1.{minor}.0") for minor in range(6)]},
            "services.web.releases: has 6 entries. Give at most 5",
            id="too many releases",
        ),
        pytest.param(
            {"services.web.releases": []},
            "services.web.releases: has 0 entries. Give at least 1, such as [{version: 1.5.0, image: ami-…, …}]",
            id="no release",
        ),
        pytest.param(
            {"services": {}},
            "services: has 0 entries. Give at least 1, such as {web: {releases: […], capacity: {…}}}",
            id="no service",
        ),
        pytest.param(
            {"network": GIVEN | {"subnet_ids": ["subnet-0a"]}},
            'network.subnet_ids: has 1 entry. Give at least 2, such as ["subnet-0abc…", "subnet-0def…"]',
            id="one subnet",
        ),
    ],
)
def test_a_value_out_of_its_limits_is_told_with_the_limits(edits: dict[str, Any], line: str) -> None:
    assert complaints(edits) == [line]


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param({"service": {}}, "service: is an unknown key. Did you mean services?", id="at the top"),
        pytest.param(
            {"services.web.capacities": {}},
            "services.web.capacities: is an unknown key. Did you mean capacity?",
            id="of a service",
        ),
        pytest.param(
            {f"{RELEASE}.imagee": "ami-0123456789abcdef0"},
            f"{RELEASE}.imagee: is an unknown key. Did you mean image?",
            id="of a release",
        ),
        pytest.param(
            {f"{RELEASE}.health": {"pth": "/healthz"}},
            f"{RELEASE}.health.pth: is an unknown key. Did you mean path?",
            id="of a health check",
        ),
        pytest.param(
            {"services.web.scaling": {"kind": "cpu", "percent": 50, "percentage": 50}},
            "services.web.scaling.percentage: is an unknown key. Did you mean percent?",
            id="of a choice",
        ),
        pytest.param(
            {f"{RELEASE}.user_data": {"file": "boot.sh", "sha256": "0" * 64, "sha265": "0" * 64}},
            f"{RELEASE}.user_data.sha265: is an unknown key. Did you mean sha256?",
            id="of a pinned file",
        ),
        pytest.param(
            {"services.web.capacity.desired": 4},
            "services.web.capacity.desired: is an unknown key. Known here: max, min, surge",
            id="like no other",
        ),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_known_one(edits: dict[str, Any], line: str) -> None:
    assert complaints(edits) == [line]


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param(
            {f"{RELEASE}.image": GONE},
            f"{RELEASE}.image: is missing. Add it, such as ami-0123456789abcdef0",
            id="of a release",
        ),
        pytest.param(
            {"services.web.capacity.max": GONE},
            "services.web.capacity.max: is missing. Add it, such as 10",
            id="of a service",
        ),
        pytest.param(
            {"services": GONE},
            "services: is missing. Add it, such as {web: {releases: […], capacity: {…}}}",
            id="at the top",
        ),
        pytest.param({"network": {"kind": "named"}}, "network.name: is missing. Add it, such as production", id="name"),
        pytest.param({"network": {}}, "network.kind: is missing. Use default or named or given", id="kind"),
        pytest.param(
            {f"{RELEASE}.user_data": {"file": "boot.sh"}},
            f"{RELEASE}.user_data.sha256: is missing. Add it, such as e3b0c442… (sha256sum prints it)",
            id="pin",
        ),
    ],
)
def test_a_missing_key_is_told_with_an_example(edits: dict[str, Any], line: str) -> None:
    assert complaints(edits) == [line]


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param(
            {f"{RELEASE}.image": "ami-xyz"},
            f"{RELEASE}.image: 'ami-xyz' is malformed. Write it like this: ami-0123456789abcdef0",
            id="image",
        ),
        pytest.param(
            {f"{RELEASE}.version": "1.4"},
            f"{RELEASE}.version: '1.4' is no semantic version. Write MAJOR.MINOR.PATCH, such as 1.5.0",
            id="version",
        ),
        pytest.param(
            {f"{RELEASE}.instance_types": ["m7i.large", "large"]},
            f"{RELEASE}.instance_types[1]: 'large' is malformed. Write it like this: m7g.large",
            id="instance type",
        ),
        pytest.param(
            {f"{RELEASE}.container": "registry/web:latest", f"{RELEASE}.user_data": "docker run ${CONTAINER}"},
            f"{RELEASE}.container: 'registry/web:latest' is malformed. Write it like this: registry/name@sha256:…",
            id="container by tag",
        ),
        pytest.param(
            {"services": {"Web_1": service_entry()}},
            "services.Web_1: is a malformed name. Use up to 31 lower-case letters, digits and hyphens, such as web",
            id="name of a service",
        ),
        pytest.param(
            {"services.web.managed_policies": ["CloudWatchAgentServerPolicy"]},
            "services.web.managed_policies[0]: 'CloudWatchAgentServerPolicy' is malformed. "
            "Write it like this: arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
            id="policy by name",
        ),
        pytest.param(
            {f"{RELEASE}.protocol": "TCP"},
            f"{RELEASE}.protocol: 'TCP' is not one of its choices. Use 'HTTP' or 'HTTPS'",
            id="protocol",
        ),
        pytest.param(
            {"network": {"kind": "own"}},
            "network.kind: 'own' is not one of its choices. Use default or named or given",
            id="kind of network",
        ),
        pytest.param(
            {f"{RELEASE}.layout": 2},
            f"{RELEASE}.layout: 2 is no layout that this library can render. Use one of: 1",
            id="layout of a newer library",
        ),
    ],
)
def test_a_malformed_value_is_told_with_a_well_formed_one(edits: dict[str, Any], line: str) -> None:
    assert complaints(edits) == [line]


def test_a_secret_is_refused_because_it_hides_the_history() -> None:
    assert complaints({}, secrets=frozenset({"immutable:services"})) == [
        "services: holds a secret, which would hide the whole value in every history entry. Keep the secret in SSM "
        "Parameter Store or Secrets Manager and name its entry in the config"
    ]


def test_five_errors_of_single_keys_and_of_relations_come_together() -> None:
    edits = {
        "service": {},
        f"{RELEASE}.image": "ami-xyz",
        "services.web.gate": {"timeout": 60},
        "services.web.capacity.min": 11,
        "retired": ["web"],
    }
    assert complaints(edits) == [
        "service: is an unknown key. Did you mean services?",
        f"{RELEASE}.image: 'ami-xyz' is malformed. Write it like this: ami-0123456789abcdef0",
        "services.web.gate.timeout: is an unknown key. Did you mean timeout_s?",
        "services.web.capacity.min: 11 is more than capacity.max, 10. Raise the maximum or lower the minimum",
        "retired[0]: 'web' is still declared under services. Remove one of the two",
    ]


def test_other_namespaces_are_none_of_its_business() -> None:
    assert Settings.parse(config() | {"aws:region": "eu-west-1"}) == settings()


def test_the_headline_counts_and_names_the_stacks_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config({f"{RELEASE}.image": GONE, "retired": ["web"]})))
    monkeypatch.setattr("pulumi.get_stack", lambda: "prod")
    with pytest.raises(pulumi.RunError) as caught:
        Settings.load(tmp_path)
    assert str(caught.value).splitlines()[0] == "2 problems in Pulumi.prod.yaml; nothing was touched:"
