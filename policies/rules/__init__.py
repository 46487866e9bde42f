"""The rules, by theme."""

from policies.rule import Rule
from policies.rules import access, data, images, replacement, service

RULES: tuple[Rule, ...] = (*replacement.RULES, *images.RULES, *access.RULES, *data.RULES, *service.RULES)
