"""Every case of every rule, as programs on the real engine; types that the sandbox hasn't got are made up."""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policies.rules import RULES
from sandbox.cloud.seed import DEFAULT
from tests.engine import anything
from tests.engine.listing import Entry, Listing, listed
from tests.engine.smuggling import entry
from tests.engine.stage import PROJECT
from tests.policies.test_rules import BAD, GOOD

STACK = "prod"
PACK = ("--policy-pack", str(PROJECT / "policies"))
#: What the pack says of a resource: rule and logical name.
Finding = tuple[str, str]


@pytest.fixture
def listing(tmp_path: Path) -> Iterator[Listing]:
    """A program of any types, on a production stack."""
    with listed(tmp_path, DEFAULT) as listing:
        for package in ("aws", "docker"):
            anything.install(listing.home.pulumi_home, package, importlib.metadata.version(f"pulumi-{package}"))
        anything.install(listing.home.pulumi_home, "command", "1.0.0")
        listing.must("stack", "init", STACK)
        yield listing


def declare(listing: Listing, *entries: Entry) -> None:
    """What the program declares."""
    listing.must("config", "set", "--stack", STACK, "resources", json.dumps(entries))


def findings(listing: Listing, *arguments: str) -> set[Finding]:
    """What a preview's policies refuse."""
    run = listing.pulumi("preview", "--stack", STACK, *PACK, *arguments)
    found = re.findall(r"\[(?:mandatory|advisory)\].*?(\S+)  \(\S+ (\S+)\)\n +(?!can't)", run.text)
    assert "error: " not in run.text.partition("Diagnostics:")[2] or found, run.text
    return set(found)


def resource(kind: str, name: str, inputs: dict[str, Any], given: dict[str, Any]) -> Entry:
    """A case as a resource; the case's own name is `web`."""
    options = {key: value for key, value in given.items() if key not in ("settings", "stack")}
    plain = {key: value.replace("web-", f"{name}-") if key == "name" else value for key, value in inputs.items()}
    return entry(kind, name, options, **plain)


def test_every_rule_finds_on_the_engine_what_it_finds_by_itself(listing: Listing) -> None:
    cases = [case for case in BAD if "settings" not in case[3] and case[3].get("stack", "prod").endswith("prod")]
    named = [(f"bad{place}", case) for place, case in enumerate(cases)]
    declare(listing, *(resource(kind, name, inputs, given) for name, (_, kind, inputs, given, _) in named))
    expected = {(case[0], name) for name, case in named}
    assert expected - findings(listing) == set()
    assert {rule for rule, _ in expected} == {rule.name for rule in RULES if rule.check} - {"image-allowed"}


def test_no_rule_finds_on_the_engine_what_is_right(listing: Listing) -> None:
    cases = [case for case in GOOD if "settings" not in case[3] and case[3].get("stack") != "dev"]
    named = [(f"good{place}", case) for place, case in enumerate(cases)]
    declare(listing, *(resource(kind, name, inputs, given) for name, (_, kind, inputs, given) in named))
    unwanted = {(case[0], name) for name, case in named}
    assert unwanted & findings(listing) == set()


def test_rules_about_the_stack_and_their_settings(listing: Listing, tmp_path: Path) -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/theirs/1"
    forward = {"targetGroups": [{"arn": arn, "weight": 1}]}
    declare(
        listing,
        entry("aws:lb/listenerRule:ListenerRule", "away", actions=[{"type": "forward", "forward": forward}]),
        entry("aws:autoscaling/group:Group", "alone", minSize=2, vpcZoneIdentifiers=["a", "b"]),
        entry("aws:autoscaling/group:Group", "seen", minSize=2, vpcZoneIdentifiers=["a", "b"]),
        entry("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm", {"depends_on": ["seen"]}),
    )
    found = findings(listing)
    assert {("traffic-to-declared-releases", "away"), ("every-release-watched", "alone")} <= found
    assert ("every-release-watched", "seen") not in found
    settings = tmp_path / "policies.json"
    settings.write_text(json.dumps({"every-release-watched": {"allow": ["alone"]}, "all": "mandatory"}))
    assert ("every-release-watched", "alone") not in findings(listing, "--policy-pack-config", str(settings))
