"""The background link of a terminal: sync up and down in one thread, its state for the status line."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from db.terminal import TerminalStore
from services.catalog.seen import Seen
from services.errors import DeskError, ShutOut, Unusable
from services.sync.down import Downlink
from services.sync.logbook import Logbook
from services.sync.up import Uplink

if TYPE_CHECKING:
    from db.central_port import CentralPort

BUSY_S = 0.05
RETRY_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
WORKER_S = 5.0
_SHUT_OUT = "shut-out"


@dataclass(frozen=True, slots=True)
class LinkState:
    """What the link knows: entries waiting and since when (µs), last exchange (monotonic), whether a worker lives."""

    waiting: int = 0
    oldest_ts: int | None = None
    synced_at: float = 0.0
    online: bool = False
    worker_alive: bool = False
    alarm: str = ""
    synced_size: int = 0
    shut_out: bool = False
    """Whether central said last that it does not let this terminal in; kept through a start without central."""
    halts: str = ""
    """What is halted, as central said last."""
    breaches: tuple[tuple[str, int, int], ...] = ()
    """Open breaches as copied last, of `TerminalStore.open_breaches`."""


class Link:
    """Runs until `close`; `connect` makes the port, in the link's own thread, and is tried again while it fails."""

    def __init__(
        self, connect: "Callable[[], tuple[CentralPort, str, bytes]]", book: Logbook, store: TerminalStore
    ) -> None:
        self._connect, self._book, self._store = connect, book, store
        self._stop, self._wake = threading.Event(), threading.Event()
        self._ready, self._begin = threading.Event(), threading.Event()
        self._after_s = 0.0
        self.state = LinkState(*book.waiting(), synced_size=book.accepted, shut_out=bool(store.meta(_SHUT_OUT)))
        self.port: CentralPort | None = None
        self.systems: tuple[Seen, ...] = ()
        self.beside: Callable[[CentralPort], None] = lambda port: None  # what else is to be said at each exchange
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self, after_s: float = 0.0) -> None:
        """Reach for central once `begin` says so or somebody needs it, after `after_s` seconds at latest."""
        self._after_s = after_s
        self._thread.start()

    def begin(self) -> None:
        """Reach for central now, if it was put off."""
        self._begin.set()

    def wake(self) -> None:
        """There are new entries."""
        self._wake.set()

    def wait_ready(self, timeout: float) -> "CentralPort | None":
        """The port, as soon as central was reached once."""
        self.begin()
        self._ready.wait(timeout)
        return self.port

    def close(self, drain_s: float = 2.0) -> None:
        """Send what waits, for at most `drain_s` and only while a worker takes it, then end."""
        until = time.monotonic() + drain_s
        while self.state.worker_alive and self.state.waiting and time.monotonic() < until:
            self.wake()
            time.sleep(0.02)
        self._stop.set()
        self._begin.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        if self.port is not None:
            self.port.close()

    def _run(self) -> None:
        self._begin.wait(self._after_s)
        failures = 0
        up: Uplink | None = None
        down: Downlink | None = None
        idle_s = 0.0
        while not self._stop.is_set():
            self._book.tend()  # also where central is away: then it matters most
            try:
                if up is None or down is None:
                    port, cosigner, cosigner_key = self._connect()
                    up = Uplink(port, self._book, cosigner, cosigner_key)
                    down = Downlink(port, self._store)
                    self.port, idle_s = port, port.IDLE_S
                busy = self._exchange(up, down)
                self._let_in(True)
                failures = 0
                self._ready.set()
                soon = up.state.waiting and self.state.worker_alive  # nobody takes it without a worker
                pause = BUSY_S if busy or soon else idle_s
            except Exception as exc:  # a dead thread would say nothing; the next try may do better
                pause = RETRY_S[min(failures, len(RETRY_S) - 1)] * secrets.SystemRandom().uniform(0.8, 1.2)
                failures += 1
                if isinstance(exc, Unusable):  # central may have become another version: meet it anew
                    up = None
                    if self.port is not None:
                        self.port.close()
                self.state = self._failed(exc)
                self._ready.set()
            self._wake.wait(pause)
            self._wake.clear()

    def _let_in(self, let_in: bool) -> None:
        """Keep whether central lets this terminal in."""
        if bool(self._store.meta(_SHUT_OUT)) is let_in:
            self._store.set_meta({_SHUT_OUT: "" if let_in else "yes"})

    def _exchange(self, up: Uplink, down: Downlink) -> bool:
        sent = up.run_once()
        size = self._book.accepted
        if self.port is not None and self.port.misfit:  # of another version: the log, and nothing else
            waiting, oldest = up.state.waiting, up.state.oldest_ts
            self.state = LinkState(waiting, oldest, time.monotonic(), True, False, self.port.misfit, size)
            return sent
        got = down.run_once()
        if self.port is not None:
            self.beside(self.port)
        self.systems = down.systems
        alive = down.worker_ago < WORKER_S
        alarm = up.state.alarm or down.alarm or self._book.anchor_trouble or self._book.key_trouble
        waiting, oldest = up.state.waiting, up.state.oldest_ts
        breaches = tuple(self._store.open_breaches())
        self.state = LinkState(
            waiting, oldest, time.monotonic(), True, alive, alarm, size, halts=down.halts, breaches=breaches
        )
        return sent or got > 0

    def _failed(self, exc: Exception) -> LinkState:
        """Counting goes on without central. An error that is not ours is named by its type: its text may hold data."""
        reason = exc.reason if isinstance(exc, DeskError) else f"sync stopped ({type(exc).__name__}) and tries again"
        shut_out = isinstance(exc, ShutOut) or self.state.shut_out
        try:
            waiting, oldest = self._book.waiting()
            self._let_in(not shut_out)
        except DeskError:
            waiting, oldest = self.state.waiting, self.state.oldest_ts
        size = self._book.accepted
        return replace(
            self.state, waiting=waiting, oldest_ts=oldest, online=False, worker_alive=False, alarm=reason,
            synced_size=size, shut_out=shut_out,
        )  # fmt: skip
