"""The one place that says which Pulumi this project is built on.

The requirements and `go.mod` beside this file name the same version; a test says so.
"""

from packaging.specifiers import SpecifierSet

PULUMI_VERSION = "3.259.0"

#: Engines found on PATH that are used as they are: later patch releases of the same minor line.
#: Another minor line may speak another protocol than the pinned SDK does.
SUPPORTED = SpecifierSet(f"~={PULUMI_VERSION}")
