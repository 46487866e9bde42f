"""A table of games with an index, a time to live and a stream."""

from typing import Any

import pulumi
import pulumi_aws as aws

given: dict[str, Any] = pulumi.Config("table").get_object("given") or {}

games = aws.dynamodb.Table(
    "games",
    attributes=[
        {"name": "player", "type": "S"},
        {"name": given.get("range", "game"), "type": "S"},
        {"name": "score", "type": "N"},
    ],
    hash_key="player",
    range_key=given.get("range", "game"),
    billing_mode="PROVISIONED",
    read_capacity=given.get("reads", 5),
    write_capacity=5,
    global_secondary_indexes=[
        {
            "name": "by-score",
            "hash_key": "player",
            "range_key": "score",
            "projection_type": "ALL",
            "read_capacity": 5,
            "write_capacity": 5,
        }
    ],
    ttl={"attribute_name": "expires", "enabled": True},
    stream_enabled=True,
    stream_view_type="NEW_AND_OLD_IMAGES",
    point_in_time_recovery={"enabled": True},
    tags={"Team": "games"},
)
if "adopt" in given:
    aws.dynamodb.Table(
        "adopted",
        name="by-hand",
        attributes=[{"name": "id", "type": "S"}],
        hash_key="id",
        billing_mode="PAY_PER_REQUEST",
        opts=pulumi.ResourceOptions(import_=given["adopt"]),
    )

pulumi.export("table", games.name)
pulumi.export("stream", games.stream_arn)
