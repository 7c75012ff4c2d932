"""Retention of our own data (rules.md 8.2): what of closed cases goes, in one pass a day, an act for each.

The details go with the act, by the ingest that takes it: killed in between, the next pass finds what is left. What is
on hold, what a breach is about, and all of a person of whom a request is open stays (ACC-7).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from db import central_holds, central_retention
from db.central import writing
from db.kill_points import reach
from services.action_log.acts import DetailsDropped, RetentionRun
from services.cases.case import Case, from_json
from services.cases.hold import Hold
from services.cases.own_retention import KINDS, RECORD, ends
from services.controllers import Controller
from services.errors import NotFound
from services.fulfilment.workroom import Systems, Workroom
from services.technical_logs import FAULTS, MONTHS, forget_faults

ON_HOLD, OPEN = "legal hold", "another request is open"


@dataclass(frozen=True, slots=True)
class Due:
    """A part of a closed case (`what`) that is kept until before `on`; `stays`: why longer, if it does."""

    case: str
    controller: str
    what: str
    on: date
    details: int
    stays: str = ""


def look(room: Systems) -> Iterator[tuple[Due, Case]]:
    """Every part of closed cases of which there still is something, due or not, in the order in which it goes."""
    busy = central_retention.busy_subjects(room.store.engine)
    controllers: dict[str, Controller] = {}
    for one in central_retention.closed_cases(room.store.engine):
        case = from_json(one.body)
        if case.controller not in controllers:
            try:
                controllers[case.controller] = room.controller(case.controller)
            except NotFound:
                continue
        controller = controllers[case.controller]
        stays = ON_HOLD if one.on_hold else OPEN if one.subject in busy else ""
        for what, on in ends(case, controller.retention, controller.zone).items():
            if count := _count(one.kinds, what):
                yield Due(case.id, case.controller, what, on, count, stays), case


def _count(kinds: Mapping[str, int], what: str) -> int:
    wanted = KINDS.get(what)
    return sum(n for kind, n in kinds.items() if wanted is None or kind in wanted)


def run(room: Workroom) -> RetentionRun | None:
    """One pass: an act for each part whose time is over, then one that counts; None when the day had its run."""
    controllers = _controllers(room)
    day = max((room.today(one) for one in controllers), default=date.min).isoformat()
    if not controllers or central_retention.last_day(room.store.engine) >= day:
        return None
    gone: Counter[str] = Counter()
    stayed, whole = "", ""
    for due, case in look(room):
        if due.on > room.today(room.controller(due.controller)):
            continue
        if due.stays:
            gone["stayed"] += due.case != stayed
            stayed = due.case
        elif due.case != whole:  # what goes with the record needs no act of its own
            whole = due.case if due.what == RECORD else whole
            act = DetailsDropped(due.what, due.details)
            room.results.report(f"retention:{due.case}", f"{due.what}:{case.closed_at}:{day}", act, case)
            gone[due.what] += 1
            reach("retention.after-case")
    done = RetentionRun(gone["contact"], gone["letters"], gone["record"], _forget_holds(room), gone["stayed"])
    room.results.own(done, repeat=f"retention:{day}")
    central_retention.put_day(room.store.engine, day)
    return done


def tidy_logs(room: Workroom) -> None:
    """The technical logs of this worker's machine, whoever leads: the shortest term of all controllers."""
    months = min((one.retention.technical_months for one in _controllers(room)), default=MONTHS)
    room.journal.tidy(months)
    forget_faults(room.home.logs / FAULTS, months)


def _controllers(room: Systems) -> list[Controller]:
    return [Controller.from_json(body) for body in room.store.controllers().values()]


def _forget_holds(room: Workroom) -> int:
    """What lifted holds were about goes as a case's record does."""
    with writing(room.store.engine).begin() as conn:
        lifted = [Hold.from_json(body) for body in central_holds.holds(conn).values()]
        gone = 0
        for hold in lifted:
            controller = room.controller(hold.controller)
            if hold.stands:
                continue
            year = room.at(controller, hold.lifted_at).year
            if date(year + controller.retention.record_years + 1, 1, 1) <= room.today(controller):
                gone += central_holds.forget_matter(conn, hold.id)
    return gone
