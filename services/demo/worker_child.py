"""The demo's worker: a process of its own that lives as long as its parent, and is never started again in silence."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from services.errors import Unavailable

READY_S = 30.0
LEAVE_S = 5.0
_CHECKOUT = Path(__file__).resolve().parents[2]


class WorkerChild:
    """A worker process. `died` is told its exit code, in a thread, if it ends by itself."""

    def __init__(self, home: Path, name: str, *, died: Callable[[int], None] = lambda _: None) -> None:
        """Start it, without waiting: it takes a second or two until it works (`wait_ready`)."""
        self._home = home
        self._ready = threading.Event()
        self._stopping = False
        self._died = died
        path = os.pathsep.join(filter(None, [str(_CHECKOUT), os.environ.get("PYTHONPATH")]))
        with _log_of(home) as said:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "console",
                    "worker",
                    "run",
                    "--home",
                    str(home),
                    "--worker",
                    name,
                    "--with-parent",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=os.environ | {"PYTHONPATH": path},
                start_new_session=os.name != "nt",  # Ctrl-C in the terminal is for the console, not for the worker
            )
        threading.Thread(target=self._watch, name="worker watch", daemon=True).start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_ready(self, timeout: float = READY_S) -> None:
        """Wait until it says that it works; raises `Unavailable` when it ends, or says nothing in time."""
        until = time.monotonic() + timeout
        while not self._ready.wait(0.05):
            if not self.alive or time.monotonic() > until:
                raise Unavailable("the worker did not start", kept="the home", next_key=f"see {self._home / 'logs'}")

    def stop(self) -> None:
        """End it: its input closes, which it obeys; killed when it does not within `LEAVE_S`."""
        self._stopping = True
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            self.process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _watch(self) -> None:
        """Reads what it says until it ends: the line with `ready` is the sign that it works."""
        if self.process.stdout is not None:
            with self.process.stdout as out:
                for line in out:
                    if b" ready " in line:
                        self._ready.set()
        code = self.process.wait()
        if not self._stopping:
            self._died(code)


def _log_of(home: Path) -> IO[bytes]:
    """Where a worker's complaints at its start go: `logs/worker-start.log`, 0600."""
    (home / "logs").mkdir(mode=0o700, exist_ok=True)
    handle = os.open(home / "logs" / "worker-start.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(handle, "ab")
