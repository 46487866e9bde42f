"""How a resource, a property and a value read. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import Any, cast

_KINDS = {"Group": "Auto Scaling group", "Policy": "scaling policy"}
_POLICY = re.compile(
    r"mixedInstancesPolicy\.(launchTemplate\.)?(launchTemplateSpecification\.|overrides\[\d+\]\.)?"
    r"(instancesDistribution\.)?"
)
_PROPERTIES = {
    "imageId": "image",
    "overrides": "instance types",
    "version": "launch template version",
    "vpcSecurityGroupIds": "security groups",
}


def kind_words(type_: str, name: str, release: str) -> str:
    """`target group`, for the type `aws:lb/targetGroup:TargetGroup`; a rule's by what it is for."""
    word = type_.rpartition(":")[2]
    if word == "ListenerRule" and name == f"{release}-preview":
        return "preview rule"
    return _KINDS.get(word) or _split(word)


def property_words(path: str) -> str:
    """`health check path`, for the path `healthCheck.path`."""
    short = re.sub(r"\[\d+\]$", "", _POLICY.sub("", path))
    if short in _PROPERTIES:
        return _PROPERTIES[short]
    if tag := re.fullmatch(r'tags(?:All)?(?:\["(.+)"\]|\.(.+))', short):
        return f"tag {tag[1] or tag[2]}"
    parts = re.findall(r'\["([^"]+)"\]|([^.\[\]]+)', short)
    return " ".join(_split(quoted or plain) for quoted, plain in parts if not plain.isdigit())


def told(path: str, value: Any) -> str:
    """`health check path is /x`."""
    words = property_words(path)
    return f"{words} {'are' if words.endswith('s') else 'is'} {value_words(path, value)}"


def value_words(path: str, value: Any) -> str:
    """The value, short enough for a sentence."""
    if value in (None, "", "nothing", [], {}):
        return "nothing"
    if path == "userData":
        return f"sha256 {fingerprint(str(value))}"
    text = value if isinstance(value, str) else json.dumps(_plain(value))
    return text if len(text) <= 80 else f"{text[:79]}…"


def at(values: Any, path: str) -> Any:
    """What stands at `healthCheck.path` or `actions[0].type`; None if nothing does."""
    for quoted, index, plain in re.findall(r'\["([^"]+)"\]|\[(\d+)\]|([^.\[\]]+)', path):
        try:
            values = values[int(index) if index else quoted or plain]
        except (KeyError, IndexError, TypeError):
            return None
    return values


def fingerprint(encoded: str) -> str:
    """Eight digits that tell one user data, in base64, from another."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raw = encoded.encode()
    return hashlib.sha256(raw).hexdigest()[:8]


def _split(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", word).lower()


def _plain(value: Any) -> Any:
    """Without the engine's own notes."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in cast("dict[str, Any]", value).items() if key != "__defaults"}
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[Any]", value)]
    return value
