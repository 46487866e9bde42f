"""What operates a fleet under the real engine, in a plain pulumi-aws program: schedules, alarms, logs, messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.engine.stage import STACK, programmed
from tests.engine.test_provider_program import SEED, Program

#: One of each type, in the plain SDK; what changes comes from the config.
PROGRAM = dedent("""
    import json, pulumi, pulumi_aws as aws

    given = pulumi.Config().get_object("given") or {}
    vpc = aws.ec2.get_vpc(default=True)
    subnets = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids
    image = aws.ec2.get_ami(most_recent=True, owners=["self"], filters=[{"name": "tag:service", "values": ["web"]}])
    template = aws.ec2.LaunchTemplate("web", image_id=image.id, instance_type="t3.micro")
    fleet = aws.autoscaling.Group("web", min_size=0, max_size=1, vpc_zone_identifiers=subnets,
                                  launch_template={"id": template.id, "version": "1"})
    assumed = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "autoscaling.amazonaws.com"}}]}
    role = aws.iam.Role("hooks", assume_role_policy=json.dumps(assumed))
    tags = {"team": given.get("team", "web")}

    topic = aws.sns.Topic("alerts", display_name="Alerts", kms_master_key_id="alias/aws/sns", tags=tags)
    orders = aws.sns.Topic("orders", name="orders.fifo", fifo_topic=True, content_based_deduplication=True)
    aws.sns.TopicSubscription("queue", topic=topic.arn, protocol="sqs",
                              endpoint="arn:aws:sqs:eu-west-1:123456789012:alerts",
                              raw_message_delivery=True, filter_policy=json.dumps({"service": ["web"]}))
    aws.sns.TopicSubscription("mail", topic=topic.arn, protocol="email", endpoint="ops@web.example")
    aws.iam.RolePolicy("publish", role=role.id, policy=topic.arn.apply(lambda arn: json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": arn}]})))
    aws.autoscaling.LifecycleHook(
        "drain", autoscaling_group_name=fleet.name, heartbeat_timeout=60, default_result="CONTINUE",
        lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING", notification_target_arn=topic.arn,
        role_arn=role.arn)
    aws.autoscaling.Schedule(
        "night", autoscaling_group_name=fleet.name, scheduled_action_name="night", recurrence="0 20 * * *",
        time_zone="Europe/Vienna", min_size=-1, max_size=-1, desired_capacity=0)
    alarm = aws.cloudwatch.MetricAlarm(
        "busy", namespace="AWS/EC2", metric_name="CPUUtilization", statistic="Average", period=60,
        dimensions={"AutoScalingGroupName": fleet.name}, comparison_operator="GreaterThanThreshold",
        threshold=given.get("threshold", 80), evaluation_periods=2, alarm_actions=[topic.arn], tags=tags)
    aws.cloudwatch.MetricAlarm(
        "rate", comparison_operator="GreaterThanThreshold", threshold=0.5, evaluation_periods=1, metric_queries=[
            {"id": "rate", "expression": "errors / requests", "return_data": True},
            {"id": "errors", "metric": {"namespace": "web", "metric_name": "Errors", "period": 60, "stat": "Sum"}},
            {"id": "requests", "metric": {"namespace": "web", "metric_name": "All", "period": 60, "stat": "Sum"}}])
    aws.cloudwatch.CompositeAlarm(
        "web", alarm_name="web", alarm_rule=alarm.name.apply(lambda name: f'ALARM("{name}")'),
        alarm_description=given.get("why", "Web is busy"), alarm_actions=[topic.arn])
    aws.cloudwatch.Dashboard("web", dashboard_name="web", dashboard_body=alarm.arn.apply(lambda arn: json.dumps(
        {"widgets": [{"type": "alarm", "properties": {"alarms": [arn]}}]})))
    aws.cloudwatch.LogGroup("web", name_prefix="/web/", retention_in_days=given.get("days", 30), tags=tags)
    aws.ssm.Parameter("image", name="/web/image", type="String", value=image.id, data_type="aws:ec2:image")
    aws.ssm.Parameter("key", type="SecureString", value="hush-hush", tags=tags)
    aws.ssm.Parameter("release", type="String", insecure_value=given.get("release", "1.5.0"))
""")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program of one of each, with nothing deployed."""
    with programmed(tmp_path, SEED, PROGRAM) as program:
        yield program


def test_one_of_each_comes_up_stays_as_it_is_changes_in_place_and_goes(program: Program) -> None:
    up = program.up()
    assert "warning" not in up.text
    assert "Diagnostics" not in up.text
    assert program.up("--expect-no-changes").code == 0
    refresh = program.pulumi("refresh", "--yes", "--stack", STACK, "--expect-no-changes")
    assert refresh.code == 0, refresh.text
    assert all("hush-hush" not in path.read_text() for path in program.home.backend.rglob("*.json*"))
    program.give(team="api", threshold=90, days=7, why="Far too busy", release="1.6.0")
    preview = program.preview("--json")
    assert sorted(program.steps(preview)) == [
        ("update", "aws:cloudwatch/compositeAlarm:CompositeAlarm::web"),
        ("update", "aws:cloudwatch/logGroup:LogGroup::web"),
        ("update", "aws:cloudwatch/metricAlarm:MetricAlarm::busy"),
        ("update", "aws:sns/topic:Topic::alerts"),
        ("update", "aws:ssm/parameter:Parameter::key"),
        ("update", "aws:ssm/parameter:Parameter::release"),
    ]
    program.up()
    assert program.up("--expect-no-changes").code == 0
    gone = program.pulumi("destroy", "--yes", "--stack", STACK)
    assert gone.code == 0, gone.text
    assert program.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert program.client("logs").describe_log_groups()["logGroups"] == []
    assert program.client("sns").list_topics()["Topics"] == []
    assert program.client("ssm").describe_parameters()["Parameters"] == []
