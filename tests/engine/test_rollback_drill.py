"""More histories, for `make drill`: what is not as it was then, whole stacks with their secrets, workers."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from tests.engine.catalogue import GOOD, GOOD_TOO, service
from tests.engine.inventory import differences, inventory
from tests.engine.rollbacks import (
    REFUSED,
    Record,
    command,
    configure,
    declared,
    file,
    made,
    refused,
    review,
    rollback,
    save,
    served,
    under_git,
)
from tests.engine.stage import PROJECT, STACK, Stage
from tests.engine.test_gates import alarm

pytestmark = pytest.mark.skipif(
    "DRILL" not in os.environ, reason="`make drill` runs it: six minutes on two quiet cores"
)

SECRET, CHANGED = "hunter2", "correct horse"


def test_what_is_not_as_it_was_is_refused_or_understood(stage: Stage, record_property: Record) -> None:
    """Older schemas, a renamed service, an image that is gone, edits nobody committed, a refresh, hands on the rule."""
    under_git(stage)
    older_program(stage)
    configure(stage, made("1.3.0", owner="ann"), api=made("3.0.0"))
    stage.up("--skip-preview")
    configure(stage, made("1.3.1", capacity_rebalance=True), api=made("3.0.0"))
    stage.up("--skip-preview")
    todays_program(stage)
    configure(stage, made("1.4.2"), api=made("3.0.0"))
    stage.up("--skip-preview")
    stage.must("refresh", "--yes", "--skip-preview", "--stack", STACK)
    configure(stage, made("1.5.0", GOOD_TOO), api=made("3.0.0"))
    base = f"urn:pulumi:{STACK}::immutable::immutable:aws:Service"
    stage.up("--skip-preview", "--target", f"{base}::web", "--target", f"{base}$**::web*")
    save(stage, "1.5.0")

    found = refused(stage, "web", "--to", "2")
    assert "1.3.1 of entry 2 can't be made again as it was: 1.3.1: capacity_rebalance: is an unknown key" in found
    record_property("history", ("an older schema, of which a key made a difference", "refused, with each reason", "1"))
    found = rollback(stage, "web", "--to", "1")
    assert "web 1.3.0: owner is no longer known and was left out" in review(found)["notes"]
    assert (served(stage), declared(stage)) == ({"1.3.0": 100}, {"1.3.0": 100})
    record_property("history", ("an older schema; the digest is the same without its key", "migrated", "0"))

    save(stage, "1.3.0")
    found = rollback(stage, "web", "--to", "1.5.0")
    assert served(stage) == {"1.5.0": 100}
    assert review(found)["entry"] == 5
    record_property("history", ("only a targeted update had the version", "its content is found by its digest", "0"))

    # Somebody is at work on the file.
    text = file(stage)
    (stage.folder / f"Pulumi.{STACK}.yaml").write_text(text.replace("max: 8", "max: 9", 1))
    found = refused(stage, "web", "--to", "4")
    assert f"Pulumi.{STACK}.yaml has changes that are not committed and that the last update did not have" in found
    record_property("history", ("the stack's file has changes nobody committed", "refused, unless --overwrite", "1"))
    found = rollback(stage, "web", "--to", "4", "--overwrite")
    assert served(stage) == {"1.4.2": 100}
    assert stage.groups()["web-1.4.2-ec8a1378"]["MaxSize"] == 9
    record_property(
        "history", ("a refresh, named by its number", "what served then, with --overwrite and today's room", "0")
    )

    # Hands on the rule: the state does not know of it.
    configure(stage, made("1.4.2", weight=0), made("1.5.0", GOOD_TOO), api=made("3.0.0"))
    stage.up("--skip-preview")
    save(stage, "both")
    turn_by_hand(stage)
    found = rollback(stage, "web", "--to", "1.5.0")
    assert found[0]["event"] == "refresh"
    assert served(stage) == {"1.4.2": 0, "1.5.0": 100}
    record_property("history", ("somebody turned the weights by hand", "refreshed first, then put right", "0"))

    configure(stage, made("1.5.0", GOOD_TOO), api=made("3.0.0"))
    stage.up("--skip-preview")
    save(stage, "1.5.0 alone")
    found = refused(stage, "web", "--to", "1.4.2", "--policy-pack", pack_that_refuses(stage, GOOD), code=REFUSED)
    assert "Refused, and nothing was touched: revoked-images: its image was revoked" in found
    record_property("history", ("a policy does not allow its image any more", "refused by the review", "2"))
    stage.client("ec2").deregister_image(ImageId=GOOD)
    found = refused(stage, "web", "--to", "1.4.2")
    assert f"can't boot again. 1.4.2: its image {GOOD} is gone, or no longer ours to use" in found
    record_property("history", ("its image is gone", "refused, before anything is touched", "1"))

    shop = service(made("1.5.0", GOOD_TOO), route={"priority": 3, "paths": ["/*"]})
    api = service(made("3.0.0"), route={"priority": 2, "paths": ["/api/*"]})
    stage.configure({"shop": shop, "api": api}, retired=["web"])
    stage.up("--skip-preview")
    save(stage, "web is shop now")
    assert "Pulumi.dev.yaml declares no service web. There is: shop, api" in refused(stage, "web")
    assert "has no shop that served" in refused(stage, "shop")
    assert "After entry 1 no shop served. There served: api, web" in refused(stage, "shop", "--to", "1")
    record_property("history", ("the service was renamed since", "refused by either name, with what there was", "1"))


_PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def refuse(args, report):
    if args.resource_type == "aws:ec2/launchTemplate:LaunchTemplate" and args.props.get("imageId") == {image!r}:
        report("its image was revoked")

rule = ResourceValidationPolicy("revoked-images", "Revoked images boot nowhere.", refuse, EnforcementLevel.MANDATORY)
PolicyPack("revoked", policies=[rule])
"""


def pack_that_refuses(stage: Stage, image: str) -> str:
    """A policy pack, its folder."""
    folder = stage.folder / "pack"
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text((PROJECT / "policies" / "PulumiPolicy.yaml").read_text())
    (folder / "__main__.py").write_text(_PACK.format(image=image))
    return str(folder)


def older_program(stage: Stage) -> None:
    """A library that knows two more keys of a release: one that is only a note, and one that reaches its group."""
    todays = stage.folder / "components"
    todays.unlink()
    stage.run("cp", "-rL", str(PROJECT / "components"), str(todays))
    for name, before, after in (
        (
            "release.py",
            '    image: str = Field(pattern=r"^ami',
            '    owner: str = ""\n    capacity_rebalance: bool = False\n    image: str = Field(pattern=r"^ami',
        ),
        (
            "layouts.py",
            '"capacity_rebalance": spot is not None',
            '"capacity_rebalance": release.capacity_rebalance or spot is not None',
        ),
    ):
        path = todays / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))


def todays_program(stage: Stage) -> None:
    stage.run("rm", "-r", str(stage.folder / "components"))
    (stage.folder / "components").symlink_to(PROJECT / "components")


def turn_by_hand(stage: Stage) -> None:
    """Each release has the other's weight."""
    elb = stage.client("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    [rule] = [rule for rule in rules if len(rule["Actions"][0].get("ForwardConfig", {}).get("TargetGroups", ())) == 2]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    turned = [{**group, "Weight": 100 - group["Weight"]} for group in groups]
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": turned}}])


def test_the_whole_stack_with_its_secrets_and_workers_that_no_balancer_serves(
    stage: Stage, record_property: Record
) -> None:
    def jobs(version: str, image: str) -> dict[str, Any]:
        return {
            "releases": [{"version": version, "image": image, "instance_types": ["t3.micro"]}],
            "capacity": {"min": 1, "max": 2},
            "gate": {"timeout_s": 20},
        }

    def both(web: dict[str, Any], worker: dict[str, Any], secret: str) -> None:
        path = stage.folder / f"Pulumi.{STACK}.yaml"
        stage.configure({"web": service(web, gate={"timeout_s": 8}), "jobs": worker})
        stage.must("config", "set", "--stack", STACK, "--secret", "other:token", secret)
        assert secret not in path.read_text()

    both(made("1.4.2"), jobs("2.0.0", GOOD), SECRET)
    stage.up("--skip-preview")
    first = inventory(stage)
    both(made("1.5.0", GOOD_TOO), jobs("2.1.0", GOOD_TOO), CHANGED)
    stage.up("--skip-preview")

    found = rollback(stage, "jobs")
    assert declared(stage, "jobs") == {"2.0.0": 100}
    assert sorted(stage.groups()) == ["jobs-2.0.0-" + digest_of(stage, "jobs"), "web-1.5.0-" + digest_of(stage, "web")]
    assert secret_of(stage) == CHANGED
    record_property(
        "history", ("workers without a balancer", "the old ones stand before the new ones go; secrets stay", "0")
    )

    found = rollback(stage, "--whole-stack", "--to", "1")
    assert differences(first, inventory(stage)) == []
    assert "secret other:token is that of entry 1" in review(found)["notes"]
    assert not any(secret in str(found) for secret in (SECRET, CHANGED))
    assert secret_of(stage) == SECRET
    assert SECRET not in file(stage)
    record_property(
        "history", ("a secret, changed since; --whole-stack", "the secret of then, encrypted anew; never printed", "0")
    )

    change_passphrase(stage)
    found = rollback(stage, "--whole-stack", "--to", "2")
    assert "secret other:token is today's: that of entry 2 can't be decrypted any more" in review(found)["notes"]
    assert secret_of(stage) == SECRET
    assert served(stage) == {"1.5.0": 100}
    record_property(
        "history", ("the passphrase was changed since; --whole-stack", "today's secret stays, and that is told", "0")
    )

    # Quiet under traffic is what the retire gate waits for; the alarm never is.
    alarm(stage, "ALARM")
    stage.configure(
        {
            "web": service(made("1.5.0", GOOD_TOO), gate={"timeout_s": 8, "alarms": ["web-5xx"]}),
            "jobs": jobs("2.1.0", GOOD_TOO),
        }
    )
    run = stage.run(*command(stage, "web", "--to", "1"), timeout_s=600)
    assert run.code == 1, run.text
    assert "What serves is as it should be, web: 1.4.2, and so is the config. The rest is not done" in run.text
    assert (served(stage), declared(stage)) == ({"1.4.2": 100, "1.5.0": 0}, {"1.4.2": 100})
    record_property(
        "history",
        ("an alarm that stays loud after the traffic is back", "traffic and config are back; the old fleet stays", "1"),
    )
    alarm(stage, "OK")
    rollback(stage, "web", "--to", "1")
    assert served(stage) == {"1.4.2": 100}


def secret_of(stage: Stage) -> str:
    return stage.must("config", "get", "--stack", STACK, "other:token").text.strip()


def digest_of(stage: Stage, name: str) -> str:
    return next(release.rpartition("-")[2] for release in stage.groups() if release.startswith(name))


def change_passphrase(stage: Stage) -> None:
    done = subprocess.run(
        ["pulumi", "stack", "change-secrets-provider", "passphrase", "--stack", STACK],
        cwd=stage.folder,
        env=stage.environment,
        input="another\nanother\n",
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    stage.environment["PULUMI_CONFIG_PASSPHRASE"] = "another"
