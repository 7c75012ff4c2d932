"""What must hold at the end of a simulation, each promise a function that says in words where it does not."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import sqlalchemy as sa

from db import central
from db.central_audit import AuditView
from db.log_check import check_file
from services.action_log.checkpoint import parse as parse_note
from services.action_log.entry import decode
from services.action_log.known import Known
from services.cases.case import Case
from services.cases.fold import fold
from services.cases.step import STEPS
from services.central_check import rows
from services.sync.rebuild import differences
from tests.faults.seats import Seat
from tests.faults.simulation import Simulation, local


def broken(run: Simulation) -> list[str]:
    """Every promise that does not hold, after a run."""
    promises = (kept, whole, folded_once, one_winner, as_rebuilt, replicas, alarms, shown)
    return [*run.wrong, *(words for promise in promises for words in promise(run))]


def kept(run: Simulation) -> Iterator[str]:
    """What was acknowledged stands in a local log, and in central or in a closed log that a lead is told of."""
    held = run.held()
    for seat in run.seats:
        here = local(seat)
        for body, place in seat.said.entries.items():
            if body in run.gone:
                if body in run.saved and held.get(place) != body:
                    yield f"{place} was put back and is gone from central too"
                continue
            if here.get(place) != body:
                yield f"{place} was acknowledged and is not in its log"
            if held.get(place) != body and not _told_of(seat, place[0]):
                yield f"{place} is not in central, and nobody was told"


def _told_of(seat: Seat, log: str) -> bool:
    """Whether the log is closed, a lead was shown an alarm, and its successor names it."""
    if log == seat.book.log or log not in seat.alarms:
        return False
    entries = (decode(body) for body in local(seat).values())
    return any(e.act == "log.recovered" and str(e.params["place"]).startswith(log) for e in entries)


def whole(run: Simulation) -> Iterator[str]:
    """Every log file verifies; the open ones against all that central knows of them."""
    with run.site.store.engine.connect() as conn:
        heads = {r[0]: r[1] for r in conn.execute(sa.select(central.HEAD.c.log, central.HEAD.c.checkpoint))}
        keys = {r[0]: bytes(r[1]) for r in conn.execute(sa.select(central.LOG.c.id, central.LOG.c.public_key))}
    for seat in run.seats:
        facts = seat.place.facts
        cosigner = (f"{facts['deployment']}/central", bytes.fromhex(facts["cosigner-key"]))
        for file in sorted(seat.place.folder.glob("log-*.db")):
            log = f"{seat.place.owner}/{file.stem.removeprefix('log-')}"
            if log not in keys:
                yield f"{log} is not known to central"
                continue
            accepted = parse_note(heads[log]).head if log == seat.book.log and heads.get(log) else None
            known = Known(keys[log], f"{facts['deployment']}/{log}", accepted=accepted, cosigner=cosigner)
            report = check_file(file, known)
            if report.state != "whole":
                yield f"{log} is {report.kind}: {report.detail}"


def folded_once(run: Simulation) -> Iterator[str]:
    """Central holds each log without a gap, and no action twice."""
    sizes = Counter(log for log, _ in run.held())
    places = run.held().keys()
    yield from (f"{log} has a gap" for log, size in sizes.items() if any((log, n) not in places for n in range(size)))
    ops = Counter(decode(body).op for body in run.held().values())
    yield from (f"the action {op} is there {n} times" for op, n in ops.items() if n > 1)


def one_winner(run: Simulation) -> Iterator[str]:
    """Of one case and one fence, the acts of one agent take effect (a note has none: it is kept, whoever wrote it)."""
    cases: dict[str, Case] = {}
    winners: dict[tuple[str, int], set[str]] = defaultdict(set)
    with AuditView.of(run.site.store.engine) as view:
        for at, body in view.accepted():
            entry = decode(body)
            before = cases.get(entry.case or "")
            after = fold(before, entry, at)
            if after is None:
                continue
            cases[after.id] = after
            fence = 1 if entry.act == "case.opened" else entry.fence
            if fence is not None and entry.act in STEPS and (before is None or after.conflicts is before.conflicts):
                winners[after.id, fence].add(entry.actor)
    for (case, fence), agents in winners.items():
        if len(agents) > 1:
            yield f"{case} fence {fence} was used by {', '.join(sorted(agents))}"


def as_rebuilt(run: Simulation) -> Iterator[str]:
    """Central is what its logs say; sealed details are gone only where a restore took them (docs/stores.md)."""
    yield from differences(run.site.store)
    yield from (words for words in rows(run.site.store.engine) if not words.startswith("a sealed detail of"))


def replicas(run: Simulation) -> Iterator[str]:
    """Every terminal's queue is central's."""
    port = run.site.port(run.seats[0].place.owner)
    there = [tuple(int(v) if isinstance(v, bool) else v for v in row) for row in port.changes(0, 1_000_000)]
    for seat in run.seats:
        if seat.replica() != there:
            apart = set(seat.replica()) ^ set(there)
            yield f"seat {seat.number} shows another queue: {sorted(str(row[0]) for row in apart)}"


def alarms(run: Simulation) -> Iterator[str]:
    """Logs were closed at the terminal that was put back alone; only who held more receipts spoke of a loss."""
    held = run.held()
    for seat in run.seats:
        if seat.alarms and not seat.set_back:
            yield f"seat {seat.number} closed {seat.alarms}, and nobody had touched it"
        if seat.losses_shown and seat.number not in run.lost_by:
            yield f"seat {seat.number} speaks of a loss that it had not"
        theirs = [body for place, body in sorted(held.items()) if place[0] == seat.book.log]
        ours = [body for place, body in sorted(local(seat).items()) if place[0] == seat.book.log]
        if ours != theirs:
            yield f"seat {seat.number} goes on with a log that is not central's"


def shown(run: Simulation) -> Iterator[str]:
    """What the status line says is so."""
    for seat in run.seats:
        status = seat.desk.status()
        calm = not seat.book.alarms and not seat.link.state.alarm
        if (status.waiting, status.central, status.log_ok) != (0, "reached", calm):
            yield f"seat {seat.number} says {status.sync_text}, {status.central}, log ok {status.log_ok}"
