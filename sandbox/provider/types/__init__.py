"""The resource types, a row each, by service."""

from __future__ import annotations

from sandbox.provider.row import Type
from sandbox.provider.types import (
    autoscaling,
    autoscaling_events,
    dynamodb,
    ecr,
    efs,
    iam,
    launch_template,
    load_balancing,
    logs,
    monitoring,
    notification,
    parameters,
    s3,
    security_group,
    target_group,
)

#: Every row by its token.
TYPES: dict[str, Type] = {
    row.token: row
    for module in (
        autoscaling,
        autoscaling_events,
        dynamodb,
        ecr,
        efs,
        iam,
        launch_template,
        load_balancing,
        logs,
        monitoring,
        notification,
        parameters,
        s3,
        security_group,
        target_group,
    )
    for row in module.ROWS
}
