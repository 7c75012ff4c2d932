"""The folder of a home: room on its disk, who may read its files, the time on its clock."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from services.doctor.finding import Finding, State

LITTLE, TOO_LITTLE = 1024**3, 100 * 1024**2
"""Free bytes under which to warn, and under which the next request may not be logged."""
FAST_US = 5_000_000
"""µs by which a clock may be off."""


def disk(home: Path) -> Iterator[Finding]:
    """Free space, and whether anything can be written."""
    free = shutil.disk_usage(home).free
    state = _room(free)
    seen = f"{free / 1024**3:.1f} GB free"
    yield Finding("disk", state, seen, "" if state == "ok" else f"make room on the disk of {home}")
    if not os.access(home, os.W_OK):
        yield Finding(
            "disk", "bad", "this user cannot write into the home", f"give {home} to the user that runs the desk"
        )


def _room(free: int) -> State:
    return "ok" if free >= LITTLE else "warn" if free >= TOO_LITTLE else "bad"


def modes(home: Path) -> Iterator[Finding]:
    """Folders 0700, files 0600 (design.md 5). Windows has other means."""
    if os.name == "nt":
        yield Finding("modes", "ok", "not looked at: Windows guards the folder of a user by itself")
        return
    open_ones = [path for path in (home, *sorted(home.rglob("*"))) if _is_open(path)]
    if not open_ones:
        yield Finding("modes", "ok", "nobody else may read the home")
        return
    more = f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
    yield Finding("modes", "bad", f"others may read {open_ones[0]}{more}", f"chmod -R go-rwx {home}")


def _is_open(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # gone since it was listed
        return False
    return not stat.S_ISLNK(mode) and bool(mode & 0o077)


def clock(newest: int, step: int | None, now: int | None = None) -> Iterator[Finding]:
    """`newest`: time of the newest entry in any log; `step`: by how much the clock was set since; µs."""
    now = time.time_ns() // 1000 if now is None else now
    if newest > now + FAST_US:
        behind = (newest - now) // 1_000_000
        yield Finding("clock", "bad", f"{behind} s behind the newest entry of a log", "set the clock, best by NTP")
    elif step is not None and abs(step) > FAST_US:
        yield Finding("clock", "warn", f"was set by {step // 1_000_000} s since the last entry", "keep it by NTP")
    else:
        yield Finding("clock", "ok", "not before the newest entry, not set since")
