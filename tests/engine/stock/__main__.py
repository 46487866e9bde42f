"""Print what becomes of each example: `python -m tests.engine.stock`. With `page`, write the documentation."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.engine.stock import report

if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        report.PAGE.write_text(report.page())
        sys.exit()
    with tempfile.TemporaryDirectory() as folder:
        print(report.summary(report.outcomes(Path(folder))))
