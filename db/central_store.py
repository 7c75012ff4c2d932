"""What a worker may do in central beyond a terminal's calls: ingest, jobs, asks, sealed details, packages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from db.central import (
    ASK,
    CASE,
    CLAIM,
    CONTROLLER,
    COUNTS,
    DETAIL,
    ENTRY,
    HEAD,
    INBOX,
    JOB,
    LEASE,
    LOG,
    LOOKUP,
    META,
    PACKAGE,
    SUBJECT,
    TERMINAL,
    clock_us,
    writing,
)
from db.central_jobs import INGEST, Deposed, JobStore, lock_ingest
from db.central_systems import seen_systems
from services.action_log.merkle import Frontier
from services.errors import NotFound

Row = Mapping[str, object]
IN_CHUNK = 500
_RAISED = sa.text(
    "INSERT INTO claim (case_id, holder, fence, until) VALUES (:case_id, :holder, :fence, :until) "
    "ON CONFLICT (case_id) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, until = excluded.until "
    "WHERE claim.fence < excluded.fence"
)
_DETAILS = "INSERT INTO detail (hash, owner, kind, blob) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_DETAILS_OF_ARRAYS = (
    "INSERT INTO detail (hash, owner, kind, blob) "
    "SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::bytea[]) ON CONFLICT DO NOTHING"
)
COPY_FROM = 50
"""Rows from which PostgreSQL's COPY is quicker than statements."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One handed-in batch with what central knows of its log."""

    id: int
    log: str
    start: int
    entries: bytes
    details: bytes
    checkpoint: str
    size: int
    frontier: bytes
    key: bytes
    origin: str
    kind: str


class IngestTx:
    """One ingest transaction: everything of a batch commits together or not at all."""

    def __init__(self, conn: sa.Connection) -> None:
        self.conn = conn

    def now(self) -> int:
        """Central's clock, µs since 1970."""
        return clock_us(self.conn)

    def cases(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Folded bodies of those cases that exist."""
        return self._found(CASE.c.id, CASE.c.body, ids)

    def subjects(self, ids: Iterable[str]) -> dict[str, str]:
        """Masked labels of those subjects that exist."""
        return self._found(SUBJECT.c.id, SUBJECT.c.masked, ids)

    def fences(self, cases: Iterable[str]) -> dict[str, int]:
        """Which fence every job of these cases has."""
        found: dict[str, int] = {}
        wanted = sorted(set(cases))
        for at in range(0, len(wanted), IN_CHUNK):
            mine = JOB.c.case_id.in_(wanted[at : at + IN_CHUNK])
            found.update({row[0]: row[1] for row in self.conn.execute(sa.select(JOB.c.id, JOB.c.fence).where(mine))})
        return found

    def _found(self, key: sa.Column[Any], value: sa.Column[Any], ids: Iterable[str]) -> dict[str, Any]:
        """`value` by `key` of the rows that exist."""
        wanted, found = sorted(set(ids)), {}
        for at in range(0, len(wanted), IN_CHUNK):
            part = wanted[at : at + IN_CHUNK]
            # The driver's own way again: SQLAlchemy looks at each of the ids, and an import has a million.
            markers = ", ".join([_marker(self.conn.dialect)] * len(part))
            query = f"SELECT {key.name}, {value.name} FROM {key.table.name} WHERE {key.name} IN ({markers})"  # noqa: S608
            found.update({row[0]: row[1] for row in self.conn.exec_driver_sql(query, tuple(part)).fetchall()})
        return found

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Insert many rows at once, all with the same columns in one order; values go to the driver as they are."""
        if rows:
            self.insert_values(table, tuple(rows[0]), [tuple(row.values()) for row in rows])

    def insert_values(self, table: sa.Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
        """Like `insert`, with the values of each row in the order of `columns`."""
        # SQLAlchemy's own way through an insert costs five times what the driver's does, and imports are large.
        if self.conn.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
            _copy(self.conn, table, columns, rows)
        else:
            self.conn.exec_driver_sql(_insert_into(table.name, columns, self.conn.dialect), rows)

    def add_details(self, rows: Sequence[Row]) -> None:
        """Keep sealed details; what is here already stays as it is."""
        values = [(d["hash"], d["owner"], d["kind"], d["blob"]) for d in rows]
        if values and self.conn.dialect.name == "postgresql":  # as arrays: else the driver sends a statement a row
            self.conn.exec_driver_sql(_DETAILS_OF_ARRAYS, tuple(map(list, zip(*values, strict=True))))
        elif values:
            self.conn.exec_driver_sql(_DETAILS, values)

    def put_cases(self, rows: Sequence[Row], known: set[str]) -> None:
        """Insert new cases, replace known ones."""
        self.insert(CASE, [r for r in rows if r["id"] not in known])
        changed = [{f"b_{k}": v for k, v in r.items()} for r in rows if r["id"] in known]
        if changed:
            names = [c.name for c in CASE.columns if c.name != "id"]
            values: dict[str, sa.BindParameter[object]] = {n: sa.bindparam(f"b_{n}") for n in names}
            self.conn.execute(sa.update(CASE).where(CASE.c.id == sa.bindparam("b_id")).values(values), changed)

    def lock(self, batch: Batch) -> bool:
        """Lock the head of the batch's log until the end; False when the batch is gone or the log has grown."""
        query = (
            sa.select(HEAD.c.size)
            .join(INBOX, INBOX.c.log == HEAD.c.log)
            .where(INBOX.c.id == batch.id)
            .with_for_update(of=HEAD)
        )
        return self.conn.execute(query).scalar() == batch.size

    def next_revs(self, count: int) -> int:
        """The first of `count` numbers of the change feed, whose counter stays locked until the end; 0 of none."""
        if not count:
            return 0
        counter = sa.select(META.c.value).where(META.c.key == "rev").with_for_update()
        old = int(self.conn.execute(counter).scalar_one())
        self.conn.execute(sa.update(META).where(META.c.key == "rev").values(value=str(old + count)))
        return old + 1

    def set_head(self, log: str, frontier: Frontier, checkpoint: str, receipt: str, key: bytes) -> None:
        """What central holds of a log now, with our cosignature; `key` signs what comes next."""
        row = {"size": frontier.size, "frontier": frontier.to_bytes(), "checkpoint": checkpoint}
        values = {**row, "receipt": receipt, "key": key}
        self.conn.execute(sa.update(HEAD).where(HEAD.c.log == log).values(values))

    def refuse(self, log: str, reason: str) -> None:
        """Refuse what the inbox holds of a log; its owner must close it and open a successor."""
        self.conn.execute(sa.update(LOG).where(LOG.c.id == log).values(problem=reason))
        self.conn.execute(sa.delete(INBOX).where(INBOX.c.log == log))

    def drop_batch(self, batch: int) -> None:
        """The batch is ingested."""
        self.conn.execute(sa.delete(INBOX).where(INBOX.c.id == batch))

    def raise_claims(self, rows: Sequence[Row]) -> None:
        """The claims that these cases were opened or claimed with, unless a newer one stands.

        A central restored from a backup has forgotten claims; their fences come again with the entries, and no fence
        may be given to two.
        """
        if rows:
            self.conn.execute(_RAISED, [dict(row) for row in rows])

    def free_claim(self, case: str, fence: int) -> None:
        """The case may be claimed by anyone, unless somebody newer holds it."""
        mine = (CLAIM.c.case_id == case) & (CLAIM.c.fence <= fence)
        self.conn.execute(sa.update(CLAIM).where(mine).values(holder="", until=0))

    def shred(self, cases: Sequence[str]) -> None:
        """Delete every sealed detail of these cases, their keys included (action-log.md 5)."""
        for at in range(0, len(cases), IN_CHUNK):
            self.conn.execute(sa.delete(DETAIL).where(DETAIL.c.owner.in_(cases[at : at + IN_CHUNK])))

    def replace_keys(self, fresh: Sequence[Row]) -> None:
        """Put case keys that were sealed anew in place of the old ones, where one still stands.

        A case that was shredded meanwhile has none and gets none.
        """
        by_case = {str(d["owner"]): d for d in fresh}
        wanted = sorted(by_case)
        for at in range(0, len(wanted), IN_CHUNK):
            old = (DETAIL.c.kind == "key") & DETAIL.c.owner.in_(wanted[at : at + IN_CHUNK])
            standing = set(self.conn.execute(sa.select(DETAIL.c.owner).where(old)).scalars())
            self.conn.execute(sa.delete(DETAIL).where(old))
            self.insert(DETAIL, [by_case[case] for case in sorted(standing)])

    def forget_person(self, subject: str, label: str) -> None:
        """Show `label` for a person who was erased, in every queue, and find the person by no identifier any more."""
        self.conn.execute(sa.delete(LOOKUP).where(LOOKUP.c.subject == subject))
        self.conn.execute(sa.update(SUBJECT).where(SUBJECT.c.id == subject).values(masked=label))
        others = sa.select(CASE.c.id).where(CASE.c.subject == subject, CASE.c.person != label)
        shown = list(self.conn.execute(others).scalars())
        rev = self.next_revs(len(shown))
        for n, case in enumerate(shown):
            self.conn.execute(sa.update(CASE).where(CASE.c.id == case).values(person=label, rev=rev + n))

    def wake_jobs(self, case: str, item: str) -> None:
        """Jobs of an item that wait begin now: somebody decided about what they wait for."""
        mine = (JOB.c.case_id == case) & (JOB.c.item == item) & (JOB.c.state == "queued") & (JOB.c.fence > 0)
        self.conn.execute(sa.update(JOB).where(mine).values(not_before=self.now()))

    def cancel_jobs(self, case: str, item: str, kind: str) -> None:
        """Take back jobs of that kind that have not begun."""
        mine = (JOB.c.case_id == case) & (JOB.c.item == item) & (JOB.c.kind == kind) & (JOB.c.state == "queued")
        self.conn.execute(sa.update(JOB).where(mine).values(state="withdrawn"))


class CentralStore(JobStore):
    """The worker's hand in central."""

    @contextmanager
    def ingest(self, lead: int | None = None) -> Iterator[IngestTx]:
        """A transaction that ingests one batch: no other ingests, nor numbers the change feed, until its end.

        `lead` is the fence of the lease by which this worker leads: raises `Deposed` when it is no longer that, and
        until the end nobody takes it. None where nobody else can ingest.
        """
        with writing(self.engine).begin() as conn:
            lock_ingest(conn)
            leads = sa.select(LEASE.c.fence).where(LEASE.c.name == INGEST).with_for_update()
            if lead is not None and conn.execute(leads).scalar() != lead:
                raise Deposed
            yield IngestTx(conn)

    def next_batch(self) -> Batch | None:
        """The oldest batch in the inbox; takes no lock, so that it can be checked while others write."""
        query = (
            sa.select(
                *INBOX.c["id", "log", "start", "entries", "details", "checkpoint"],
                *HEAD.c["size", "frontier", "key"],
                *LOG.c["origin", "kind"],
            )
            .join(HEAD, HEAD.c.log == INBOX.c.log)
            .join(LOG, LOG.c.id == INBOX.c.log)
            .order_by(INBOX.c.id)
            .limit(1)
        )
        with self.engine.connect() as conn:
            row = _first_as_bytes(conn, query)
        return Batch(*row) if row else None

    def size_of(self, log: str) -> int:
        """How many entries of a log are folded."""
        with self.engine.connect() as conn:
            return conn.execute(sa.select(HEAD.c.size).where(HEAD.c.log == log)).scalar() or 0

    def controllers(self) -> dict[str, bytes]:
        """JSON of every controller by key."""
        with self.engine.connect() as conn:
            return {r[0]: r[1] for r in conn.execute(sa.select(CONTROLLER.c.key, CONTROLLER.c.body))}

    def systems(self) -> dict[str, str]:
        """What was last seen of every data system, by its name among the facts."""
        with self.engine.connect() as conn:
            return seen_systems(conn)

    def case_body(self, case: str) -> bytes:
        """A case as folded; raises `NotFound`."""
        with self.engine.connect() as conn:
            body = conn.execute(sa.select(CASE.c.body).where(CASE.c.id == case)).scalar()
        if body is None:
            raise NotFound(f"central has no case {case}")
        return bytes(body)

    # ── asks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def waiting_asks(self) -> list[tuple[str, str, str, bytes]]:
        """(id, terminal, kind, sealed) of unanswered questions, oldest first."""
        query = sa.select(ASK.c.id, ASK.c.terminal, ASK.c.kind, ASK.c.sealed).where(ASK.c.reply.is_(None))
        with self.engine.connect() as conn:
            return [(r[0], r[1], r[2], r[3]) for r in conn.execute(query.order_by(ASK.c.made_at))]

    def stage_ask(self, ask: str, stage: str) -> None:
        """Say how far the answer is, in words without data."""
        with writing(self.engine).begin() as conn:
            conn.execute(sa.update(ASK).where(ASK.c.id == ask).values(stage=stage))

    def reply(self, ask: str, sealed: bytes) -> None:
        """Answer a question; the answer goes when it is read."""
        with writing(self.engine).begin() as conn:
            conn.execute(sa.update(ASK).where(ASK.c.id == ask).values(reply=sealed, stage="answered"))

    def sweep_asks(self, before: int) -> int:
        """Delete questions and replies older than `before` (µs); how many went."""
        with writing(self.engine).begin() as conn:
            return conn.execute(sa.delete(ASK).where(ASK.c.made_at < before)).rowcount

    def ask_key(self, terminal: str) -> bytes:
        """The public key that replies to a terminal are sealed to."""
        with self.engine.connect() as conn:
            found = conn.execute(sa.select(TERMINAL.c.ask_key).where(TERMINAL.c.id == terminal)).scalar()
        if found is None:
            raise NotFound("that terminal is not enrolled")
        return bytes(found)

    # ── packages ────────────────────────────────────────────────────────────────────────────────────────────

    def put_package(self, row: Row) -> None:
        """Record a package; a repeat changes nothing."""
        with writing(self.engine).begin() as conn:
            if conn.execute(sa.select(PACKAGE.c.id).where(PACKAGE.c.id == row["id"])).first() is None:
                self._insert(conn, PACKAGE, row)

    def expired_packages(self, now: int) -> list[tuple[str, str, str]]:
        """(id, case, file) of packages whose time is over."""
        columns = (PACKAGE.c.id, PACKAGE.c.case_id, PACKAGE.c.file)
        query = sa.select(*columns).where(PACKAGE.c.expires_at < now, PACKAGE.c.state == "kept")
        with self.engine.connect() as conn:
            return [(r[0], r[1], r[2]) for r in conn.execute(query)]

    def package_destroyed(self, package: str) -> None:
        """The file is gone."""
        with writing(self.engine).begin() as conn:
            conn.execute(sa.update(PACKAGE).where(PACKAGE.c.id == package).values(state="destroyed"))

    def entries_of(self, case: str) -> list[bytes]:
        """Bodies of a case's entries that count, in accept order."""
        query = sa.select(ENTRY.c.body).where(ENTRY.c.case_id == case, COUNTS).order_by(ENTRY.c.pos)
        with self.engine.connect() as conn:
            return list(conn.execute(query).scalars())

    def claims(self) -> dict[str, int]:
        """Fences by case."""
        with self.engine.connect() as conn:
            return {r[0]: r[1] for r in conn.execute(sa.select(CLAIM.c.case_id, CLAIM.c.fence))}

    @staticmethod
    def _insert(conn: sa.Connection, table: sa.Table, row: Row) -> None:
        conn.execute(sa.insert(table), [dict(row)])


@lru_cache(maxsize=64)
def _insert_into(table: str, columns: tuple[str, ...], dialect: sa.Dialect) -> str:
    """The INSERT of these columns, by place, in the words of a database's driver."""
    named = ", ".join(map(dialect.identifier_preparer.quote, columns))
    return f"INSERT INTO {table} ({named}) VALUES ({', '.join([_marker(dialect)] * len(columns))})"  # noqa: S608


def _copy(conn: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    named = ", ".join(map(conn.dialect.identifier_preparer.quote, columns))
    statement = f"COPY {table.name} ({named}) FROM STDIN (FORMAT BINARY)"
    with conn.connection.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[attr-defined]
        copy.set_types([_PG_TYPES[table.c[name].type.__visit_name__] for name in columns])
        for row in rows:
            copy.write_row(row)


_PG_TYPES = {
    "string": "varchar",
    "type_decorator": "varchar",  # SQLModel's string
    "big_integer": "int8",
    "integer": "int4",
    "boolean": "bool",
    "large_binary": "bytea",
}


def _first_as_bytes(conn: sa.Connection, query: sa.Select[Any]) -> Sequence[Any] | None:
    """The first row, its large values as they are: PostgreSQL's driver asks for them in hex by itself."""
    if conn.dialect.name != "postgresql":
        return conn.execute(query).first()
    words = str(query.compile(conn, compile_kwargs={"literal_binds": True}))
    with conn.connection.cursor(binary=True) as cursor:  # type: ignore[attr-defined]
        return cursor.execute(words).fetchone()  # type: ignore[no-any-return]


def _marker(dialect: sa.Dialect) -> str:
    """How the driver writes a value's place."""
    return "?" if dialect.paramstyle == "qmark" else "%s"
