"""Drift of every kind on the real engine, made behind its back; each is found, and each way out is one. The doctor.

One stack in the middle of a canary, and the tests in their order: what one leaves, the next goes on from.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from operations.declared import declared
from operations.doctor import aws, backend
from operations.doctor.finding import Machine, fail, ok
from operations.doctor.quotas import quotas
from tests.engine.by_hand import differ, fleets
from tests.engine.catalogue import GOOD, GOOD_TOO, release, service
from tests.engine.conftest import SEED
from tests.engine.stage import PROJECT, STACK, Run, Stage, sandboxed

# One worker runs them all.
pytestmark = pytest.mark.xdist_group("drift")

FOUND, REFUSED = 3, 2
WORKFLOW: dict[str, Any] = yaml.safe_load((PROJECT / ".github/workflows/drift.yml").read_text())
SERVICES = {
    "web": service(
        release("1.4.2", GOOD, drain_s=0, weight=90),
        release("1.5.0", GOOD_TOO, drain_s=0, weight=10, user_data="#!/bin/sh\n"),
        scaling={"kind": "cpu", "percent": 50},
    ),
    "worker": service({"version": "2.0.0", "image": GOOD, "instance_types": ["t3.micro"]}, route=None),
}


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """90 % for 1.4.2, 10 % for 1.5.0, and workers that no balancer serves."""
    folder = tmp_path_factory.mktemp("drift")
    with sandboxed(folder / "sandbox", SEED) as (home, environment):
        stage = Stage(home, environment, folder / "project")
        stage.must("stack", "init", STACK)
        stage.configure(SERVICES)
        stage.up("--skip-preview")
        yield stage


def drift(stage: Stage, *arguments: str) -> Run:
    where = ("--stack", STACK, "--project", str(stage.folder))
    return stage.run(sys.executable, "-m", "operations", "drift", *where, *arguments)


def found(stage: Stage) -> list[dict[str, Any]]:
    """What differs; it must be something."""
    run = drift(stage, "--json")
    assert run.code == FOUND, run.text
    return json.loads(run.text)


def step(stage: Stage, name: str) -> tuple[Run, str]:
    """Run a step of the workflow as GitHub's runner does; what it printed, and the job's summary."""
    (script,) = [one["run"] for one in WORKFLOW["jobs"]["drift"]["steps"] if one.get("name") == name]
    summary = stage.folder / "summary.md"
    summary.write_text("")
    stage.environment |= {"STACK": STACK, "GITHUB_STEP_SUMMARY": str(summary)}
    run = stage.run("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script)
    return run, summary.read_text()


def test_the_doctor_finds_nothing_in_the_way_and_what_the_engine_knows_is_told(canary: Stage) -> None:
    run, _ = step(canary, "Doctor")
    assert run.code == 0, run.text
    assert "fail" not in {line.split(" ")[0] for line in run.text.splitlines()}
    at = Machine(canary.folder, declared(canary.folder, STACK), canary.environment)
    assert list(backend.secrets(at)) == [ok("secrets", "the stack's secrets provider opens")]
    wrong = Machine(at.project, at.declared, {**at.environment, "PULUMI_CONFIG_PASSPHRASE": "wrong"})
    remedy = "Set PULUMI_CONFIG_PASSPHRASE or _FILE to the stack's, or allow the use of its key"
    assert list(backend.secrets(wrong)) == [fail("secrets", "get stack secrets manager: incorrect passphrase", remedy)]
    other = Machine(at.project, declared(canary.folder, "prod"), at.environment)
    assert list(backend.backend(other)) == [
        ok("backend", f"{canary.environment['PULUMI_BACKEND_URL']} answers"),
        fail("stack", "there is no prod. There is: dev", "pulumi stack init prod"),
    ]
    gone = Machine(at.project, at.declared, {**at.environment, "PULUMI_BACKEND_URL": "file:///no/such/folder"})
    (told,) = backend.backend(gone)
    assert told.said.startswith('unable to open state directory "file:///no/such/folder"')


def test_the_doctor_asks_for_images_and_quotas(canary: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, canary.environment[name])
    aws.made.cache_clear()
    missing = "ami-00000000000000099"
    canary.configure({"web": service(release("1.4.2", GOOD), release("1.6.0", missing))})
    at = Machine(canary.folder, declared(canary.folder, STACK), canary.environment)
    assert list(aws.images(at)) == [
        fail("images", f"{missing} of web 1.6.0 is not in eu-west-1", "Pin an image that exists")
    ]
    assert [one.said for one in quotas(at)] == [
        "3 stand and 2 more with the next deploy, 500 may",
        "3 stand and 2 more with the next deploy, 5000 may",
        "2 stand and 2 more with the next deploy, 3000 may",
        "2 stand and 2 more with the next deploy, 100 may",
        "3 stand and 3 more with the next deploy, 100 may",
    ]
    assert [one.subject for one in aws.credentials(at)] == ["credentials", "clock"]
    canary.configure(SERVICES)
    aws.made.cache_clear()


def test_a_canary_that_was_scaled_has_no_drift(canary: Stage) -> None:
    name = fleets(canary)["1.4.2"]["AutoScalingGroupName"]
    canary.client("autoscaling").set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=4)
    run, summary = step(canary, "Drift")
    assert (run.code, run.text, summary) == (0, "```\ndev: nothing differs\n```\n", run.text)


def test_each_kind_is_found_with_its_sentence(canary: Stage) -> None:
    said = differ(canary)
    told = [one["said"] for one in found(canary)]
    assert sorted(told) == sorted(said)


def test_a_refresh_hides_nothing_of_a_release_which_up_refuses_until_each_way_out_is_taken(
    canary: Stage,
) -> None:
    old, worker = (fleets(canary)[version]["name"] for version in ("1.4.2", "2.0.0"))
    # It takes what it finds into the state, and is refused before it changes what runs.
    refused = canary.pulumi("up", "--yes", "--refresh", "--skip-preview", "--stack", STACK)
    assert refused.code != 0
    # Whichever it comes to first.
    paths = rf"healthCheck.path from /x to /healthz|imageId from {GOOD_TOO} to {GOOD}"
    assert re.search(
        rf"must not change in place: ({paths})\. Put it back, or raise the release's `revision`", refused.text
    )
    differing = found(canary)
    told = [one["said"] for one in differing]
    assert f"{old}: its target group's health check path is /x, the release says /healthz" in told
    assert f"{worker}: its launch template's image is {GOOD_TOO}, the release says {GOOD}" in told

    commands = {one["remedy"]: one["id"] for one in differing if one["remedy"].startswith("aws ")}
    ended = {id_ for command, id_ in commands.items() if "terminate" in command}
    needed = [command for command, id_ in commands.items() if "terminate" in command or id_ not in ended]
    assert {command.split()[2] for command in needed} == {
        "deregister-targets",
        "exit-standby",
        "resume-processes",
        "terminate-instance-in-auto-scaling-group",
        "terminate-instances",
    }
    # The AWS CLI, once for all: it takes most of its time to start.
    words = [shlex.split(command)[1:] for command in needed]
    each = "import awscli.clidriver as cli; assert not any([cli.create_clidriver().main(one) for one in {}])"
    run = canary.run(sys.executable, "-c", each.format(words))
    assert run.code == 0, run.text
    (targets,) = fleets(canary)["1.4.2"]["TargetGroupARNs"]
    canary.client("elbv2").modify_target_group(TargetGroupArn=targets, HealthCheckPath="/healthz")
    worker = {**SERVICES["worker"]["releases"][0], "revision": 1}
    canary.configure({**SERVICES, "worker": {**SERVICES["worker"], "releases": [worker]}})
    canary.up("--refresh", "--skip-preview")


def test_then_nothing_differs_but_orphans_which_are_adopted_or_removed_unless_they_serve(canary: Stage) -> None:
    state = json.loads(canary.must("stack", "export", "--stack", STACK).text)["deployment"]["resources"]
    (rule,) = (one for one in state if one["urn"].endswith("ListenerRule::web"))
    canary.must("state", "delete", "--yes", "--target-dependents", "--stack", STACK, rule["urn"])
    (targets,) = fleets(canary)["1.4.2"]["TargetGroupARNs"]
    _lost_group(canary, targets)
    policies = canary.client("autoscaling").describe_policies()["ScalingPolicies"]
    lost = [rule["id"], *(one["PolicyName"] for one in policies)]
    run, summary = step(canary, "Drift")
    assert run.code == FOUND, run.text
    assert {line.removeprefix("- ") for line in summary.splitlines() if line.startswith("- ")} == {
        f"web: the listener rule {rule['id']} carries the stack's tags and is not in its state",
        *(
            f"{one.rpartition('-')[0]}: the scaling policy {one} carries the stack's tags and is not in its state"
            for one in lost[1:]
        ),
        "web-9.9.9-00000000: the Auto Scaling group web-lost carries the stack's tags and is not in its state",
    }

    def told(*arguments: str, code: int) -> str:
        run = drift(canary, *arguments)
        assert run.code == code, run.text
        return " ".join(run.text.split())

    refused = told("--remove", "web-lost", "--yes", code=REFUSED)
    in_use = (
        r"web-9.9.9-00000000 \(web-lost\) is not removed, it is in use: web-lost has weight 90 and \d healthy targets"
    )
    assert re.fullmatch(in_use, refused)
    assert f"web ({lost[0]}) is not removed, it is in use: web-" in told("--remove", lost[0], "--yes", code=REFUSED)
    canary.client("autoscaling").detach_load_balancer_target_groups(
        AutoScalingGroupName="web-lost", TargetGroupARNs=[targets]
    )
    assert told("--remove", "web-lost", "--yes", code=0).endswith("removed web-lost")
    adopted = told(*(word for id_ in lost for word in ("--adopt", id_)), "--yes", code=0)
    assert f"web: {rule['type']} {rule['id']} comes into the state; on AWS nothing changes" in adopted
    assert adopted.endswith("Adopted. The next preview says where it differs from what the program asks for")
    canary.must("preview", "--expect-no-changes", "--stack", STACK)


def _lost_group(stage: Stage, targets: str) -> None:
    """A group with the stack's tags that nothing notes, in front of users."""
    ec2, tags = stage.client("ec2"), {"immutable:stack": f"immutable/{STACK}", "immutable:service": "web"}
    tags |= {"Name": "web-9.9.9-00000000", "immutable:release": "web-9.9.9-00000000"}
    data = {"ImageId": GOOD, "InstanceType": "t3.micro"}
    template = ec2.create_launch_template(LaunchTemplateName="lost", LaunchTemplateData=data)["LaunchTemplate"]
    stage.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web-lost",
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"},
        VPCZoneIdentifier=ec2.describe_subnets()["Subnets"][0]["SubnetId"],
        TargetGroupARNs=[targets],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()],
    )
