"""What the state holds, and what the releases in it say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.immutability import GROUP, TARGET_GROUP, TEMPLATE
from components.layouts import Plan, plan
from components.settings import Settings

_SERVICE, _FLEET = "immutable:aws:Service", "immutable:aws:Fleet"


@dataclass(frozen=True)
class Fleet:
    """One fleet as the state holds it: ids of its parts, and what its instances have to be."""

    service: str
    release: str
    group: str
    template: str
    target_group: str | None
    image: str
    types: tuple[str, ...]
    user_data: str
    """In base64; empty without."""
    security_groups: frozenset[str]
    profile: str
    """The instance profile's ARN."""


class Held:
    """The resources of an exported deployment."""

    def __init__(self, deployment: Mapping[str, Any]) -> None:
        self._by_urn: dict[str, Mapping[str, Any]] = {one["urn"]: one for one in deployment.get("resources") or ()}
        self.ids = {str(one["id"]) for one in self._by_urn.values() if "id" in one}
        self._releases = {name_of(urn) for urn in self._by_urn if _type_of(urn) == _FLEET}

    def place(self, urn: str) -> tuple[str, str]:
        """The service and the release that a resource belongs to; empty where it is the stack's, or the service's."""
        above = {_type_of(one): name_of(one) for one in self._from(urn)}
        # A scaling policy is its service's child, and has the name of its fleet.
        release = above.get(_FLEET) or (name_of(urn) if name_of(urn) in self._releases else "")
        return above.get(_SERVICE, ""), release

    def fleets(self, plans: Mapping[str, Plan]) -> Iterator[Fleet]:
        """Every fleet whose template and group it holds; what the release's plan says goes before what they had."""
        for name in sorted(self._releases):
            template, group, target_group = (self._part(kind, name) for kind in (TEMPLATE, GROUP, TARGET_GROUP))
            if template is None or group is None:
                continue
            inputs, launches = template["inputs"], group["inputs"]["mixedInstancesPolicy"]["launchTemplate"]
            image, user_data = inputs["imageId"], inputs.get("userData")
            types = [one["instanceType"] for one in launches["overrides"]]
            if planned := plans.get(name):
                image, user_data = (planned.literals["template"][key] for key in ("image_id", "user_data"))
                policy = planned.literals["group"]["mixed_instances_policy"]
                types = [one["instance_type"] for one in policy["launch_template"]["overrides"]]
            yield Fleet(
                self.place(group["urn"])[0],
                name,
                group["id"],
                template["id"],
                target_group["id"] if target_group else None,
                image,
                tuple(types),
                user_data or "",
                frozenset(inputs["vpcSecurityGroupIds"]),
                inputs["iamInstanceProfile"]["arn"],
            )

    def _part(self, type_: str, name: str) -> Mapping[str, Any] | None:
        found = (one for urn, one in self._by_urn.items() if _type_of(urn) == type_ and name_of(urn) == name)
        return next((one for one in found if not one.get("delete")), None)

    def _from(self, urn: str) -> Iterator[str]:
        """The resource, and all that it is in."""
        while urn:
            yield urn
            urn = self._by_urn.get(urn, {}).get("parent") or ""


def plans_of(*several: Settings | None) -> dict[str, Plan]:
    """The plan of each release in these settings, by its logical name."""
    planned = (
        plan(name, release)
        for settings in several
        if settings is not None
        for name, service in settings.services.items()
        for release in service.releases
    )
    return {one.name: one for one in planned}


def name_of(urn: str) -> str:
    """The logical name."""
    return urn.rpartition("::")[2]


def _type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]
