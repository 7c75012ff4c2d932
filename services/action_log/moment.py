"""What time it is, twice: by the wall (can be set) and since the machine started (cannot)."""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from services.action_log.entry import new_id


class Moment(NamedTuple):
    """`ts` µs since 1970 UTC, `mono` µs since the boot that `boot` (32 hex digits) names."""

    ts: int
    mono: int
    boot: str


Clock = Callable[[], Moment]

_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)  # counts while the machine sleeps; Linux only


def now() -> Moment:
    """The machine's clocks."""
    mono = time.monotonic_ns() if _CLOCK is None else time.clock_gettime_ns(_CLOCK)
    return Moment(time.time_ns() // 1000, mono // 1000, boot_id())


def stepped(before: Moment, after: Moment) -> int | None:
    """µs by which the wall clock left the other one between two moments of one boot; None across a restart."""
    if before.boot != after.boot:
        return None
    return (after.ts - before.ts) - (after.mono - before.mono)


@functools.cache
def boot_id() -> str:
    """The kernel's boot id; where there is none, an id of this process (its clock is then compared with itself)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip().replace("-", "")
    except OSError:
        return new_id()
