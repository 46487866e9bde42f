"""Tests choose their own cloud and backend: what a shell in a sandbox, or a user's own, has set does not reach them."""

from __future__ import annotations

import os

#: Names of what `python -m sandbox env` sets, and of what else leads clients of AWS or the engine somewhere.
FOREIGN = ("AWS_", "PULUMI_")

# Before any test module is imported: boto3 and pulumi may look as soon as they are.
for name in [name for name in os.environ if name.startswith(FOREIGN)]:
    del os.environ[name]
