"""The provider's functions, a row each."""

from __future__ import annotations

from sandbox.provider.lookup import Lookup
from sandbox.provider.lookups import (
    account,
    balancing,
    certificates,
    endpoints,
    fleets,
    iam,
    images,
    instances,
    keys,
    monitoring,
    network,
    policies,
    registry,
    secrets,
    storage,
)

_MODULES = (
    account,
    balancing,
    certificates,
    endpoints,
    fleets,
    iam,
    images,
    instances,
    keys,
    monitoring,
    network,
    policies,
    registry,
    secrets,
    storage,
)

#: Every row by its token.
LOOKUPS: dict[str, Lookup] = {row.token: row for module in _MODULES for row in module.ROWS}
