"""A new version is a new fleet beside the old one: nothing that runs is changed, and nothing goes first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import Severity

from components.digest import IDENTITY, TAG_DIGEST, TAG_RELEASE, Kind, digest_tag
from policies.kinds import CHAIN, GROUP, INSTANCE, LAUNCH_CONFIGURATION, TARGET_GROUP, TARGET_GROUPS, TEMPLATE
from policies.rule import Found, Rule, Subject, listed, members, tags_of

_KINDS: Mapping[str, Kind] = {TEMPLATE: "template", GROUP: "group", **dict.fromkeys(TARGET_GROUPS, "target_group")}

#: What may be ignored without anything that runs being other than declared.
_HARMLESS: Mapping[str, frozenset[str]] = {
    TEMPLATE: frozenset({"tags", "tagsAll", "description"}),
    GROUP: frozenset({"desiredCapacity", "minSize", "maxSize", "tags", "suspendedProcesses", "enabledMetrics"}),
    **dict.fromkeys(TARGET_GROUPS, frozenset({"tags", "tagsAll"})),
}

#: How Pulumi makes a name: the logical one, cut if it is too long, and seven hex digits.
_MADE_UP = r"-[0-9a-f]{7}"


def _numbered_version(subject: Subject) -> Found:
    for path, specification in _specifications(subject.inputs):
        with subject.as_far_as_known():
            version = specification.get("version")
            if version is None:
                yield f"{path} names no version, so it is $Default, which moves"
            elif not re.fullmatch(r"\d+", str(version)):
                yield f"{path}.version is {version}, which moves"


def _specifications(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every place of a group that names a launch template."""
    if (template := inputs.get("launchTemplate")) is not None:
        yield "launchTemplate", template
    mixed = members(members(inputs.get("mixedInstancesPolicy")).get("launchTemplate"))
    specification = "launchTemplateSpecification"
    if (found := mixed.get(specification)) is not None:
        yield f"mixedInstancesPolicy.launchTemplate.{specification}", found
    for index, override in enumerate(listed(mixed.get("overrides"))):
        if (found := override.get(specification)) is not None:
            yield f"mixedInstancesPolicy.launchTemplate.overrides[{index}].{specification}", found


def _creates_first(subject: Subject) -> Found:
    if subject.options.delete_before_replace:
        yield "delete_before_replace is set, so a replacement takes it away before its successor stands"


def _unfixed_name(subject: Subject) -> Found:
    name = subject.inputs.get("name")
    if name is None or subject.options.delete_before_replace is False:
        return
    if not _made_up(str(name), subject.name):
        yield f"name is fixed ({name}), so a replacement deletes the old one first to free it"


def _made_up(name: str, logical: str) -> bool:
    """Whether the provider made the name from the logical one; inputs don't say it."""
    found = re.fullmatch(rf"(.*){_MADE_UP}", name)
    return found is not None and bool(found[1]) and logical.startswith(found[1])


def _nothing_ignored(subject: Subject) -> Found:
    for path in subject.options.ignore_changes:
        top = re.split(r"[.\[]", _camel(path))[0]
        if top == "*" or top not in _HARMLESS[subject.type]:
            yield f"ignore_changes names {path}, so what runs can differ from what is declared"


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _no_change_under_the_group(subject: Subject) -> Found:
    if subject.inputs.get("instanceRefresh") is not None:
        yield "instanceRefresh is set, so an edit changes the instances under the group"
    if subject.inputs.get("launchConfiguration") is not None:
        yield "launchConfiguration is set; launch configurations take no part in versions or new instance types"
    if subject.inputs.get("maxInstanceLifetime") and not subject.settings["max_instance_lifetime"]:
        yield "maxInstanceLifetime is set, so AWS replaces instances at times of its own"


def _no_single_servers(subject: Subject) -> Found:
    kind = subject.type.rpartition(":")[2]
    yield f"{kind} {subject.name} stands alone: no group replaces it, and a new version changes it"


def _true_digest(subject: Subject) -> Found:
    tags = tags_of(subject.inputs)
    tag = tags.get(TAG_DIGEST)
    if tag is None:
        if TAG_RELEASE in tags:
            yield f"it has the tag {TAG_RELEASE} without {TAG_DIGEST}, so its content can't be checked"
        elif subject.settings["required"]:
            yield f"it has no tag {TAG_DIGEST}, so its content can't be checked"
        return
    layout = tag.partition(":")[0]
    if not layout.isdigit() or int(layout) not in IDENTITY:
        yield f"tag {TAG_DIGEST} is {tag}, which is of no known layout"
        return
    actual = digest_tag(_KINDS[subject.type], subject.inputs, int(layout))
    if actual != tag:
        yield f"tag {TAG_DIGEST} is {tag}, but its content's is {actual}: content and name no longer belong together"


RULES = (
    Rule(
        "numbered-template-version",
        "A group pins its launch template's version by number.",
        Severity.CRITICAL,
        "Give the version as a number: launch_template.latest_version",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html",
        (GROUP,),
        _numbered_version,
    ),
    Rule(
        "created-before-deleted",
        "Nothing that a fleet depends on asks to be deleted before its replacement exists.",
        Severity.CRITICAL,
        "Leave delete_before_replace out, or set it to False",
        "https://www.pulumi.com/docs/iac/concepts/resources/options/deletebeforereplace/",
        CHAIN,
        _creates_first,
    ),
    Rule(
        "no-fixed-name",
        "Nothing that a fleet depends on has a fixed physical name, for which a replacement deletes the old one first.",
        Severity.HIGH,
        "Use name_prefix, or leave the name to Pulumi; where the name has to be, set delete_before_replace=False",
        "https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming",
        CHAIN,
        _unfixed_name,
    ),
    Rule(
        "identity-not-ignored",
        "No change of what identifies a release is ignored.",
        Severity.CRITICAL,
        "Take it out of ignore_changes, and give a new content a new release",
        "https://www.pulumi.com/docs/iac/concepts/resources/options/ignorechanges/",
        (TEMPLATE, GROUP, *TARGET_GROUPS),
        _nothing_ignored,
    ),
    Rule(
        "no-change-under-the-group",
        "Nothing changes the instances of a group under it: no instance refresh, no launch configuration.",
        Severity.CRITICAL,
        "Make a new group from a new template instead",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html",
        (GROUP,),
        _no_change_under_the_group,
        settings={
            "max_instance_lifetime": {
                "type": "boolean",
                "default": False,
                "description": "Whether a group may limit its instances' lifetime.",
            }
        },
    ),
    Rule(
        "no-single-servers",
        "Servers belong to a group: no standalone instances, no launch configurations.",
        Severity.HIGH,
        "Make it an Auto Scaling group of one with a launch template",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html",
        (
            INSTANCE,
            LAUNCH_CONFIGURATION,
            "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
            "aws:ec2/spotFleetRequest:SpotFleetRequest",
            "aws:lightsail/instance:Instance",
        ),
        _no_single_servers,
    ),
    Rule(
        "true-digest",
        "The digest tag of a template, group or target group matches its content.",
        Severity.CRITICAL,
        "Let the component library make the resource; by hand, give the new content a new release",
        "https://github.com/pulumi/pulumi-policy/issues/154",
        (TEMPLATE, GROUP, TARGET_GROUP),
        _true_digest,
        settings={
            "required": {
                "type": "boolean",
                "default": False,
                "description": "Whether resources without any tag of a release are refused too.",
            }
        },
    ),
)
