"""Quotas that fleets meet: what an account may have, and has.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAccountLimits.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeAccountLimits.html
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.elbv2.responses import ELBV2Response
from moto.servicequotas.models import ServiceQuotasBackend

from sandbox.cloud.truth.replacing import around

#: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
GROUPS, CONFIGURATIONS = 500, 200
#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-restrictions.html
TEMPLATES = {"ServiceCode": "ec2", "QuotaCode": "L-FB451C26", "QuotaName": "Launch templates per Region", "Value": 5000}
#: What moto leaves out of the page's list.
_OF_A_BALANCER = {
    "target-groups-per-application-load-balancer": 100,
    "target-groups-per-action-on-application-load-balancer": 5,
}


def install() -> None:
    """Let AWS's defaults be told."""

    def _limits(self: Any) -> ActionResult:
        backend = self.autoscaling_backend
        return ActionResult(
            {
                "MaxNumberOfAutoScalingGroups": GROUPS,
                "MaxNumberOfLaunchConfigurations": CONFIGURATIONS,
                "NumberOfAutoScalingGroups": len(backend.autoscaling_groups),
                "NumberOfLaunchConfigurations": len(backend.launch_configurations),
            }
        )

    response: Any = AutoScalingResponse
    response.describe_account_limits = _limits

    @around(ELBV2Response, "describe_account_limits")
    def _describe(original: Any, self: Any) -> ActionResult:
        told = original(self).result["Limits"]
        more = [{"Name": name, "Max": limit} for name, limit in _OF_A_BALANCER.items()]
        return ActionResult({"Limits": [*told, *more]})

    @around(ServiceQuotasBackend, "get_service_quota")
    def _quota(original: Any, self: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        if (service_code, quota_code) == (TEMPLATES["ServiceCode"], TEMPLATES["QuotaCode"]):
            return TEMPLATES
        return original(self, service_code, quota_code)
