"""Makes the project's `.venv`: `python3 -I sandbox/bootstrap.py`, with nothing but the standard library.

What is installed is what the locks say, hashes checked. A stamp in `.venv` says which locks it was made from, so that
the next time takes no time.

Builds of one Python differ: without profile-guided optimisation, which pyenv leaves out by default, all that follows
takes a third longer. So `.venv` is made with a much quicker build of the same version, if PATH has one.
"""

import hashlib
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")

#: pip fetches it; it then installs the locks in seconds where pip takes minutes.
UV = "uv==0.13.9"

#: Another build is taken if it needs less than this part of our own time.
MUCH_QUICKER = 0.9

#: What a build is measured by: its own work, no import's. One that can't make environments fails here.
_WORK = """
import ensurepip, ssl, statistics, sys, time, timeit, venv
work = timeit.Timer("for n in range(30_000): total += n", "total = 0", time.process_time)
print(statistics.median(work.repeat(number=1, repeat=15)), sys.executable)
"""
#: Each is measured so often, in turn, as a machine is quicker at one moment than at another.
_ROUNDS = 5


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
        _run(quickest(sys.executable), "-m", "venv", "--clear", str(root / ".venv"))
    stamp.unlink(missing_ok=True)
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
    locks = [word for lock in LOCKS for word in ("-r", str(root / lock))]
    _run(str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "--require-hashes", *locks)
    stamp.write_text(wanted)


def quickest(executable: str) -> str:
    """`executable`, or of the Pythons on PATH that are as new the quickest, if it is much quicker; says so then."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    paths = [executable, *(str(Path(folder) / name) for folder in os.get_exec_path())]
    own = os.path.realpath(executable)
    found = dict(measured for path in paths if (measured := _measured(path)))
    if found.keys() <= {own}:
        return executable
    rounds = [dict(measured for build in found if (measured := _measured(build))) for _ in range(_ROUNDS)]
    seconds = {build: statistics.median(each.get(build, took) for each in rounds) for build, took in found.items()}
    best = min(seconds, key=seconds.__getitem__)
    if best == own or (own in seconds and seconds[best] > MUCH_QUICKER * seconds[own]):
        return executable
    print(f"with {best}, a quicker build of Python than {executable}", file=sys.stderr)
    return best


def _measured(path: str) -> tuple[str, float] | None:
    """The build behind `path`, which may be a link or a shim, and its seconds; None if it can't be used."""
    try:
        done = subprocess.run([path, "-I", "-c", _WORK], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        took, build = done.stdout.strip().split(" ", 1)
        return os.path.realpath(build), float(took)
    except (OSError, ValueError):
        return None


def _digest(root: Path) -> str:
    return hashlib.sha256(b"\0".join([UV.encode(), *((root / lock).read_bytes() for lock in LOCKS)])).hexdigest()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    try:
        make_environment(ROOT)
    except subprocess.CalledProcessError as error:
        sys.exit(f"The environment can't be made: `{' '.join(error.cmd)}` failed, see above.")
