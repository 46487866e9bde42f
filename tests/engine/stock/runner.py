"""A Pulumi program of many examples: each as it stands, below a component of its own so that names can't clash.

It is copied into the folder of a stage, beside `examples.json`, and writes `raised.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import settings
from pulumi.runtime.stack import Stack


class Bed(Stack):
    """What an example takes for the stack: its resources and its exports are told from the others'."""

    def __init__(self, id_: str) -> None:
        pulumi.ComponentResource.__init__(self, f"stock:example:{id_}", id_)
        self.outputs = {}


def run(id_: str, source: str, given: dict[str, Any]) -> str | None:
    """Run an example; what it raised, if it did."""
    stack: Any = settings.get_root_resource()
    settings.set_root_resource(Bed(id_))
    try:
        exec(compile(source, id_, "exec"), {"__name__": "__main__", **given})  # noqa: S102 - what this program is for
    except Exception as error:  # noqa: BLE001 - one example must not hide the others
        return str(error)
    finally:
        settings.set_root_resource(stack)
    return None


if __name__ == "__main__":
    here = Path(__file__).parent
    raised = {id_: run(id_, *example) for id_, example in json.loads((here / "examples.json").read_text()).items()}
    (here / "raised.json").write_text(json.dumps({id_: why for id_, why in raised.items() if why}))
