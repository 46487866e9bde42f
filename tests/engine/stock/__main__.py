"""Print what becomes of each example of the documentation: `python -m tests.engine.stock`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.engine.stock import report

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(report.summary(report.outcomes(Path(folder))))
