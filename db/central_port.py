"""The only calls a terminal makes to central: submit, claim, ask, and reading what it may show."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import inf

import sqlalchemy as sa

from db.central_engine import as_desk_error, clock, clock_us, writing
from db.central_names import (
    AGENT,
    ASK,
    CASE,
    CATALOG,
    CLAIM,
    CONTROLLER,
    ENTRY,
    HEAD,
    INBOX,
    LOG,
    META,
    PROGRESS,
    STALE,
    TERMINAL,
)  # fmt: skip
from db.central_shapes import HALT, Accepted, CaseSnapshot, Feed, Hello, Progress
from services.errors import Conflict, NotFound, Refused

OTHER_KEY = "central knows this terminal by another signing key"
NUMBERS_SKIPPED = 100_000
"""Case numbers left out after a restore: blocks that terminals reserved meanwhile are forgotten (docs/stores.md)."""

QUEUE_COLUMNS = (
    CASE.c.id,
    CASE.c.controller,
    CASE.c.rights,
    CASE.c.person,
    CASE.c.state,
    CASE.c.who,
    CASE.c.tier,
    CASE.c.due,
    CASE.c.is_open,
    CASE.c.acknowledged,
    CASE.c.breach,
    CASE.c.approval,
    CASE.c.conflicts,
    CASE.c.hard,
    CASE.c.paused,
    CASE.c.wakes,
    CASE.c.rev,
)

_CLAIMED = sa.text(
    "INSERT INTO claim (case_id, holder, fence, until) VALUES (:case, :holder, 1, :until) "
    "ON CONFLICT (case_id) DO UPDATE SET holder = excluded.holder, fence = claim.fence + 1, until = excluded.until "
    "WHERE claim.until < :now OR claim.holder = excluded.holder OR claim.holder = '' RETURNING fence"
)
"""One statement, so that of many who claim at once one wins. A case that nobody ever claimed has no row."""


class CentralPort:
    """A terminal's (or worker's) hand in central. Every call is one short transaction.

    Raises `Unavailable` when central does not answer, `Unusable` when it is damaged.
    """

    IDLE_S = 0.4
    """How long to wait before asking again whether there is something new."""

    misfit = ""
    """Why nothing but the log may be handed in: central is of another version. In a sentence, empty when it is not."""

    _marked = ENTRY
    """Where places and times of entries stand."""

    def __init__(self, engine: sa.Engine, owner: str) -> None:
        self._engine = engine
        self.owner = owner

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with answering(), self._engine.connect() as conn:
            yield conn

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with answering(), writing(self._engine).begin() as conn:
            yield conn

    def close(self) -> None:
        """Let go of central."""
        self._engine.dispose()

    def facts(self) -> dict[str, str]:
        """Facts of the deployment: its name, public keys (hex)."""
        with self._reading() as conn:
            return {r[0]: r[1] for r in conn.execute(sa.select(META.c.key, META.c.value))}

    def hello(self, log: str) -> Hello:
        """Central's size, what waits in the inbox, and the receipt of `log`.

        Raises `NotFound` when it is not enrolled.
        """
        with self._reading() as conn:
            return _hello(conn, log, self.owner)

    def submit(self, log: str, start: int, bodies: Sequence[bytes], details: bytes, checkpoint: str) -> None:
        """Hand in the entries from `start`; raises `Conflict` when `start` is not the size or the log is refused."""
        with self._writing() as conn:
            conn.execute(sa.select(HEAD.c.size).where(HEAD.c.log == log).with_for_update())
            hello = _hello(conn, log, self.owner)
            if hello.problem:
                raise Conflict(f"central takes nothing more of the log {log}")
            if start != hello.size + hello.pending:
                raise Conflict(f"central holds {hello.size + hello.pending} entries, not {start}")
            row = {
                "log": log,
                "start": start,
                "count": len(bodies),
                "entries": b"\n".join(bodies),
                "details": details,
                "checkpoint": checkpoint,
                "received_at": clock_us(conn),
            }
            conn.execute(sa.insert(INBOX), [row])

    def reserve_numbers(self, count: int) -> int:
        """The first of `count` case numbers that are this terminal's alone from now on."""
        with self._writing() as conn:
            return _take_numbers(conn, count)

    def claim(self, case: str, holder: str, lease_us: int) -> int | None:
        """The new fence when the case was free, over, or ours; None when another holds it (action-log.md 7)."""
        with self._writing() as conn:
            now = clock_us(conn)
            if conn.execute(sa.select(CASE.c.id).where(CASE.c.id == case)).first() is None:
                raise NotFound(f"central has no case {case} yet")
            claimed = {"case": case, "holder": holder, "now": now, "until": now + lease_us}
            return conn.execute(_CLAIMED, claimed).scalar()

    def renew(self, case: str, holder: str, fence: int, lease_us: int) -> bool:
        """Lengthen a lease that is still ours."""
        mine = (CLAIM.c.case_id == case) & (CLAIM.c.holder == holder) & (CLAIM.c.fence == fence)
        with self._writing() as conn:
            until = clock_us(conn) + lease_us
            return conn.execute(sa.update(CLAIM).where(mine).values(until=until)).rowcount == 1

    def changes(self, rev: int, limit: int) -> list[tuple[object, ...]]:
        """Queue rows changed after `rev`, oldest change first, at most `limit` (QUEUE_COLUMNS)."""
        query = sa.select(*QUEUE_COLUMNS).where(CASE.c.rev > rev).order_by(CASE.c.rev).limit(limit)
        with self._reading() as conn:
            return [tuple(r) for r in conn.execute(query)]

    def latest_rev(self) -> int:
        """The change feed's newest number."""
        with self._reading() as conn:
            found = conn.execute(sa.select(META.c.value).where(META.c.key == "rev")).scalar()
            return int(found or 0)

    def feed(self, mark: str = "") -> Feed:
        """Where the change feed and the workers are: all that an idle terminal asks, in one statement.

        `mark` is what an earlier answer named; whether it is still so is in this one.
        """
        facts = (sa.select(META.c.value).where(META.c.key == key).scalar_subquery() for key in ("feed", "rev", HALT))
        word, latest, halts = facts
        seen = sa.select(sa.func.max(TERMINAL.c.seen_at)).where(TERMINAL.c.kind == "worker").scalar_subquery()
        newest, same = _newest(self._marked), _same(self._marked, mark)
        with self._reading() as conn:
            row = conn.execute(sa.select(word, latest, seen, clock(conn), newest, same, halts)).one()
        ago = (row[3] - row[2]) / 1_000_000 if row[2] else inf
        return Feed(row[0] or "", int(row[1] or 0), ago, row[4] or "", not mark or row[5] == mark, row[6] or "")

    def report_loss(self, log: str, size: int) -> None:
        """Say that central had `size` entries of `log`, by its own receipt; it was restored if it has fewer now.

        Every terminal then fetches the queue again, and no case number that was given out is given out twice.
        """
        with self._writing() as conn:
            if _hello(conn, log, self.owner).size >= size:
                return
            conn.execute(sa.delete(META).where(META.c.key == "feed"))
            conn.execute(sa.insert(META), [{"key": "feed", "value": secrets.token_hex(8)}])
            _take_numbers(conn, NUMBERS_SKIPPED)

    def case(self, case: str, log: str) -> CaseSnapshot | None:
        """The case as folded, with the size of `log` in the same snapshot; None when central has none."""
        size = sa.select(HEAD.c.size).where(HEAD.c.log == log).scalar_subquery()  # one statement sees one snapshot
        with self._reading() as conn:
            row = conn.execute(
                sa.select(CASE.c.body, CASE.c.rev, size, CASE.c.on_hold).where(CASE.c.id == case)
            ).first()
            return CaseSnapshot(row[0], row[1], row[2] or 0, row[3]) if row else None

    def progress(self, case: str) -> list[Progress]:
        """Where the jobs of a case are, system by system."""
        columns = [PROGRESS.c[name] for name in Progress._fields]
        query = sa.select(*columns).where(PROGRESS.c.case_id == case).order_by(PROGRESS.c.item, PROGRESS.c.system)
        with self._reading() as conn:
            return [Progress(*row) for row in conn.execute(query)]

    def entries_of(self, case: str) -> list[Accepted]:
        """A case's actions in accept order, those that came too late marked."""
        late = sa.select(STALE.c.seq).where(STALE.c.log == ENTRY.c.log, STALE.c.seq == ENTRY.c.seq).exists()
        query = (
            sa.select(ENTRY.c.log, ENTRY.c.seq, ENTRY.c.accepted_at, late, ENTRY.c.body)
            .where(ENTRY.c.case_id == case)
            .order_by(ENTRY.c.pos)
        )
        with self._reading() as conn:
            return [Accepted(r[0], r[1], r[2], bool(r[3]), r[4]) for r in conn.execute(query)]

    def held_of(self, log: str, start: int) -> dict[int, bytes]:
        """What central holds of a log from entry `start` on, of cases alone: bodies by seq."""
        query = sa.select(ENTRY.c.seq, ENTRY.c.body).where(
            ENTRY.c.log == log, ENTRY.c.seq >= start, ENTRY.c.case_id.is_not(None)
        )
        with self._reading() as conn:
            return {r[0]: bytes(r[1]) for r in conn.execute(query)}

    def agents(self) -> list[tuple[str, str, str, bool, int]]:
        """(id, name, roles, disabled, number of the PIN) of everyone who may sign in; nothing that a PIN fits."""
        query = sa.select(AGENT.c.id, AGENT.c.name, AGENT.c.roles, AGENT.c.disabled, AGENT.c.pin_rev)
        with self._reading() as conn:
            return [(r[0], r[1], r[2], bool(r[3]), r[4]) for r in conn.execute(query)]

    def controllers(self) -> list[tuple[str, bytes]]:
        """(key, JSON) of every controller."""
        with self._reading() as conn:
            return [(r[0], r[1]) for r in conn.execute(sa.select(CONTROLLER.c.key, CONTROLLER.c.body))]

    def catalogs(self) -> list[tuple[str, int, str]]:
        """(controller, number, digest) of every published catalog."""
        with self._reading() as conn:
            query = sa.select(CATALOG.c.controller, CATALOG.c.number, CATALOG.c.digest)
            return [(r[0], r[1], r[2]) for r in conn.execute(query)]

    def catalog(self, controller: str, number: int) -> tuple[bytes, bytes] | None:
        """(head, what is shown) of a published catalog; None when it is gone."""
        query = sa.select(CATALOG.c.head, CATALOG.c.shown)
        with self._reading() as conn:
            row = conn.execute(query.where(CATALOG.c.controller == controller, CATALOG.c.number == number)).first()
            # Whoever changed a row of an embedded central may have left text: what is wrong is told then.
            return None if row is None else (_bytes(row[0]), _bytes(row[1]))

    def approvals(self) -> list[tuple[str, bytes]]:
        """(case, folded state) of the cases where something waits for a second person, earliest due first."""
        query = sa.select(CASE.c.id, CASE.c.body).where(CASE.c.approval).order_by(CASE.c.due, CASE.c.id)
        with self._reading() as conn:
            return [(r[0], r[1]) for r in conn.execute(query)]

    def conflicts(self, limit: int) -> list[tuple[str, bytes]]:
        """(case, folded state) of the first cases in which something did not count, earliest due first."""
        query = sa.select(CASE.c.id, CASE.c.body).where(CASE.c.conflicts > 0).order_by(CASE.c.due, CASE.c.id)
        with self._reading() as conn:
            return [(r[0], r[1]) for r in conn.execute(query.limit(limit))]

    def ask(self, ask: str, kind: str, sealed: bytes) -> None:
        """Leave a question for a worker."""
        row = {"id": ask, "terminal": self.owner, "kind": kind, "sealed": sealed, "stage": "", "reply": None}
        with self._writing() as conn:
            conn.execute(sa.insert(ASK), [{**row, "made_at": clock_us(conn)}])

    def take_reply(self, ask: str) -> tuple[str, bytes | None]:
        """(stage, sealed reply or None); a reply is deleted as it is read."""
        mine = (ASK.c.id == ask) & (ASK.c.terminal == self.owner)
        with self._reading() as conn:
            row = conn.execute(sa.select(ASK.c.stage, ASK.c.reply).where(mine)).first()
        if row is None:
            raise NotFound("the question is gone: it waited longer than 10 minutes")
        if row[1] is not None:
            self.forget_ask(ask)
        return row[0], row[1]

    def forget_ask(self, ask: str) -> None:
        """Delete a question of ours: it was answered, or nobody waits for an answer any more."""
        with self._writing() as conn:
            conn.execute(sa.delete(ASK).where((ASK.c.id == ask) & (ASK.c.terminal == self.owner)))

    def worker_seen(self) -> tuple[int, int]:
        """(last heartbeat in µs, pid) of the worker seen last; zeros when there was none."""
        query = (
            sa.select(TERMINAL.c.seen_at, TERMINAL.c.pid)
            .where(TERMINAL.c.kind == "worker")
            .order_by(TERMINAL.c.seen_at.desc())
            .limit(1)
        )
        with self._reading() as conn:
            row = conn.execute(query).first()
            return (row[0], row[1]) if row else (0, 0)

    def public_key(self, log: str) -> bytes:
        """The enrolled Ed25519 public key of a log."""
        with self._reading() as conn:
            found = conn.execute(sa.select(LOG.c.public_key).where(LOG.c.id == log)).scalar()
            if found is None:
                raise NotFound(f"central does not know the log {log}")
            return bytes(found)

    def enrol_successor(self, log: str, origin: str, public_key: bytes, next_key: bytes) -> None:
        """Enrol the log that follows this owner's closed ones (action-log.md 3), and the key that opens the one after.

        Raises `Conflict` when `public_key` is not what the newest log's enrolment named.
        """
        if log.partition("/")[0] != self.owner:
            raise Refused(f"the log {log} is another terminal's")
        mine = sa.select(LOG.c.id, LOG.c.next_key, LOG.c.kind).where(LOG.c.owner == self.owner)
        with self._writing() as conn:
            rows = sorted(conn.execute(mine).all(), key=lambda row: int(row[0].partition("/")[2]))
            if not rows:
                raise NotFound("central does not know this terminal")
            _, wanted, kind = rows[-1]
            if bytes(wanted) != public_key:
                raise Conflict(OTHER_KEY)
            row = {"id": log, "owner": self.owner, "kind": kind, "public_key": public_key, "next_key": next_key}
            conn.execute(sa.insert(LOG), [{**row, "origin": origin, "enrolled_at": clock_us(conn), "problem": ""}])
            head = {"log": log, "size": 0, "frontier": b"", "checkpoint": "", "receipt": "", "key": public_key}
            conn.execute(sa.insert(HEAD), [head])


def _bytes(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes | memoryview) else b""


def _mark(entry: sa.TableClause) -> sa.ColumnElement[str]:
    """An entry's place and the time of its acceptance: after a restore another stands there, or none."""
    return sa.cast(entry.c.pos, sa.String) + ":" + sa.cast(entry.c.accepted_at, sa.String)


def _newest(entry: sa.TableClause) -> sa.ScalarSelect[str]:
    return sa.select(_mark(entry)).order_by(entry.c.pos.desc()).limit(1).scalar_subquery()


def _same(entry: sa.TableClause, mark: str) -> sa.ScalarSelect[str]:
    """The mark of the entry that stands where the entry of `mark` stood."""
    place = mark.partition(":")[0]
    return sa.select(_mark(entry)).where(entry.c.pos == (int(place) if place.isdecimal() else 0)).scalar_subquery()


def _hello(conn: sa.Connection, log: str, owner: str) -> Hello:
    waiting = sa.select(sa.func.coalesce(sa.func.sum(INBOX.c.count), 0)).where(INBOX.c.log == log).scalar_subquery()
    query = (
        sa.select(HEAD.c.size, waiting, HEAD.c.receipt, LOG.c.problem, LOG.c.owner)
        .join(LOG, LOG.c.id == HEAD.c.log)
        .where(HEAD.c.log == log)
    )
    row = conn.execute(query).first()
    if row is None or row[4] != owner:
        raise NotFound(f"the log {log} is not enrolled for this terminal")
    return Hello(row[0], int(row[1]), row[2], row[3])


def _take_numbers(conn: sa.Connection, count: int) -> int:
    counter = META.c.key == "next-number"
    first = int(conn.execute(sa.select(META.c.value).where(counter).with_for_update()).scalar_one())
    conn.execute(sa.update(META).where(counter).values(value=str(first + count)))
    return first


@contextmanager
def answering() -> Iterator[None]:
    """Turns what a database says into errors of ours."""
    try:
        yield
    except sa.exc.DBAPIError as exc:
        raise as_desk_error(exc) from exc
