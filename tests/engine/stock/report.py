"""What becomes of each example, and what is expected to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.engine.stage import sandboxed
from tests.engine.stock.examples import examples
from tests.engine.stock.trial import PASSES, Trial, batches

_HERE = Path(__file__).parent
PAGE = _HERE.parents[2] / "docs" / "stock.md"

#: The kinds of those that do not pass, as the page speaks of them.
WHY = {
    "protected": "come up, show no change, refresh to the same, are imported, and refuse to go, being protected",
    "lacks": "need what is not declared here, or not of this package",
    "refused": "are excerpts, or name what nobody else has: refused by pulumi_aws, by the provider or by AWS",
    "sandbox": "need what the sandbox can't do",
}

#: What the engine says of a resource that it refuses before anything is created.
_REFUSED = "has a problem: "


@cache
def table() -> Mapping[str, Any]:
    """What is expected: the examples that pass, and of each kind of the others the words of what goes wrong."""
    return yaml.safe_load((_HERE / "table.yaml").read_text())


def expected() -> dict[str, list[str]]:
    """By example: `passes`, or words of what goes wrong; several where either of two errors comes first."""
    others: dict[str, str | list[str]] = {id_: words for kind in WHY for id_, words in table()[kind].items()}
    found = {id_: [words] if isinstance(words, str) else words for id_, words in others.items()}
    return found | {id_: [PASSES] for id_ in table()["passes"]}


def outcomes(root: Path) -> dict[str, str]:
    """By example: `passes`, or all that went wrong."""
    found = {example.id: obstacle for example in examples() if (obstacle := example.obstacle())}
    words = expected()
    standing = [example for example in examples() if example.id not in found]
    # Each of these ends the program that it is in: they don't belong among the others.
    ending = [one for one in standing if any(_REFUSED in each for each in words.get(one.id, []))]
    others = [one for one in standing if one not in ending]
    with sandboxed(root / "sandbox", _HERE / "seed.yaml") as (home, environment):
        trial = Trial(home, environment, root / "project")
        for batch in [*batches(others), *batches(ending)]:
            found |= trial.outcomes(batch)
    return found


def as_expected(outcome: str, words: list[str]) -> bool:
    """Whether an outcome is the one of the table."""
    return outcome in words or (outcome != PASSES and any(each in outcome for each in words))


def page() -> str:
    """The documentation of what passes."""
    kinds = {why: table()[kind] for kind, why in WHY.items()}
    total = len(table()["passes"]) + sum(map(len, kinds.values()))
    pages = Counter(id_.rpartition(".")[0] for id_ in table()["passes"])
    passing = ", ".join(f"`{name}`" + (f" ({count})" if count > 1 else "") for name, count in sorted(pages.items()))
    text = _PAGE.format(passes=len(table()["passes"]), total=total, passing=passing)
    for why, examples_ in kinds.items():
        rows = (f"| `{id_}` | {_cell(words)} |" for id_, words in examples_.items())
        text += "\n".join(["", f"{len(examples_)} {why}:", "", "| example | why |", "| --- | --- |", *rows, ""])
    return text


def _cell(words: str | list[str]) -> str:
    return (words if isinstance(words, str) else "; ".join(words)).replace("has a problem: ", "").replace("|", "\\|")


def summary(found: Mapping[str, str]) -> str:
    """How many pass, and why the others don't."""
    why = {id_: " ".join(outcome.split()) for id_, outcome in sorted(found.items()) if outcome != PASSES}
    lines = [f"  {id_}: {outcome}" for id_, outcome in why.items()]
    return "\n".join([f"{len(found) - len(why)} of {len(found)} pass; the others:", *lines])


_PAGE = """# Programs that are not of this project's making

## The examples of pulumi_aws's documentation

Written by `python -m tests.engine.stock page` from the table that `tests/engine/test_stock_programs.py` holds to: every
Python example in the docstrings of the installed pulumi_aws whose page is of a type or a function that the sandbox
declares, by its page and its number there. Each is run as it stands on the real engine, with what it takes for granted
made beforehand by boto3: `up`, a preview that shows no change, a refresh that finds none, an import of each of its
resources into another stack by its id, which must come out with the same properties, an `up` with another tag on all
that take tags, which must change that in place and nothing else, a preview without changes, `destroy`. What a change of
each other input leads to is in [the table of behaviours](behaviours.md).

{passes} of {total} pass: {passing}.

## Five larger programs

`tests/engine/stock/programs` has five as the Pulumi documentation teaches them: a fleet (VPC lookup, security group,
launch template, group, balancer, listener and rules, policy, schedule, alarm), a file system, a repository with a
lifecycle policy, a bucket with versions, and a table. `tests/engine/test_stock_larger.py` lives their life: up, no
change, changes in place and by replacement, each as foretold by its preview, drift found by a refresh and put right by
an `up`, a thing that stood before imported, `destroy`. All five pass.

## The examples that do not pass
"""
