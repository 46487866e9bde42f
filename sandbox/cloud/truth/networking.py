"""Security groups and networks: one in use can't be deleted.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.elbv2.models import elbv2_backends

from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Make the backend refuse what AWS refuses."""

    @around(EC2Backend, "_delete_security_group")
    def _delete(original: Any, self: Any, vpc_id: str | None, group_id: str) -> None:
        group = self.get_security_group_from_id(group_id)
        if group and group.name == "default" and not self.deleting_network:
            raise EC2ClientError(
                "CannotDelete", f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
            )
        if group_id in _used(self, group_id):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
        original(self, vpc_id, group_id)

    backend: Any = EC2Backend
    backend.deleting_network = False

    # A network takes its default security group along, by the call that refuses it to users.
    @around(EC2Backend, "delete_vpc")
    def _delete_network(original: Any, self: Any, vpc_id: str) -> Any:
        attached = [each for each in self.internet_gateways.values() if each.vpc and each.vpc.id == vpc_id]
        if attached or any(group.name != "default" for group in self.groups.get(vpc_id, {}).values()):
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        self.deleting_network = True
        try:
            return original(self, vpc_id)
        finally:
            del self.deleting_network


def _used(ec2: Any, apart_from: str) -> Iterator[str]:
    """Ids of the security groups that network interfaces have, and that rules of groups but one refer to.

    A launch template that names a group doesn't hold it.
    """
    # moto keeps the interfaces of instances that ended.
    for interface in ec2.enis.values():
        if interface.instance is None or interface.instance.state != "terminated":
            yield from (group.id for group in interface.group_set)
    # A load balancer has an interface in each of its subnets, which moto doesn't make.
    for balancer in elbv2_backends[ec2.account_id][ec2.region_name].load_balancers.values():
        yield from balancer.security_groups
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != apart_from]
    for group in others:
        for rule in [*group.ingress_rules, *group.egress_rules]:
            yield rule.source_group.get("GroupId", "")
