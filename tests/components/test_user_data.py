"""User data: how much of it AWS takes, and a file of the project pinned by its content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.components.builders import complaints, settings

RELEASE = "services.web.releases[0]"


def test_a_pinned_file_that_is_not_there_is_told_with_its_place(tmp_path: Path) -> None:
    pinned = {"file": "boot.sh", "sha256": "0" * 64}
    assert complaints({f"{RELEASE}.user_data": pinned}, root=tmp_path) == [
        f'{RELEASE}.user_data: {{"file": "boot.sh", "sha256": "{"0" * 49}… can\'t be read as UTF-8 text (No such file '
        "or directory). Name a file of this project, by its path from Pulumi.yaml"
    ]


def test_a_pinned_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "boot.gz").write_bytes(b"\x1f\x8b\xff")
    pinned = {"file": "boot.gz", "sha256": "0" * 64}
    assert complaints({f"{RELEASE}.user_data": pinned}, root=tmp_path) == [
        f'{RELEASE}.user_data: {{"file": "boot.gz", "sha256": "{"0" * 49}… can\'t be read as UTF-8 text (not UTF-8). '
        "Name a file of this project, by its path from Pulumi.yaml"
    ]


def test_a_pinned_file_that_was_edited_is_refused_with_its_new_digest(tmp_path: Path) -> None:
    (tmp_path / "boot.sh").write_text("#!/bin/sh\nexec new\n")
    actual = hashlib.sha256(b"#!/bin/sh\nexec new\n").hexdigest()
    pinned = {"file": "boot.sh", "sha256": hashlib.sha256(b"#!/bin/sh\nexec old\n").hexdigest()}
    [line] = complaints({f"{RELEASE}.user_data": pinned}, root=tmp_path)
    assert line == (
        f"{RELEASE}.user_data: {json.dumps(pinned)[:80]}… has another content than its sha256 says. "
        f"If the change is meant, add a release with sha256: {actual}"
    )


def test_a_pinned_file_is_read_from_the_projects_folder_and_the_release_holds_its_text(tmp_path: Path) -> None:
    (tmp_path / "boot.sh").write_text("#!/bin/sh\n")
    pinned = {"file": "boot.sh", "sha256": hashlib.sha256(b"#!/bin/sh\n").hexdigest()}
    parsed = settings({f"{RELEASE}.user_data": pinned}, root=tmp_path)
    assert parsed.services["web"].releases == settings({f"{RELEASE}.user_data": "#!/bin/sh\n"}).services["web"].releases


@pytest.mark.parametrize(("letter", "count", "size"), [("#", 16_385, 16_385), ("€", 5_462, 16_386)])
def test_user_data_is_limited_in_bytes_and_not_in_letters(letter: str, count: int, size: int) -> None:
    assert complaints({f"{RELEASE}.user_data": letter * count}) == [
        f"{RELEASE}.user_data: '{letter * 79}… is {size} bytes of user data, more than AWS's limit of 16384. "
        "Bake it into the image"
    ]


def test_user_data_may_be_as_long_as_aws_takes_it() -> None:
    assert settings({f"{RELEASE}.user_data": "#" * 16_384})
