"""Central as a witness reads it: heads and entries of every log in one view, a page at a time; nothing is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import sqlalchemy as sa

from db.central_engine import as_desk_error
from db.central_names import AGGREGATE, AGGREGATE_HEAD, ENTRY, HEAD, LOG, META, SEAL
from services.action_log import aggregate
from services.action_log.merkle import consistency_proof, inclusion_proof
from services.action_log.witness import Shown

PAGE = 2048


class CentralView:
    """One view of central: whatever is ingested meanwhile, heads and entries fit each other.

    Raises `Unavailable` when central does not answer, `Unusable` when it is damaged.
    """

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    @classmethod
    @contextmanager
    def of(cls, engine: sa.Engine) -> Iterator[Self]:
        """A view that ends with the block. SQLite's readers have one view anyway; PostgreSQL's must ask for it."""
        try:
            with engine.connect() as plain:
                server = plain.dialect.name != "sqlite"
                conn = plain.execution_options(isolation_level="REPEATABLE READ") if server else plain
                yield cls(conn)
        except sa.exc.DBAPIError as exc:
            raise as_desk_error(exc) from exc

    def facts(self) -> dict[str, str]:
        """Facts of the deployment: its name, public keys (hex)."""
        return {r[0]: r[1] for r in self._conn.execute(sa.select(META.c.key, META.c.value))}

    def logs(self) -> list[Shown]:
        """Every enrolled log with its head, by id."""
        held = (HEAD.c.size, HEAD.c.checkpoint, HEAD.c.receipt)
        query = (
            sa.select(LOG.c.id, LOG.c.origin, LOG.c.public_key, *held, LOG.c.next_key)
            .join(HEAD, HEAD.c.log == LOG.c.id, isouter=True)
            .order_by(LOG.c.id)
        )
        return [
            Shown(row[0], row[1], as_bytes(row[2]), row[3] or 0, row[4] or "", row[5] or "", as_bytes(row[6]))
            for row in self._conn.execute(query)
        ]

    def seals(self, log: str) -> dict[int, str]:
        """By size: the last note of each key of a log that is erased by now, with central's cosignature."""
        query = sa.select(SEAL.c.size, SEAL.c.receipt).where(SEAL.c.log == log).order_by(SEAL.c.size)
        return {row[0]: row[1] or "" for row in self._conn.execute(query)}

    def of_case(self, log: str, case: str) -> list[tuple[int, bytes]]:
        """(seq, bytes as signed) of a case's entries in one log, in order."""
        query = sa.select(ENTRY.c.seq, ENTRY.c.body).where(ENTRY.c.log == log, ENTRY.c.case_id == case)
        return [(row[0], as_bytes(row[1])) for row in self._conn.execute(query.order_by(ENTRY.c.seq))]

    def logs_of(self, case: str) -> set[str]:
        """The logs that hold entries of a case."""
        return set(self._conn.execute(sa.select(ENTRY.c.log).where(ENTRY.c.case_id == case).distinct()).scalars())

    def bodies(self, log: str, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """(seq, bytes as signed) of a log's entries from `start` on, in order."""
        return self._in_order(sa.select(ENTRY.c.seq, ENTRY.c.body).where(ENTRY.c.log == log), ENTRY.c.seq, start)

    def aggregate(self) -> Shown:
        """The head of central's aggregate, as of a log; its key is the one that central cosigns with."""
        facts = self.facts()
        row = self._conn.execute(sa.select(AGGREGATE_HEAD.c.size, AGGREGATE_HEAD.c.checkpoint)).first()
        size, note = (0, "") if row is None else row
        key = bytes.fromhex(facts["cosigner-key"])
        return Shown(aggregate.AGGREGATE, aggregate.origin_of(facts["deployment"]), key, size, note, note)

    def leaves(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """(place, accepted checkpoint as signed) of the aggregate's leaves from `start` on, in order."""
        return self._in_order(sa.select(AGGREGATE.c.idx, AGGREGATE.c.note), AGGREGATE.c.idx, start)

    def leaf_of(self, note: str) -> int | None:
        """The place of an accepted checkpoint; None when there is none."""
        query = sa.select(AGGREGATE.c.idx).where(AGGREGATE.c.note == note).order_by(AGGREGATE.c.idx.desc()).limit(1)
        return self._conn.execute(query).scalar()

    def inclusion(self, leaf: int, size: int) -> list[bytes]:
        """Audit path of a leaf in the aggregate's first `size`."""
        return inclusion_proof(leaf, size, aggregate.node_reader(self._nodes))

    def consistency(self, old: int, size: int) -> list[bytes]:
        """That the aggregate's first `old` leaves are the beginning of its first `size`."""
        return consistency_proof(old, size, aggregate.node_reader(self._nodes))

    def _nodes(self, leaf: int) -> bytes:
        found = self._conn.execute(sa.select(AGGREGATE.c.nodes).where(AGGREGATE.c.idx == leaf)).scalar()
        return as_bytes(found)

    def _in_order(self, query: sa.Select[Any], place: sa.ColumnElement[int], start: int) -> Iterator[tuple[int, bytes]]:
        while True:
            page = query.where(place >= start).order_by(place).limit(PAGE)
            rows = self._conn.execute(page).all()
            for row in rows:
                yield row[0], as_bytes(row[1])
            if len(rows) < PAGE:
                return
            start = rows[-1][0] + 1


def as_bytes(value: object) -> bytes:
    """SQLite keeps what it is given: whoever changed a row may have left text, or nothing."""
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else b""
