"""How many of each thing an account may have: AWS's defaults, which a seed may lower or raise.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-restrictions.html
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Count = Annotated[int, Field(ge=0)]


class Quotas(BaseModel):
    """Of one region, or of one thing where the name says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    auto_scaling_groups: _Count = 500
    launch_templates: _Count = 5000
    versions_a_template: _Count = 10000

    load_balancers: _Count = 50
    """Of each type."""
    listeners_a_balancer: _Count = 50
    rules_a_balancer: _Count = 100
    """Without the listeners' default rules."""
    target_groups: _Count = 3000
    target_groups_an_action: _Count = 5
    target_groups_a_balancer: _Count = 100
    targets_a_group: _Count = 1000

    security_groups: _Count = 2500
    security_groups_an_interface: _Count = 5
    rules_a_security_group: _Count = 60
    """In, and as many out."""
