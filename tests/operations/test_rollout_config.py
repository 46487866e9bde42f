"""The edit of the stack's config: what is not meant stays as it stands, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from operations.errors import OperationError
from operations.rollout.config_file import ConfigFile

TEXT = """\
# The stack's head.
encryptionsalt: v1:abc= # its salt
config:
  aws:region: "eu-west-1"
  immutable:services:
    web:
      releases:
        # Image of Tuesday.
        - version: 1.4.2
          image: ami-00000000000000140 # built by 77
          instance_types: [t3.micro, t3a.micro]
          health: {path: /healthz, interval_s: 5}
          user_data: |
            #!/bin/sh
            echo hello
        - {version: 1.3.0, image: ami-00000000000000130, weight: 0}
      capacity: {min: 2, max: 6} # never less
    jobs:
      releases:
        - {version: 0.1.0, image: ami-00000000000000130}
      capacity: {min: 1, max: 1}
"""


@pytest.fixture
def file(tmp_path: Path) -> ConfigFile:
    (tmp_path / "Pulumi.dev.yaml").write_text(TEXT)
    return ConfigFile(tmp_path, "dev", "web")


def test_what_stays_as_it_is_is_written_as_it_was(file: ConfigFile) -> None:
    first, second = file.entries()
    assert (first["version"], second["weight"]) == ("1.4.2", 0)
    assert first["user_data"] == "#!/bin/sh\necho hello\n"
    file.write([(first, 100), (second, 0)])
    assert file.text() == TEXT


def test_a_weight_is_one_line_and_a_new_release_a_few(file: ConfigFile) -> None:
    first, second = file.entries()
    new = {**first, "version": "1.5.0", "image": "ami-00000000000000150"}
    file.write([(first, 90), (second, 0), (new, 10)])
    added = [line for line in file.text().splitlines() if line not in TEXT.splitlines()]
    assert added == [
        "          weight: 90",
        "        - version: 1.5.0",
        "          image: ami-00000000000000150",
        "          weight: 10",
    ]
    assert [line for line in TEXT.splitlines() if line not in file.text().splitlines()] == []
    releases = yaml.safe_load(file.text())["config"]["immutable:services"]["web"]["releases"]
    assert releases[2] == {**new, "weight": 10}


@pytest.mark.parametrize("dash", ["", "  "], ids=["as pulumi config set writes it", "set in"])
@pytest.mark.parametrize("indent", ["  ", "    "], ids=["2", "4"])
def test_another_style_is_kept(tmp_path: Path, indent: str, dash: str) -> None:
    lines = [
        "config:",
        f"{indent}aws:region: eu-west-1",
        f"{indent}immutable:services:",
        f"{2 * indent}web:",
        f"{3 * indent}releases:",
        f"{3 * indent}{dash}- version: 1.4.2",
        f"{3 * indent}{dash}  image: ami-00000000000000140",
        f"{3 * indent}capacity:",
        f"{4 * indent}max: 6",
    ]
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("\n".join(lines) + "\n")
    file = ConfigFile(tmp_path, "dev", "web")
    file.write([(file.entries()[0], 90)])
    assert path.read_text().splitlines() == [*lines[:7], f"{3 * indent}{dash}  weight: 90", *lines[7:]]


def test_all_of_the_config_is_made_another_and_what_stays_keeps_its_text(file: ConfigFile) -> None:
    wanted = file.config()
    file.write_config(wanted)
    assert file.text() == TEXT
    services = wanted["immutable:services"]
    services["web"]["capacity"] = {"min": 2, "max": 8}
    services["web"]["releases"][0]["image"] = "ami-00000000000000150"
    del services["jobs"]
    file.write_config({**wanted, "other:token": {"secure": "v1:abc"}})
    assert file.config() == {**wanted, "other:token": {"secure": "v1:abc"}}
    gone = [line.strip() for line in TEXT.splitlines() if line not in file.text().splitlines()]
    assert 'aws:region: "eu-west-1"' not in gone
    assert "- {version: 1.3.0, image: ami-00000000000000130, weight: 0}" not in gone
    assert "capacity: {min: 2, max: 8} # never less" in file.text()


@pytest.mark.parametrize(("surge", "said"), [("10%", "surge: 10%"), ("4", "surge: 4")])
def test_a_surge_stands_beside_the_other_limits(file: ConfigFile, surge: str, said: str) -> None:
    wanted = [(entry, entry.get("weight", 100)) for entry in file.entries()]
    file.write(wanted, surge)
    assert file.text() == TEXT.replace("{min: 2, max: 6}", f"{{min: 2, max: 6, {said}}}")
    file.write(wanted, surge)
    file.write(wanted)
    assert said in file.text()


def test_what_leaves_takes_nothing_else_along(file: ConfigFile) -> None:
    first, second = file.entries()
    file.write([(second, 100)])
    document, before = yaml.safe_load(file.text()), yaml.safe_load(TEXT)
    assert document["config"]["immutable:services"]["web"]["releases"] == [{**second, "weight": 100}]
    before["config"]["immutable:services"]["web"]["releases"] = [{**second, "weight": 100}]
    assert document == before
    for comment in ("# The stack's head.", "# its salt", "# never less"):
        assert comment in file.text()
    file.write([(first, 100)])
    assert file.entries() == [{**first, "weight": 100}] or file.entries() == [first]


def test_what_can_not_be_read_or_written_is_a_sentence(
    tmp_path: Path, file: ConfigFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OperationError, match=r"Pulumi\.dev\.yaml declares no service api\. There is: web, jobs"):
        ConfigFile(tmp_path, "dev", "api")
    with pytest.raises(OperationError, match=r"Pulumi\.prod\.yaml can't be read"):
        ConfigFile(tmp_path, "prod", "web")
    (tmp_path / "Pulumi.bad.yaml").write_text("a: [")
    with pytest.raises(OperationError, match=r"Pulumi\.bad\.yaml can't be read"):
        ConfigFile(tmp_path, "bad", "web")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OperationError, match="No space left on device"):
        file.write([(file.entries()[0], 50)])
    assert file.text() == TEXT
    assert sorted(each.name for each in tmp_path.iterdir()) == ["Pulumi.bad.yaml", "Pulumi.dev.yaml"]
