"""The real Pulumi engine: the user's own where it fits, else built from its Go module.

engine = ensure_engine(print)
path = install(engine, Home.default())  # goes first on PATH
"""

from sandbox.engine.build import built_engine
from sandbox.engine.engine import Engine, EngineError, Report
from sandbox.engine.install import install
from sandbox.engine.released import released_engine
from sandbox.engine.toolchain import find_toolchain
from sandbox.home import engine_cache

__all__ = ["Engine", "EngineError", "Report", "ensure_engine", "install"]


def ensure_engine(report: Report) -> Engine:
    """A supported engine from PATH, else the pinned one, from the cache or built now.

    `report` takes lines about progress; a build takes minutes.

    Raises:
        EngineError: none can be had; the message says what to install.
    """
    return released_engine(report) or built_engine(find_toolchain(), engine_cache(), report)
