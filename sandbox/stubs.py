"""Pulumi's gRPC stubs without the rest of its SDK.

Importing `pulumi` takes about 0.4 s, and a plugin process needs only the generated messages below
`pulumi.runtime.proto`. A plugin's entry point calls `skip_sdk_imports()` before it imports
anything that imports stubs; nobody else does, because afterwards `pulumi` itself is an empty
package in that process.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def skip_sdk_imports() -> None:
    """Make `from pulumi.runtime.proto import language_pb2` load that one module and nothing else.

    Does nothing in a process that has already imported `pulumi`, such as one that runs tests.

    Raises:
        ModuleNotFoundError: the Pulumi SDK isn't installed in this interpreter.
    """
    if "pulumi" in sys.modules:
        return
    spec = importlib.util.find_spec("pulumi")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'pulumi'", name="pulumi")
    site = Path(spec.origin).parent.parent
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(site.joinpath(*name.split(".")))]
        sys.modules[name] = package
