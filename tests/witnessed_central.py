"""A central to watch, on SQLite or PostgreSQL, filled from our writer's logs, and what its administrator does."""

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from db import central
from db.central import AGGREGATE, AGGREGATE_HEAD, ENTRY, HEAD, LOG, META
from db.central_aggregate import append
from db.central_witness import CentralView
from db.log import LogReader, LogWriter
from services.action_log import checkpoint
from services.action_log.checkpoint import Signer
from services.action_log.merkle import Frontier, leaf_hash
from services.witnessing import Round, opened
from tests.log_samples import CENTRAL, CENTRAL_SEED, SEED, numbered

FIRST, SECOND = "7f3a90c1/1", "5b2e4d07/1"
KEY = b"k" * 32
SPARE = b"s" * 32
NOW = 1_764_000_000
AGGREGATOR = Signer("demo/aggregate", CENTRAL_SEED)
TABLES = (LOG, HEAD, ENTRY, AGGREGATE, AGGREGATE_HEAD)
Rows = dict[str, Sequence[Mapping[str, Any]]]


class Watched:
    """A central with two logs that grow as a test wants, and a witness beside it."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self.engine, self.folder, self.state = engine, folder, folder / "witness"
        self.clock = NOW
        with central.writing(engine).begin() as conn:
            facts = {"deployment": "demo", "cosigner-key": Signer(CENTRAL, CENTRAL_SEED).public_key.hex()}
            conn.execute(sa.insert(META), [{"key": k, "value": v} for k, v in facts.items()])
        for log in (FIRST, SECOND):
            self.enrol(log)

    def moved(self, engine: sa.Engine, folder: Path) -> "Watched":
        """The same in a copy of its database and folder."""
        other = copy(self)
        other.engine, other.folder, other.state = engine, folder, folder / self.state.name
        return other

    def enrol(self, log: str, seed: bytes = SEED, after: bytes = SPARE) -> None:
        row = {
            "id": log,
            "owner": log[:8],
            "kind": "terminal",
            "origin": f"demo/{log}",
            "enrolled_at": 0,
            "problem": "",
        }
        origin = f"demo/{log}"
        first, after = Signer(origin, seed).public_key, Signer(origin, after).public_key
        head = {"log": log, "size": 0, "frontier": b"", "checkpoint": "", "receipt": "", "key": first}
        with central.writing(self.engine).begin() as conn:
            conn.execute(sa.insert(LOG), [{**row, "public_key": first, "next_key": after}])
            conn.execute(sa.insert(HEAD), [head])

    def write(self, log: str, count: int) -> None:
        """The log's terminal writes, central accepts."""
        file = self.folder / f"{log.replace('/', '-')}.db"
        with LogWriter(file, log=log, origin=f"demo/{log}", seed=SEED) as writer:
            writer.append_many(numbered(count - (1 if writer.size == 1 else 0)))
        with LogReader(file) as reader, central.writing(self.engine).begin() as conn:
            held = conn.execute(sa.select(HEAD.c.size).where(HEAD.c.log == log)).scalar_one()
            rows = [self._row(log, seq, body) for seq, body in reader.bodies(held)]
            conn.execute(sa.insert(ENTRY), rows)
            self._set_head(conn, log, reader.head().checkpoint)
            append(conn, reader.head().checkpoint, AGGREGATOR)

    def look(self, **how: Any) -> Round:
        """One round of the witness, an hour later."""
        self.clock += 3600
        with opened(self.state) as witness, CentralView.of(self.engine) as view:
            return witness.round(view, self.clock, **how)

    # ── what central's administrator does ─────────────────────────────────────────────────────────────────────

    def unguard(self) -> None:
        """Every trigger goes: whoever owns the tables can do that."""
        with central.writing(self.engine).begin() as conn:
            if conn.dialect.name == "sqlite":
                for (name,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                    conn.exec_driver_sql(f"DROP TRIGGER {name}")
                return
            triggers = conn.exec_driver_sql(
                "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
            ).all()
            for name, table in triggers:
                conn.exec_driver_sql(f"DROP TRIGGER {name} ON {table}")

    def sql(self, statement: Any) -> None:
        self.unguard()
        with central.writing(self.engine).begin() as conn:
            assert conn.execute(statement).rowcount

    def edit(self, log: str, seq: int, old: bytes = b"agent:0042", new: bytes = b"agent:0043") -> None:
        """An entry says something else, canonical and well formed."""
        body = dict(self.bodies(log))[seq]
        assert old in body
        self.sql(sa.update(ENTRY).where(ENTRY.c.log == log, ENTRY.c.seq == seq).values(body=body.replace(old, new)))

    def delete(self, log: str, first: int, stop: int) -> None:
        self.sql(sa.delete(ENTRY).where(ENTRY.c.log == log, ENTRY.c.seq >= first, ENTRY.c.seq < stop))

    def sign_again(self, log: str, bodies: Sequence[bytes], seed: bytes = SEED) -> None:
        """Entries, head, note and receipt made anew, all fitting each other, by somebody with a key and central's."""
        self.unguard()
        frontier = Frontier()
        for body in bodies:
            frontier.append(leaf_hash(body))
        with central.writing(self.engine).begin() as conn:
            conn.execute(sa.delete(ENTRY).where(ENTRY.c.log == log))
            conn.execute(sa.insert(ENTRY), [self._row(log, seq, body) for seq, body in enumerate(bodies)])
            key = Signer(f"demo/{log}", seed).public_key
            conn.execute(sa.update(LOG).where(LOG.c.id == log).values(public_key=key))
            self._set_head(conn, log, checkpoint.sign(f"demo/{log}", seed, frontier.head()))

    def backup(self) -> Rows:
        with self.engine.connect() as conn:
            return {t.name: [dict(r) for r in conn.execute(sa.select(t)).mappings()] for t in TABLES}

    def restore(self, rows: Rows) -> None:
        self.unguard()
        with central.writing(self.engine).begin() as conn:
            for table in reversed(TABLES):
                conn.execute(sa.delete(table))
            for table in TABLES:
                conn.execute(sa.insert(table), list(rows[table.name]))

    def bodies(self, log: str) -> list[tuple[int, bytes]]:
        with CentralView.of(self.engine) as view:
            return list(view.bodies(log))

    @staticmethod
    def _row(log: str, seq: int, body: bytes) -> dict[str, Any]:
        return {"log": log, "seq": seq, "case_id": None, "accepted_at": NOW * 1_000_000, "body": body}

    @staticmethod
    def _set_head(conn: sa.Connection, log: str, note: str) -> None:
        receipt = checkpoint.cosign(note, CENTRAL, CENTRAL_SEED, NOW)
        values = {"size": checkpoint.parse(note).head.size, "checkpoint": note, "receipt": receipt}
        conn.execute(sa.update(HEAD).where(HEAD.c.log == log).values(**values))
