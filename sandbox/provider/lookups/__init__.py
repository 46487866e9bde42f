"""The provider's functions, a row each."""

from __future__ import annotations

from sandbox.provider.lookup import Lookup
from sandbox.provider.lookups import account, images, network

#: Every row by its token.
LOOKUPS: dict[str, Lookup] = {row.token: row for module in (account, images, network) for row in module.ROWS}
