"""The ways a program leads its resources to AWS, under the real engine: explicit providers, regions, roles, options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import boto3
import pytest

from sandbox import cloud
from tests.engine.stage import STACK, Program, programmed
from tests.engine.test_provider_program import SEED

#: A resource for each way; `given` says where another cloud is, what stood before, and what is otherwise now.
PROGRAM = dedent("""
    import pulumi, pulumi_aws as aws

    given = pulumi.Config().require_object("given")
    after = given["after"]
    options = pulumi.ResourceOptions

    def everywhere(args):
        args.props["tags"] = {**(args.props.get("tags") or {}), "by": "transform"}
        return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)

    def one(args):
        return pulumi.ResourceTransformationResult(props={**args.props, "display_name": "Transformed"}, opts=args.opts)

    plain = aws.sns.Topic("plain", tags={"own": "yes"})
    far = aws.sns.Topic("far", region="eu-central-1")
    west = aws.Provider("west", region="us-west-2",
                        default_tags={"tags": {"team": "web", "own": "no"}})
    tagged = aws.sns.Topic("tagged", tags={"own": "yes"}, opts=options(provider=west))
    assumed = aws.Provider("assumed", region="eu-west-1", allowed_account_ids=["111122223333"],
                           assume_roles=[{"role_arn": "arn:aws:iam::111122223333:role/deploy", "session_name": "ci"}])
    other = aws.sns.Topic("other", opts=options(provider=assumed))
    elsewhere = aws.Provider("elsewhere", region="eu-west-1", access_key="elsewhere",
                             secret_key=pulumi.Output.secret("hush-hush"),
                             endpoints=[{"sns": given["endpoint"], "sts": given["endpoint"]}])
    cloned = aws.sns.Topic("cloned", opts=options(provider=elsewhere))

    renamed = aws.sns.Topic("new" if after else "old", name="renamed",
                            opts=options(aliases=[pulumi.Alias(name="old")] if after else []))
    class Shelf(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("plain:index:Shelf", name)
    shelf = Shelf("shelf") if after else None
    moved = aws.sns.Topic("moved", name="moved", opts=options(
        parent=shelf, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)] if after else []))
    ignoring = aws.sns.Topic("ignoring", display_name="Other" if after else "First",
                             tags={"kept": "other" if after else "first", "own": "yes"},
                             opts=options(ignore_changes=["displayName", "tags.kept"]))
    transformed = aws.sns.Topic("transformed", display_name="First", opts=options(transformations=[one]))
    new = aws.sns.Topic("transforms", tags={"own": "yes"}, opts=options(transforms=[everywhere]))

    topic = aws.sns.Topic.get("found", given["topic"])
    group = aws.ec2.SecurityGroup.get("found", given["group"])
    adopted = aws.sns.Topic("adopted", name="adopted", display_name="By hand", opts=options(import_=given["adopted"]))
    hidden = aws.ssm.Parameter("hidden", type="String", value=pulumi.Output.secret("hush-hush"))

    pulumi.export("here", aws.get_region().region)
    pulumi.export("west", aws.get_region(opts=pulumi.InvokeOptions(provider=west)).region)
    caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=assumed))
    pulumi.export("account", caller.account_id)
    pulumi.export("far", far.region)
    pulumi.export("tagged", tagged.tags_all)
    pulumi.export("found", topic.display_name)
    pulumi.export("group", group.description)
    pulumi.export("transformed", transformed.display_name)
    pulumi.export("transforms", new.tags)
    pulumi.export("value", hidden.value)
""")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program, with nothing deployed."""
    with programmed(tmp_path, SEED, PROGRAM) as program:
        yield program


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[str]:
    """The address of another cloud."""
    yield cloud.start(tmp_path / "clone", SEED)
    cloud.stop(tmp_path / "clone")


def topics(url: str, region: str, credentials: dict[str, Any] | None = None) -> set[str]:
    """The logical names of a region's topics, as automatic naming has them at the front."""
    keys = credentials or {"AccessKeyId": "sandbox", "SecretAccessKey": "sandbox", "SessionToken": None}
    session: Any = boto3
    client = session.client(
        "sns",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    arns = [each["TopicArn"] for each in client.list_topics()["Topics"]]
    return {arn.rpartition(":")[2].partition("-")[0] for arn in arns}


def test_resources_are_where_and_what_their_providers_and_options_say(program: Program, clone: str) -> None:
    sns = program.client("sns")
    stood = {
        "topic": sns.create_topic(Name="stood", Attributes={"DisplayName": "Stood before"})["TopicArn"],
        "adopted": sns.create_topic(Name="adopted", Attributes={"DisplayName": "By hand"})["TopicArn"],
        "group": program.client("ec2").create_security_group(GroupName="stood", Description="By hand")["GroupId"],
    }
    program.give(**stood, endpoint=clone, after=False)
    up = program.up("--skip-preview")
    assert "warning" not in up.text
    assert "= 1 imported" in up.text
    here = {"plain", "renamed", "moved", "ignoring", "transformed", "transforms", "adopted", "stood"}
    url = program.environment["AWS_ENDPOINT_URL"]
    there = program.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/deploy", RoleSessionName="look")
    assert topics(url, "eu-west-1") == here
    assert topics(url, "eu-central-1") == {"far"}
    assert topics(url, "us-west-2") == {"tagged"}
    assert topics(url, "eu-west-1", there["Credentials"]) == {"other"}
    assert topics(clone, "eu-west-1") == {"cloned"}
    assert program.outputs() == {
        "here": "eu-west-1",
        "west": "us-west-2",
        "account": "111122223333",
        "far": "eu-central-1",
        "tagged": {"team": "web", "own": "yes"},
        "found": "Stood before",
        "group": "By hand",
        "transformed": "Transformed",
        "transforms": {"own": "yes", "by": "transform"},
        "value": "[secret]",
    }
    for path in [*program.home.backend.rglob("*.json*")]:
        assert "hush-hush" not in path.read_text(), path

    # Another name, another parent, and what is ignored: nothing of it is a change in AWS.
    program.give(**stood, endpoint=clone, after=True)
    mark = program.mark()
    later = program.up("--skip-preview")
    assert "+ 1 created" in later.text, later.text  # The component.
    assert "updated" not in later.text, later.text
    assert set(program.writes(mark)) == {"AssumeRole"}
    refresh = program.must("refresh", "--yes", "--skip-preview", "--run-program=false", "--stack", STACK)
    assert "updated" not in refresh.text, refresh.text

    program.must("destroy", "--yes", "--skip-preview", "--run-program=false", "--stack", STACK)
    # What is only read is nobody's to delete.
    assert topics(url, "eu-west-1") == {"stood"}
    assert topics(url, "us-west-2") | topics(url, "eu-central-1") | topics(clone, "eu-west-1") == set()
    assert topics(url, "eu-west-1", there["Credentials"]) == set()
