"""`python -m operations`."""

import sys

try:
    from operations.cli import main
except ModuleNotFoundError as error:
    # Before anything can be asked, `doctor` least of all.
    sys.exit(
        f"{error.name} is not installed where {sys.executable} looks. In an environment of the project's: "
        "pip install --require-hashes -r requirements.txt"
    )

main()
