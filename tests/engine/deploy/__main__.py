"""Make the deploys in a sandbox of their own, and write the page."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.engine.deploy.page import PAGE, deployed, render
from tests.engine.stage import STACK, Stage, sandboxed

with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    with sandboxed(root / "sandbox", Path(__file__).parents[1] / "seed.yaml") as (home, environment):
        stage = Stage(home, environment, root / "project")
        stage.must("stack", "init", STACK)
        PAGE.write_text(render(*deployed(stage)))
