"""Make the checkout ready to run: `.venv`, the locked libraries, the project itself. Standard library only.

    python3 scripts/bootstrap.py [--test]

Every later start finds the mark of a finished set-up and goes on in a few milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
MARK = VENV / "rightsdesk-setup.json"
RUN_LOCK = CHECKOUT / "requirements.lock"
TEST_LOCK = CHECKOUT / "requirements-test.lock"
SOURCE_LOCK = CHECKOUT / "requirements-test-source.lock"  # what the tests need and what has no wheel
OLDEST_PYTHON = (3, 11)
DISK_NEEDED = 700 * 1024 * 1024
# What would put packages elsewhere, or other versions in, than the lock says.
FOREIGN_SETTINGS = ("PIP_CONSTRAINT", "PIP_PREFIX", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH")


class SetupError(Exception):
    """What went wrong and, as `remedy`, what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def prepare(*, test: bool = False) -> Path:
    """The interpreter of a ready `.venv`; sets up what is missing. Raises `SetupError`."""
    _require_python()
    lock = TEST_LOCK if test else RUN_LOCK
    mark = _mark()
    if mark.get("base") == _base() and _wanted(lock) in mark.get("installed", ()):
        return interpreter()
    started = time.monotonic()
    _require_disk()
    try:
        _make_venv(mark)
        _install(lock)
    except OSError as error:
        raise SetupError(
            f"{error.filename or VENV}: {error.strerror}.", "make the checkout writable for you."
        ) from error
    locks = {lock, RUN_LOCK}  # the test lock holds all of the other
    _write_mark({"base": _base(), "installed": sorted(_wanted(each) for each in locks)})
    _say(f"ready in {time.monotonic() - started:.0f} s")
    return interpreter()


def interpreter() -> Path:
    """Where `.venv` keeps its python on this system."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(arguments: list[str]) -> int:
    """Become `.venv`'s python with these arguments; on Windows, wait for it and give its exit code."""
    command = [str(interpreter()), *arguments]
    # The libraries are compiled when first imported: where that is not kept, every start pays for it again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


def explain(error: SetupError) -> int:
    """Print what went wrong and what to do; the exit code."""
    print(f"rightsdesk set-up: {error}\n  What to do: {error.remedy}", file=sys.stderr)
    return 2


def _require_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(
            f"this is Python {sys.version.split()[0]}; Rightsdesk needs {'.'.join(map(str, OLDEST_PYTHON))} or newer.",
            "install a newer Python, then start this with it, for instance: python3.12 scripts/demo.py",
        )


def _require_disk() -> None:
    free = shutil.disk_usage(CHECKOUT).free
    if free < DISK_NEEDED:
        raise SetupError(
            f"{free // 1024**2} MB are free where the checkout lies; the libraries need {DISK_NEEDED // 1024**2} MB.",
            "free some space, or move the checkout to another disk.",
        )


def _base() -> list[object]:
    """What the `.venv` was made of: if any of it changes (new Python, checkout moved), it is made anew."""
    try:
        python = interpreter().resolve(strict=True)
        stat = python.stat()
    except OSError:
        return []
    return [str(CHECKOUT), str(python), stat.st_size, stat.st_mtime_ns]


def _wanted(lock: Path) -> str:
    digest = hashlib.sha256()
    sources = [SOURCE_LOCK] if lock == TEST_LOCK else []
    for file in (lock, *sources, CHECKOUT / "pyproject.toml", Path(__file__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _mark() -> dict[str, object]:
    """The mark of our own set-up; empty when there is none, or none that can be read."""
    try:
        found = json.loads(MARK.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_mark(mark: dict[str, object]) -> None:
    fresh = MARK.with_suffix(".new")
    fresh.write_text(json.dumps(mark), "utf-8")
    fresh.replace(MARK)


def _make_venv(mark: dict[str, object]) -> None:
    """A `.venv` of ours that stands on the present Python. Never touches a folder that something else made."""
    if mark and mark.get("base") == _base():
        return
    if not mark and VENV.exists() and any(VENV.iterdir()):
        raise SetupError(
            f"{VENV} exists, and was not made by this set-up.",
            "rename it (nothing here deletes it), then start again.",
        )
    _require_ensurepip()
    _say(f"1/3  making .venv with Python {sys.version.split()[0]}")
    if mark:
        shutil.rmtree(VENV)
    VENV.mkdir(exist_ok=True)
    _write_mark({"base": [], "installed": []})  # first of all: a set-up that is stopped must know its own folder again
    _call([sys.executable, "-m", "venv", str(VENV)], "read the lines above; is the checkout writable?")


def _require_ensurepip() -> None:
    try:
        import ensurepip  # noqa: F401  (Debian and Ubuntu leave it out of python3)
    except ImportError:
        package = f"python{sysconfig.get_python_version()}-venv"
        raise SetupError("this Python cannot make a virtual environment.", f"apt install {package}") from None


def _install(lock: Path) -> None:
    _write_mark({"base": _base(), "installed": []})  # until all of it is in
    pip = [str(interpreter()), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", "install", "--no-deps"]
    count = sum(1 for line in lock.read_text("utf-8").splitlines() if line[:1].isalnum())
    _say(f"2/3  installing {count} locked libraries, about half a minute")
    remedy = (
        "read the lines above. No network or a proxy: set it up as for any pip (HTTPS_PROXY), then start again, what "
        "was fetched is kept. A hash that differs: the file is not the one the project was tested with; do not "
        "install it. No matching distribution: use a Python from 3.11 to 3.13 on a common platform."
    )
    # Compiled when first imported: of the large libraries most files never are, and it halves the time.
    _call([*pip, "--no-compile", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)], remedy)
    if lock == TEST_LOCK:  # built by what the lock above brought, so nothing more is fetched
        _call([*pip, "--no-build-isolation", "--require-hashes", "-r", str(SOURCE_LOCK)], remedy)
    _say("3/3  installing rightsdesk itself")
    _call(
        [*pip, "--no-index", "--no-build-isolation", "-e", str(CHECKOUT)],
        "read the lines above; is the checkout complete (git status)?",
    )


def _call(command: list[str], remedy: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN_SETTINGS}
    done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace", env=environment)
    if done.returncode:
        told = "\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines()[-12:])
        print(told, file=sys.stderr)
        raise SetupError("a step failed.", remedy)


def _say(line: str) -> None:
    print(f"rightsdesk set-up: {line}", flush=True)


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--test"]):
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        prepare(test="--test" in arguments)
    except SetupError as error:
        return explain(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
