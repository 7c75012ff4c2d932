"""When the desk locks by itself: pure arithmetic over clocks (rules.md TRM-3)."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["stay", "warn", "lock", "end"]


@dataclass
class Idle:
    """Times in seconds. `wall` clocks jump when the machine slept, `now` clocks may not."""

    warning_s: float = 30
    locked_end_s: float = 1_800
    session_s: float = 36_000
    slept_s: float = 30
    _wall: float | None = None
    left: int = 0  # seconds until the lock, for the warning

    def judge(self, now: float, wall: float, last_key: float, limit: float) -> Verdict:
        """Unlocked desk: stay, warn (`left` seconds), or lock. A jump of the wall clock counts as suspend."""
        slept = self._wall is not None and wall - self._wall > self.slept_s
        self._wall = wall
        idle = now - last_key
        self.left = max(0, round(limit - idle))
        if slept or idle >= limit:
            return "lock"
        return "warn" if idle >= limit - self.warning_s else "stay"

    def judge_locked(self, wall: float, locked_at: float, started_at: float) -> Verdict:
        """Locked desk: the session ends after `locked_end_s` locked or `session_s` in all."""
        self._wall = wall
        return "end" if wall - locked_at >= self.locked_end_s or wall - started_at >= self.session_s else "stay"
