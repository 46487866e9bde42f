"""Missing capacity, when it is ordered: a fleet is made without instances, and an instant one says why.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleetError.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.fleets import Fleet
from moto.ec2.responses.fleets import Fleets

from sandbox.cloud.orders import Orders
from sandbox.cloud.refusals import CAPACITY, no_capacity
from sandbox.cloud.truth.replacing import around


def install(orders: Orders) -> None:
    """Let fleets meet what is ordered."""

    def lacking() -> bool:
        met = orders.faults.met
        return met is not None and met.answer == "capacity"

    @around(Fleet, "create_on_demand_requests", "create_spot_requests")
    def _launch(original: Any, self: Any, weight_to_add: float) -> Any:
        return [] if lacking() else original(self, weight_to_add)

    @around(Fleets, "create_fleet")
    def _create(original: Any, self: Any) -> Any:
        answer = original(self)
        if lacking() and "Instances" in answer.result:
            capacity = self._get_param("TargetCapacitySpecification", {})
            lifecycle = capacity.get("DefaultTargetCapacityType", "on-demand")
            answer.result["Errors"] = [
                {
                    "LaunchTemplateAndOverrides": {
                        "LaunchTemplateSpecification": config["LaunchTemplateSpecification"],
                        "Overrides": override,
                    },
                    "Lifecycle": lifecycle,
                    "ErrorCode": CAPACITY,
                    "ErrorMessage": no_capacity(override.get("InstanceType"), override.get("AvailabilityZone")),
                }
                for config, override in _pools(self._get_param("LaunchTemplateConfigs", []))
            ]
        return answer


def _pools(configs: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each override with what it overrides."""
    return [(config, override) for config in configs for override in config.get("Overrides") or [dict[str, Any]()]]
