"""The one log that a terminal, worker or import writes now: checked at start, retired when it does not hold."""

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from db.log import Detail, LogBroken, LogReader, LogWriter, open_successor
from services.action_log.entry import Draft, Entry
from services.action_log.merkle import TreeHead
from services.action_log.report import Kind as ReportKind
from services.action_log.report import Report
from services.errors import Unavailable
from services.home import Home, Kind, key
from services.secrets import Vault

ANCHOR_S = 600


@dataclass(frozen=True, slots=True)
class Alarm:
    """A log that was closed and is kept as evidence; leads are told."""

    log: str
    kind: str
    sentence: str


class Logbook:
    """Appends to the newest log of `owner`; a broken one is kept and its successor names it (action-log.md 3)."""

    def __init__(
        self, home: Home, kind: Kind, owner: str, vault: Vault, deployment: str, *, training: bool = False
    ) -> None:
        self.owner = owner
        self.kind: Kind = kind
        self.deployment = deployment
        self.alarms: tuple[Alarm, ...] = ()
        self._home, self._vault, self._training = home, vault, training
        self._seed = key(vault, f"log-seed:{owner}")
        self._lock = threading.Lock()
        self._anchored_at = time.monotonic()
        self._writer = self._open(self._newest())

    def _newest(self) -> int:
        folder = self._home.folder(self.kind, self.owner)
        numbers = [int(p.stem.removeprefix("log-")) for p in folder.glob("log-*.db")]
        return max(numbers, default=1)

    def _open(self, number: int) -> LogWriter:
        log = f"{self.owner}/{number}"
        try:
            return LogWriter(
                self._home.log(self.kind, self.owner, number),
                log=log,
                origin=self.origin(log),
                seed=self._seed,
                anchor=self._anchor(log),
                training=self._training,
            )
        except LogBroken as broken:
            return self._succeed(broken, number)

    def _succeed(self, broken: LogBroken, number: int) -> LogWriter:
        log = f"{self.owner}/{number}"
        self.alarms = (*self.alarms, Alarm(log, broken.report.kind or "unusable", str(broken)))
        successor = f"{self.owner}/{number + 1}"
        path = self._home.log(self.kind, self.owner, number + 1)
        return open_successor(broken, path, origin=self.origin(successor), seed=self._seed, training=self._training)

    def origin(self, log: str) -> str:
        """The checkpoint origin of a log."""
        return f"{self.deployment}/{log}"

    @property
    def writer(self) -> LogWriter:
        """The writer of the log that stands open now."""
        return self._writer

    @property
    def log(self) -> str:
        """Its id, `<owner>/<n>`."""
        return self._writer.log

    def append(self, drafts: Sequence[Draft], details: Sequence[Detail] = ()) -> tuple[Entry, ...]:
        """Write drafts durably, in one commit; raises as `LogWriter.append`. A log that breaks is retired first."""
        try:
            return self._writer.append(drafts, details)
        except LogBroken as broken:
            self.retire(broken)
            return self._writer.append(drafts, details)

    def retire(self, broken: LogBroken) -> None:
        """Close the open log, keep it as evidence, open its successor."""
        with self._lock:
            if broken.report.log != self._writer.log:
                return
            self._writer.close()
            self._writer = self._succeed(broken, int(self._writer.log.partition("/")[2]))

    def refused(self, kind: ReportKind, sentence: str) -> None:
        """Central does not take this log (any more): retire it."""
        head = self._writer.head
        report = Report(state="tampered", log=self.log, size=head.size, root=head.root, kind=kind, detail=sentence)
        self.retire(LogBroken(report))

    def reader(self) -> LogReader:
        """A reader of the open log."""
        return self._writer.reader()

    def anchor(self, *, now: bool = False) -> None:
        """Keep size and root in the vault, every ten minutes or `now`: cutting tail and head together is found."""
        if not now and time.monotonic() - self._anchored_at < ANCHOR_S:
            return
        head, log = self._writer.head, self._writer.log
        self._vault.put(f"anchor:{log}", orjson.dumps([head.size, head.root.hex()]))
        self._anchored_at = time.monotonic()

    def _anchor(self, log: str) -> TreeHead | None:
        kept = self._vault.get(f"anchor:{log}")
        if kept is None:
            return None
        size, root = orjson.loads(kept)
        return TreeHead(size, bytes.fromhex(root))

    def close(self) -> None:
        """Write what waits, keep the anchor, let go of the file."""
        with contextlib.suppress(Unavailable):
            self.anchor(now=True)
        self._writer.close()
