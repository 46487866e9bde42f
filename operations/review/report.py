"""The report for a pull request, in Markdown: short enough to be read, details folded, never over a comment's limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from operations.review.preview import Violation
from operations.review.refusals import Refusal
from operations.review.services import Change
from operations.steps import Step

#: What GitHub takes in one comment.
LIMIT = 65_536
#: By which a workflow finds the comment it has to update.
MARK = "<!-- immutable-review {stack} -->"
_CUT = "\n\n*Cut here: the whole is in the log of the review.*\n"


@dataclass(frozen=True)
class Review:
    """What came of a review."""

    stack: str
    changes: Sequence[Change]
    steps: Sequence[Step]
    refusals: Sequence[Refusal]
    violations: Sequence[Violation]
    errors: Sequence[str]
    plan: str | None = None
    """The file that holds the approved plan."""

    @property
    def refused(self) -> bool:
        """Whether it must not be applied."""
        return bool(self.refusals or any(one.mandatory for one in self.violations))


def markdown(review: Review) -> str:
    """The report."""
    parts = [MARK.format(stack=review.stack), f"## {_title(review)}", *_refused(review), *_services(review.changes)]
    parts += [*_others(review), *_advice(review.violations), *_footer(review)]
    text = "\n\n".join(part for part in parts if part) + "\n"
    if len(text) <= LIMIT:
        return text
    return _cut(text)


def _cut(text: str) -> str:
    """As many whole lines as fit, with every fold closed."""
    kept = text[: LIMIT - len(_CUT) - 200]
    kept = kept[: kept.rfind("\n")]
    fences = kept.count("```") % 2
    folds = kept.count("<details>") - kept.count("</details>")
    return kept + ("\n```" if fences else "") + "\n</details>" * folds + _CUT


def _title(review: Review) -> str:
    changed = [change for change in review.changes if change.changed]
    touched = sum(step.changes for step in review.steps)
    if review.refused:
        return f"⛔ `{review.stack}`: refused"
    if review.errors:
        return f"⚠️ `{review.stack}`: could not be judged"
    if not touched:
        return f"`{review.stack}`: no changes"
    what = f"{len(changed)} service{'' if len(changed) == 1 else 's'}, " if changed else ""
    return f"✅ `{review.stack}`: {what}{touched} step{'' if touched == 1 else 's'}"


def _refused(review: Review) -> Iterable[str]:
    lines = [f"- **{one.rule}**: {_text('. '.join(filter(None, (one.why, one.way_out))))}." for one in review.refusals]
    lines += [
        f"- **{one.policy}** ({_text(one.resource)}): {_text(one.message)}"
        for one in review.violations
        if one.mandatory
    ]
    lines += [f"- {_text(one)}" for one in review.errors]
    if lines:
        yield "\n".join(lines)


def _services(changes: Sequence[Change]) -> Iterable[str]:
    shown = [change for change in changes if change.changed]
    if not shown:
        return
    rows = ["| service | how | image | extra capacity | going back |", "|---|---|---|---|---|"]
    for one in shown:
        cells = (one.line, one.strategy, one.image or "as it is", one.extra, one.rollback)
        rows.append(f"| {' | '.join(map(_text, cells))} |")
    yield "\n".join(rows)
    for one in shown:
        details: list[str] = []
        if one.boots:
            details += ["What boots:", "", *(f"- {_text(line)}" for line in one.boots), ""]
        if one.steps:
            details += ["Steps, in order:", "", *(f"{place}. {_text(line)}" for place, line in enumerate(one.steps, 1))]
        if details:
            yield (
                f"<details><summary>{one.service}: {len(one.steps)} steps</summary>\n\n"
                + "\n".join(details)
                + "\n\n</details>"
            )
    quiet = [change.service for change in changes if not change.changed]
    if quiet:
        yield f"As they are: {', '.join(quiet)}."


def _others(review: Review) -> Iterable[str]:
    """Steps that belong to no service."""
    told = frozenset[str]().union(*(change.urns for change in review.changes))
    steps = [step for step in review.steps if step.changes and step.urn not in told]
    if steps:
        lines = [f"- {step.op} `{step.type}` {_text(step.name)}{_why(step)}" for step in steps]
        yield (
            f"<details><summary>Beside services: {len(steps)} steps</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
        )


def _why(step: Step) -> str:
    return f" ({_text(', '.join(step.keys or step.diffs))})" if step.keys or step.diffs else ""


def _advice(violations: Sequence[Violation]) -> Iterable[str]:
    lines = [f"- {one.policy} ({_text(one.resource)}): {_text(one.message)}" for one in violations if not one.mandatory]
    if lines:
        yield f"<details><summary>Policies advise: {len(lines)}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"


def _footer(review: Review) -> Iterable[str]:
    if review.plan:
        yield f"Approved is exactly this: `python -m operations apply --stack {review.stack} --plan {review.plan}`"


def _text(text: str) -> str:
    """Text that Markdown and HTML leave alone."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


_SIGNS = re.compile(r"([\\`*_\[\]<>|])")
