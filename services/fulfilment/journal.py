"""The worker's own log file: one JSON line an event, ids and codes only, never a text of somebody else's error."""

import errno
import logging
import os
import secrets
import sys
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import orjson

from services.fulfilment.tally import Tally
from services.technical_logs import MONTH_S

MAX_BYTES = 5_000_000
_STDERR = 2


class Journal:
    """Appends to `path` (0600); a file that grew too long is kept once as `.1`. Safe from any thread.

    `tally` counts what is said; `echo` is a file descriptor that gets every line as well. What the file does not take,
    as its disk is full, stands on standard error: whoever speaks is never stopped by it.
    """

    def __init__(self, path: Path, tally: Tally | None = None, echo: int | None = None) -> None:
        self._tally, self._echo = tally or Tally(), echo
        self._writing, self._torn = threading.Lock(), False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MAX_BYTES:
            path.replace(path.with_name(path.name + ".1"))
        self._path = path
        self._file = self._opened()

    def say(self, event: str, **facts: str | int | bool) -> None:
        """One line: the event's name and its codes."""
        line = {"at": time.time_ns() // 1000, "pid": os.getpid(), "event": event, **facts}
        text = orjson.dumps(line) + b"\n"
        kept = self._keep(text)
        if self._echo is not None or not kept:
            with suppress(OSError):  # nobody reads it any more
                os.write(_STDERR if self._echo is None else self._echo, text)
        self._tally.add("worker_events_total", event=event)

    def tidy(self, months: int) -> None:
        """No line stays longer than that many months: after half of them a file is set aside, after as many it goes.

        Others that write to the file that is set aside go on there until they start anew.
        """
        half, now = months * MONTH_S / 2, time.time()
        aside = self._path.with_name(self._path.name + ".1")
        with suppress(ValueError, KeyError, OSError):  # no line of ours; or Windows, where nobody moves an open file
            if aside.exists() and now - aside.stat().st_mtime > half:
                aside.unlink()
            with self._path.open("rb") as file:
                first = file.readline()
            if first and now - orjson.loads(first)["at"] / 1_000_000 > half:
                with self._writing:
                    self._path.replace(aside)
                    old, self._file = self._file, self._opened()
                os.close(old)

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _keep(self, text: bytes) -> bool:
        """Whether the file took the whole line; of one that it did not, the next line stands apart."""
        with self._writing:
            line = b"\n" + text if self._torn else text
            try:
                took = os.write(self._file, line)
            except OSError:
                return False
            self._torn = took < len(line)
            return not self._torn

    def fault(self, place: str, error: BaseException, **facts: str | int | bool) -> str:
        """Keeps where an error came up, of which kind it is and the system's own code, as `SQLITE_FULL` or `ENOSPC`;
        a reference to name it by, eight hex digits."""
        reference = secrets.token_hex(4)
        self._tally.add("worker_faults_total", place=place)
        if code := _code(error):
            facts["code"] = code
        self.say("fault", place=place, kind=type(error).__name__, line=_where(error), reference=reference, **facts)
        return reference

    def catch_strays(self) -> None:
        """Errors that nobody caught, and the engine's complaints, come here instead of to the terminal."""
        warnings.simplefilter("ignore")  # those of libraries may quote what they met
        sys.excepthook = lambda kind, error, trace: self._stray(error)
        threading.excepthook = lambda args: self._stray(args.exc_value)
        logging.getLogger("rightsdesk").addHandler(_Complaints(self))
        logging.getLogger("rightsdesk").propagate = False

    def _stray(self, error: BaseException | None) -> None:
        if error is not None:
            self.fault("stray", error)


class _Complaints(logging.Handler):
    """Python's logging, for our own loggers: their messages hold codes only."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        self._journal.say("complaint", source=record.name, text=record.getMessage())


def _code(error: BaseException) -> str:
    """What SQLite or the system call it that stood at the beginning of `error`; empty where neither was asked."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(name := getattr(seen, "sqlite_errorname", None), str):
            return name
        if isinstance(seen, OSError) and seen.errno is not None:
            return errno.errorcode.get(seen.errno, "")
        seen = seen.__cause__ or seen.__context__
    return ""


def _where(error: BaseException) -> str:
    """Module and line of the innermost frame: enough to find it, without a value."""
    trace: TracebackType | None = error.__traceback__
    place = "-"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '-')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
