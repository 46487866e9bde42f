"""The provider under the real engine: a plain pulumi-aws program that knows nothing of this project."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from tests.engine.stage import STACK, Program, programmed

SEED = Path(__file__).parents[1] / "sandbox" / "seed.yaml"

#: One of everything, in the plain SDK; what a test changes comes from the config.
PROGRAM = dedent("""
    import json, pulumi, pulumi_aws as aws

    given = pulumi.Config().get_object("given") or {}
    vpc = aws.ec2.get_vpc(default=True)
    subnets = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids
    image = aws.ec2.get_ami(most_recent=True, owners=["self"], filters=[{"name": "tag:service", "values": ["web"]}])
    assumed = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}

    role = aws.iam.Role("web", assume_role_policy=json.dumps(assumed), tags={"a": "b"})
    aws.iam.RolePolicyAttachment("read", role=role.name, policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    profile = aws.iam.InstanceProfile("web", role=role.name)
    group = aws.ec2.SecurityGroup("web", vpc_id=vpc.id, description="web")
    aws.vpc.SecurityGroupEgressRule("out", security_group_id=group.id, ip_protocol="-1", cidr_ipv4="0.0.0.0/0")
    aws.vpc.SecurityGroupIngressRule("in", security_group_id=group.id, ip_protocol="tcp", from_port=80, to_port=80,
                                     cidr_ipv4="10.0.0.0/8", description="from inside")
    template = aws.ec2.LaunchTemplate(
        "web", name_prefix="web-", image_id=image.id, instance_type=given.get("type", "t3.micro"),
        vpc_security_group_ids=[group.id], iam_instance_profile={"arn": profile.arn},
        metadata_options={"http_tokens": "required"},
        block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"encrypted": "true", "volume_size": 8}}],
        tag_specifications=[{"resource_type": "volume", "tags": {"a": "b"}}])
    targets = aws.lb.TargetGroup("web", port=given.get("port", 80), protocol="HTTP", vpc_id=vpc.id,
                                 health_check={"path": "/healthz"}, deregistration_delay=5,
                                 **({"name": given["name"]} if "name" in given else {"name_prefix": "web-"}))
    balancer = aws.lb.LoadBalancer("web", subnets=subnets[:2], security_groups=[group.id])
    listener = aws.lb.Listener("web", load_balancer_arn=balancer.arn, port=80, protocol="HTTP", default_actions=[
        {"type": "fixed-response",
         "fixed_response": {"content_type": "text/plain", "message_body": "no", "status_code": "503"}}])
    rule = aws.lb.ListenerRule(
        "web", listener_arn=listener.arn, priority=10, conditions=[{"path_pattern": {"values": ["/*"]}}],
        actions=[{"type": "forward", "forward": {"target_groups": [{"arn": targets.arn, "weight": 100}]}}])
    fleet = aws.autoscaling.Group(
        "web", min_size=1, max_size=given.get("max", 3), vpc_zone_identifiers=subnets,
        target_group_arns=[targets.arn], health_check_type="ELB",
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        tags=[{"key": "Name", "value": "web", "propagate_at_launch": True}],
        min_elb_capacity=1, wait_for_capacity_timeout="60s",
        opts=pulumi.ResourceOptions(depends_on=[rule], ignore_changes=given.get("ignore", [])))
    aws.autoscaling.Policy(
        "web", autoscaling_group_name=fleet.name, policy_type="TargetTrackingScaling",
        target_tracking_configuration={"target_value": 100, "predefined_metric_specification": {
            "predefined_metric_type": "ALBRequestCountPerTarget",
            "resource_label": pulumi.Output.concat(balancer.arn_suffix, "/", targets.arn_suffix)}})
    pulumi.export("fleet", fleet.name)
    pulumi.export("version", template.latest_version)
    pulumi.export("account", aws.get_caller_identity().account_id)
    pulumi.export("zones", aws.get_availability_zones(state="available").names)
    pulumi.export("password", pulumi.Output.secret(pulumi.Config().get("password") or "none"))
""")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program of one of everything, with nothing deployed."""
    with programmed(tmp_path, SEED, PROGRAM) as program:
        yield program


def test_one_of_everything_comes_up_stays_as_it_is_and_goes(program: Program) -> None:
    up = program.up()
    assert "warning" not in up.text
    assert "Diagnostics" not in up.text
    outputs = program.outputs()
    assert outputs["account"] == "123456789012"
    assert outputs["zones"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert program.up("--expect-no-changes").code == 0
    refresh = program.pulumi("refresh", "--yes", "--stack", STACK, "--expect-no-changes")
    assert refresh.code == 0, refresh.text
    assert program.up("--expect-no-changes").code == 0
    gone = program.pulumi("destroy", "--yes", "--stack", STACK)
    assert gone.code == 0, gone.text
    assert program.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert program.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert "ModifyLaunchTemplate" not in program.writes()


def test_a_template_changes_in_place_and_what_depends_on_its_version_follows(program: Program) -> None:
    program.up()
    program.give(type="t3.small")
    preview = program.preview("--json")
    assert program.steps(preview) == [
        ("update", "aws:ec2/launchTemplate:LaunchTemplate::web"),
        ("update", "aws:autoscaling/group:Group::web"),
    ]
    shown = program.preview("--diff")
    assert "latestVersion" in shown.text, shown.text
    program.up()
    assert program.outputs()["version"] == 2
    (group,) = program.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["LaunchTemplate"]["Version"] == "2"
    # A new version starts no instance: the running ones are old.
    assert len(group["Instances"]) == 1
    assert program.up("--expect-no-changes").code == 0


@pytest.mark.parametrize(
    ("given", "first"),
    [({}, "create-replacement"), ({"name": "fixed"}, "delete-replaced")],
    ids=["prefix", "fixed name"],
)
def test_a_replacement_is_created_first_unless_its_name_is_fixed(
    program: Program, given: dict[str, str], first: str
) -> None:
    program.give(**given)
    program.up()
    program.give(**given, port=81)
    preview = program.preview("--json", "--show-replacement-steps")
    targets = [op for op, name in program.steps(preview) if name == "aws:lb/targetGroup:TargetGroup::web"]
    assert targets[0] == first, preview.text
    if not given:
        program.up()
        assert program.up("--expect-no-changes").code == 0


def test_what_is_ignored_stays_as_it_is(program: Program) -> None:
    program.up()
    program.give(max=9, ignore=["maxSize"])
    assert program.up("--expect-no-changes").code == 0
    program.give(max=9)
    program.up()
    (group,) = program.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["MaxSize"] == 9


def test_an_approved_plan_is_what_runs_names_included(program: Program) -> None:
    saved = program.preview("--save-plan", "plan.json")
    assert saved.code == 0, saved.text
    program.up("--plan", "plan.json")
    assert program.up("--expect-no-changes").code == 0


def test_a_secret_never_lies_in_a_plan_or_the_state_in_the_clear(program: Program) -> None:
    text = (program.folder / "__main__.py").read_text()
    secret = 'tags={"a": pulumi.Output.secret("hush-hush")}'
    (program.folder / "__main__.py").write_text(
        text.replace('tags={"a": "b"})\naws.iam.RolePolicy', f"{secret})\naws.iam.RolePolicy")
    )
    assert secret in (program.folder / "__main__.py").read_text()
    assert program.preview("--save-plan", "plan.json").code == 0
    assert "hush-hush" not in (program.folder / "plan.json").read_text()
    program.up()
    for path in program.home.backend.rglob("*.json*"):
        assert "hush-hush" not in path.read_text(), path
    told = program.client("iam").list_roles()["Roles"]
    (role,) = [one["RoleName"] for one in told if one["RoleName"].startswith("web-")]
    tags = program.client("iam").list_role_tags(RoleName=role)["Tags"]
    assert {"Key": "a", "Value": "hush-hush"} in tags


def test_a_group_that_misses_its_capacity_is_kept_and_the_next_update_goes_on_from_there(program: Program) -> None:
    text = (program.folder / "__main__.py").read_text()
    text = text.replace("min_elb_capacity=1", "wait_for_elb_capacity=5").replace('"60s"', '"2s"')
    (program.folder / "__main__.py").write_text(text)
    run = program.pulumi("up", "--yes", "--stack", STACK)
    assert run.code != 0
    assert "capacity satisfied: timeout while waiting for state to become 'ok'" in run.text
    assert "want at least 5 healthy instance(s) registered to Load Balancer, have" in run.text
    (first,) = program.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    # The real provider waits again only if a size changed: the retry is an empty update that goes through.
    program.up()
    (second,) = program.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert second["AutoScalingGroupName"] == first["AutoScalingGroupName"]


def test_what_exists_can_be_imported(program: Program) -> None:
    client = program.client("ec2")
    id_ = client.create_security_group(GroupName="by-hand", Description="made by hand")["GroupId"]
    (program.folder / "__main__.py").write_text(
        dedent(f"""
            import pulumi, pulumi_aws as aws
            aws.ec2.SecurityGroup("mine", name="by-hand", description="made by hand",
                                  opts=pulumi.ResourceOptions(import_="{id_}"))
        """)
    )
    up = program.up()
    assert "1 imported" in up.text
    assert program.up("--expect-no-changes").code == 0


def _operations(program: Program) -> set[str]:
    return {call.operation for call in program.journal()}


def test_a_killed_engine_takes_the_plugin_with_it(program: Program) -> None:
    up = program.start("up", "--yes", "--skip-preview", "--stack", STACK)
    deadline = time.monotonic() + 60
    # While the group waits for its capacity the engine writes nothing: a kill amid a checkpoint would spoil that.
    while "CreateAutoScalingGroup" not in program.writes() or "DescribeTargetHealth" not in _operations(program):
        assert time.monotonic() < deadline and up.poll() is None
        time.sleep(0.05)
    children = psutil.Process(up.pid).children(recursive=True)
    os.kill(up.pid, signal.SIGKILL)
    up.wait()
    _, left = psutil.wait_procs(children, timeout=5)
    assert left == []
    assert program.pulumi("cancel", "--yes", "--stack", STACK).code == 0
    done = program.pulumi("up", "--yes", "--stack", STACK, "--skip-preview")
    assert done.code == 0, done.text
