"""A Pulumi program of many examples: each as it stands, below a component of its own so that names can't clash.

It is copied into the folder of a stage, beside `examples.json`, and writes `raised.json`. With `tagged.json`, a list of
types, each resource of them has a tag more than it stands there with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import settings
from pulumi.runtime.stack import Stack

HERE = Path(__file__).parent
TAG, GROUP = {"changed": "yes"}, "aws:autoscaling/group:Group"
TAGGED: list[str] = json.loads(file.read_text()) if (file := HERE / "tagged.json").exists() else []


class Bed(Stack):
    """What an example takes for the stack: its resources and its exports are told from the others'."""

    def __init__(self, id_: str) -> None:
        opts = pulumi.ResourceOptions(transformations=[tagged] if TAGGED else [])
        pulumi.ComponentResource.__init__(self, f"stock:example:{id_}", id_, opts=opts)
        self.outputs = {}


def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """One tag more; a group's are a list."""
    if args.type_ not in TAGGED:
        return None

    def more(tags: Any) -> Any:
        if args.type_ == GROUP:
            return [*(tags or []), *({"key": key, "value": TAG[key], "propagate_at_launch": False} for key in TAG)]
        return dict(tags or {}, **TAG)

    tags = pulumi.Output.from_input(args.props.get("tags")).apply(more)
    return pulumi.ResourceTransformationResult({**args.props, "tags": tags}, args.opts)


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
    raised = {id_: run(id_, *example) for id_, example in json.loads((HERE / "examples.json").read_text()).items()}
    (HERE / "raised.json").write_text(json.dumps({id_: why for id_, why in raised.items() if why}))
