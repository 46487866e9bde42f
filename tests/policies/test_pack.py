"""The pack as a whole: what each rule says of itself, and the page made from it."""

from __future__ import annotations

from pathlib import Path

from policies import table
from policies.pack import policies, policy_of
from policies.rules import RULES


def test_every_rule_says_what_why_and_what_to_do() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.description.endswith("."), rule.name
        assert rule.remediation and not rule.remediation.endswith("."), rule.name
        assert rule.url.startswith("https://"), rule.name
        assert (rule.check is None) != (rule.check_stack is None), rule.name
        assert rule.types, rule.name


def test_every_setting_has_a_schema_with_type_default_and_description() -> None:
    for policy in policies():
        assert policy.config_schema is not None
        for name, schema in policy.config_schema.properties.items():
            assert {"type", "default", "description"} <= schema.keys(), (policy.name, name)


def test_a_policy_carries_what_its_rule_says() -> None:
    rule = RULES[0]
    policy = policy_of(rule)
    assert (policy.severity, policy.url, policy.remediation_steps) == (rule.severity, rule.url, rule.remediation)


def test_the_page_in_the_docs_is_made_from_the_pack() -> None:
    page = Path(__file__).parents[2] / "docs" / "policies.md"
    assert page.read_text() == table.page(), "run: python -m policies.table > docs/policies.md"
