"""Named places where a test may kill this process: `RIGHTSDESK_KILL_AT=name`, or `name:n` for the n-th time.

Only in a test build, that is a checkout with a `tests` folder beside `db`; elsewhere `reach` does nothing.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path


def _pass(name: str) -> None:
    """Does nothing."""


def _killer(target: str) -> Callable[[str], None]:
    wanted, _, times = target.partition(":")
    left = int(times or 1)

    def kill_when_reached(name: str) -> None:
        nonlocal left
        if name != wanted:
            return
        left -= 1
        if left == 0:
            if hasattr(signal, "SIGKILL"):
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(137)

    return kill_when_reached


def _armed() -> Callable[[str], None]:
    target = os.environ.get("RIGHTSDESK_KILL_AT", "")
    is_test_build = (Path(__file__).resolve().parents[1] / "tests").is_dir()
    return _killer(target) if target and is_test_build else _pass


reach: Callable[[str], None] = _armed()
"""`reach("log.before-commit")`: dies here when a test asked for it."""
