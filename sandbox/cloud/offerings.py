"""Which instance types a region offers, read when a region is first asked for: moto reads all regions' to start."""

from __future__ import annotations

from typing import Any

from moto.utilities import utils


class Offerings(dict[str, Any]):
    """Of one type of location, by region; each is read from moto's file once."""

    def __init__(self, location_type: str, regions: list[str]) -> None:
        super().__init__(dict.fromkeys(regions))
        self._location_type = location_type

    def __getitem__(self, region: str) -> Any:
        found = super().__getitem__(region)
        if found is None:
            found = utils.load_resource(f"ec2/resources/instance_type_offerings/{self._location_type}/{region}.json")
            for each in found:
                each["LocationType"] = self._location_type
            self[region] = found
        return found

    def get(self, region: str, default: Any = None) -> Any:
        """As a dictionary's."""
        return self[region] if region in self else default  # noqa: SIM401  # It is `get` itself.


def install() -> None:
    """To be called before moto's EC2 is imported, which reads them then."""
    load: Any = utils.load_resource
    utils.load_resource = lambda path: [] if "/instance_type_offerings/" in path else load(path)
    try:
        from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
    finally:
        utils.load_resource = load
    for location_type, regions in list(INSTANCE_TYPE_OFFERINGS.items()):
        INSTANCE_TYPE_OFFERINGS[location_type] = Offerings(location_type, list(regions))
