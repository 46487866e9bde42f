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
    rows = json.loads(told.read_text())
    assert [row["operation"] for row in rows] == [
        "up",
        "up, bare in components",
        "preview, no changes",
        "preview, no changes, bare in components",
        "preview, with policies / without",
        "preview, with an idle pack / without",
    ]
    for row in rows:
        assert row["resources"] == rows[0]["resources"] > 10
        assert row["ratio"] > 0
        for measured in (*row["ours"], *row["bare"]):
            assert min(measured["memory"].values()) > 20
