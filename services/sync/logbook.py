"""The one log that a terminal, worker or import writes now: checked at start, retired when it does not hold."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson

from db.kill_points import reach
from db.log import Detail, LogBroken, LogReader, LogWriter
from db.log_successor import open_successor
from services.action_log.acts import ClockStepped, Heartbeat, SyncReceipt
from services.action_log.entry import Draft, Entry
from services.action_log.merkle import TreeHead
from services.action_log.moment import Clock, now, stepped
from services.action_log.report import Kind as ReportKind, Report
from services.errors import DeskError, Unavailable, Unusable
from services.home import Home, Kind
from services.log_seeds import LogSeeds
from services.secrets import Vault

ANCHOR_S = 600
EPOCH_ENTRIES, EPOCH_US = 256, 600_000_000
"""After how many entries, or how long after the first of them, the log goes on under a new key."""
HEARTBEAT_S = 300
KEY_RETRY_S = 60
"""How long a vault that refused the next key is left alone."""
RECEIPT_S = 600
"""How often at most the newest receipt is written into the log itself."""
STEP_US = 2_000_000
"""A wall clock that leaves the machine's own by more than this is written down."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A log that was closed and is kept as evidence; leads are told."""

    log: str
    kind: str
    sentence: str


class Logbook:
    """Appends to the newest log of `owner`; a broken one is kept and its successor names it (action-log.md 3).

    `accepted` is how many entries of the open log central holds, as far as is known here.
    """

    def __init__(
        self,
        home: Home,
        kind: Kind,
        owner: str,
        vault: Vault,
        deployment: str,
        *,
        training: bool = False,
        clock: Clock = now,
        receipt_s: float = RECEIPT_S,
    ) -> None:
        self.owner = owner
        self.kind: Kind = kind
        self.deployment = deployment
        self.alarms: tuple[Alarm, ...] = ()
        self.anchor_trouble = self.key_trouble = ""
        self._home, self._vault, self._training = home, vault, training or home.training
        self._seeds = LogSeeds(vault, owner)
        self._key_wait = 0.0
        self._began: tuple[str, int, int] = "", 0, 0
        self._lock = threading.Lock()
        self._oldest: tuple[str, int, int | None] = "", 0, None
        self._anchored_at = self._beat_at = time.monotonic()
        self._clock, self._moment = clock, clock()
        self._receipt: tuple[str, TreeHead] | None = None
        self._receipt_s, self._receipt_at = receipt_s, time.monotonic()
        self._writer = self._open(self._newest())
        with self.reader() as reader:
            self.accepted = max((size for size, _ in reader.receipts()), default=0)

    def _newest(self) -> int:
        folder = self._home.folder(self.kind, self.owner)
        numbers = [int(p.stem.removeprefix("log-")) for p in folder.glob("log-*.db")]
        return max(numbers, default=1)

    def _open(self, number: int) -> LogWriter:
        log, seeds = f"{self.owner}/{number}", self._seeds.now
        # A successor that ended before its first entry was written is still to be opened by the spare.
        opening = seeds.in_force if number == 1 else seeds.spare
        try:
            writer = LogWriter(
                self._home.log(self.kind, self.owner, number),
                log=log,
                origin=self.origin(log),
                seed=opening,
                others=[seed for seed in seeds.all if seed != opening],
                anchor=self._anchor(log),
                clock=self._clock,
                training=self._training,
            )
        except LogBroken as broken:
            return self._succeed(broken, number)
        self._seeds.settle(number, writer.public_key)
        return writer

    def _succeed(self, broken: LogBroken, number: int) -> LogWriter:
        log = f"{self.owner}/{number}"
        self.alarms = (*self.alarms, Alarm(log, broken.report.kind or "unusable", str(broken)))
        successor = f"{self.owner}/{number + 1}"
        path = self._home.log(self.kind, self.owner, number + 1)
        spare = self._seeds.now.spare
        writer = open_successor(
            broken, path, origin=self.origin(successor), seed=spare, clock=self._clock, training=self._training
        )
        self._seeds.settle(number + 1, writer.public_key)
        return writer

    def successors(self) -> list[tuple[str, bytes, bytes]]:
        """(log, key, key that opens the log after it) of the logs after the first; raises `Unusable` (vault)."""
        found = self._seeds.successors(int(self.log.partition("/")[2]))
        return [(f"{self.owner}/{number}", opened, after) for number, opened, after in found]

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
        writer = self._writer
        notice, receipt = self._clock_notice(), self._receipt_notice(writer.log)
        try:
            return writer.append([*notice, *receipt, *drafts], details)[len(notice) + len(receipt) :]
        except LogBroken as broken:  # the receipt is of the log that broke: not for its successor
            self.retire(broken)
            entries = self._writer.append([*notice, *drafts], details)
        except Unavailable:
            with self._lock:  # the link may be retiring the log just now
                if self._writer is writer:
                    raise
            entries = self._writer.append([*notice, *drafts], details)
        return entries[len(notice) :]

    def _clock_notice(self) -> list[Draft]:
        """An entry for a wall clock that was set since the last append."""
        before, self._moment = self._moment, self._clock()
        delta = stepped(before, self._moment)
        if delta is None or abs(delta) < STEP_US:
            return []
        return [Draft(act=ClockStepped(delta_us=delta), actor=f"log:{self.log}", as_="log")]

    def _receipt_notice(self, log: str) -> list[Draft]:
        """An entry for the newest receipt, every ten minutes at most and only beside what somebody does.

        An entry after each sync would need a receipt of its own, without end.
        """
        held = self._receipt
        if held is None or held[0] != log or time.monotonic() - self._receipt_at < self._receipt_s:
            return []
        self._receipt, self._receipt_at = None, time.monotonic()
        size, root = held[1]
        return [Draft(act=SyncReceipt(size=size, root=root.hex()), actor=f"log:{log}", as_="log")]

    def keep_receipt(self, head: TreeHead, note: str) -> None:
        """Keep central's cosigned note of the open log's first entries; what it covers has its details there now."""
        self._writer.store_receipt(head.size, note)
        self._writer.forget_details(head.size)
        self._receipt = self.log, head

    def waiting(self) -> tuple[int, int | None]:
        """Entries that central has not accepted, and when the oldest of them was written (µs), if any."""
        accepted, count = self.accepted, self._writer.size - self.accepted
        if count <= 0:
            return 0, None
        if self._oldest[:2] != (self.log, accepted):  # asked for twice a second: the file is read once
            with self.reader() as reader:
                ts = next((e.ts for e in reader.entries(accepted, accepted + 1)), None)
            self._oldest = self.log, accepted, ts
        return count, self._oldest[2]

    def retire(self, broken: LogBroken) -> None:
        """Close the open log, keep it as evidence, open its successor."""
        with self._lock:
            if broken.report.log != self._writer.log:
                return
            self._writer.close()
            self._writer = self._succeed(broken, int(self._writer.log.partition("/")[2]))
            self.accepted = 0

    def refused(self, kind: ReportKind, sentence: str) -> None:
        """Central does not take this log (any more): retire it."""
        head = self._writer.head
        report = Report(state="tampered", log=self.log, size=head.size, root=head.root, kind=kind, detail=sentence)
        self.retire(LogBroken(report))

    def reader(self) -> LogReader:
        """A reader of the open log."""
        return self._writer.reader()

    def tend(self) -> None:
        """What is due beside the work: a sign of life, the anchor, the log's next key.

        Never raises, and holds up no append.
        """
        with suppress(DeskError):  # a full disk is said by whoever has something to write
            self._beat()
        if time.monotonic() < self._key_wait:
            return
        try:
            self.anchor()
            self._seeds.flush()
            self._turn_key_or_log()
            self.key_trouble = ""
        except Exception as exc:  # a keyring may raise anything, and whoever calls this has other things to do
            reason = exc.reason if isinstance(exc, DeskError) else type(exc).__name__
            self.key_trouble = f"the log's signing key is not changed: {reason}"
            self._key_wait = time.monotonic() + KEY_RETRY_S

    def _beat(self) -> None:
        """An entry every five minutes while the program runs: where there is none, it did not."""
        if time.monotonic() - self._beat_at >= HEARTBEAT_S:
            self._beat_at = time.monotonic()
            self.append([Draft(act=Heartbeat(), actor=f"log:{self.log}", as_="log")])

    def _turn_key_or_log(self) -> None:
        try:
            self._turn_key()
        except LogBroken as broken:
            self.retire(broken)

    def _turn_key(self) -> None:
        """A new key every 256 entries or ten minutes: the next is kept, the log names it, the old one is erased.

        Ended anywhere between, the log says which of the kept ones is in force.
        """
        writer = self._writer
        count = writer.size - writer.sealed
        if not count or (count < EPOCH_ENTRIES and self._clock().ts - self._epoch_began(writer) < EPOCH_US):
            return
        seed = self._seeds.prepare_next()
        reach("key.after-next")
        writer.rotate(seed)
        reach("key.after-rotation")
        self._seeds.settle(int(writer.log.partition("/")[2]), writer.public_key)
        self._seeds.flush()
        reach("key.after-erasure")

    def _epoch_began(self, writer: LogWriter) -> int:
        """When the first entry after the last seal was written (µs)."""
        if self._began[:2] != (writer.log, writer.sealed):
            with writer.reader() as reader:
                ts = next((e.ts for e in reader.entries(writer.sealed, writer.sealed + 1)), 0)
            self._began = writer.log, writer.sealed, ts
        return self._began[2]

    def anchor(self, *, now: bool = False) -> None:
        """Keep size and root in the vault, every ten minutes or `now`: cutting tail and head together is found.

        A vault that does not take it stops nobody's work: `anchor_trouble` says so.
        """
        if not now and time.monotonic() - self._anchored_at < ANCHOR_S:
            return
        head, log = self._writer.head, self._writer.log
        try:
            self._vault.put(f"anchor:{log}", orjson.dumps([head.size, head.root.hex()]))
            self.anchor_trouble = ""
        except Unusable as exc:
            self.anchor_trouble = f"the log's anchor is not kept: {exc.reason}"
        self._anchored_at = time.monotonic()

    def _anchor(self, log: str) -> TreeHead | None:
        kept = self._vault.get(f"anchor:{log}")
        if kept is None:
            return None
        size, root = orjson.loads(kept)
        return TreeHead(size, bytes.fromhex(root))

    def close(self) -> None:
        """Write what waits, keep the anchor, let go of the file."""
        self.anchor(now=True)
        with suppress(DeskError):  # a seed that should be gone is erased at the next start
            self._seeds.flush()
        self._writer.close()
