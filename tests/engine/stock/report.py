"""What becomes of each example, and what is expected to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.engine.stage import sandboxed
from tests.engine.stock.examples import examples
from tests.engine.stock.trial import PASSES, Trial, batches

_HERE = Path(__file__).parent

#: What the engine says of a resource that it refuses before anything is created.
_REFUSED = "has a problem: "


def expected() -> dict[str, list[str]]:
    """By example: `passes`, or words of what goes wrong; several where either of two errors comes first."""
    table: dict[str, str | list[str]] = yaml.safe_load((_HERE / "table.yaml").read_text())
    return {id_: [words] if isinstance(words, str) else words for id_, words in table.items()}


def outcomes(root: Path) -> dict[str, str]:
    """By example: `passes`, or all that went wrong."""
    found = {example.id: obstacle for example in examples() if (obstacle := example.obstacle())}
    table = expected()
    standing = [example for example in examples() if example.id not in found]
    # Each of these ends the program that it is in: they don't belong among the others.
    ending = [one for one in standing if any(_REFUSED in words for words in table.get(one.id, []))]
    others = [one for one in standing if one not in ending]
    with sandboxed(root / "sandbox", _HERE / "seed.yaml") as (home, environment):
        trial = Trial(home, environment, root / "project")
        for batch in [*batches(others), *batches(ending)]:
            found |= trial.outcomes(batch)
    return found


def as_expected(outcome: str, words: list[str]) -> bool:
    """Whether an outcome is the one of the table."""
    return outcome in words or (outcome != PASSES and any(each in outcome for each in words))


def summary(found: Mapping[str, str]) -> str:
    """How many pass, and why the others don't."""
    why = {id_: " ".join(outcome.split()) for id_, outcome in sorted(found.items()) if outcome != PASSES}
    lines = [f"  {id_}: {outcome}" for id_, outcome in why.items()]
    return "\n".join([f"{len(found) - len(why)} of {len(found)} pass; the others:", *lines])
