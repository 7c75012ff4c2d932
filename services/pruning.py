"""Retention in a machine's own log: which bodies may go, and taking them out below a signed cut (docs/log.md)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import cast

from db.log_prune import prune as take_out
from db.log_reader import LogReader
from services.action_log.acts import LogPruned
from services.action_log.entry import Draft, Entry
from services.action_log.known import Known
from services.action_log.tiles import WIDTH
from services.errors import BadInput, Refused
from services.evidence import Evidence, LogFile
from services.home import CENTRAL_KEY, Home, Kind, key
from services.secrets import Vault
from services.sync.logbook import Logbook

Ended = Callable[[set[str]], set[str]]
"""Of these cases, those that ended before the date."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Bodies in [`done`, `cut`) may go; those below `done` are gone. `stays` is the first that may not, and why."""

    log: str
    size: int
    done: int
    cut: int
    stays: int
    why: str


def plan(file: LogFile, before: int, ended: Ended) -> Plan:
    """How far the log may be pruned: whole tiles of 256 entries from before `before` (µs), which central has, whose
    cases have ended by then."""
    with LogReader(file.path) as reader, reader.snapshot():
        done, size = reader.cut(), reader.head().frontier.size
        accepted = max((size for size, _ in reader.receipts()), default=0)
        cut, entries = done, reader.entries(done)
        while tile := list(islice(entries, WIDTH)):
            found = _stays(tile, before, accepted, ended)
            if found is not None:
                return Plan(file.log, size, done, cut, *found)
            if len(tile) < WIDTH:
                break
            cut += WIDTH
    return Plan(file.log, size, done, cut, cut, "it and what follows do not fill a tile of 256 entries yet")


def _stays(tile: list[Entry], before: int, accepted: int, ended: Ended) -> tuple[int, str] | None:
    """The first entry of a tile that must stay, and why."""
    gone = ended({entry.case for entry in tile if entry.case})
    for entry in tile:
        if entry.ts >= before:
            return entry.seq, "it is not older than the date"
        if entry.seq >= accepted:
            return entry.seq, "no receipt of central covers it"
        if entry.case and entry.case not in gone:
            return entry.seq, f"its case {entry.case} had not ended by the date"
    return None


def prune(home: Home, vault: Vault, evidence: Evidence, file: LogFile, wanted: Plan) -> int:
    """Writes `log.pruned`, then takes the bodies out; how many went. A run that was killed is finished by the next.

    Raises `Unavailable` while a console or worker has the log, `Refused` when it is not whole, `BadInput` for a log
    that was closed.
    """
    report = evidence.check(file.path)
    if report.state != "whole":
        raise Refused(f"the log {file.log} is not whole ({report.kind}): it stays as it is, as evidence")
    known = evidence.known.get(file.log, Known())
    owner, kinds = file.path.parent.name, file.path.parent.parent.name
    deployment = (known.origin or "").removesuffix(f"/{file.log}")
    kind = cast(Kind, kinds.removesuffix("s"))  # the folders are called so
    book = Logbook(home, kind, owner, vault, deployment)
    try:
        if book.log != file.log:
            raise BadInput(f"is closed; {book.log} is the one that goes on", place=f"log {file.log}")
        with book.reader() as reader:
            root, named = reader.root(wanted.cut), reader.cuts_named()
        if wanted.cut not in named:
            act = LogPruned(cut=wanted.cut, root=root.hex())
            book.append([Draft(act=act, actor=f"log:{file.log}", as_="log")])
    finally:
        book.close()
    return take_out(file.path, wanted.cut, known)


@contextmanager
def ended_before(home: Home, vault: Vault, before: int) -> Iterator[Ended]:
    """Asks central which cases had ended before `before` (µs); raises `Unavailable`."""
    import sqlalchemy as sa

    from db.central_engine import as_desk_error, open_engine
    from db.central_names import CASE
    from services.cases.case import from_json

    engine = open_engine(home.central_url, key(vault, CENTRAL_KEY))

    def ended(cases: set[str]) -> set[str]:
        with engine.connect() as conn:
            rows = conn.execute(sa.select(CASE.c.body).where(CASE.c.id.in_(sorted(cases)))).scalars()
            found = [from_json(bytes(body)) for body in rows]
        return {case.id for case in found if case.closed and case.closed_at < before}

    try:
        yield ended
    except sa.exc.DBAPIError as exc:
        raise as_desk_error(exc) from exc
    finally:
        engine.dispose()
