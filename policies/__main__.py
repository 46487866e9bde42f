"""What the engine starts. `PolicyPack` never returns."""

import sys
from pathlib import Path

# The engine starts the folder, not the package in it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi_policy import PolicyPack

from policies import once
from policies.pack import NAME, policies
from policies.rules import RULES

once.install({rule.name: rule.types for rule in RULES})
PolicyPack(NAME, policies())
