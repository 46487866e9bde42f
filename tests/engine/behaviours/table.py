"""The table of behaviours for the documentation; `python -m tests.engine.behaviours.table` writes it."""

from __future__ import annotations

from pathlib import Path

from sandbox.provider.row import Replace
from sandbox.provider.types import TYPES
from tests.engine.behaviours.cells import ALONE, UNSEEN, plan

PAGE = Path(__file__).parents[3] / "docs" / "behaviours.md"

PAGE_OF = """# What each type does in the sandbox

Written by `python -m tests.engine.behaviours.table` from the cells that
`tests/engine/test_behaviours.py` runs on the real engine: {count} resources of {types} types.
Each is created, looked at again (no difference), imported into another stack, changed in
the one input named here (an update in place or a replacement), looked at again, changed or
deleted behind the engine's back, put right by `up --refresh`, looked at once more, and
destroyed. All of them do so; a cell that doesn't fails the test.

| type | changes in place | is replaced by a change of |
| --- | --- | --- |
{rows}

Not changed behind the engine's back:

{unseen}

A table under deletion protection refuses to be destroyed, as it must.

Two of these can't be there at once, and nothing of theirs is a name to tell it by: {alone}.
A program that replaces one says `delete_before_replace`; else the second is refused, or
deleting the first takes the second with it, as on AWS.

Inputs that replace, too, and have no cell yet (a name beside a prefix, another VPC, address
kinds that the sandbox's network hasn't):

{missing}
"""


def render() -> str:
    """The page."""
    found: dict[str, dict[str, list[str]]] = {token: {"update": [], "replace": []} for token in TYPES}
    for life, name, _, operation in plan():
        if name not in found[life.token][operation]:
            found[life.token][operation].append(name)
    count = sum(1 for _ in plan())
    rows = [
        f"| `{token.partition(':')[2].partition('/')[0]}.{token.rpartition(':')[2]}` "
        f"| {', '.join(one['update']) or '-'} | {', '.join(one['replace']) or '-'} |"
        for token, one in found.items()
        if one["update"] or one["replace"]
    ]
    unseen = [f"- {token.rpartition(':')[2]}.{name}: {reason}." for (token, name), reason in UNSEEN.items()]
    alone = ", ".join(token.rpartition(":")[2] for token in ALONE)
    missing = [
        f"- {token.rpartition(':')[2]}: {', '.join(names)}"
        for token, row in TYPES.items()
        if (
            names := [
                name
                for name in row.inputs
                if row.inputs[name].replace is not Replace.NEVER and name not in found[token]["replace"]
            ]
        )
    ]
    return PAGE_OF.format(
        count=count,
        types=len(rows),
        rows="\n".join(rows),
        unseen="\n".join(unseen),
        alone=alone,
        missing="\n".join(missing),
    )


if __name__ == "__main__":
    PAGE.write_text(render())
