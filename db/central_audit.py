"""What an auditor reads of central, all in one view: entries, folded cases, sealed details, and what does not fit."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from db.central import (
    AGENT,
    AGGREGATE,
    AGGREGATE_HEAD,
    CASE,
    CATALOG,
    CLAIM,
    CONTROLLER,
    COUNTS,
    DETAIL,
    ENTRY,
    HEAD,
    INBOX,
    LOG,
)
from db.central_holds import holds
from db.central_roles import SQLITE_TRIGGERS
from db.central_witness import CentralView, as_bytes

SOME = 2000


class AuditView(CentralView):
    """One view of central that is looked through from end to end; work goes on beside it."""

    def filed(self, log: str) -> Iterator[tuple[int, str | None, bytes]]:
        """(seq, case that it is filed under, bytes as signed) of a log's entries, in order."""
        query = sa.select(ENTRY.c.seq, ENTRY.c.case_id, ENTRY.c.body).where(ENTRY.c.log == log).order_by(ENTRY.c.seq)
        return ((seq, case, as_bytes(body)) for seq, case, body in self._stream(query))

    def stored_leaves(self) -> Iterator[tuple[int, bytes, bytes]]:
        """(place, checkpoint, hashes stored with it) of the aggregate's leaves, in order."""
        rows = self._stream(sa.select(AGGREGATE).order_by(AGGREGATE.c.idx))
        return ((place, as_bytes(note), as_bytes(nodes)) for place, note, nodes in rows)

    def aggregate_frontier(self) -> bytes:
        """The frontier that the next leaf goes on from."""
        return as_bytes(self._conn.execute(sa.select(AGGREGATE_HEAD.c.frontier)).scalar())

    def holds(self) -> dict[str, bytes]:
        """Every legal hold as central keeps it, by id."""
        return holds(self._conn)

    def goes_on_from(self, log: str) -> tuple[bytes, bytes]:
        """What the next batch of a log is held against: its frontier, and the key in force."""
        row = self._conn.execute(sa.select(HEAD.c.frontier, HEAD.c.key).where(HEAD.c.log == log)).first()
        return (b"", b"") if row is None else (as_bytes(row[0]), as_bytes(row[1]))

    def operators_entries(self) -> list[bytes] | None:
        """Bodies of the entries of all operators' logs in accept order; None while some of theirs wait in the inbox."""
        mine = sa.select(LOG.c.id).where(LOG.c.kind == "operator")
        if self._conn.execute(sa.select(INBOX.c.id).where(INBOX.c.log.in_(mine)).limit(1)).first():
            return None
        query = sa.select(ENTRY.c.body).where(ENTRY.c.log.in_(mine)).order_by(ENTRY.c.pos)
        return [as_bytes(body) for body in self._conn.execute(query).scalars()]

    def catalogs(self) -> Iterator[tuple[str, int, str, bytes, bytes, bytes]]:
        """(controller, number, digest, head, what is shown, files) of every published catalog."""
        for r in self._stream(sa.select(CATALOG).order_by(CATALOG.c.controller, CATALOG.c.number)):
            yield r[0], r[1], r[2], as_bytes(r[3]), as_bytes(r[4]), as_bytes(r[5])

    def kinds(self) -> dict[str, str]:
        """Of every log whether it is a terminal's, a worker's, an import's or operators'."""
        return {r[0]: r[1] for r in self._conn.execute(sa.select(LOG.c.id, LOG.c.kind))}

    @property
    def embedded(self) -> bool:
        """Whether central is a file of one home."""
        return self._conn.dialect.name == "sqlite"

    def agents(self) -> list[tuple[str, str, bool, int]]:
        """(number, roles, disabled, number of the PIN) of everybody."""
        query = sa.select(AGENT.c.id, AGENT.c.roles, AGENT.c.disabled, AGENT.c.pin_rev)
        return [(r[0], r[1], r[2], r[3]) for r in self._conn.execute(query)]

    def accepted(self) -> Iterator[tuple[int, bytes]]:
        """(accepted at in µs, body) of every entry that counts, in accept order."""
        yield from self._stream(sa.select(ENTRY.c.accepted_at, ENTRY.c.body).where(COUNTS).order_by(ENTRY.c.pos))

    def controllers(self) -> dict[str, bytes]:
        """JSON of every controller by key."""
        return {r[0]: r[1] for r in self._conn.execute(sa.select(CONTROLLER.c.key, CONTROLLER.c.body))}

    def cases(self) -> dict[str, Mapping[str, Any]]:
        """Every row of `case_` by id."""
        return {row["id"]: dict(row) for row in self._conn.execute(sa.select(CASE)).mappings()}

    def details(self) -> Iterator[tuple[str, str, bytes]]:
        """(digest, owner, ciphertext) of every sealed detail."""
        rows = self._stream(sa.select(DETAIL.c.hash, DETAIL.c.owner, DETAIL.c.blob))
        return ((digest, owner, as_bytes(blob)) for digest, owner, blob in rows)

    def body(self, case: str) -> bytes | None:
        """A folded case; None when there is none."""
        found = self._conn.execute(sa.select(CASE.c.body).where(CASE.c.id == case)).scalar()
        return None if found is None else as_bytes(found)

    def out_of_order(self) -> list[int]:
        """Places of entries that have an earlier time than the one accepted before them."""
        before = sa.func.lag(ENTRY.c.accepted_at).over(order_by=ENTRY.c.pos).label("before")
        found = sa.select(ENTRY.c.pos, ENTRY.c.accepted_at, before).subquery()
        query = sa.select(found.c.pos).where(found.c.accepted_at < found.c.before).order_by(found.c.pos).limit(SOME)
        return list(self._conn.execute(query).scalars())

    def fences(self) -> Iterator[tuple[str, bytes, int]]:
        """(case, folded body, fence of its claim) of every case that was ever claimed."""
        query = sa.select(CASE.c.id, CASE.c.body, CLAIM.c.fence).join(CLAIM, CLAIM.c.case_id == CASE.c.id)
        yield from self._stream(query)

    def changed_triggers(self) -> list[str]:
        """On SQLite: triggers that are gone, were changed or added."""
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        there = {r[0]: r[1] for r in self._conn.exec_driver_sql(query)}
        wanted = {sql.split()[2]: sql for sql in SQLITE_TRIGGERS}
        gone = [f"trigger {name} is gone" for name in sorted(wanted.keys() - there.keys())]
        added = [f"trigger {name} was added" for name in sorted(there.keys() - wanted.keys())]
        changed = [f"trigger {n} was changed" for n in sorted(wanted.keys() & there.keys()) if wanted[n] != there[n]]
        return gone + added + changed

    def _stream(self, query: sa.Select[Any]) -> Iterator[Any]:
        for row in self._conn.execute(query, execution_options={"yield_per": SOME}):
            yield tuple(row)
