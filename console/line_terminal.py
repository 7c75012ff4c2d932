"""Plain lines on a terminal or a pipe: reading with a time limit, PINs without echo, nothing but lines out."""

import os
import signal
import sys
from contextlib import nullcontext, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from console.tty import unseen
from screens.plain.desk import sit_down
from screens.plain.seat import IdleTooLong, Leave, Seat

if TYPE_CHECKING:
    from console.settings import Settings

LONGEST = 8_192
"""Bytes of one line; the rest of it is dropped."""
_CLEARED = "\x1b[3J\x1b[2J\x1b[H"


class LineTerminal:
    """Standard input and output. Lines are taken from the descriptor itself, so that waiting for one can end."""

    def __init__(self) -> None:
        self._in, self._waiting = sys.stdin.fileno(), b""
        with suppress(AttributeError, ValueError):
            sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]

    def read(self, prompt: str, *, secret: bool, idle_s: float | None) -> str:
        """A line; Ctrl-C asks again. Raises `Leave` at the end of input, `IdleTooLong`."""
        while True:
            sys.stdout.write(prompt)
            sys.stdout.flush()
            try:
                with unseen(self._in) if secret else nullcontext():
                    return self._line(idle_s)
            except KeyboardInterrupt:
                self.write("\nCtrl-C does nothing here: 0 goes back, an empty agent number leaves")
            finally:
                if secret:
                    self.write("")

    def _line(self, idle_s: float | None) -> str:
        while b"\n" not in self._waiting:
            if not _readable(self._in, idle_s):
                self.write("")
                raise IdleTooLong
            more = os.read(self._in, 4_096)
            if not more:
                raise Leave
            self._waiting = (self._waiting + more) if len(self._waiting) < LONGEST else self._waiting[:LONGEST] + more
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line[:LONGEST].decode(errors="replace").rstrip("\r")

    def write(self, line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def clear(self) -> None:
        if sys.stdout.isatty():
            sys.stdout.write(_CLEARED)
            sys.stdout.flush()


def _readable(descriptor: int, seconds: float | None) -> bool:
    """Whether something was typed in time; where nobody can tell (a console of Windows), it is waited for."""
    import select

    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    except (OSError, ValueError):
        return True


def run(settings: "Settings") -> int:
    """Open the desk of this home on plain lines; returns the process's exit code."""
    from console.desk_opener import open_desk
    from console.faults import FaultLog

    if hasattr(signal, "SIGTSTP"):
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # no shell beside an open session (TRM-8)
    lines = LineTerminal()
    lines.write("opening the desk")
    desk = open_desk(settings)
    lock = settings.lock
    seat = Seat(
        desk, lines, now=lambda: datetime.now().astimezone(), idle_s=lock.idle_seconds,
        checklist_s=lock.checklist_seconds,
    )  # fmt: skip
    try:
        sit_down(seat)
    except Exception as error:
        faults = FaultLog(settings.home / "logs")
        lines.write(f"a fault that nobody foresaw; reference {faults.keep(error)} in {faults.path}")
        return 1
    finally:
        seat.stand_up("left")
        desk.close()
    return 0
