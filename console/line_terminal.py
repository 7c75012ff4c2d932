"""Plain lines on a terminal or a pipe: reading with a time limit, PINs without echo, nothing but lines out."""

import os
import signal
import sys
import time
from contextlib import nullcontext, suppress
from datetime import datetime
from select import select
from typing import TYPE_CHECKING

from console.plain import exit_code, sentence
from console.tty import unseen
from screens.plain.desk import sit_down
from screens.plain.seat import IdleTooLong, Leave, Seat
from services.errors import DeskError

if TYPE_CHECKING:
    from console.settings import Settings

LONGEST = 8_192
"""Bytes of one line; the rest of it is dropped."""
_CLEARED = "\x1b[3J\x1b[2J\x1b[H"


class Interrupted(Exception):
    """Ctrl-C, while somebody was waited for."""


class LineTerminal:
    """Standard input and output. Lines are taken from the descriptor itself, so that waiting for one can end.

    Ctrl-C interrupts nothing but waiting: what the desk is writing is written to its end.
    """

    def __init__(self) -> None:
        self._in, self._waiting = sys.stdin.fileno(), b""
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, _say_nothing)
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
            except Interrupted:
                self.write("\nCtrl-C does nothing here: 0 goes back, an empty agent number leaves")
            finally:
                if secret:
                    self.write("")

    def _line(self, idle_s: float | None) -> str:
        while b"\n" not in self._waiting:
            if not self._typed(idle_s):
                self.write("")
                raise IdleTooLong
            more = os.read(self._in, 4_096)
            if not more:
                raise Leave
            self._waiting = (self._waiting + more) if len(self._waiting) < LONGEST else self._waiting[:LONGEST] + more
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line[:LONGEST].decode(errors="replace").rstrip("\r")

    def _typed(self, seconds: float | None) -> bool:
        """Whether something was typed in time; where nobody can tell (a console of Windows), it is waited for."""
        try:
            ready = select([self._in, self._woken], [], [], seconds)[0]
        except (OSError, ValueError):
            return True
        if self._woken in ready:
            os.read(self._woken, 4_096)
            raise Interrupted
        return bool(ready)

    def rest(self, seconds: float) -> bool:
        """Do nothing for so long; whether nobody pressed Ctrl-C meanwhile."""
        try:
            woken = select([self._woken], [], [], seconds)[0]
        except (OSError, ValueError):
            time.sleep(seconds)
            return True
        return not (woken and os.read(self._woken, 4_096))

    def write(self, line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def clear(self) -> None:
        if sys.stdout.isatty():
            sys.stdout.write(_CLEARED)
            sys.stdout.flush()


def _say_nothing(number: int, frame: object) -> None:
    """The signal wakes whoever waits, and does no more."""


def run(settings: "Settings") -> int:
    """Open the desk of this home on plain lines; returns the process's exit code."""
    from console.desk_opener import open_desk
    from console.faults import FaultLog

    if hasattr(signal, "SIGTSTP"):
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # no shell beside an open session (TRM-8)
    lines = LineTerminal()
    lines.write("opening the desk")
    try:
        desk = open_desk(settings)
    except DeskError as error:
        lines.write(f"rightsdesk: {sentence(error)}")
        return exit_code(error)
    faults, lock = FaultLog(settings.home / "logs"), settings.lock
    faults.forget()
    seat = Seat(
        desk, lines, now=lambda: datetime.now().astimezone(), idle_s=lock.idle_seconds,
        checklist_s=lock.checklist_seconds,
    )  # fmt: skip
    try:
        sit_down(seat)
    except Exception as error:
        lines.write(f"a fault that nobody foresaw; reference {faults.keep(error)} in {faults.path}")
        return 1
    finally:
        seat.stand_up("left")
        desk.close()
    return 0
