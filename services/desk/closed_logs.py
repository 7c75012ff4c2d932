"""What closed logs of this terminal hold that central never took: evidence, until a lead repeats or drops each entry.

Nothing is kept of what was settled: it is read off the actions, each time.
"""

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from db.log_check import check_file
from db.log_reader import Detail, LogReader
from services.action_log.acts import ConflictSettled
from services.action_log.entry import Entry, decode
from services.action_log.known import Known
from services.action_log.report import Report
from services.cases.fold_settle import again_op
from services.desk.context import Context
from services.errors import BadInput, DeskError, NotFound, Unavailable

FRESH_S = 30.0
"""How long a count may be old: the list itself and what is settled from it are read anew."""
_SETTLEMENT = f'{{"act":"{ConflictSettled.NAME}",'.encode()

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that central never took; `doubt` says why it may not be what was written, if so."""

    entry: Entry
    doubt: str = ""


class ClosedLogs:
    """Reads `log-<n>.db` of every n below the open log's."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._counts: Counter[str | None] = Counter()  # by controller
        self._counted_at = -FRESH_S

    def count(self, controllers: tuple[str, ...]) -> int:
        """How many entries of these controllers wait, as of half a minute ago at most."""
        if time.monotonic() - self._counted_at >= FRESH_S:
            with suppress(Unavailable):
                self._counts = Counter(kept.entry.controller for kept in self.waiting())
            self._counted_at = time.monotonic()
        return sum(self._counts[controller] for controller in controllers)

    def waiting(self) -> tuple[Kept, ...]:
        """Entries on cases that central never took and nobody has settled, oldest first."""
        self._counted_at = -FRESH_S
        found = [(log, path, self._never_taken(log, path)) for log, path in self._files()]
        if not any(entries for _, _, entries in found):
            return ()
        settled = self._settlements({e.case for _, _, entries in found for e in entries if e.case is not None})
        kept: list[Kept] = []
        for log, path, entries in found:
            open_ones = [e for e in entries if (e.log, e.seq) not in settled]
            kept += self._judged(log, path, open_ones) if open_ones else []
        return tuple(kept)

    def details(self, entry: Entry) -> tuple[Detail, ...]:
        """The sealed details that still lie beside an entry in its closed log."""
        with LogReader(dict(self._files())[entry.log]) as reader:
            return tuple(reader.details(entry.seq, entry.seq + 1))

    def _files(self) -> list[tuple[str, Path]]:
        owner, _, number = self._ctx.book.log.partition("/")
        paths = [(n, self._ctx.home.log("terminal", owner, n)) for n in range(1, int(number))]
        return [(f"{owner}/{n}", path) for n, path in paths if path.is_file()]

    def _never_taken(self, log: str, path: Path) -> list[Entry]:
        """Entries on cases beyond what central holds or has in its inbox, and those it holds another one for."""
        try:
            with LogReader(path) as reader:
                receipt = max((size for size, _ in reader.receipts()), default=0)
                size, coming, held = self._central(log, receipt)
                found: list[Entry] = []
                for seq, body in reader.bodies(min(receipt, size)):
                    if (seq < size and held.get(seq) != body) or seq >= coming:
                        found += _decoded(body)
                return _on_cases(found)
        except DeskError:
            return []  # an unreadable file: `log verify` names it, and the status line tells of the alarm

    def _central(self, log: str, receipt: int) -> tuple[int, int, dict[int, bytes]]:
        """How many entries central holds, how many with its inbox, and those from `receipt` on; our receipt offline."""
        if not self._ctx.online:
            return receipt, receipt, {}
        port = self._ctx.port()
        try:
            hello = port.hello(log)
        except NotFound:
            return 0, 0, {}
        held = port.held_of(log, min(receipt, hello.size)) if receipt < hello.size else {}
        return hello.size, hello.size + hello.pending, held

    def _settlements(self, cases: Iterable[str]) -> set[Place]:
        """What was settled in these cases: by what central took, and by what waits in the open log."""
        book, found = self._ctx.book, set[Place]()
        if self._ctx.online:
            port = self._ctx.port()
            for case in cases:
                found |= _settled_in(one.body for one in port.entries_of(case))
        with book.reader() as reader:
            start = book.accepted if self._ctx.online else 0
            return found | _settled_in(body for _, body in reader.bodies(start))

    def _judged(self, log: str, path: Path, entries: list[Entry]) -> list[Kept]:
        """The entries, with a doubt where the file is not what was signed."""
        if not self._ctx.online:
            return [Kept(e) for e in entries]
        port = self._ctx.port()
        try:
            key = port.public_key(log)
        except NotFound:
            key = self._ctx.book.writer.public_key
        report = check_file(path, Known(public_key=key, origin=self._ctx.book.origin(log)))
        return [Kept(e, _doubt(report, e.seq)) for e in entries]


def _doubt(report: Report, seq: int) -> str:
    """What speaks against the entry at `seq` being what was written, by a check of the whole file."""
    last = report.first if report.last is None else report.last
    sound = report.state == "whole" or (
        report.first is not None and last is not None and not report.first <= seq <= last
    )
    return "" if sound else f"its log was changed ({report.kind}): this may not be what was done"


def _settled_in(bodies: Iterable[bytes]) -> set[Place]:
    """The entries that these settle."""
    params = [decode(body).params for body in bodies if body.startswith(_SETTLEMENT)]
    return {(str(p["log"]), int(str(p["seq"]))) for p in params}


def _on_cases(entries: list[Entry]) -> list[Entry]:
    """Those on cases, without settlements and their repeats: what these were to settle stands open again itself."""
    settling = [e for e in entries if e.act == ConflictSettled.NAME]
    ops = {again_op(str(e.params["log"]), int(str(e.params["seq"]))) for e in settling}
    return [e for e in entries if e.case is not None and e not in settling and e.op not in ops]


def _decoded(body: bytes) -> list[Entry]:
    try:
        return [decode(body)]
    except BadInput:
        return []
