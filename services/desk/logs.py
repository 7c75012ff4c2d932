"""This terminal's log on screen: lines, one entry with its proof, a full check."""

import base64
from collections.abc import Callable

from services.action_log.entry import decode
from services.action_log.merkle import leaf_hash
from services.desk.context import Context
from services.types import LogDetail, LogLine, Session


class Logs:
    """Reading and checking the terminal's own log."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def page(
        self, session: Session, before: int | None = None, limit: int = 100, case: str = ""
    ) -> tuple[LogLine, ...]:
        """Newest first, below `before`."""
        self._ctx.require(session)
        with self._ctx.book.reader() as reader:
            entries = reader.newest_first(case or None, before, limit)
            synced = max((size for size, _ in reader.receipts()), default=0)
        as_time = self._ctx.as_time
        return tuple(LogLine(e.seq, as_time(e.ts), e.act, e.actor, e.case or "", e.seq < synced) for e in entries)

    def detail(self, session: Session, seq: int) -> LogDetail:
        """One entry, its leaf, its inclusion proof against the head, and central's receipt."""
        self._ctx.require(session)
        with self._ctx.book.reader() as reader:
            body = reader.body(seq)
            proof = reader.inclusion(seq)
            receipt = next((note for size, note in sorted(reader.receipts()) if size > seq), "")
        decode(body)
        return LogDetail(
            seq=seq,
            body=body.decode(),
            leaf=leaf_hash(body).hex(),
            proof=tuple(base64.b64encode(h).decode() for h in proof),
            checkpoint=self._ctx.book.writer.checkpoint,
            receipt=receipt,
        )

    def verify(self, session: Session, stage: Callable[[str], None] | None = None) -> tuple[bool, str]:
        """Check the whole log against central's enrolled key, receipts and the anchor: (whole, in a sentence)."""
        from services.evidence import evidence_of

        self._ctx.require(session)
        if stage is not None:
            stage(f"checking {self._ctx.book.writer.size:,} entries")
        evidence = evidence_of(self._ctx.home, self._ctx.vault)
        report = evidence.check(evidence.find(self._ctx.book.log).path)
        if report.state == "whole":
            return True, f"whole: {report.size:,} entries, signed by the enrolled key, {report.receipts} receipts hold"
        return False, f"{report.state}: {report.kind} at {report.place or 'the whole file'}. {report.detail}"
