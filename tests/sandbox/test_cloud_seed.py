"""The seed file: what it lays, and that a wrong one is one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cloud import seed

IMAGE = "{id: ami-00000000000000001, name: web}"


def read(folder: Path, text: str) -> seed.Seed:
    """A seed of this text."""
    file = folder / "seed.yaml"
    file.write_text(text)
    return seed.read(file)


def test_the_default_seed_has_good_and_bad_images_and_a_certificate() -> None:
    default = seed.read(seed.DEFAULT)
    assert default.region == "eu-west-1"
    assert {each.architecture for each in default.images} == {"x86_64", "arm64"}
    tags = [each.tags for each in default.images]
    assert {each["version"] for each in tags if each["service"] == "web"} >= {"1.4.2", "1.5.0", "1.6.0"}
    assert [each["version"] for each in tags if each.get(seed.HEALTH) == "never"] == ["1.5.1"]
    assert [each["version"] for each in tags if seed.UNHEALTHY_AFTER in each] == ["1.5.2"]
    assert [each["version"] for each in tags if each.get(seed.HEALTHY_AFTER) == "20"] == ["1.5.3"]
    assert [each.domain for each in default.certificates] == ["shop.example.com"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("region: [", "while parsing a flow node"),
        ("", "file: Input should be a valid dictionary"),
        ("images: []", "region: Field required"),
        ("region: Ireland", "region: String should match pattern"),
        ("region: eu-west-1\nimages: [{id: ami-web142, name: web}]", "images.0.id: String should match pattern"),
        ("region: eu-west-1\nimages: [{id: ami-00000000000000001}]", "images.0.name: Field required"),
        (f"region: eu-west-1\nimages: [{IMAGE}, {IMAGE}]", "more than once: ami-00000000000000001"),
        (
            f"region: eu-west-1\nimages: [{IMAGE[:-1]}, tags: {{a: 1}}}}]",
            "images.0.tags.a: Input should be a valid string",
        ),
        (
            f"region: eu-west-1\nimages: [{IMAGE[:-1]}, tags: {{'sandbox:health': ill}}}}]",
            "tag sandbox:health: 'ill' means nothing",
        ),
        ("region: eu-west-1\ncertificates: [{arn: mine, domain: a.example.com}]", "certificates.0.arn"),
    ],
)
def test_a_wrong_seed_is_one_line_that_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(seed.SeedError) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "seed.yaml") in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_seed_is_named(tmp_path: Path) -> None:
    with pytest.raises(seed.SeedError, match=r"none\.yaml"):
        seed.read(tmp_path / "none.yaml")
