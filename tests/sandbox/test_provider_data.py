"""The types that keep data, input by input: what changes in place, what replaces, and how little is lost."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.row import Replace
from sandbox.provider.types import TYPES
from sandbox.provider.values import Values
from tests.sandbox.provider_client import Client, RefusedError, Resource
from tests.sandbox.provider_data import BUCKET, FILE_SYSTEM, REPOSITORY, TABLE
from tests.sandbox.provider_data_lives import DATA_LIVES
from tests.sandbox.provider_lives import Life, Lived
from tests.sandbox.provider_world import SECURITY_GROUP, World

pytestmark = pytest.mark.slow

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def _cases(kind: str) -> list[Any]:
    return [
        pytest.param(life, name, id=f"{life.token.rpartition(':')[2]}-{name}")
        for life in DATA_LIVES
        for name in getattr(life, kind)
    ]


def _made(world: World, life: Life) -> tuple[Resource, Values]:
    inputs = life.inputs(world)
    resource = world.client.create(life.token, "web", **inputs)
    world.made.append(resource)
    return resource, inputs


def _other(world: World, value: Any) -> Any:
    if value != ["{other security group}"]:
        return value
    world.make(SECURITY_GROUP)
    return [world.make(SECURITY_GROUP, "other").id]


@pytest.mark.parametrize("life", DATA_LIVES, ids=lambda life: life.token.rpartition(":")[2])
def test_every_input_is_shown_to_change_or_to_replace(life: Life) -> None:
    row = TYPES[life.token]
    own = {name for name, one in row.inputs.items() if one.local}
    # `attributes` follows the indexes; `mfa` is sent with what it confirms.
    shown = {*life.changes, *life.replacing, "attributes", "mfa"}
    assert {*row.inputs, *(["tags"] if row.tags else [])} - own <= shown
    replacing = {name for name, one in row.inputs.items() if one.replace is not Replace.NEVER} - own
    assert set(life.replacing) == replacing


@pytest.mark.parametrize(("life", "name"), _cases("changes"))
def test_an_input_changes_in_place_and_aws_has_it(world: World, life: Life, name: str) -> None:
    wanted = _other(world, life.changes[name])  # Before what refers to it, so that it goes after it.
    resource, inputs = _made(world, life)
    changed = {**inputs, name: wanted}
    planned = world.client.diff(resource, changed)
    assert {path.partition(".")[0].partition("[")[0] for path in planned.detailed} - {"tagsAll"} == {name}
    assert planned.replaces == set()
    world.client.update(resource, **changed)
    assert world.client.refresh(resource)
    again = world.client.diff(resource, changed).detailed
    # On demand nothing has a capacity of its own, and without a stream there is no view.
    without = {"provisionedThroughputInMibps", "readCapacity", "writeCapacity", "streamViewType"}
    assert {path.partition(".")[0].partition("[")[0] for path in again} <= without - {name}
    if name == "deletionProtectionEnabled":
        world.client.update(resource, **inputs)


@pytest.mark.parametrize(("life", "name"), _cases("replacing"))
def test_an_input_that_aws_cannot_change_replaces(client: Client, lived: Lived, life: Life, name: str) -> None:
    planned = client.diff(lived.made(life), {**lived.inputs(life), name: life.replacing[name]})
    assert planned.replaces == {name}


def test_a_bucket_with_anything_in_it_stays_unless_it_may_be_emptied(world: World, boto: Any) -> None:
    kept = world.make(BUCKET, "kept")
    boto("s3").put_object(Bucket=kept.id, Key="order", Body=b"1")
    with pytest.raises(RefusedError, match="BucketNotEmpty"):
        world.client.delete(kept)
    world.client.update(kept, forceDestroy=True)
    world.client.delete(kept)
    assert not world.client.refresh(kept)
    world.made.remove(kept)


def test_a_repository_with_images_stays_unless_it_may_be_emptied(world: World, boto: Any) -> None:
    kept = world.make(REPOSITORY, "kept")
    manifest = '{"schemaVersion": 2, "config": {"digest": "sha256:0"}, "layers": []}'
    boto("ecr").put_image(repositoryName=kept.id, imageManifest=manifest, imageManifestMediaType=MANIFEST)
    with pytest.raises(RefusedError, match="RepositoryNotEmpty"):
        world.client.delete(kept)
    world.client.update(kept, forceDelete=True)
    world.client.delete(kept)
    world.made.remove(kept)


def test_a_protected_table_stays(world: World) -> None:
    kept = world.make(TABLE, "kept", deletionProtectionEnabled=True)
    with pytest.raises(RefusedError, match="DeletionProtectionEnabled"):
        world.client.delete(kept)
    inputs = world.inputs_of(TABLE)
    world.client.update(kept, **inputs, deletionProtectionEnabled=False)


def test_an_index_has_the_key_that_its_schema_says_of_however_many_attributes(world: World, boto: Any) -> None:
    def keyed(*names: str) -> Values:
        kinds = [("HASH", names[0]), *(("RANGE", name) for name in names[1:])]
        schema = [{"attributeName": name, "keyType": kind} for kind, name in kinds]
        units = {"readCapacity": 1, "writeCapacity": 1}
        index = {"name": "by-key", "projectionType": "ALL", "keySchemas": schema, **units}
        attributes = [{"name": name, "type": "S"} for name in sorted({"id", *names})]
        return {
            **world.inputs_of(TABLE),
            "attributes": attributes,
            "globalSecondaryIndexes": [index],
        }

    table = world.make(TABLE, "keyed", **keyed("user", "at"))
    assert world.client.diff(table, keyed("user", "at")).detailed == {}
    world.client.update(table, **keyed("user", "at", "place"))
    (told,) = boto("dynamodb").describe_table(TableName=table.id)["Table"]["GlobalSecondaryIndexes"]
    assert [one["AttributeName"] for one in told["KeySchema"]] == ["user", "at", "place"]
    assert world.client.diff(table, keyed("user", "at", "place")).detailed == {}
    both = keyed("user")
    both["globalSecondaryIndexes"][0]["hashKey"] = "user"
    with pytest.raises(RefusedError, match="index by-key: exactly one of"):
        world.client.check(Resource(TABLE, "keyed"), both)


def test_tags_of_a_bucket_go_as_they_came(world: World, boto: Any) -> None:
    bucket = world.make(BUCKET, tags={"a": "b", "c": "d"})
    world.client.update(bucket, tags={"a": "e"})
    assert boto("s3").get_bucket_tagging(Bucket=bucket.id)["TagSet"] == [{"Key": "a", "Value": "e"}]
    world.client.update(bucket)
    assert world.client.refresh(bucket)
    assert "tags" not in bucket.state


@pytest.mark.parametrize(
    ("token", "wrong", "words"),
    [
        (FILE_SYSTEM, {"throughputMode": "provisioned"}, "must be given with throughput_mode provisioned"),
        (FILE_SYSTEM, {"performanceMode": "fast"}, "expected performance_mode to be one of"),
        (REPOSITORY, {"name": "Web"}, "must be lower case letters"),
        (BUCKET, {"bucket": "Web"}, "only lowercase alphanumeric characters"),
        (BUCKET, {"bucketPrefix": "w" * 38}, '"bucket_prefix" cannot be longer than 37 characters'),
        (TABLE, {"attributes": [{"name": "id", "type": "X"}]}, "to be one of"),
        (TABLE, {"rangeKey": "at"}, "all indexes must match a defined attribute"),
        (TABLE, {"attributes": [{"name": n, "type": "S"} for n in ("id", "x")]}, "all attributes must be indexed"),
        (TABLE, {"streamEnabled": True}, "stream_view_type is required"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_what_the_real_provider_refuses_is_refused_before_anything_is_called(
    world: World, token: str, wrong: Values, words: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        world.client.check(Resource(token, "web"), {**world.inputs_of(token), **wrong})
    assert words in str(refused.value)
