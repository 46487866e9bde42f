"""What boots is known: images by id, owned, tested and young; containers by digest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pulumi_policy import Severity

from policies.allowed import Allowed, wrong
from policies.boot.shell import commands
from policies.boot.user_data import text_of
from policies.described import account, describe
from policies.kinds import INSTANCE, LAUNCH_CONFIGURATION, TEMPLATE
from policies.rule import Found, Rule, Subject, listed

_IMAGE_ID = r"ami-([0-9a-f]{8}|[0-9a-f]{17})"
_DIGEST = r".+@sha256:[0-9a-f]{64}"
_ENGINES = frozenset({"docker", "podman", "nerdctl", "ctr", "crictl"})
#: Options of `docker run` and `docker pull` that take no value; all others do, unless written with `=`.
_FLAGS = frozenset(
    """-d --detach -i --interactive -t --tty -it -ti -dit -di --rm --privileged --init --read-only -P --publish-all
    -q --quiet --no-healthcheck --oom-kill-disable --all-tags -a""".split()  # noqa: SIM905  # As they are typed.
)
_TASK, _IMAGE, _CONTAINER = (
    "aws:ecs/taskDefinition:TaskDefinition",
    "docker:index/remoteImage:RemoteImage",
    "docker:index/container:Container",
)
_FUNCTION = "aws:lambda/function:Function"
_REPOSITORY = "aws:ecr/repository:Repository"


def _by_id(subject: Subject) -> Found:
    image = subject.inputs.get("imageId", subject.inputs.get("ami"))
    if image is None:
        yield "imageId is missing, so whoever uses the template decides what boots"
    elif not re.fullmatch(_IMAGE_ID, str(image)):
        yield f"imageId is {image}, which is no image's id: what it stands for can change"


def _allowed(subject: Subject) -> Found:
    image = subject.inputs.get("imageId")
    if image is None or not re.fullmatch(_IMAGE_ID, str(image)):
        return  # `image-by-id` speaks of that.
    region = subject.inputs.get("region") or None
    found = describe(str(image), region)
    if found is None:
        yield f"image {image} doesn't exist, or this account may not use it"
        return
    settings = subject.settings
    allowed = Allowed(
        [str(one) for one in listed(settings["owners"])], str(settings["tested_tag"]), settings["max_age_days"]
    )
    yield from (one.reason for one in wrong(found, account(region), allowed, datetime.now(UTC)))


def _by_digest(subject: Subject) -> Found:
    for path, image in _images(subject):
        if not re.fullmatch(_DIGEST, image):
            yield f"{path} names {image}, a tag that can move"


def _images(subject: Subject) -> Iterator[tuple[str, str]]:
    """Every container image that a resource names, with the property."""
    inputs = subject.inputs
    if subject.type == _TASK:
        definitions = inputs.get("containerDefinitions")
        parsed: Any = json.loads(definitions) if isinstance(definitions, str) else listed(definitions)
        for index, one in enumerate(parsed):
            yield f"containerDefinitions[{index}].image", str(one.get("image", ""))
    elif subject.type == _FUNCTION:
        if (uri := inputs.get("imageUri")) is not None:
            yield "imageUri", str(uri)
    elif subject.type in (_IMAGE, _CONTAINER):
        name = "name" if subject.type == _IMAGE else "image"
        image = str(inputs[name])
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", image):
            yield name, image
    else:
        for name in ("userData", "userDataBase64"):
            with subject.as_far_as_known():
                yield from ((name, image) for image in _pulled(inputs.get(name)))


def _pulled(user_data: Any) -> Iterator[str]:
    """The images that a boot script runs or pulls."""
    text = text_of(str(user_data)) if user_data else None
    for command in commands(text) if text else ():
        if command.name not in _ENGINES or not {"run", "pull", "create"} & {*command.words}:
            continue
        verb = next(index for index, word in enumerate(command.words) if word in ("run", "pull", "create"))
        if image := _image(list(command.words[verb + 1 :])):
            yield image


def _image(words: list[str]) -> str | None:
    """The first word that is neither an option nor an option's value; None if only the run can tell."""
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            return word or None
        if word not in _FLAGS and "=" not in word and words:
            words.pop(0)
    return None


def _safe_registry(subject: Subject) -> Found:
    mutability = str(subject.inputs.get("imageTagMutability", "MUTABLE"))
    if mutability != "IMMUTABLE":
        yield f"imageTagMutability is {mutability}, so a tag can be given to another image"
    scanning = subject.inputs.get("imageScanningConfiguration")
    if not (scanning and scanning.get("scanOnPush")):
        yield "imageScanningConfiguration.scanOnPush is not set, so nobody looks at what is pushed"


_IMMUTABLE_PAGE = (
    "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/"
    "rel_tracking_change_management_immutable_infrastructure.html"
)

RULES = (
    Rule(
        "image-by-id",
        "A launch template names its image by id, not by an alias that can move.",
        Severity.CRITICAL,
        "Give an id, such as ami-0123456789abcdef0, looked up when the release is written",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html",
        (TEMPLATE, INSTANCE, LAUNCH_CONFIGURATION),
        _by_id,
    ),
    Rule(
        "image-allowed",
        "An image exists, is owned by whom the allow-list names, tested, and neither deprecated nor too old.",
        Severity.HIGH,
        "Use an image of your own pipeline that has passed its tests, or widen this rule's settings",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-allowed-amis.html",
        (TEMPLATE,),
        _allowed,
        settings={
            "owners": {
                "type": "array",
                "items": {"type": "string"},
                "default": list(Allowed.owners),
                "description": "Account ids or aliases (amazon) whose images may boot; self is the stack's account.",
            },
            "tested_tag": {
                "type": "string",
                "default": Allowed.tested_tag,
                "description": "The tag that a tested image has, as KEY=VALUE; empty asks for none.",
            },
            "max_age_days": {
                "type": "number",
                "default": Allowed.max_age_days,
                "description": "How old an image may be; 0 is no limit.",
            },
        },
    ),
    Rule(
        "container-by-digest",
        "Containers are named by digest, never by tag.",
        Severity.HIGH,
        "Write NAME@sha256:…, the digest that the registry printed when the image was pushed",
        _IMMUTABLE_PAGE,
        (TEMPLATE, INSTANCE, LAUNCH_CONFIGURATION, _TASK, _FUNCTION, _IMAGE, _CONTAINER),
        _by_digest,
    ),
    Rule(
        "registry-immutable",
        "A container registry keeps its tags and scans what is pushed.",
        Severity.HIGH,
        "Set image_tag_mutability='IMMUTABLE' and image_scanning_configuration={'scan_on_push': True}",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html",
        (_REPOSITORY,),
        _safe_registry,
    ),
)
