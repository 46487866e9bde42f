"""SSM: parameters of the Parameter Store."""

from __future__ import annotations

from typing import Any

from sandbox.provider.aws import Retry
from sandbox.provider.codec import Codec
from sandbox.provider.diff import all_tags
from sandbox.provider.limits import among, length
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Step, Tagging, Type
from sandbox.provider.values import Values

_PARAMETER = {"ResourceType": "Parameter", "ResourceId": "{id}"}

#: With the tier left to AWS any tier is right.
_TIER = Codec(str, str, lambda state, wanted: wanted in ("Intelligent-Tiering", state))


def _is_downgrade(old: Any, new: Any) -> bool:
    return (old, new) == ("Advanced", "Standard")


def _value(live: Live) -> str | None:
    """The value, told as the property that was asked for: the others would show it, or keep it."""
    told_elsewhere = "valueWo" in live.inputs or _insecure(live) is not None
    return None if told_elsewhere else live.answer["Value"]


def _insecure(live: Live) -> str | None:
    is_asked = "insecureValue" in live.inputs and live.answer["Type"] != "SecureString"
    return live.answer["Value"] if is_asked else None


def _has_write_only(live: Live) -> bool | None:
    return True if "valueWo" in live.inputs else None


def _create(parameters: Values, inputs: Values) -> None:
    _only_with_a_key(parameters, inputs)
    parameters["Overwrite"] = inputs.get("overwrite", False)


def _change(parameters: Values, inputs: Values) -> None:
    _only_with_a_key(parameters, inputs)
    parameters["Overwrite"] = inputs.get("overwrite", True)
    for member in ("AllowedPattern", "Description"):
        parameters.setdefault(member, "")  # Left out, they would stay.


def _only_with_a_key(parameters: Values, inputs: Values) -> None:
    if inputs["type"] != "SecureString":
        parameters.pop("KeyId", None)


def _tag_later(_step: Step, parameters: Values) -> None:
    """AWS takes no tags with a call that may overwrite."""
    if parameters["Overwrite"]:
        parameters.pop("Tags", None)


def _tag(step: Step) -> None:
    tags: Any = all_tags(PARAMETER, step.new, dict(step.aws.settings.default_tags))
    if step.new.get("overwrite") and tags:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        step.aws.call("ssm", "AddTagsToResource", {"ResourceType": "Parameter", "ResourceId": step.id, "Tags": pairs})


def _moved(changed: frozenset[str], _inputs: Values) -> frozenset[str]:
    return frozenset({"version"} if changed & {"value", "insecureValue", "description"} else ())


def _problems(inputs: Values) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if inputs["type"] == "SecureString" and "insecureValue" in inputs:
        wrong["insecureValue"] = "invalid configuration, cannot set type = SecureString and insecure_value"
    for one, other in (("valueWo", "valueWoVersion"), ("valueWoVersion", "valueWo")):
        if one in inputs and other not in inputs:
            wrong[one] = f"all of `value_wo,value_wo_version` must be specified: {other} is missing"
    return wrong


# https://www.pulumi.com/registry/packages/aws/api-docs/ssm/parameter/
PARAMETER = Type(
    "aws:ssm/parameter:Parameter",
    "ssm",
    inputs={
        "allowedPattern": Field(limit=length(0, 1024)),
        "arn": Field(read="ARN", hooked=True, computed=True),  # No call takes it.
        "dataType": Field(
            replace=Replace.CHANGED, computed=True, limit=among("aws:ec2:image", "aws:ssm:integration", "text")
        ),
        "description": Field(limit=length(0, 1024)),
        "insecureValue": Field("Value", read=_insecure, computed=True),
        "keyId": Field(computed=True),
        "name": Field(replace=Replace.CHANGED, computed=True),
        "overwrite": Field(local=True),
        "tier": Field(
            computed=True,
            codec=_TIER,
            replace=_is_downgrade,
            limit=among("Standard", "Advanced", "Intelligent-Tiering"),
        ),
        "type": Field(required=True, limit=among("String", "StringList", "SecureString")),
        "value": Field(read=_value, computed=True),
        "valueWo": Field("Value", write_only=True),
        "valueWoVersion": Field(local=True, version_of="valueWo"),
    },
    outputs={"hasValueWo": _has_write_only, "version": "Version"},
    create=Call("PutParameter", adjust=_create),
    reads=(
        Read("GetParameter", {"Name": "{id}", "WithDecryption": "true"}, "Parameter"),
        Read(
            "DescribeParameters",
            {
                "ParameterFilters[0].Key": "Name",
                "ParameterFilters[0].Option": "Equals",
                "ParameterFilters[0].Values[0]": "{id}",
            },
            "Parameters[0]",
        ),
        Read("ListTagsForResource", _PARAMETER, "{Tags: TagList}"),
    ),
    updates=(Call("PutParameter", {"Name": "{id}"}, whole=True, adjust=_change),),
    delete=Call("DeleteParameter", {"Name": "{id}"}),
    id="Name",
    tags=Tagging(Call("AddTagsToResource", _PARAMETER), Call("RemoveTagsFromResource", _PARAMETER)),
    naming=Naming(2048, 0),
    one_of=(("insecureValue", "value", "valueWo"),),
    retries=(Retry("TooManyUpdates", 60),),
    moves=_moved,
    check=_problems,
    before_create=(_tag_later,),
    after_create=(_tag,),
)

ROWS = (PARAMETER,)
