"""Sync up: the log is the outbox, central's size decides (action-log.md 6)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.central_shapes import BATCH, Hello, pack_details
from services.action_log.checkpoint import parse as parse_note
from services.action_log.checkpoint import verify_cosignature
from services.errors import BadInput, Conflict, NotFound
from services.sync.logbook import Logbook

if TYPE_CHECKING:
    from db.central_port import CentralPort

MAX_WAITING = 8 * BATCH
"""Entries in the inbox above which a terminal waits for the worker."""


@dataclass(frozen=True, slots=True)
class UpState:
    """How far central is: entries it has not accepted, and when the oldest of them was written (µs), if any."""

    waiting: int = 0
    oldest_ts: int | None = None
    alarm: str = ""


class Uplink:
    """Sends a logbook's entries to central and keeps its receipts. Not thread-safe: one thread calls it.

    `cosigner` and `cosigner_key` say whose receipts count.
    """

    def __init__(self, port: "CentralPort", book: Logbook, cosigner: str, cosigner_key: bytes) -> None:
        self._port, self._book = port, book
        self._cosigner, self._cosigner_key = cosigner, cosigner_key
        self._receipts: dict[str, int] = {}
        self.state = UpState()

    def run_once(self) -> bool:
        """One exchange; whether there was something to do. Raises `Unavailable` when central does not answer."""
        hello = self._hello()
        if hello.problem:
            self._book.refused("bad-checkpoint", hello.problem)
            return True
        moved = self._keep_receipt(hello)
        writer = self._book.writer
        start = hello.size + hello.pending
        if writer.size < hello.size:
            self._book.refused("rolled-back", f"central holds {hello.size} entries, this log only {writer.size}")
            return True
        self._measure(hello)
        if start >= writer.size or hello.pending >= MAX_WAITING:
            return moved
        self._send(start, min(writer.size, start + BATCH))
        return True

    def _hello(self) -> Hello:
        log = self._book.log
        try:
            return self._port.hello(log)
        except NotFound:
            owner, _, number = log.partition("/")
            if number == "1":
                raise
            self._port.enrol_successor(log, f"{owner}/{int(number) - 1}", self._book.origin(log))
            return self._port.hello(log)

    def _keep_receipt(self, hello: Hello) -> bool:
        log = self._book.log
        kept = self._receipts.get(log)
        if kept is None:
            with self._book.reader() as reader:
                kept = max((size for size, _ in reader.receipts()), default=0)
            self._receipts[log] = kept
        if hello.size < kept:
            self.state = UpState(self.state.waiting, self.state.oldest_ts, f"central lost entries: it had {kept}")
            return False
        if not hello.receipt or hello.size <= kept:
            return False
        try:
            head, _ = verify_cosignature(hello.receipt, self._cosigner, self._cosigner_key)
        except BadInput as exc:
            self.state = UpState(
                self.state.waiting, self.state.oldest_ts, f"central's receipt does not hold: {exc.reason}"
            )
            return False
        with self._book.reader() as reader:
            ours = reader.root(head.size) if head.size <= self._book.writer.size else b""
        if parse_note(hello.receipt).head.size != hello.size or ours != head.root:
            self._book.refused("forked", "central holds another history of this log")
            return True
        self._book.writer.store_receipt(head.size, hello.receipt)
        self._book.writer.forget_details(head.size)
        self._receipts[log] = head.size
        return True

    def _measure(self, hello: Hello) -> None:
        waiting = self._book.writer.size - hello.size
        oldest = None
        if waiting:
            with self._book.reader() as reader:
                oldest = next((e.ts for e in reader.entries(hello.size, hello.size + 1)), None)
        self.state = UpState(waiting, oldest)

    def _send(self, start: int, stop: int) -> None:
        with self._book.reader() as reader:
            bodies = [body for _, body in reader.bodies(start, stop)]
            details = pack_details([(d.hash, d.owner, d.kind, d.blob) for d in reader.details(start, stop)])
        try:
            self._port.submit(self._book.log, start, bodies, details, self._book.writer.checkpoint_at(stop))
        except Conflict:
            return  # somebody moved the size meanwhile: the next exchange starts from there
