"""Keys and indexes of tables: as AWS takes them, and as properties."""

from __future__ import annotations

from typing import Any

from sandbox.provider.row import Live
from sandbox.provider.values import Values

ON_DEMAND = "PAY_PER_REQUEST"


def schema(inputs: Values) -> list[Values]:
    """A key schema, be it said by `keySchemas` or by `hashKey` and `rangeKey`."""
    if schemas := inputs.get("keySchemas"):
        return [{"AttributeName": one["attributeName"], "KeyType": one["keyType"]} for one in schemas]
    found = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
    if inputs.get("rangeKey"):
        found.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
    return found


def throughput(inputs: Values) -> Values:
    """Units, one each if none are said."""
    return {
        "ReadCapacityUnits": int(inputs.get("readCapacity") or 1),
        "WriteCapacityUnits": int(inputs.get("writeCapacity") or 1),
    }


def index(inputs: Values, *, provisioned: bool = False) -> Values:
    """An index as AWS takes it."""
    projection: Values = {"ProjectionType": inputs["projectionType"]}
    if inputs.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = list(inputs["nonKeyAttributes"])
    found: Values = {
        "IndexName": inputs["name"],
        "KeySchema": schema(inputs),
        "Projection": projection,
    }
    return found | ({"ProvisionedThroughput": throughput(inputs)} if provisioned else {})


def global_indexes(inputs: Values) -> list[Values]:
    """A table's global indexes as AWS takes them."""
    provisioned = inputs.get("billingMode") != ON_DEMAND
    wanted: list[Values] = inputs.get("globalSecondaryIndexes") or []
    return [index(one, provisioned=provisioned) for one in wanted]


def part(kind: str) -> Any:
    """Reads the attribute of a table's key that is of this kind: HASH or RANGE."""

    def read(live: Live) -> str | None:
        return _key_of(live.answer, kind)

    return read


def _key_of(described: Values, kind: str) -> str | None:
    return next((one["AttributeName"] for one in described["KeySchema"] if one["KeyType"] == kind), None)


def indexes(member: str) -> Any:
    """Reads a table's indexes: the global or the local ones."""

    def read(live: Live) -> list[Values] | None:
        found: list[Values] = live.answer.get(member) or []
        asked: list[Values] = live.inputs.get(f"{member[0].lower()}{member[1:]}") or []
        schemas = {one.get("name"): one["keySchemas"] for one in asked if one.get("keySchemas")}
        local = member.startswith("Local")
        return [_told(one, local=local, schemas=schemas.get(one["IndexName"])) for one in found] or None

    return read


def _told(found: Values, *, local: bool, schemas: list[Values] | None) -> Values:
    """An index as properties; its key in the words in which the program has it."""
    units = found.get("ProvisionedThroughput", {})
    told: Values = {
        "name": found["IndexName"],
        "projectionType": found["Projection"].get("ProjectionType"),
        "nonKeyAttributes": found["Projection"].get("NonKeyAttributes"),
    }
    kinds = [one["KeyType"] for one in found["KeySchema"]]
    if schemas or len({*kinds}) < len(kinds):  # Only a schema says a key of many attributes.
        told["keySchemas"] = [
            {"attributeName": one["AttributeName"], "keyType": one["KeyType"]} for one in found["KeySchema"]
        ]
    else:
        told["rangeKey"] = _key_of(found, "RANGE")
        told["hashKey"] = None if local else _key_of(found, "HASH")
    if not local:
        told["readCapacity"] = units.get("ReadCapacityUnits") or None
        told["writeCapacity"] = units.get("WriteCapacityUnits") or None
    return {name: value for name, value in told.items() if value is not None}


def problems(inputs: Values) -> dict[str, str]:
    """What is wrong with the keys, and what goes with them, by property."""
    wrong: dict[str, str] = {}
    if "hashKey" not in inputs:
        wrong["hashKey"] = "Missing required property 'hashKey'"
    global_: list[Values] = inputs.get("globalSecondaryIndexes") or []
    for number, one in enumerate(global_):
        if bool(one.get("hashKey") or one.get("rangeKey")) == bool(one.get("keySchemas")):
            wrong[f"globalSecondaryIndexes[{number}]"] = (
                f"index {one.get('name')}: exactly one of `hash_key` (with `range_key`) and `key_schema` must be set"
            )
    if inputs.get("streamEnabled") and not inputs.get("streamViewType"):
        wrong["streamViewType"] = "stream_view_type is required when stream_enabled = true"
    indexed: list[Values] = [
        inputs, *global_, *(inputs.get("localSecondaryIndexes") or [])
    ]  # fmt: skip
    used = {one[key] for one in indexed for key in ("hashKey", "rangeKey") if one.get(key)}
    schemas: list[list[Values]] = [one.get("keySchemas") or [] for one in indexed]
    used |= {key["attributeName"] for keys in schemas for key in keys}
    attributes: list[Values] = inputs.get("attributes") or []
    defined = {one.get("name") for one in attributes}
    if unused := sorted(str(name) for name in defined - used):
        wrong["attributes"] = f"all attributes must be indexed. Unused attributes: {_words(unused)}"
    if missing := sorted(str(name) for name in used - defined):
        wrong["attributes"] = f"all indexes must match a defined attribute. Unmatched indexes: {_words(missing)}"
    return wrong


def _words(names: list[str]) -> str:
    """Names as Go prints a list of quoted words."""
    return "[" + " ".join(f'"{name}"' for name in names) + "]"
