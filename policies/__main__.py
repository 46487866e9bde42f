"""What the engine starts. `PolicyPack` never returns."""

import gc
import sys
from pathlib import Path

# The engine starts the folder, not the package in it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi_policy import PolicyPack

from policies import once
from policies.pack import NAME, policies
from policies.rules import RULES

# What is loaded stays, and a run is short: looking for garbage in it took a tenth of the pack's time.
gc.freeze()
gc.set_threshold(100_000)
once.install({rule.name: rule.types for rule in RULES})
PolicyPack(NAME, policies())
