"""Faults: what to do with an error nobody foresaw. A reference for the person, the place in the code for the operator,
and never a value: no locals, no message of the exception, since both may hold a person's data."""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from services.technical_logs import FAULTS, forget_faults


class FaultLog:
    """Appends faults to `folder/console.log` (mode 0600) and answers with their reference, e.g. `7F3A21`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FAULTS

    def keep(self, error: BaseException) -> str:
        """Write type and places of `error` and of what caused it; returns the reference. Never raises."""
        reference = os.urandom(3).hex().upper()
        lines = [f"{datetime.now(UTC).isoformat(timespec='seconds')} fault {reference}"]
        seen: BaseException | None = error
        while seen is not None and len(lines) < 400:
            lines.append(f"  {type(seen).__module__}.{type(seen).__qualname__}")
            lines += [f"    {f.filename}:{f.lineno} in {f.name}" for f in _frames(seen.__traceback__)]
            seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        self._append("\n".join(lines) + "\n")
        return reference

    def _append(self, text: str) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError:
            return  # a full disk must not turn one fault into two

    def forget(self) -> None:
        """Drop what is older than technical logs are kept (rules.md 8.2)."""
        forget_faults(self.path)

    def catch_strays(self, tell: Callable[[str], None]) -> None:
        """Errors of threads, destructors and start-up go to this log too, not to the terminal; `tell` gets a line."""

        def main(_type: type[BaseException], error: BaseException, _tb: TracebackType | None) -> None:
            tell(sentence(self.keep(error)))

        def thread(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                self.keep(args.exc_value)

        def destructor(args: "sys.UnraisableHookArgs") -> None:
            if args.exc_value is not None:
                self.keep(args.exc_value)

        sys.excepthook, threading.excepthook, sys.unraisablehook = main, thread, destructor


def sentence(reference: str) -> str:
    """What a person reads when the console closes on a fault."""
    return (
        f"The console met a fault and closed. Everything shown as done is kept. Start it again; reference {reference}."
    )


def _frames(tb: TracebackType | None) -> list[traceback.FrameSummary]:
    return list(traceback.StackSummary.extract(traceback.walk_tb(tb), limit=60, lookup_lines=False))
