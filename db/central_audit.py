"""What an auditor reads of central: every log, entry and sealed detail, and what does not fit together. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from db.central import CASE, CLAIM, DETAIL, ENTRY, HEAD, LOG, META
from db.central_roles import SQLITE_TRIGGERS

SOME = 2000


@dataclass(frozen=True, slots=True)
class HeldLog:
    """A log as central holds it."""

    log: str
    origin: str
    public_key: bytes
    size: int
    checkpoint: str
    receipt: str


class AuditStore:
    """Central, to be looked through."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def facts(self) -> dict[str, str]:
        """Facts of the deployment."""
        with self._engine.connect() as conn:
            return {r[0]: r[1] for r in conn.execute(sa.select(META.c.key, META.c.value))}

    def logs(self) -> list[HeldLog]:
        """Every enrolled log."""
        query = sa.select(LOG.c.id, LOG.c.origin, LOG.c.public_key, HEAD.c.size, HEAD.c.checkpoint, HEAD.c.receipt)
        with self._engine.connect() as conn:
            found = conn.execute(query.join(HEAD, HEAD.c.log == LOG.c.id).order_by(LOG.c.id)).all()
        return [HeldLog(r[0], r[1], _bytes(r[2]), r[3], r[4], r[5]) for r in found]

    def entries(self, log: str) -> Iterator[tuple[int, str | None, bytes]]:
        """(seq, case that it is filed under, body) of a log, in order."""
        query = sa.select(ENTRY.c.seq, ENTRY.c.case_id, ENTRY.c.body).where(ENTRY.c.log == log).order_by(ENTRY.c.seq)
        return ((seq, case, _bytes(body)) for seq, case, body in self._stream(query))

    def details(self) -> Iterator[tuple[str, str, bytes]]:
        """(digest, owner, ciphertext) of every sealed detail."""
        rows = self._stream(sa.select(DETAIL.c.hash, DETAIL.c.owner, DETAIL.c.blob))
        return ((digest, owner, _bytes(blob)) for digest, owner, blob in rows)

    def out_of_order(self) -> list[int]:
        """Places of entries that have an earlier time than the one accepted before them."""
        before = sa.func.lag(ENTRY.c.accepted_at).over(order_by=ENTRY.c.pos).label("before")
        found = sa.select(ENTRY.c.pos, ENTRY.c.accepted_at, before).subquery()
        with self._engine.connect() as conn:
            query = sa.select(found.c.pos).where(found.c.accepted_at < found.c.before).order_by(found.c.pos).limit(SOME)
            return list(conn.execute(query).scalars())

    def fences(self) -> Iterator[tuple[str, bytes, int]]:
        """(case, folded body, fence of its claim) of every case that was ever claimed."""
        query = sa.select(CASE.c.id, CASE.c.body, CLAIM.c.fence).join(CLAIM, CLAIM.c.case_id == CASE.c.id)
        yield from self._stream(query)

    def changed_triggers(self) -> list[str]:
        """On SQLite: triggers that are gone, were changed or added."""
        with self._engine.connect() as conn:
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            there = {r[0]: r[1] for r in conn.exec_driver_sql(query)}
        wanted = {sql.split()[2]: sql for sql in SQLITE_TRIGGERS}
        gone = [f"trigger {name} is gone" for name in sorted(wanted.keys() - there.keys())]
        added = [f"trigger {name} was added" for name in sorted(there.keys() - wanted.keys())]
        changed = [f"trigger {n} was changed" for n in sorted(wanted.keys() & there.keys()) if wanted[n] != there[n]]
        return gone + added + changed

    def _stream(self, query: sa.Select[Any]) -> Iterator[Any]:
        with self._engine.connect() as conn:
            for row in conn.execution_options(yield_per=SOME).execute(query):
                yield tuple(row)


def _bytes(value: object) -> bytes:
    """SQLite keeps what it is given: whoever changed a row may have left text."""
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else b""
