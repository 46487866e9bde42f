"""`python -m operations`."""

import atexit
import gc
import sys

# What is imported stays to the end: to look through it, then too, is a third of the time that a help text takes.
gc.set_threshold(200_000)
atexit.register(gc.freeze)

try:
    from operations.cli import main
except ModuleNotFoundError as error:
    # Before anything can be asked, `doctor` least of all.
    sys.exit(
        f"{error.name} is not installed where {sys.executable} looks. In an environment of the project's: "
        "pip install --require-hashes -r requirements.txt"
    )

main()
