"""A web fleet behind a balancer, scaled by load and by the clock, watched by an alarm."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

given: dict[str, Any] = pulumi.Config("fleet").get_object("given") or {}

vpc = aws.ec2.get_vpc(default=True)
subnets = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}])
image = aws.ec2.get_ami(owners=["self"], most_recent=True, filters=[{"name": "name", "values": ["web *"]}])
tags = {"Project": pulumi.get_project(), "Stack": pulumi.get_stack()}

front = aws.ec2.SecurityGroup(
    "front",
    vpc_id=vpc.id,
    description="Visitors",
    ingress=[{"protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"]}],
    egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
    tags=tags,
)
back = aws.ec2.SecurityGroup(
    "back",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 8080, "to_port": 8080, "security_groups": [front.id]}],
    tags=tags,
)
template = aws.ec2.LaunchTemplate(
    "web",
    image_id=image.id,
    instance_type=given.get("type", "t3.micro"),
    vpc_security_group_ids=[back.id],
    tag_specifications=[{"resource_type": "instance", "tags": tags}],
)
balancer = aws.lb.LoadBalancer(
    "web",
    load_balancer_type="application",
    security_groups=[front.id],
    subnets=subnets.ids,
    idle_timeout=given.get("idle", 60),
    tags=tags,
)
targets = aws.lb.TargetGroup(
    "web",
    port=given.get("port", 8080),
    protocol="HTTP",
    vpc_id=vpc.id,
    health_check={"path": "/health", "interval": 10, "matcher": "200-299"},
    deregistration_delay=0,
)
listener = aws.lb.Listener(
    "http",
    load_balancer_arn=balancer.arn,
    port=80,
    protocol="HTTP",
    default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
)
aws.lb.ListenerRule(
    "old-path",
    listener_arn=listener.arn,
    priority=10,
    conditions=[{"path_pattern": {"values": ["/old/*"]}}],
    actions=[{"type": "redirect", "redirect": {"path": "/new/#{path}", "status_code": "HTTP_301"}}],
)
aws.lb.ListenerRule(
    "closed",
    listener_arn=listener.arn,
    priority=20,
    conditions=[{"host_header": {"values": ["closed.example.com"]}}, {"http_request_method": {"values": ["GET"]}}],
    actions=[
        {
            "type": "fixed-response",
            "fixed_response": {"content_type": "text/plain", "message_body": "Closed", "status_code": "410"},
        }
    ],
)
fleet = aws.autoscaling.Group(
    "web",
    vpc_zone_identifiers=subnets.ids,
    min_size=1,
    desired_capacity=2,
    max_size=given.get("most", 4),
    health_check_type="ELB",
    health_check_grace_period=5,
    target_group_arns=[targets.arn],
    launch_template={"id": template.id, "version": template.latest_version.apply(str)},
    tags=[{"key": key, "value": value, "propagate_at_launch": True} for key, value in tags.items()],
    opts=pulumi.ResourceOptions(depends_on=[listener]),
)
aws.autoscaling.Policy(
    "load",
    autoscaling_group_name=fleet.name,
    policy_type="TargetTrackingScaling",
    target_tracking_configuration={
        "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
        "target_value": 60,
    },
)
more = aws.autoscaling.Policy(
    "more",
    autoscaling_group_name=fleet.name,
    adjustment_type="ChangeInCapacity",
    scaling_adjustment=1,
    cooldown=120,
)
aws.autoscaling.Schedule(
    "evening",
    autoscaling_group_name=fleet.name,
    scheduled_action_name="evening",
    recurrence="0 18 * * MON-FRI",
    time_zone="Europe/Berlin",
    min_size=1,
    max_size=2,
    desired_capacity=1,
)
alerts = aws.sns.Topic("alerts")
aws.cloudwatch.MetricAlarm(
    "slow",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=2,
    metric_name="TargetResponseTime",
    namespace="AWS/ApplicationELB",
    period=60,
    extended_statistic="p95",
    threshold=given.get("slow", 0.5),
    dimensions={"LoadBalancer": balancer.arn_suffix},
    alarm_actions=[more.arn, alerts.arn],
)
aws.cloudwatch.Dashboard(
    "web",
    dashboard_name="web",
    dashboard_body=balancer.arn_suffix.apply(
        lambda suffix: json.dumps(
            {
                "widgets": [
                    {
                        "type": "metric",
                        "width": 12,
                        "height": 6,
                        "properties": {
                            "region": "eu-west-1",
                            "metrics": [["AWS/ApplicationELB", "RequestCount", "LoadBalancer", suffix]],
                        },
                    }
                ]
            }
        )
    ),
)
if "adopt" in given:
    aws.ec2.SecurityGroup(
        "adopted",
        name="by-hand",
        description="made by hand",
        opts=pulumi.ResourceOptions(import_=given["adopt"]),
    )

pulumi.export("url", pulumi.Output.concat("http://", balancer.dns_name))
pulumi.export("fleet", fleet.name)
pulumi.export("targets", targets.arn)
