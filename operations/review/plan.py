"""An approved plan against one made now: what would be done otherwise, before the engine finds out half-way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from operations.errors import OperationError


def read_plan(path: Path) -> Mapping[str, Any]:
    """The plan in a file.

    Raises:
        OperationError: it can't be read, or is no plan.
    """
    try:
        found = json.loads(path.read_text())
        return {**found, "resourcePlans": found["resourcePlans"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OperationError(
            f"{path} is no update plan ({error}). Make one: python -m operations review --plan {path}"
        ) from None


def differences(approved: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What the program would do now that was not approved, or no longer does, a sentence each; empty if it fits."""
    return list(_differences(approved, now))


def _differences(approved: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    before, after = _object(approved["resourcePlans"]), _object(now["resourcePlans"])
    for urn in dict.fromkeys([*before, *after]):
        kind = urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]
        name = f"{kind} {urn.rpartition('::')[2]}"
        if urn not in before:
            yield f"{name}: {_steps(after[urn])} is not approved"
        elif urn not in after:
            yield f"{name}: {_steps(before[urn])} was approved and is no longer there"
        elif _steps(before[urn]) != _steps(after[urn]):
            yield f"{name}: approved {_steps(before[urn])}, now {_steps(after[urn])}"
        else:
            yield from (f"{name}: {said}" for said in _inputs(_diff(before[urn]), _diff(after[urn])))
    settings, settings_now = _object(approved.get("config")), _object(now.get("config"))
    for key in dict.fromkeys([*settings, *settings_now]):
        if settings.get(key) != settings_now.get(key):
            yield f"config {key} has changed since the approval"


def _steps(plan: Mapping[str, Any]) -> str:
    return "/".join(plan.get("steps") or ["nothing"])


def _diff(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(_object(plan.get("goal")).get("inputDiff"))


def _inputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old.get("deletes") != new.get("deletes"):
        yield f"approved to take away {old.get('deletes') or 'nothing'}, now {new.get('deletes') or 'nothing'}"
    for kind in ("adds", "updates"):
        before, after = _object(old.get(kind)), _object(new.get(kind))
        for key in dict.fromkeys([*before, *after]):
            if key != "__defaults" and not _is_made_up(key) and before.get(key) != after.get(key):
                yield f"{key} approved as {_short(before.get(key))}, now {_short(after.get(key))}"


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _is_made_up(key: str) -> bool:
    """A name that the provider makes anew in every preview."""
    return key == "name"


def _short(value: Any) -> str:
    if "4dabf18193072939515e22adb298388d" in _object(value):
        return "a secret"
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:79] + "…"
