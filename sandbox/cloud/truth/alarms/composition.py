"""Rules of composite alarms: states of other alarms, and what combines them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
CHILDREN = 100
ELEMENTS = 500

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<function>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>[^"]+)"|(?P<bare>[^\s"()]+))\s*\)
        | (?P<constant>TRUE|FALSE)\b
        | (?P<operator>AND|OR|NOT)\b
        | (?P<bracket>[()])
    )""",
    re.VERBOSE | re.IGNORECASE,
)


class RuleError(Exception):
    """A rule can't be understood; the message says where."""


@dataclass(frozen=True)
class Constant:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True)
class In:
    """True while an alarm, by name or by ARN, is in a state."""

    state: str
    alarm: str


@dataclass(frozen=True)
class Not:
    """True while another rule isn't."""

    rule: Rule


@dataclass(frozen=True)
class Both:
    """AND, or OR."""

    operator: str
    left: Rule
    right: Rule


Rule = Constant | In | Not | Both


def parse(text: str) -> Rule:
    """The rule that a text says; AND binds closer than OR, NOT closer than both.

    Raises:
        RuleError: it says none, or one that is too large.
    """
    if text != text.strip() or not text:
        raise RuleError("AlarmRule must not contain leading or trailing whitespace or be null")
    tokens = _tokens(text)
    if sum(token.lastgroup != "operator" and token["bracket"] != ")" for token in tokens) > ELEMENTS:
        raise RuleError(f"AlarmRule must not contain more than {ELEMENTS} elements")
    parser = _Parser(tokens)
    try:
        rule = parser.either()
    except RecursionError:
        raise RuleError("Invalid AlarmRule: too many parentheses in each other") from None
    if parser.left:
        raise RuleError(f"Invalid AlarmRule: unexpected {parser.left[0].group().strip()}")
    if len({*alarms(rule)}) > CHILDREN:
        raise RuleError(f"AlarmRule must not contain more than {CHILDREN} alarms")
    return rule


def alarms(rule: Rule) -> Iterator[str]:
    """The alarms that a rule names, as it names them."""
    match rule:
        case In(_, alarm):
            yield alarm
        case Not(inner):
            yield from alarms(inner)
        case Both(_, left, right):
            yield from alarms(left)
            yield from alarms(right)
        case Constant():
            pass


def holds(rule: Rule, states: Mapping[str, str]) -> bool:
    """Whether a rule is true while alarms are in `states`, by what the rule calls them."""
    match rule:
        case Constant(value):
            return value
        case In(state, alarm):
            return states[alarm] == state
        case Not(inner):
            return not holds(inner, states)
        case Both("AND", left, right):
            return holds(left, states) and holds(right, states)
        case Both(_, left, right):
            return holds(left, states) or holds(right, states)


def _tokens(text: str) -> list[re.Match[str]]:
    tokens, at = list[re.Match[str]](), 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise RuleError(f"Invalid AlarmRule: can't read {text[at:].strip()[:40]!r}")
        tokens.append(token)
        at = token.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self.left = tokens

    def either(self) -> Rule:
        rule = self._all()
        while self._takes("OR"):
            rule = Both("OR", rule, self._all())
        return rule

    def _all(self) -> Rule:
        rule = self._one()
        while self._takes("AND"):
            rule = Both("AND", rule, self._one())
        return rule

    def _one(self) -> Rule:
        turned = 0
        while self._takes("NOT"):
            turned += 1
        if turned:
            return Not(self._one()) if turned % 2 else self._one()
        if self._takes("("):
            rule = self.either()
            if not self._takes(")"):
                raise RuleError("Invalid AlarmRule: a parenthesis is not closed")
            return rule
        if not self.left:
            raise RuleError("Invalid AlarmRule: it ends too early")
        token = self.left.pop(0)
        if token["function"]:
            return In(token["function"].upper(), token["quoted"] or token["bare"])
        if token["constant"]:
            return Constant(token["constant"].upper() == "TRUE")
        raise RuleError(f"Invalid AlarmRule: unexpected {token.group().strip()}")

    def _takes(self, word: str) -> bool:
        found = bool(self.left) and (self.left[0]["operator"] or self.left[0]["bracket"] or "").upper() == word
        if found:
            self.left.pop(0)
        return found
