"""Sync up: the log is the outbox, central's size decides (action-log.md 6)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.central_shapes import BATCH, HEAVY, Hello, pack_details
from db.kill_points import reach
from services.action_log.checkpoint import parse as parse_note, verify_cosignature
from services.action_log.report import Kind
from services.errors import BadInput, Conflict, NotFound, Unusable
from services.sync.logbook import Logbook

if TYPE_CHECKING:
    from db.central_port import CentralPort

MAX_WAITING = 8
"""Batches in the inbox above which a terminal waits for the worker."""
OWN = 2
"""Entries that a successor begins with: that it was opened, and what it follows."""


@dataclass(frozen=True, slots=True)
class UpState:
    """How far central is: entries it has not accepted, and when the oldest of them was written (µs), if any."""

    waiting: int = 0
    oldest_ts: int | None = None
    alarm: str = ""


class Uplink:
    """Sends a logbook's entries to central and keeps its receipts. Not thread-safe: one thread calls it.

    `cosigner` and `cosigner_key` say whose receipts count, `batch` how many entries are handed in at once.
    """

    def __init__(
        self, port: "CentralPort", book: Logbook, cosigner: str, cosigner_key: bytes, batch: int = BATCH
    ) -> None:
        self._port, self._book, self._batch = port, book, batch
        self._cosigner, self._cosigner_key = cosigner, cosigner_key
        self._kept: dict[str, int] = {}  # by log: size of the newest receipt that we hold
        self._fits: dict[str, str] = {}  # by log: the receipt that was held against our own tree
        self._lost, self._doubt = "", ""
        self.state = UpState(*book.waiting())
        self.handed_in = 0
        """Entries of the open log that central has, or has in its inbox, as seen last."""

    def run_once(self) -> bool:
        """One exchange; whether there was something to do.

        Raises `Unavailable` when central does not answer, `Unusable` when it does not know this terminal's key.
        """
        hello = self._hello()
        wrong: tuple[Kind, str] | None = ("bad-checkpoint", hello.problem) if hello.problem else self._conflict(hello)
        if wrong is not None:
            self._give_up(hello, *wrong)
            return True
        moved = self._keep(hello)
        self._book.accepted = hello.size
        self._measure()
        start, size = hello.size + hello.pending, self._book.writer.size
        self.handed_in = start
        if start >= size or hello.pending >= MAX_WAITING * self._batch:
            return moved
        self._send(start, self._batch)
        return True

    def _hello(self) -> Hello:
        log = self._book.log
        try:
            hello = self._port.hello(log)
        except NotFound:  # a successor is new, or central was restored from a backup that is older than it
            if log.endswith("/1"):
                raise
            self._enrol_successors()
            hello = self._port.hello(log)
        if log in self._kept:
            return hello
        with self._book.reader() as reader:
            if self._port.public_key(log) != reader.opening_key():
                raise _other_key()
        self._kept[log] = self._newest_receipt()
        return hello

    def _enrol_successors(self) -> None:
        """Each log is opened by the key that was named when the one before it was enrolled."""
        for log, key, after in self._book.successors():
            try:
                self._port.hello(log)
            except NotFound:
                try:
                    self._port.enrol_successor(log, self._book.origin(log), key, after)
                except Conflict as exc:
                    raise _other_key() from exc

    def _newest_receipt(self) -> int:
        """Size of the newest receipt in the log that central really signed."""
        with self._book.reader() as reader:
            for size, note in reversed(reader.receipts()):
                try:
                    verify_cosignature(note, self._cosigner, self._cosigner_key)
                except BadInput:
                    continue
                return size
        return 0

    def _conflict(self, hello: Hello) -> tuple[Kind, str] | None:
        """How this log and central's receipt contradict each other, if they do: it is ours that was changed."""
        log, writer = self._book.log, self._book.writer
        if hello.receipt == self._fits.get(log, "") and (hello.receipt or not hello.size):
            self._doubt = ""
            return None
        try:
            head, _ = verify_cosignature(hello.receipt, self._cosigner, self._cosigner_key)
            if head.size != hello.size:
                raise BadInput("is for another size")
        except BadInput as exc:
            self._doubt = f"central's receipt does not hold: {exc.reason}"
            return None
        self._doubt = ""
        if head.size > writer.size:
            return "rolled-back", f"central holds {head.size} entries, this log only {writer.size}"
        with self._book.reader() as reader:
            if reader.root(head.size) != head.root:
                return "forked", "central holds another history of this log"
        self._fits[log] = hello.receipt
        return None

    def _give_up(self, hello: Hello, kind: Kind, sentence: str) -> None:
        """Retire the log. A new one that is refused for what every log begins with is not followed by yet another."""
        log, writer = self._book.log, self._book.writer
        if hello.problem and not hello.size and writer.size <= OWN and not log.endswith("/1"):
            raise Unusable(f"central refuses even a new log of this terminal: {sentence}", next_key="tell an operator")
        self._book.refused(kind, sentence)
        self._measure()

    def _keep(self, hello: Hello) -> bool:
        """Keep a newer receipt, then forget the details it covers; notice when central has less than it had."""
        log = self._book.log
        kept = self._kept[log]
        if hello.size < kept and not self._lost:
            self._port.report_loss(log, kept)
            self._lost = f"central lost entries: it had {kept} of {log}, then {hello.size}; they are sent again"
        if hello.size <= kept or hello.receipt != self._fits.get(log):
            return False
        self._book.keep_receipt(parse_note(hello.receipt).head, hello.receipt)
        self._kept[log] = hello.size
        return True

    def _measure(self) -> None:
        self.state = UpState(*self._book.waiting(), self._lost or self._doubt)

    def _send(self, start: int, most: int) -> None:
        """Hand in the entries from place `start` on, `most` at most; half as many while they are too heavy at once."""
        stop, note = self._book.writer.batch_end(start, most)
        with self._book.reader() as reader:
            bodies = [body for _, body in reader.bodies(start, stop)]
            details = pack_details([(d.hash, d.owner, d.kind, d.blob) for d in reader.details(start, stop)])
        if len(bodies) < stop - start:  # pruned here, since central had them: it was put back to an older backup
            self._book.refused("missing-entry", f"central lacks entries from {start} on, which were pruned here")
            self._measure()
            return
        if most > 1 and max(sum(map(len, bodies)), len(details)) > HEAVY:
            self._send(start, most // 2)
            return
        try:
            self._port.submit(self._book.log, start, bodies, details, note)
            self.handed_in = stop
            reach("up.after-submit")
        except Conflict:
            return  # somebody moved the size meanwhile: the next exchange starts from there


def _other_key() -> Unusable:
    return Unusable(
        "central knows this terminal by another signing key",
        kept="your log keeps every action",
        next_key="an operator enrols it again",
    )
