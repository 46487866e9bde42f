"""No test sees the sandbox, the account or the stack that the shell is in: each has its own."""

from __future__ import annotations

import os

for _name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
    del os.environ[_name]
