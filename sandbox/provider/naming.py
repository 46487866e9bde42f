"""Physical names: made from the logical one, from a prefix, or given.

Sources: Pulumi's bridge (auto-naming: logical name, hyphen, 7 hexadecimal digits from the seed) and Terraform's
plugin SDK (unique suffix of a prefix: time in 18 digits, counter in 8).
"""

from __future__ import annotations

import datetime
import itertools
import random
import re

from sandbox.provider.row import Naming

#: Digits that a prefix is followed by.
SUFFIX = 26

_RANDOM_DIGITS = 7
_counter = itertools.count(random.SystemRandom().randrange(16**7))


class InvalidNameError(ValueError):
    """A physical name that AWS would refuse; the message is the real provider's."""


def automatic(logical: str, seed: bytes, naming: Naming) -> str:
    """The logical name with seven digits that depend on the seed only, so that a plan and its update agree.

    Raises:
        InvalidNameError: it would be too long.
    """
    prefix = f"{logical}-"
    if len(prefix) + _RANDOM_DIGITS > naming.longest:
        raise InvalidNameError(
            f"name '{prefix}' plus {_RANDOM_DIGITS} random chars is longer than maximum length {naming.longest}"
        )
    source = random.Random(seed) if seed else random.SystemRandom()
    return prefix + "".join(source.choice("0123456789abcdef") for _ in range(_RANDOM_DIGITS))


def unique(prefix: str) -> str:
    """The prefix and 26 digits that rise with time, so that names sort by age."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d%H%M%S%f")[:18]
    return f"{prefix}{now}{next(_counter) % 16**8:08x}"


def prefix_of(name: str) -> str | None:
    """The prefix a name was made from, if it was."""
    found = re.fullmatch(rf"(.+?)\d{{18}}[0-9a-f]{{{SUFFIX - 18}}}", name)
    return found[1] if found else None


def problem(name: str, value: str, naming: Naming) -> str | None:
    """What is wrong with a `name` or `namePrefix`, in the real provider's words; None if nothing is."""
    prefix = name == naming.prefix
    term = re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)
    longest = naming.longest_prefix if prefix else naming.longest
    if len(value) > longest:
        return f'"{term}" cannot be longer than {longest} characters: "{value}"'
    if not prefix and len(value) < naming.shortest:
        return f'"{term}" cannot be shorter than {naming.shortest} characters: "{value}"'
    for pattern, words in naming.prefix_rules if prefix else naming.rules:
        if not re.search(pattern, value):
            return words.format(name=term, value=value)
    return None
