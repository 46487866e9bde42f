"""Makes the project's `.venv`: `python3 -I sandbox/bootstrap.py`, with nothing but the standard library.

What is installed is what the locks say, hashes checked. A stamp in `.venv` says which locks it was made from, so that
the next time takes no time.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")

#: pip fetches it; it then installs the locks in seconds where pip takes minutes.
UV = "uv==0.13.9"


def make_environment(root: Path) -> None:
    """Bring `root/.venv` to what the locks in `root` say; ready at once if it is.

    Raises:
        subprocess.CalledProcessError: a step failed; its output says why. The next call begins again.
    """
    python, stamp = root / ".venv" / "bin" / "python", root / ".venv" / "installed"
    wanted = _digest(root)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print("preparing .venv, which takes about a minute the first time", file=sys.stderr)
    if not python.exists():  # Or it is a link to a Python that has been removed.
        _run(sys.executable, "-m", "venv", "--clear", str(root / ".venv"))
    stamp.unlink(missing_ok=True)
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
    locks = [word for lock in LOCKS for word in ("-r", str(root / lock))]
    _run(str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "--require-hashes", *locks)
    stamp.write_text(wanted)


def _digest(root: Path) -> str:
    return hashlib.sha256(b"\0".join([UV.encode(), *((root / lock).read_bytes() for lock in LOCKS)])).hexdigest()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    try:
        make_environment(ROOT)
    except subprocess.CalledProcessError as error:
        sys.exit(f"The environment can't be made: `{' '.join(error.cmd)}` failed, see above.")
