"""Launch templates and their versions are told page by page; moto tells the first 15 and no more.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2.responses.launch_templates import LaunchTemplates

from sandbox.cloud.truth.replacing import around

_MOST = 200
"""On one page."""


def install() -> None:
    """Tell all of them."""
    for operation, key in (
        ("describe_launch_templates", "LaunchTemplates"),
        ("describe_launch_template_versions", "LaunchTemplateVersions"),
    ):
        _page(operation, key)


def _page(operation: str, key: str) -> None:
    @around(LaunchTemplates, operation)
    def _describe(original: Any, self: Any) -> Any:
        asked = self._get_int_param

        def get(name: str, default: int | None = None) -> int | None:
            return asked(name, default) if name != "MaxResults" else 1 << 30

        self._get_int_param = get
        try:
            answer = original(self)
        finally:
            del self._get_int_param
        start = int(self._get_param("NextToken") or 0)
        end = start + (asked("MaxResults") or _MOST)
        found = answer.result[key]
        answer.result[key] = found[start:end]
        if end < len(found):
            answer.result["NextToken"] = str(end)
        return answer
