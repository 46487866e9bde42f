"""The policy pack under the real engine: this project's stacks pass, other programs are refused before a write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud.seed import DEFAULT
from tests.engine.listing import Listing, listed
from tests.engine.stage import PROJECT, STACK, Run, Stage

PACK = ("--policy-pack", str(PROJECT / "policies"))
IMAGE = "ami-0eb00000000000150"

TEMPLATE: dict[str, Any] = {
    "namePrefix": "web-",
    "imageId": IMAGE,
    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
    "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "deleteOnTermination": "true"}}],
}


def template(logical: str = "web", /, **inputs: Any) -> dict[str, Any]:
    """A launch template with which nothing is wrong but what is given; None leaves an input out."""
    given = {key: value for key, value in (TEMPLATE | inputs).items() if value is not None}
    return {"type": "aws:ec2/launchTemplate:LaunchTemplate", "name": logical, "inputs": given}


@pytest.fixture
def listing(tmp_path: Path) -> Iterator[Listing]:
    """The program, with nothing deployed, in the cloud that the project comes with."""
    with listed(tmp_path, DEFAULT) as listing:
        yield listing


def broken(run: Run) -> set[str]:
    """The mandatory rules that a run names."""
    lines = [line.split() for line in run.text.splitlines() if "[mandatory]" in line]
    return {words[words.index("[mandatory]") + 3] for words in lines}


def test_the_project_keeps_its_own_rules(production: Stage) -> None:
    preview = production.pulumi("preview", "--stack", "prod", *PACK)
    assert preview.code == 0, preview.text
    assert broken(preview) == set()
    # What no preview can know of a new group is said.
    assert "can't run policy 'numbered-template-version'" in preview.text
    up = production.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", *PACK)
    assert up.code == 0, up.text
    assert "can't run policy" not in up.text


def test_a_program_that_breaks_rules_is_refused_in_the_preview_and_in_the_update(listing: Listing) -> None:
    listing.declare(
        template("plain"),
        template("old", metadataOptions={"httpTokens": "optional"}),
        template("moving", imageId="resolve:ssm:/images/web"),
        template("named", name="named", namePrefix=None),
        template("ops", keyName="ops"),
    )
    expected = {"metadata-tokens", "image-by-id", "no-fixed-name", "no-key-pairs"}
    preview = listing.preview(*PACK)
    assert preview.code != 0
    assert broken(preview) == expected, preview.text
    assert "metadataOptions.httpTokens is optional, so IMDSv1 answers without a token" in preview.text
    up = listing.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, *PACK)
    assert up.code != 0
    made = listing.client("ec2").describe_launch_templates()["LaunchTemplates"]
    assert {one["LaunchTemplateName"].rpartition("-")[0] for one in made} <= {"web"}
    assert len(made) <= 1


def test_an_image_is_asked_for_at_ec2(listing: Listing, tmp_path: Path) -> None:
    strange = listing.client("ec2").register_image(Name="strange", RootDeviceName="/dev/xvda")["ImageId"]
    listing.declare(
        template("gone", imageId="ami-0ffffffffffffffff"), template("strange", imageId=strange), template("good")
    )
    preview = listing.preview(*PACK)
    assert "image ami-0ffffffffffffffff doesn't exist, or this account may not use it" in preview.text
    assert f"image {strange} (strange) has not been tested: its tag tested is missing, not true" in preview.text
    assert IMAGE not in preview.text.partition("Policies:")[2].partition("Resources:")[0]
    settings = tmp_path / "policies.json"
    settings.write_text(json.dumps({"image-allowed": {"max_age_days": 1, "owners": ["999999999999"]}}))
    strict = listing.preview(*PACK, "--policy-pack-config", str(settings))
    assert f"image {IMAGE} (web-1.5.0) is owned by 123456789012, who is not among 999999999999" in strict.text
    assert "days old, more than 1" in strict.text


def test_levels_and_exceptions_come_from_a_config_file(listing: Listing, tmp_path: Path) -> None:
    listing.declare(template("ops", keyName="ops"), template("named", name="named", namePrefix=None))
    settings = tmp_path / "policies.json"
    settings.write_text(
        json.dumps({"no-key-pairs": {"enforcementLevel": "advisory"}, "no-fixed-name": {"allow": ["named"]}})
    )
    preview = listing.preview(*PACK, "--policy-pack-config", str(settings))
    assert preview.code == 0, preview.text
    assert "[advisory]" in preview.text
    assert "no-fixed-name" not in preview.text
    settings.write_text(json.dumps({"drained": {"longest_s": "soon"}}))
    wrong = listing.preview(*PACK, "--policy-pack-config", str(settings))
    assert wrong.code != 0
    assert "longest_s" in wrong.text
