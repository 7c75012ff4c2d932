"""Named places where a test may kill this process: `RIGHTSDESK_KILL_AT=name`, or `name:n` for the n-th time.

`freeze@name` freezes it there instead, until SIGCONT.

Only in a test build, that is a checkout with a `tests` folder beside `db`; elsewhere `reach` does nothing.
"""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path


def _pass(name: str) -> None:
    """Does nothing."""


def _trap(target: str, fate: Callable[[], None]) -> Callable[[str], None]:
    wanted, _, times = target.partition(":")
    left = int(times or 1)

    def when_reached(name: str) -> None:
        nonlocal left
        if name != wanted:
            return
        left -= 1
        if left == 0:
            fate()

    return when_reached


def _die() -> None:
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)


def _freeze() -> None:
    # Sent to this thread: sent to the process another may take it, and this one runs on for some statements.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _asked() -> Callable[[str], None]:
    target = os.environ.get("RIGHTSDESK_KILL_AT", "")
    is_test_build = (Path(__file__).resolve().parents[1] / "tests").is_dir()
    if not target or not is_test_build:
        return _pass
    name = target.removeprefix("freeze@")
    return _trap(name, _die if name == target else _freeze)


_reached = _asked()


def arm() -> None:
    """Read the environment anew: what a process forked off was asked is not what its parent was."""
    global _reached
    _reached = _asked()


def reach(name: str) -> None:
    """`reach("log.before-commit")`: dies here when a test asked for it."""
    _reached(name)
