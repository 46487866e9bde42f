"""Attempts to smuggle in a mutation or a forbidden state: each does its harm with the nets off, none with them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sandbox.cloud.seed import DEFAULT
from tests.engine import smuggling
from tests.engine.listing import Listing, listed
from tests.engine.smuggling import Attempt, Entry, Scene, entry
from tests.engine.stage import PROJECT, STACK

LISTENER = "aws:lb/listener:Listener"
NOBODY = {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "503"}}


def shared(subnets: list[str]) -> list[Entry]:
    """What the attempts stand on."""
    balancer = entry("aws:lb/loadBalancer:LoadBalancer", "balancer", namePrefix="all-", subnets=subnets[:2])
    listeners = [
        entry(LISTENER, name, loadBalancerArn="@balancer", port=port, protocol="HTTP", defaultActions=[NOBODY])
        for name, port in (("listener", 80), ("other-listener", 81))
    ]
    return [balancer, *listeners]


def declared(attempts: list[Attempt], *, after: bool) -> list[Entry]:
    """All resources, of before or of after."""
    return [one for attempt in attempts for one in (attempt.after if after else attempt.before)]


def caught(listing: Listing) -> set[tuple[str, str]]:
    """Which rule of which net names which resource."""
    where = ("--stack", STACK, "--project", str(listing.folder), "--json")
    found: set[tuple[str, str]] = set()
    # A policy stops what it refuses, so that the review, too, has to be seen by itself.
    for packs in ([], ["--policy-pack", str(PROJECT / "policies")]):
        run = listing.run(sys.executable, "-m", "operations", "review", *where, *packs)
        assert run.code == 2, run.text
        told: dict[str, Any] = json.loads(run.text[run.text.index("{\n") :])
        found |= {(f"review {one['rule']}", one["resource"]) for one in told["refusals"]}
        found |= {(f"policy {one['policy']}", one["resource"]) for one in told["violations"] if one["mandatory"]}
    return found


def test_each_attempt_does_its_harm_and_none_gets_past_the_nets(tmp_path: Path) -> None:
    with listed(tmp_path, DEFAULT) as listing:
        listing.environment["PYTHONPATH"] = str(PROJECT)
        vpcs = listing.client("ec2").describe_vpcs()["Vpcs"]
        subnets = [one["SubnetId"] for one in listing.client("ec2").describe_subnets()["Subnets"]]
        listing.client("iam").create_instance_profile(InstanceProfileName="admin")
        attempts = smuggling.attempts(vpcs[0]["VpcId"], subnets)
        listing.declare(*shared(subnets), *declared(attempts, after=False))
        listing.up("--skip-preview")

        ids = listing.ids()
        listing.declare(*shared(subnets), *declared(attempts, after=True))
        found = caught(listing)
        real = [attempt for attempt in attempts if attempt.name]
        passed = [one.name for one in real if (one.net, one.about) not in found]
        assert passed == [], found

        mark = listing.mark()
        run = listing.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
        scene = Scene(ids, listing.ids(), listing.journal(mark), listing.client)
        harmless = [one.name for one in real if not one.harm(scene)]
        assert harmless == [], f"{harmless}: {run.text[-3000:]}"
        print(f"{len(real)} attempts: with the nets off all did their harm, with them none passed")
        assert len(real) >= 40
