"""The stack's config file: the list of releases of one service is read and written, all else stays as it stands."""

from __future__ import annotations

import functools
import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML, YAMLError
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from components.settings import SERVICES
from operations.errors import OperationError

Entry = dict[str, Any]


class ConfigFile:
    """`Pulumi.<stack>.yaml` of a project; without a service only as a whole.

    Raises:
        OperationError: it can't be read, or has no such service.
    """

    def __init__(self, folder: Path, stack: str, service: str | None) -> None:
        self.path, self._service = folder / f"Pulumi.{stack}.yaml", service
        self._yaml: Any = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096  # Lines are broken where the author broke them.
        self._read()

    def entries(self) -> list[Entry]:
        """The releases as the file has them."""
        return [_plain(entry) for entry in self._read()["releases"]]

    def write(self, wanted: Sequence[tuple[Entry, int]], surge: str | None = None) -> None:
        """Make these entries, with these weights, the releases, and this the `capacity.surge` if there is one; nobody
        sees half of it.

        An entry that stays keeps its place in the text, with the comments in it.
        """
        document = self._document()
        service = self._service_of(document)
        if surge is not None and str(service["capacity"].get("surge")) != surge:
            service["capacity"]["surge"] = int(surge) if surge.isdigit() else surge
        releases: Any = service["releases"]
        kept = [(_without_weight(entry), entry) for entry in releases]
        new = [
            next((one for content, one in kept if content == _without_weight(entry)), dict(entry))
            for entry, _ in wanted
        ]
        for entry, (_, weight) in zip(new, wanted, strict=True):
            if entry.get("weight", 100) != weight:
                entry["weight"] = weight
        releases[:] = [entry if isinstance(entry, CommentedMap) else _in_file(entry) for entry in new]
        self._write(document)

    def config(self) -> dict[str, Any]:
        """All of its config as the file has it; a secret is `{secure: …}`."""
        return _plain(self._parsed(_said)["config"])

    def write_config(self, wanted: Mapping[str, Any]) -> None:
        """Make this all of its config; nobody sees half of it, and what is as it was keeps its text."""
        document = self._document()
        _become(document["config"], wanted)
        self._write(document)

    def text(self) -> str:
        """The whole file."""
        return self.path.read_text(encoding="utf-8")

    def replace(self, text: str) -> None:
        """Make this the whole file; nobody sees half of it."""
        new = self.path.with_suffix(".yaml.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise OperationError(f"{self.path.name} can't be written ({error.strerror}); it is as it was") from None

    def _write(self, document: Any) -> None:
        text = io.StringIO()
        mapping, offset = _indents(self.text())
        self._yaml.indent(mapping=mapping, sequence=offset + 2, offset=offset)
        self._yaml.dump(document, text)
        self.replace(text.getvalue())

    def _read(self) -> Any:
        """What the file says of the service, or all that it says without one; to be left as it is."""
        said = self._parsed(_said)
        return self._service_of(said) if self._service else said

    def _document(self) -> Any:
        """With what the text looks like."""
        return self._parsed(self._yaml.load)

    def _parsed(self, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(self.text())
        except (OSError, UnicodeDecodeError, YAMLError) as error:
            raise OperationError(f"{self.path.name} can't be read: {' '.join(str(error).split())}") from None

    def _service_of(self, document: Any) -> Any:
        config: dict[str, Any] = cast("dict[str, Any]", document or {}).get("config") or {}
        services: dict[str, Any] = config.get(SERVICES) or {}
        if self._service not in services:
            known = ", ".join(services) or "none"
            raise OperationError(f"{self.path.name} declares no service {self._service}. There is: {known}")
        return services[self._service]


@functools.lru_cache(maxsize=8)
def _said(text: str) -> Any:
    """Each step of a rollout asks several times for what stands in a file that nobody has changed."""
    yaml: Any = YAML()
    return _plain(yaml.load(text))


def _become(node: Any, wanted: Mapping[str, Any]) -> None:
    """Change a map of the file until it says what is wanted; of lists, the items that stay keep their text."""
    for key in [key for key in node if key not in wanted]:
        del node[key]
    for key, value in wanted.items():
        there = node.get(key)
        if key in node and _plain(there) == value:
            continue
        match there, value:
            case CommentedMap(), dict():
                _become(there, cast("Entry", value))
            case CommentedSeq(), list():
                same = [(_plain(one), one) for one in cast("list[Any]", there)]
                items = cast("list[Any]", value)
                there[:] = [next((one for plain, one in same if plain == item), _in_file(item)) for item in items]
            case _:
                node[key] = _in_file(value)


def _indents(text: str) -> tuple[int, int]:
    """How far the file sets in the keys of a map, and the dash of a list's items: others' programs do it otherwise."""
    mapping = re.search(r"^\S+:(?: *#.*)?\n(?: *#.*\n)*( +)[^\s#-]", text, re.MULTILINE)
    items = re.search(r"^( *)(?:- +)?[^\s#-][^\n]*:(?: *#.*)?\n(?: *#.*\n)*( *)- ", text, re.MULTILINE)
    return len(mapping[1]) if mapping else 2, max(len(items[2]) - len(items[1]), 0) if items else 2


def _plain(value: Any) -> Any:
    """Without what the text looked like."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in cast("Entry", value).items()}
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[Any]", value)]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _without_weight(entry: Mapping[str, Any]) -> Entry:
    return {key: one for key, one in _plain(entry).items() if key != "weight"}


def _in_file(entry: Any) -> Any:
    """A block of lines, what is in it on one line each, as the project's own files are written."""
    if not isinstance(entry, dict):
        return _on_one_line(entry)
    return CommentedMap({key: _on_one_line(one) for key, one in cast("Entry", entry).items()})


def _on_one_line(value: Any) -> Any:
    made: Any
    match value:
        case dict():
            made = CommentedMap({key: _on_one_line(one) for key, one in cast("Entry", value).items()})
        case list():
            made = CommentedSeq([_on_one_line(one) for one in cast("list[Any]", value)])
        case str() if "\n" in value:
            return LiteralScalarString(value)
        case _:
            return value
    made.fa.set_flow_style()
    return made
