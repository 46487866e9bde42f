"""The release's contract: what identifies a release, and the digests over it.

Dependency-free on purpose: the component library and any policy pack share this one module, so that a rule
which sees a single resource can recompute the digest that the resource carries as a tag.

A digest covers an allow-list of a resource's properties (`IDENTITY`), never all of them: tags, ids that the cloud
assigns and capacity are not identity. Values are normalised first, because the engine hands hooks and policy packs
floats for integers, proxies for lists and maps, and camelCase for snake_case; none of that may change a digest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast

Kind = Literal["template", "group", "target_group"]
Normal = str | list["Normal"] | dict[str, "Normal"]

TAG_STACK = "immutable:stack"
"""`<project>/<stack>`, on everything that takes tags: by it is found what the engine lost track of."""
TAG_NAME = "Name"
"""The resource's logical name; the one that AWS's console shows."""
TAG_SERVICE = "immutable:service"
TAG_VERSION = "immutable:version"
TAG_RELEASE = "immutable:release"
"""The release's logical name, `web-1.5.0-3f9a1c2b`: one value for all resources of one fleet."""
TAG_DIGEST = "immutable:digest"
"""The resource's own digest, as `digest_tag` writes it: `<layout>:<sha256>`."""

IDENTITY: Mapping[int, Mapping[Kind, tuple[str, ...]]] = {
    1: {
        "template": ("imageId", "userData", "blockDeviceMappings", "metadataOptions"),
        "group": (
            "healthCheckType",
            "healthCheckGracePeriod",
            "capacityRebalance",
            "mixedInstancesPolicy.instancesDistribution",
            "mixedInstancesPolicy.launchTemplate.overrides",
        ),
        "target_group": (
            "port",
            "protocol",
            "protocolVersion",
            "targetType",
            "deregistrationDelay",
            "healthCheck",
        ),
    },
}
"""By layout and kind, the dotted paths that identify a resource. An entry is never edited: a new layout is added."""

LAYOUTS = tuple(IDENTITY)


def normalise(value: Any) -> Normal | None:
    """Reduce a literal to strings, lists and maps with camelCase keys; `None` and empty containers become `None`.

    Numbers and their decimal strings are the same to AWS and so here (`80`, `80.0` and `"80"`).

    Raises:
        TypeError: for anything that is no literal (an Output, an unknown): a digest over it would be a lie.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, Mapping):
        mapping = cast("Mapping[Any, Any]", value)
        pairs = ((_camel(str(key)), normalise(item)) for key, item in mapping.items())
        return {key: item for key, item in sorted(pairs) if item is not None} or None
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [item for item in map(normalise, cast("Sequence[Any]", value)) if item is not None] or None
    raise TypeError(f"{value!r} ({type(value).__name__}) is no literal, so it can't be part of a release")


def identity(kind: Kind, properties: Mapping[str, object], layout: int = 1) -> dict[str, Normal]:
    """The normalised identifying properties of one resource, by dotted path; absent ones are left out.

    `properties` may be snake_case (as components write them) or camelCase (as the engine sends them).

    Raises:
        KeyError: the layout is unknown.
        TypeError: an identifying property is no literal.
    """
    return dict(_identity(kind, properties, layout))


def digest_tag(kind: Kind, properties: Mapping[str, object], layout: int = 1) -> str:
    """The value of `TAG_DIGEST` for a resource: `<layout>:<sha256 of its identity>`."""
    return f"{layout}:{_sha256(identity(kind, properties, layout))}"


def release_digest(digests: Mapping[Kind, str], revision: int) -> str:
    """The release's digest (64 hex digits) from those of its resources and its `revision`."""
    return _sha256({"digests": dict(digests), "revision": str(revision)})


def release_name(service: str, version: str, digest: str) -> str:
    """The logical name of a release, such as `web-1.5.0-3f9a1c2b`; two contents never share one."""
    return f"{service}-{version}-{digest[:8]}"


def _identity(kind: Kind, properties: Mapping[str, object], layout: int) -> Iterator[tuple[str, Normal]]:
    for path in IDENTITY[layout][kind]:
        value: Any = properties
        for step in path.split("."):
            value = _member(cast("Mapping[Any, Any]", value), step) if isinstance(value, Mapping) else None
        normal = normalise(value)
        if normal is not None:
            yield path, normal


def _member(mapping: Mapping[Any, Any], camel: str) -> Any:
    return next((item for key, item in mapping.items() if _camel(str(key)) == camel), None)


def _camel(key: str) -> str:
    return re.sub(r"(?<=[a-zA-Z0-9])_([a-z0-9])", lambda match: match.group(1).upper(), key)


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
