"""`python -m sandbox.cloud serve DIRECTORY SEED`: the cloud's process, which `sandbox.cloud.start` starts.

It returns as soon as the cloud answers, and leaves it running.
"""

import gc
import sys
from pathlib import Path

from sandbox.cloud import once, seed


def main(arguments: list[str]) -> None:
    """Start serving, or say in one line why not."""
    gc.disable()  # Until the cloud is prepared: what is loaded stays, and to look through it is a quarter of the start.
    match arguments:
        case ["serve", directory, file]:
            try:
                wanted = seed.read(Path(file))
            except seed.SeedError as error:
                sys.exit(str(error))
            # Only now: this imports moto, which a wrong seed need not wait for.
            once.install()
            from sandbox.cloud import offerings

            offerings.install()
            from sandbox.cloud.server import serve

            serve(Path(directory), wanted)
        case _:
            sys.exit("usage: python -m sandbox.cloud serve DIRECTORY SEED")


main(sys.argv[1:])
