"""The table of rules for the docs: `python -m policies.table > docs/policies.md`."""

from __future__ import annotations

import json

from policies.rule import Rule
from policies.rules import RULES, access, data, images, replacement, service

_THEMES = (replacement, images, access, data, service)

_HEAD = """\
# The policy pack

Made from the pack by `python -m policies.table`: edit the rules, not this page.

```sh
pulumi preview --policy-pack policies
pulumi up --policy-pack policies --policy-pack-config policies.json
```

It works with any pulumi-aws program. The config file sets, by rule, its level and its settings:

```json
{
  "all": "mandatory",
  "image-allowed": {"owners": ["self", "123456789012"], "max_age_days": 90},
  "no-public-addresses": {"enforcementLevel": "advisory", "allow": ["bastion"]}
}
```

Every rule has the setting `allow`: logical names of resources that it leaves alone. A value that is not known in a
preview is said to be so, and judged in the update, before the resource is touched. Rules about the whole stack are
heard after the program has run: in a preview nothing has been done by then; `up --skip-preview` finds them too late.
"""


def page() -> str:
    """The page, in Markdown."""
    parts = [_HEAD, *_overview()]
    for theme in _THEMES:
        parts.append(f"\n## {_title(theme.__doc__ or '')}\n")
        parts += [_section(rule) for rule in theme.RULES]
    return "\n".join(parts)


def _overview() -> list[str]:
    rows = [(rule.name, rule.description, rule.severity.value, rule.level.value) for rule in RULES]
    head = ["| rule | what it asks for | severity | level |", "|---|---|---|---|"]
    return head + [f"| [{name}](#{name}) | {what} | {severity} | {level} |" for name, what, severity, level in rows]


def _title(text: str) -> str:
    return text.strip().split("\n")[0].rstrip(".")


def _section(rule: Rule) -> str:
    scope = "the whole stack" if rule.check_stack else ", ".join(f"`{one}`" for one in rule.types)
    lines = [
        f"### {rule.name}\n",
        f"{rule.description}\n",
        f"- severity {rule.severity.value}, {rule.level.value}; judges {scope}",
        f"- {rule.remediation}. [Why]({rule.url})",
    ]
    lines += [
        f"- setting `{name}` (`{json.dumps(schema['default'])}`): {schema['description']}"
        for name, schema in rule.settings.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
