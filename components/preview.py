"""What a preview says first: one line a service, from which releases and weights to which."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from components.layouts import plan
from components.rules import describe_weights
from components.settings import Service

OUTPUT = "services"
"""The stack output that `log_changes` reads back: what the last completed update left, by service and release."""


Shown = Mapping[str, tuple[str, int]]
"""The releases of a service by logical name: label and weight."""


def log_changes(services: Mapping[str, Service], retired: Iterable[str]) -> None:
    """In a preview, log what becomes of each service since the last completed update; in an update, nothing."""
    if not pulumi.runtime.is_dry_run():
        # An approved plan holds the question and fails at its end where it does not come. The answer is of no use
        # here, and may be an error: the engine is writing the state that it would read.
        with contextlib.suppress(Exception):
            _ask_for_outputs()
        return
    before = _releases_by_service(_ask_for_outputs())
    for name in dict.fromkeys([*services, *before]):
        releases = services[name].releases if name in services else ()
        new = {plan(name, one).name: (one.label, one.weight) for one in releases}
        pulumi.log.info(line(name, before.get(name, {}), new, retired=name in set(retired)))


def line(service: str, old: Shown, new: Shown, *, retired: bool = False) -> str:
    """`web: 1.4.2 at 100 % → 1.5.0 at 100 %`; by logical name where one label stands for two contents."""
    contents = {*((label, name) for releases in (old, new) for name, (label, _) in releases.items())}
    labels = Counter(label for label, _ in contents)

    def said(releases: Shown) -> str:
        return describe_weights([(name if labels[of] > 1 else of, weight) for name, (of, weight) in releases.items()])

    if not old:
        return f"{service}: new, {said(new)}"
    if not new:
        return f"{service}: {said(old)} → {'retired' if retired else 'no longer declared'}"
    if old == new:
        return f"{service}: {said(new)}, as it is"
    return f"{service}: {said(old)} → {said(new)}"


def _ask_for_outputs() -> Any:
    # The engine's own invoke, as a StackReference to oneself would be one more resource in every preview.
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    answer: Any = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
    return answer["outputs"].get(OUTPUT, {})


def _releases_by_service(output: Any) -> dict[str, Shown]:
    """Empty before the first update, and after one that was killed before it knew what it left."""
    try:
        return {
            service: {key: (str(one["label"]), int(one["weight"])) for key, one in releases.items()}
            for service, releases in output.items()
        }
    except (AttributeError, TypeError):  # the engine keeps an output that it never knew as an unknown
        return {}
