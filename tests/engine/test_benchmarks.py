"""The benchmark runs: both programs come up with the same resources, and each of their processes is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.engine.stage import PROJECT


def test_one_service_is_measured_beside_the_bare_program(tmp_path: Path) -> None:
    told = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks", "--services", "1", "--json", str(told)]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=600)
    up, preview, *judged = json.loads(told.read_text())
    assert (up["operation"], preview["operation"]) == ("up", "preview, no changes")
    assert [one["operation"] for one in judged] == [
        "preview, with policies / without",
        "preview, with an idle pack / without",
    ]
    assert up["resources"] == preview["resources"] > 10
    for row in (up, preview, *judged):
        assert row["ratio"] > 0
        for measured in (*row["ours"], *row["bare"]):
            assert min(measured["memory"].values()) > 20
