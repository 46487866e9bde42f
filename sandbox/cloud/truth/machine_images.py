"""Images: protected, disabled, deprecated, copied, and registered over snapshots; moto has none of it, or half.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deregistration-protection.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/disable-an-ami.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError, InvalidSnapshotInUse, UnvailableAMIIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from sandbox.cloud.truth.replacing import around, by_name


def install() -> None:
    """Give images what they lack."""
    _protect()
    _disable()
    _register()


def _protect() -> None:
    image: Any = Ami
    image.deregistration_protection, image.deprecation_time = "disabled", None

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableImageDeregistrationProtection.html
    def _enable(self: Any) -> Any:
        kind = "with" if self._get_param("WithCooldown") else "without"
        _image(self).deregistration_protection = f"enabled-{kind}-cooldown"
        return ActionResult({"Return": True})

    # What a cooldown adds is a day, which nothing here waits for.
    def _end(self: Any) -> Any:
        _image(self).deregistration_protection = "disabled"
        return ActionResult({"Return": True})

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableImageDeprecation.html
    def _deprecate(self: Any) -> Any:
        at = datetime.fromisoformat(str(self._get_param("DeprecateAt")).replace("Z", "+00:00"))
        _image(self).deprecation_time = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        return ActionResult({"Return": True})

    response: Any = AmisResponse
    response.enable_image_deregistration_protection = _enable
    response.disable_image_deregistration_protection = _end
    response.enable_image_deprecation = _deprecate

    @around(EC2Backend, "deregister_image")
    def _deregister(original: Any, self: Any, ami_id: str) -> None:
        image = self.amis.get(ami_id)
        if image and image.deregistration_protection != "disabled":
            # AWS's pages tell of the refusal and not of its code.
            raise EC2ClientError("OperationNotPermitted", f"Image {ami_id} is protected from deregistration")
        original(self, ami_id)


def _disable() -> None:
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisableImage.html
    @around(EC2Backend, "disable_image")
    def _end(original: Any, self: Any, ami_id: str) -> None:
        original(self, ami_id)
        self.amis[ami_id].launch_permissions = []

    @around(AmisResponse, "describe_images")
    def _describe(original: Any, self: Any) -> Any:
        answer = original(self)
        if not self._get_param("IncludeDisabled"):
            answer.result["Images"] = [one for one in answer.result["Images"] if one.state != "disabled"]
        return answer

    @around(EC2Backend, "run_instances")
    def _run(original: Any, self: Any, image_id: str, *arguments: Any, **named: Any) -> Any:
        asked = image_id or _of_template(self, named.get("launch_template") or {})
        image = self.amis.get(asked)
        if image and image.state == "disabled":
            raise UnvailableAMIIdError(asked)
        return original(self, image_id, *arguments, **named)


def _register() -> None:
    given: Any = Ami.block_device_mappings

    def _mappings(self: Any) -> list[dict[str, Any]]:
        return getattr(self, "registered", None) or given.__get__(self)

    image: Any = Ami
    image.block_device_mappings, image.source_image_id = property(_mappings), None
    image.source_image_region = None

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html
    @around(AmisResponse, "register_image")
    def _over(original: Any, self: Any) -> Any:
        answer = original(self)
        image = self.ec2_backend.amis[answer.result["ImageId"]]
        image.add_tags(self._parse_tag_specification().get("image", {}))
        image.architecture = self._get_param("Architecture") or image.architecture
        if mappings := self._get_param("BlockDeviceMappings", []):
            image.registered = mappings
            del self.ec2_backend.snapshots[image.ebs_snapshot.id]  # Of a volume that nobody asked for.
        return answer

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html
    @around(AmisResponse, "copy_image")
    def _copy(original: Any, self: Any) -> Any:
        answer = original(self)
        image = self.ec2_backend.amis[answer.result["ImageId"]]
        image.source_image_id = self._get_param("SourceImageId")
        image.source_image_region = self._get_param("SourceRegion")
        image.add_tags(self._parse_tag_specification().get("image", {}))
        return answer

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageAttribute.html
    @around(EC2Backend, "describe_image_attribute")
    def _attribute(original: Any, self: Any, ami_id: str, attribute_name: str) -> Any:
        if ami_id not in self.amis:
            raise InvalidAMIIdError(ami_id)
        return original(self, ami_id, attribute_name)

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
    @around(ElasticBlockStore, "describe_snapshots")
    def _describe(original: Any, self: Any) -> Any:
        answer = original(self)
        if owners := self._get_param("OwnerIds", []):
            own = {self.current_account if one == "self" else one for one in owners}
            answer.result["Snapshots"] = [one for one in answer.result["Snapshots"] if one.owner_id in own]
        return answer

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html
    @around(EC2Backend, "delete_snapshot")
    def _delete(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        snapshot = by_name(original, self, *arguments, **named)["snapshot_id"]
        for image in self.amis.values():
            if snapshot in _snapshots(image):
                raise InvalidSnapshotInUse(snapshot, image.id)
        return original(self, *arguments, **named)


def _snapshots(image: Any) -> list[str]:
    """What its mappings name, without their making: a cloud has a thousand images of Amazon's."""
    if registered := getattr(image, "registered", None):
        return [one.get("Ebs", {}).get("SnapshotId") for one in registered]
    return [image.ebs_snapshot.id]


def _image(response: Any) -> Any:
    (image,) = response.ec2_backend.describe_images(ami_ids=[response._get_param("ImageId")])
    return image


def _of_template(ec2: Any, named: dict[str, Any]) -> str:
    if not named:
        return ""
    id_, name = named.get("LaunchTemplateId"), named.get("LaunchTemplateName")
    template = ec2.get_launch_template(id_) if id_ else ec2.get_launch_template_by_name(name)
    return str(template.get_version(named.get("Version") or "$Default").image_id)
