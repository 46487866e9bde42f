"""Network: where the fleets stand. Looked up or given, never made here; its security groups outlive every release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from pydantic import BaseModel, ConfigDict

from components.owned import owned
from components.settings import Balancer, DefaultVpc, GivenVpc, NamedVpc


class NetworkArgs(BaseModel):
    """`ports`: by service, the ports that its releases listen on behind the balancer (empty for workers)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vpc: DefaultVpc | NamedVpc | GivenVpc = DefaultVpc()
    balancer: Balancer = Balancer()
    ports: Mapping[str, Sequence[int]]


class Network(pulumi.ComponentResource):
    """The VPC and subnets of a stack, and its long-lived security groups.

    A fleet's security group is never replaced by a release: on AWS its delete fails for 15 minutes while network
    interfaces of leaving instances still hold it.

    Raises:
        pulumi.RunError: the VPC has no subnets in at least two zones.
    """

    vpc_id: str
    subnet_ids: list[str]
    """Every subnet, for the fleets."""
    balancer_subnet_ids: list[str]
    """One subnet a zone, which is what a load balancer takes."""
    balancer_group_id: pulumi.Output[str] | None
    """The balancer's security group; None when nothing is routed."""
    service_group_ids: dict[str, pulumi.Output[str]]
    """The instances' security group by service."""
    ingress: dict[tuple[str, int], pulumi.Resource]
    """By service and port, the rule that lets the balancer in: what listens there depends on it."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("immutable:aws:Network", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.vpc_id, zones = _find(args.vpc, pulumi.InvokeOptions(parent=self))
        self.subnet_ids = sorted(zones)
        self.balancer_subnet_ids = one_per_zone(zones)
        if len(self.balancer_subnet_ids) < 2:
            raise pulumi.RunError(
                f"immutable:network: {self.vpc_id} has subnets in {len(self.balancer_subnet_ids)} zone(s) "
                f"({', '.join(self.subnet_ids) or 'none'}); a service needs two. Add a subnet in another zone, "
                "or choose another VPC"
            )
        self.balancer_group_id = None
        if any(args.ports.values()):
            self.balancer_group_id = self._balancer_group(args.balancer)
        self.service_group_ids = {service: self._group(service, f"Instances of {service}") for service in args.ports}
        self.ingress = {
            (service, port): self._from_balancer(service, port)
            for service, ports in args.ports.items()
            for port in sorted(set(ports))
        }
        self.register_outputs({"vpc_id": self.vpc_id, "subnet_ids": self.subnet_ids})

    def _group(self, name: str, description: str) -> pulumi.Output[str]:
        group = aws.ec2.SecurityGroup(
            name,
            # A prefix, not a name: a fixed name would make its replacement delete-before-create. And not the service's
            # alone: AWS refuses names that start with sg-.
            name_prefix=f"immutable-{name}-",
            description=description,
            vpc_id=self.vpc_id,
            tags=owned(name),
            opts=self._child,
        )
        aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=group.id,
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
            tags=owned(name),
            opts=self._child,
        )
        return group.id

    def _balancer_group(self, balancer: Balancer) -> pulumi.Output[str]:
        # With an underscore, which no service may have in its name.
        group = self._group("load_balancer", "Load balancer of the stack")
        for port in (80, 443) if balancer.certificate_arn else (80,):
            for cidr in balancer.allowed_cidrs:
                aws.vpc.SecurityGroupIngressRule(
                    f"balancer-{port}-{cidr}",
                    security_group_id=group,
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    cidr_ipv4=cidr,
                    tags=owned(f"balancer-{port}-{cidr}"),
                    opts=self._child,
                )
        return group

    def _from_balancer(self, service: str, port: int) -> pulumi.Resource:
        return aws.vpc.SecurityGroupIngressRule(
            f"{service}-{port}",
            security_group_id=self.service_group_ids[service],
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=self.balancer_group_id,
            tags=owned(f"{service}-{port}"),
            opts=self._child,
        )


def one_per_zone(zones: Mapping[str, str]) -> list[str]:
    """The first subnet of each zone, by id, from zones by subnet id."""
    first: dict[str, str] = {}
    for subnet in sorted(zones):
        first.setdefault(zones[subnet], subnet)
    return sorted(first.values())


def _find(vpc: DefaultVpc | NamedVpc | GivenVpc, opts: pulumi.InvokeOptions) -> tuple[str, dict[str, str]]:
    """The VPC's id and its subnets' zones by id. Given subnets are not looked up: each counts as a zone."""
    if isinstance(vpc, GivenVpc):
        return vpc.vpc_id, {subnet: subnet for subnet in vpc.subnet_ids}
    tags = {"Name": vpc.name} if isinstance(vpc, NamedVpc) else None
    found = aws.ec2.get_vpc(default=tags is None or None, tags=tags, opts=opts)
    subnet_tags = dict(vpc.subnet_tags) if isinstance(vpc, NamedVpc) else None
    subnets = aws.ec2.get_subnets(
        filters=[{"name": "vpc-id", "values": [found.id]}], tags=subnet_tags or None, opts=opts
    )
    zones = {subnet: aws.ec2.get_subnet(id=subnet, opts=opts).availability_zone for subnet in subnets.ids}
    return found.id, zones
