"""The examples in pulumi_aws's own documentation on the real engine, as they stand there.

Each comes up, shows no change, refreshes to the same and goes, or fails as `stock/table.yaml` says and why.
"""

from __future__ import annotations

from pathlib import Path

from tests.engine.stock import report


def test_every_example_of_the_documentation_does_as_the_table_says(tmp_path: Path) -> None:
    found, expected = report.outcomes(tmp_path), report.expected()
    print(report.summary(found))
    others = {id_: outcome for id_, outcome in found.items() if not report.as_expected(outcome, expected[id_])}
    assert others == {}
