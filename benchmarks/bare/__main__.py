"""The resources of `bench:services` services, as one would write them by hand; in components if `bench:components`."""

import base64
import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config("bench")
services, routed = config.require_int("services"), config.require_int("routed")
in_components = config.get_bool("components") or False

vpc = aws.ec2.get_vpc(default=True)
subnets = sorted(aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids)
zones: dict[str, str] = {}
for subnet in subnets:
    zones.setdefault(aws.ec2.get_subnet(id=subnet).availability_zone, subnet)


def tags(name: str, **more: str) -> dict[str, str]:
    return {"Name": name, "bench:stack": pulumi.get_stack(), **more}


def component(kind: str, name: str, parent: pulumi.Resource | None = None) -> pulumi.Resource | None:
    """The parent of what belongs to it, if there are components at all."""
    if not in_components:
        return None
    return pulumi.ComponentResource(f"bench:index:{kind}", name, opts=pulumi.ResourceOptions(parent=parent))


def security_group(name: str, parent: pulumi.Resource | None) -> aws.ec2.SecurityGroup:
    below = pulumi.ResourceOptions(parent=parent)
    group = aws.ec2.SecurityGroup(name, name_prefix=f"bare-{name}-", vpc_id=vpc.id, tags=tags(name), opts=below)
    aws.vpc.SecurityGroupEgressRule(
        name, security_group_id=group.id, ip_protocol="-1", cidr_ipv4="0.0.0.0/0", tags=tags(name), opts=below
    )
    return group


network, router = component("Network", "network"), component("Router", "router")
listener = balancer_group = None
if routed:
    balancer_group = security_group("load_balancer", network)
    aws.vpc.SecurityGroupIngressRule(
        "balancer",
        security_group_id=balancer_group.id,
        ip_protocol="tcp",
        from_port=80,
        to_port=80,
        cidr_ipv4="0.0.0.0/0",
        tags=tags("balancer"),
        opts=pulumi.ResourceOptions(parent=network),
    )
    balancer = aws.lb.LoadBalancer(
        "balancer",
        name_prefix="bare-",
        load_balancer_type="application",
        subnets=sorted(zones.values()),
        security_groups=[balancer_group.id],
        drop_invalid_header_fields=True,
        tags=tags("balancer"),
        opts=pulumi.ResourceOptions(parent=router),
    )
    listener = aws.lb.Listener(
        "http",
        load_balancer_arn=balancer.arn,
        port=80,
        protocol="HTTP",
        default_actions=[
            {"type": "fixed-response", "fixed_response": {"content_type": "text/plain", "status_code": "503"}}
        ],
        tags=tags("http"),
        opts=pulumi.ResourceOptions(parent=router),
    )

ASSUMED_BY_EC2 = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
}

for number in range(services):
    name = f"svc-{number}"
    own = tags(name, **{"bench:service": name, "bench:version": "1.4.0", "bench:release": name})
    service = component("Service", name)
    fleet = component("Fleet", name, service)
    of_service, of_fleet = pulumi.ResourceOptions(parent=service), pulumi.ResourceOptions(parent=fleet)
    group = security_group(name, network)
    role = aws.iam.Role(
        name, name_prefix=f"{name}-", assume_role_policy=json.dumps(ASSUMED_BY_EC2), tags=tags(name), opts=of_service
    )
    profile = aws.iam.InstanceProfile(name, name_prefix=f"{name}-", role=role.name, tags=tags(name), opts=of_service)
    template = aws.ec2.LaunchTemplate(
        name,
        name_prefix=f"{name}-",
        image_id="ami-0eb00000000000142",
        user_data=base64.b64encode(b"#!/bin/sh\nexec /opt/start\n").decode(),
        block_device_mappings=[
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_size": 8,
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
            "instance_metadata_tags": "disabled",
        },
        vpc_security_group_ids=[group.id],
        iam_instance_profile={"arn": profile.arn},
        tag_specifications=[{"resource_type": "volume", "tags": own}],
        tags=own,
        opts=of_fleet,
    )
    target_group = preview = None
    if listener is not None and balancer_group is not None and number < routed:
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-8080",
            security_group_id=group.id,
            ip_protocol="tcp",
            from_port=8080,
            to_port=8080,
            referenced_security_group_id=balancer_group.id,
            tags=tags(name),
            opts=pulumi.ResourceOptions(parent=network),
        )
        target_group = aws.lb.TargetGroup(
            name,
            name_prefix="bare-",
            vpc_id=vpc.id,
            port=8080,
            protocol="HTTP",
            target_type="instance",
            deregistration_delay=5,
            health_check={"path": "/healthz", "matcher": "200", "interval": 5, "timeout": 2},
            tags=own,
            opts=of_fleet,
        )
        preview = aws.lb.ListenerRule(
            f"{name}-preview",
            listener_arn=listener.arn,
            priority=1 + number,
            conditions=[{"http_header": {"http_header_name": "X-Release", "values": [name]}}],
            actions=[{"type": "forward", "target_group_arn": target_group.arn}],
            tags=own,
            opts=of_fleet,
        )
    instances = aws.autoscaling.Group(
        name,
        name_prefix=f"{name}-",
        min_size=1,
        max_size=2,
        health_check_type="ELB" if target_group else "EC2",
        vpc_zone_identifiers=subnets,
        target_group_arns=[target_group.arn] if target_group else None,
        mixed_instances_policy={
            "instances_distribution": {
                "on_demand_allocation_strategy": "prioritized",
                "on_demand_base_capacity": 0,
                "on_demand_percentage_above_base_capacity": 100,
                "spot_allocation_strategy": "price-capacity-optimized",
            },
            "launch_template": {
                "launch_template_specification": {
                    "launch_template_id": template.id,
                    "version": template.latest_version.apply(str),
                },
                "overrides": [{"instance_type": "t3.micro"}],
            },
        },
        wait_for_capacity_timeout="0",
        tags=[{"key": key, "value": value, "propagate_at_launch": True} for key, value in own.items()],
        opts=pulumi.ResourceOptions(parent=fleet, depends_on=[preview] if preview else []),
    )
    if listener is not None and target_group is not None:
        aws.lb.ListenerRule(
            name,
            listener_arn=listener.arn,
            priority=49_001 + number,
            conditions=[{"path_pattern": {"values": [f"/{name}/*"]}}],
            actions=[{"type": "forward", "forward": {"target_groups": [{"arn": target_group.arn, "weight": 100}]}}],
            tags=tags(name),
            opts=pulumi.ResourceOptions(parent=router, depends_on=[instances]),
        )
