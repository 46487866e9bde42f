"""What moto makes of AWS's own when a backend begins, made when somebody first looks for it.

1,200 images a region, each with a snapshot, and 1,600 policies a partition: most of what a cloud took to start, to
reset and to write down.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.moto_api._internal import mock_random

from sandbox.cloud.truth.replacing import around


class Late(dict[str, Any]):
    """Somebody's own by its key; to miss one, or to ask for all, adds AWS's, but for those whose key is there."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__()
        self._make, self._whole = make, False

    def whole(self) -> Late:
        """This, with AWS's."""
        if not self._whole:
            self._whole = True
            for key, one in self._make().items():
                self.setdefault(key, one)
        return self

    def there(self) -> list[tuple[str, Any]]:
        """Keys and values of what has been made."""
        return list(super().items())

    def __missing__(self, key: str) -> Any:
        if self._whole:
            raise KeyError(key)
        return self.whole()[key]

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (not self._whole and key in self.whole())

    def get(self, key: str, default: Any = None) -> Any:
        """As a dictionary's."""
        return self[key] if super().__contains__(key) else super(Late, self.whole()).get(key, default)

    def __iter__(self) -> Iterator[str]:
        return super(Late, self.whole()).__iter__()

    def __len__(self) -> int:
        return super(Late, self.whole()).__len__()

    def keys(self) -> KeysView[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """As a dictionary's."""
        return super(Late, self.whole()).keys()

    def values(self) -> ValuesView[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """As a dictionary's."""
        return super(Late, self.whole()).values()

    def items(self) -> ItemsView[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """As a dictionary's."""
        return super(Late, self.whole()).items()

    def copy(self) -> dict[str, Any]:
        """As a dictionary's."""
        return super(Late, self.whole()).copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._make,), {"_whole": self._whole}, None, iter(self.there())


class Policies(Late):
    """In a snapshot are only those that differ from what would be made again."""

    def __reduce__(self) -> tuple[Any, ...]:
        own = [(key, one) for key, one in self.there() if not _is_untouched(one)]
        return type(self), (self._make,), {"_whole": False}, None, iter(own)


def install() -> None:
    """Let backends that are made from now on begin without them."""
    images: Any = AmiBackend
    images.load_default_images = images._load_amis

    @around(AmiBackend, "_load_amis")
    def _no_images(_original: Any, self: Any) -> None:
        self.amis = Late(functools.partial(_images, self))

    @around(AmiBackend, "describe_images")
    def _describe(original: Any, self: Any, ami_ids: Any = None, *arguments: Any, **named: Any) -> Any:
        if ami_ids and all(each in self.amis for each in ami_ids):
            return [self.amis[each] for each in dict.fromkeys(ami_ids)]  # moto asks nothing else of those named.
        filters: dict[str, Any] = named.get("filters") or {}
        if [*named] == ["filters"] and [*filters] == ["image-id"] and filters["image-id"] in self.amis:
            return [self.amis[filters["image-id"]]]  # An instance looks for its image, by the whole id.
        return original(self, ami_ids, *arguments, **named)

    @around(EBSBackend, "describe_snapshots")
    def _snapshots(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        self.amis.whole()
        return original(self, *arguments, **named)

    @around(IAMBackend, "_init_aws_policies")
    def _no_policies(_original: Any, _self: Any) -> list[Any]:
        return []

    @around(IAMBackend, "_init_managed_policies")
    def _policies_later(_original: Any, self: Any) -> Late:
        return Policies(functools.partial(_policies, self.account_id, self.region_name))


def _images(backend: Any) -> Mapping[str, Any]:
    known, made = backend.amis, dict[str, Any]()
    backend.amis = made
    try:
        backend.load_default_images()
    finally:
        backend.amis = known
    return made


def _policies(account: str, region: str) -> dict[str, Any]:
    # No draw of the call's: after a restart another call may be the one that makes them.
    drawn = mock_random.getstate()
    made = [AWSManagedPolicy.from_data(name, account, region, data) for name, data in _policy_data().items()]
    mock_random.setstate(drawn)
    for policy in made:
        policy.id = "A" + hashlib.sha256(policy.name.encode()).hexdigest()[:20].upper()
    return {policy.arn: policy for policy in made}


@functools.cache
def _policy_data() -> dict[str, Any]:
    return json.loads(aws_managed_policies_data)


def _is_untouched(policy: Any) -> bool:
    return policy.arn.split(":")[4] == "aws" and not (policy.attachment_count or policy.tags)
