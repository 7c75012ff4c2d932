"""Central's tables: SQLModel, the same on SQLite and PostgreSQL.

Entries are the bytes that were signed. No clear personal data: persons are masked, details ciphertext, lookups digests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db.central_engine import (
    CACHE_KB as CACHE_KB,
    SCHEMA as SCHEMA,
    as_desk_error as as_desk_error,
    clock_us as clock_us,
    create as create,
    open_engine as open_engine,
    writing as writing,
)

_APPROVAL, _CONFLICTS, _REGISTERED = sa.text("approval"), sa.text("conflicts > 0"), sa.text("registered")
NUMBERED: Any = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A row number that never ends; SQLite numbers rows itself only in a column of the type INTEGER."""


class LogRow(SQLModel, table=True):
    """An enrolled log: whose it is, which key opens it, and which the log that follows, should this one break.

    `problem` is set when its batches are refused.
    """

    __tablename__ = "log"
    id: str = Field(primary_key=True)
    owner: str = Field(index=True)
    kind: str
    public_key: bytes
    next_key: bytes
    origin: str
    enrolled_at: int = Field(sa_type=sa.BigInteger)
    problem: str = ""


class HeadRow(SQLModel, table=True):
    """How much of a log central holds, its frontier, newest checkpoint and our cosignature.

    `key` signs what comes next: the log's own, or the newest that it named since.
    """

    __tablename__ = "log_head"
    log: str = Field(primary_key=True, foreign_key="log.id")
    size: int = Field(default=0, sa_type=sa.BigInteger)
    frontier: bytes = b""
    checkpoint: str = ""
    receipt: str = ""
    key: bytes


class SealRow(SQLModel, table=True):
    """The last note of a log's key that is erased by now, with our cosignature (action-log.md 4)."""

    __tablename__ = "seal"
    log: str = Field(primary_key=True, foreign_key="log.id")
    size: int = Field(primary_key=True, sa_type=sa.BigInteger)
    receipt: str


class EntryRow(SQLModel, table=True):
    """One entry in central's accept order `pos`. The ingest holds the log's head: a key to `log` would only cost."""

    __tablename__ = "entry"
    __table_args__ = (sa.UniqueConstraint("log", "seq"),)
    pos: int | None = Field(default=None, primary_key=True, sa_type=NUMBERED)
    log: str
    seq: int = Field(sa_type=sa.BigInteger)
    case_id: str | None = Field(default=None, index=True)
    accepted_at: int = Field(sa_type=sa.BigInteger)
    body: bytes


class AggregateRow(SQLModel, table=True):
    """A checkpoint that central accepted, a leaf of its aggregate; `nodes` are the hashes that it completes."""

    __tablename__ = "aggregate"
    idx: int = Field(primary_key=True, sa_type=NUMBERED, sa_column_kwargs={"autoincrement": False})
    note: str
    nodes: bytes


class AggregateHeadRow(SQLModel, table=True):
    """How large the aggregate is, its frontier, and the checkpoint that central signed; one row."""

    __tablename__ = "aggregate_head"
    one: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=sa.BigInteger)
    frontier: bytes
    checkpoint: str


class InboxRow(SQLModel, table=True):
    """A batch a terminal or worker handed in, not yet ingested."""

    __tablename__ = "inbox"
    id: int | None = Field(default=None, primary_key=True, sa_type=NUMBERED)
    log: str = Field(index=True)
    start: int = Field(sa_type=sa.BigInteger)
    count: int
    entries: bytes
    details: bytes
    checkpoint: str
    received_at: int = Field(sa_type=sa.BigInteger)


class DetailRow(SQLModel, table=True):
    """Ciphertext that an entry names by digest; erasable."""

    __tablename__ = "detail"
    hash: str = Field(primary_key=True)
    owner: str = Field(index=True)
    kind: str
    blob: bytes


class CaseRow(SQLModel, table=True):
    """A folded case and what the queue shows of it. `rev`: the change feed's counter; `on_hold`: 1 some data, 2 all."""

    __tablename__ = "case_"
    __table_args__ = (
        sa.Index("ix_case__approval", "due", sqlite_where=_APPROVAL, postgresql_where=_APPROVAL),
        sa.Index("ix_case__conflicts", "due", sqlite_where=_CONFLICTS, postgresql_where=_CONFLICTS),
        sa.Index("ix_case__registered", "id", sqlite_where=_REGISTERED, postgresql_where=_REGISTERED),
    )
    id: str = Field(primary_key=True)
    controller: str
    subject: str = Field(index=True)
    body: bytes
    revision: int
    rev: int = Field(index=True, sa_type=sa.BigInteger)
    rights: str
    person: str
    state: str
    who: str
    tier: str
    due: str
    is_open: bool
    acknowledged: bool
    breach: int = Field(sa_type=sa.BigInteger)
    approval: bool
    conflicts: int = 0
    on_hold: int = 0
    hard: str = ""
    paused: str = ""
    wakes: str = ""
    extended: bool = False
    registered: bool = False


class SubjectRow(SQLModel, table=True):
    """A person behind cases: masked label only."""

    __tablename__ = "subject"
    id: str = Field(primary_key=True)
    controller: str
    masked: str


class LookupRow(SQLModel, table=True):
    """Keyed digest of a normalised identifier → subject; the key is with the workers."""

    __tablename__ = "lookup"
    digest: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    controller: str


class ClaimRow(SQLModel, table=True):
    """Exclusive right to work a case: a lease with a fence number."""

    __tablename__ = "claim"
    case_id: str = Field(primary_key=True)
    holder: str
    fence: int
    until: int = Field(sa_type=sa.BigInteger)


class AgentRow(SQLModel, table=True):
    """A person who works here: roles by controller as JSON, and what only workers read: what is kept of the PIN (keyed
    with their pepper), its number, wrong tries in a row, and until when none is taken (µs)."""

    __tablename__ = "agent"
    id: str = Field(primary_key=True)
    name: str
    pin_hash: str
    pin_rev: int = 1
    roles: str
    disabled: bool = False
    tries: int = 0
    locked_until: int = Field(sa_type=sa.BigInteger, default=0)


class ControllerRow(SQLModel, table=True):
    """A controller's settings as JSON, for terminals."""

    __tablename__ = "controller"
    key: str = Field(primary_key=True)
    body: bytes


class CatalogRow(SQLModel, table=True):
    """A published version of a controller's catalog: its head by whose digest the log names it, what screens show of
    it, and its files. Rows stay as they are."""

    __tablename__ = "catalog_version"
    controller: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    digest: str
    head: bytes
    shown: bytes
    files: bytes


class JobRow(SQLModel, table=True):
    """Work the ingest made from an accepted action; the engine's workflow carries the same id.

    `worker` took it, as the `fence`-th that did.
    """

    __tablename__ = "job"
    id: str = Field(primary_key=True)
    kind: str
    controller: str
    case_id: str = Field(index=True)
    item: str
    state: str = Field(index=True)
    not_before: int = Field(sa_type=sa.BigInteger)
    params: str = "{}"
    worker: str = ""
    fence: int = 0


class LeaseRow(SQLModel, table=True):
    """What one worker at a time may hold, until when by central's clock (µs); `fence` grows with every change."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    holder: str
    fence: int
    since: int = Field(sa_type=sa.BigInteger)
    until: int = Field(sa_type=sa.BigInteger)


class ProgressRow(SQLModel, table=True):
    """Where a job is in one system, for whoever watches the case. Goes with the job: what was done stands in acts.

    `until` (µs): the next try, or the day a vendor named; 0 where there is none.
    """

    __tablename__ = "progress"
    job: str = Field(primary_key=True)
    system: str = Field(primary_key=True)
    case_id: str = Field(index=True)
    item: str
    state: str
    done: int = 0
    reason: str = ""
    until: int = Field(default=0, sa_type=sa.BigInteger)


class SlotRow(SQLModel, table=True):
    """A job that is at work in a system with a limit, until when at latest (µs by central's clock)."""

    __tablename__ = "slot"
    system: str = Field(primary_key=True)
    job: str = Field(primary_key=True)
    until: int = Field(sa_type=sa.BigInteger)


class PaceRow(SQLModel, table=True):
    """When the next job may begin in a system with a limit (µs). Its row is what is locked while slots are given."""

    __tablename__ = "pace"
    system: str = Field(primary_key=True)
    next_at: int = Field(default=0, sa_type=sa.BigInteger)


class StaleRow(SQLModel, table=True):
    """An entry by a worker whose job another had taken by then: it stands in its log and counts for nothing."""

    __tablename__ = "stale"
    log: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger)


class AskRow(SQLModel, table=True):
    """A question to a worker, sealed to the workers' key, and its reply sealed to the terminal's."""

    __tablename__ = "ask"
    id: str = Field(primary_key=True)
    terminal: str = Field(index=True)
    kind: str
    sealed: bytes
    made_at: int = Field(sa_type=sa.BigInteger)
    stage: str = ""
    reply: bytes | None = None


class PackageRow(SQLModel, table=True):
    """An export that exists until it expires; its key is sealed apart, in `detail`."""

    __tablename__ = "package"
    id: str = Field(primary_key=True)
    case_id: str = Field(index=True)
    file: str
    sha256: str
    expires_at: int = Field(sa_type=sa.BigInteger)
    state: str = "kept"


class ReplayRow(SQLModel, table=True):
    """An erasure to repeat after a restore or an import (rules.md ERA-4): keyed digests only."""

    __tablename__ = "replay"
    digest: str = Field(primary_key=True)
    controller: str = Field(primary_key=True)
    case_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    at: int = Field(sa_type=sa.BigInteger)


class TerminalRow(SQLModel, table=True):
    """A terminal or worker that was enrolled: its key for sealed replies, last sign of life, whether shut out."""

    __tablename__ = "terminal"
    id: str = Field(primary_key=True)
    kind: str
    name: str
    ask_key: bytes
    seen_at: int = Field(sa_type=sa.BigInteger, default=0)
    pid: int = Field(default=0, sa_type=sa.BigInteger)
    revoked: bool = False


class MetaRow(SQLModel, table=True):
    """Counters and facts of the deployment: `deployment`, `rev`, `next-number`, public keys; `feed`, a word that
    changes when what terminals copied is no longer true; `system:…`, what workers last saw of each data system."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


def _table(row: type[SQLModel]) -> sa.Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


LOG = _table(LogRow)
HEAD = _table(HeadRow)
SEAL = _table(SealRow)
ENTRY = _table(EntryRow)
AGGREGATE = _table(AggregateRow)
AGGREGATE_HEAD = _table(AggregateHeadRow)
INBOX = _table(InboxRow)
DETAIL = _table(DetailRow)
CASE = _table(CaseRow)
SUBJECT = _table(SubjectRow)
LOOKUP = _table(LookupRow)
CLAIM = _table(ClaimRow)
AGENT = _table(AgentRow)
CONTROLLER = _table(ControllerRow)
CATALOG = _table(CatalogRow)
JOB = _table(JobRow)
LEASE = _table(LeaseRow)
PROGRESS = _table(ProgressRow)
SLOT = _table(SlotRow)
PACE = _table(PaceRow)
STALE = _table(StaleRow)
ASK = _table(AskRow)
PACKAGE = _table(PackageRow)
REPLAY = _table(ReplayRow)
TERMINAL = _table(TerminalRow)
META = _table(MetaRow)

COUNTS = ~sa.select(STALE.c.seq).where(STALE.c.log == ENTRY.c.log, STALE.c.seq == ENTRY.c.seq).exists()
"""Of entries: not the result of a job that another worker had by then."""


@contextmanager
def indexes_last(engine: sa.Engine) -> Iterator[None]:
    """For filling an empty central: indexes of large tables are built once at the end, not row by row."""
    indexes = [index for table in (CASE, ENTRY) for index in table.indexes]
    with writing(engine).begin() as conn:
        for index in indexes:
            index.drop(conn)
    try:
        yield
    finally:
        with writing(engine).begin() as conn:
            for index in indexes:
                index.create(conn)
