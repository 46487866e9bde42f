"""The program: a resource for each cell, with the inputs that `cells.json` has for it now."""

import importlib.metadata
import json
from pathlib import Path

import pulumi

VERSION = importlib.metadata.version("pulumi-aws")

for name, cell in json.loads(Path("cells.json").read_text()).items():
    opts = pulumi.ResourceOptions(
        version=VERSION,
        delete_before_replace=cell["alone"] or None,
        import_=cell.get("import"),
        custom_timeouts=pulumi.CustomTimeouts(create="20s", update="20s", delete="20s"),
    )
    pulumi.CustomResource(cell["token"], name, cell["inputs"], opts)
