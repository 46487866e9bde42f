"""The commands of a shell script, found by its grammar: what stands in comments and strings is none."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import tree_sitter
import tree_sitter_bash

#: Commands that run the command in their arguments, with those of their options that take a value.
_WRAPPERS = {
    "sudo": "-u -g -h -p -C -r -t -U -D",
    "doas": "-u -C",
    "env": "-u -C -S",
    "nice": "-n",
    "ionice": "-c -n -p",
    "timeout": "-s -k",
    "xargs": "-I -n -P -L -d -E -s -a",
    "chroot": "",
    "flock": "-w -E",
    "su": "-s -g",
    **dict.fromkeys(("nohup", "exec", "command", "builtin", "time", "setsid", "stdbuf", "unbuffer", "busybox"), ""),
}
#: How many words of such a command come before the one it runs.
_BEFORE = {"timeout": 1, "chroot": 1, "flock": 1}
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash"})


@dataclass(frozen=True)
class Command:
    """One command with its words; a word that only a run could tell is "" (or its known parts)."""

    words: tuple[str, ...]
    text: str
    """As it stands in the script, in one line."""
    fed_by: tuple[Command, ...] = ()
    """Commands whose output it reads: by a pipe, `<(…)` or `$(…)`."""
    writes: str = ""
    """The file its output goes to."""

    @property
    def name(self) -> str:
        """What is run, without its folder."""
        return self.words[0].rpartition("/")[2] if self.words else ""


def commands(script: str) -> Iterator[Command]:
    """Every command in a script, those inside functions, substitutions, `sh -c`, `eval` and here-documents too."""
    language = tree_sitter.Language(tree_sitter_bash.language())
    source = script.encode()
    # The grammar's scanner asks `isdigit` of any character, and one beyond the first table ends the process. To a
    # shell such a character is a letter, so it is parsed as one, as long as its bytes are, and read as it stands.
    tree = tree_sitter.Parser(language).parse(_BEYOND_ASCII.sub(b"_", source))
    yield from _Reader(source).read(tree.root_node)


class _Reader:
    """Walks a script in order, so that variables have the values they were given before."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._variables: dict[str, str] = {}

    def read(self, node: Any, fed_by: tuple[Command, ...] = ()) -> Iterator[Command]:
        match node.type:
            case "variable_assignment":
                yield from self._assign(node)
            case "pipeline":
                before = fed_by
                for part in node.named_children:
                    found = list(self.read(part, before))
                    yield from found
                    before = tuple(found)
            case "redirected_statement":
                yield from self._redirected(node, fed_by)
            case "command":
                yield from self._command(node, fed_by)
            case _:
                for child in node.named_children:
                    yield from self.read(child, fed_by)

    def _assign(self, node: Any) -> Iterator[Command]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None and value is not None:
            self._variables[self._text(name)] = self._word(value)
            yield from self.read(value)

    def _redirected(self, node: Any, fed_by: tuple[Command, ...]) -> Iterator[Command]:
        body = node.child_by_field_name("body")
        text, target = "", ""
        for redirect in node.children_by_field_name("redirect"):
            if redirect.type == "heredoc_redirect":
                text += "".join(self._text(one) for one in redirect.named_children if one.type == "heredoc_body")
                # What follows a here-document on its line hangs below it.
                for one in redirect.named_children:
                    if one.type in ("pipeline", "command", "list"):
                        yield from self.read(one, (Command(("heredoc",), text),))
            elif redirect.type == "herestring_redirect":
                text += self._word(redirect.named_children[-1])
            elif redirect.type == "file_redirect":
                destination = redirect.child_by_field_name("destination")
                target = self._word(destination) if destination is not None else ""
                yield from self._inside(destination)
        if body is None:
            return
        for command in self.read(body, fed_by):
            yield replace(command, writes=target)
            if text and command.name in SHELLS:
                yield from commands(text)

    def _command(self, node: Any, fed_by: tuple[Command, ...]) -> Iterator[Command]:
        parts = [one for one in node.named_children if one.type not in ("variable_assignment", "file_redirect")]
        inner = [found for one in parts for found in self._inside(one)]
        yield from inner
        words = [word for one in parts for word in self._words(one)]
        text = " ".join(self._text(node).split())
        yield from _unwrapped(Command(tuple(words), text, (*fed_by, *inner)))

    def _inside(self, node: Any) -> Iterator[Command]:
        """The commands in a word: `$(…)`, `<(…)`, backticks."""
        if node is None:
            return
        if node.type in ("command_substitution", "process_substitution"):
            for child in node.named_children:
                yield from self.read(child)
            return
        for child in node.named_children:
            yield from self._inside(child)

    def _words(self, node: Any) -> list[str]:
        word = self._word(node)
        # Unquoted, a variable may hold several words: `$INSTALL nginx`.
        inner = node.named_children[0] if node.type == "command_name" and node.named_children else node
        return word.split() or [word] if inner.type in ("simple_expansion", "expansion") else [word]

    def _word(self, node: Any) -> str:
        match node.type:
            case "raw_string" | "ansi_c_string":
                return self._text(node).removeprefix("$")[1:-1]
            case "simple_expansion" | "expansion":
                names = [one for one in node.named_children if one.type == "variable_name"]
                return self._variables.get(self._text(names[0]), "") if names else ""
            case "command_substitution" | "process_substitution":
                return ""
            case "string":
                return self._joined(node, keep_quotes=False)
            case "command_name" | "concatenation":
                return "".join(self._word(one) for one in node.named_children)
            case _:
                return self._text(node).replace("\\", "")

    def _joined(self, node: Any, *, keep_quotes: bool) -> str:
        """A double-quoted string with its variables filled in."""
        start, end = node.start_byte + (not keep_quotes), node.end_byte - (not keep_quotes)
        found, place = "", start
        for child in node.named_children:
            if child.type in ("simple_expansion", "expansion", "command_substitution"):
                found += self._source[place : child.start_byte].decode(errors="replace") + self._word(child)
                place = child.end_byte
        return found + self._source[place:end].decode(errors="replace")

    def _text(self, node: Any) -> str:
        return self._source[node.start_byte : node.end_byte].decode(errors="replace")


def _unwrapped(command: Command) -> Iterator[Command]:
    """The command, and what it runs in turn."""
    words = list(command.words)
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        words.pop(0)
    name = words[0].rpartition("/")[2] if words else ""
    if name in SHELLS and (script := _option(words, "c")) is not None:
        yield from commands(script)
        return
    if name == "su" and (script := _option(words, "c")) is not None:
        yield from commands(script)
        return
    if name == "eval":
        yield replace(command, words=tuple(words))
        yield from commands(" ".join(words[1:]))
        return
    if name in _WRAPPERS:
        rest = _after_options(words[1:], _WRAPPERS[name].split())[_BEFORE.get(name, 0) :]
        if rest:
            yield from _unwrapped(replace(command, words=tuple(rest)))
        return
    yield replace(command, words=tuple(words))


def _option(words: list[str], letter: str) -> str | None:
    """What a shell's `-c`, also in `-lc` or `-exc`, is given."""
    for index, word in enumerate(words[1:], 1):
        if word.startswith("-") and not word.startswith("--") and letter in word[1:]:
            return words[index + 1] if index + 1 < len(words) else None
    return None


def _after_options(words: list[str], with_value: list[str]) -> list[str]:
    rest = list(words)
    while rest and (rest[0].startswith("-") or _assigns(rest[0])):
        option = rest.pop(0)
        if option == "--":
            break
        if option in with_value and rest:
            rest.pop(0)
    return rest


def _assigns(word: str) -> bool:
    return "=" in word and word.partition("=")[0].isidentifier()


def quoted(words: tuple[str, ...]) -> str:
    """Words as a line of a shell."""
    return shlex.join(words)
