"""Reading one case: central's snapshot with this terminal's own unsynced actions folded on top (design.md 7.4)."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from db.central_shapes import CaseSnapshot
from services.action_log.entry import Entry, decode
from services.cases.case import Case, Check, Item, from_json
from services.cases.fold import fold
from services.cases.fold_check import CHECK_US, verified_tier
from services.cases.policy import RULES, may, run_at
from services.cases.queue import band, dates_of
from services.cases.words import act_words, item_words
from services.clock.dates import DueDates
from services.clock.traffic import light
from services.controllers import Controller
from services.desk.context import Context
from services.errors import DeskError, NotFound, Unavailable
from services.types import (
    CaseView,
    Date,
    HistoryLine,
    ItemView,
    KeyState,
    LetterView,
    Session,
    Tier,
    Verification,
)

if TYPE_CHECKING:
    from db.central_port import CentralPort


class Cases:
    """Case states and views. `state` is what acts are judged by, `read` what a screen shows."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def state(self, case: str) -> Case:
        """The case as this terminal knows it now; raises `NotFound`, or `Unavailable` when only central knows it."""
        state, _ = self._known(case)
        return state

    def tier(self, state: Case, session: Session) -> Tier:
        """The tier that holds for this session now."""
        return verified_tier(state, session.id, self._ctx.now())

    def read(self, session: Session, case: str) -> CaseView:
        """Everything the case screen shows; raises `NotFound`, `Refused`."""
        self._ctx.require(session)
        state, own = self._known(case)
        if state.controller not in session.controllers:
            raise NotFound(f"there is no case {case} for you")
        history = self._history(case, own)
        return self._view(state, session, history)

    def _known(self, case: str) -> tuple[Case, list[Entry]]:
        synced = self._synced()  # before asking central: what it accepts meanwhile is in its answer
        snapshot = self._snapshot(case)
        base = from_json(snapshot.body) if snapshot else None
        port = self._ctx.link.port
        if port is not None and port.misfit:  # nothing can be fetched: what was opened here is known from here
            synced = 0
        own = self._own(case, snapshot.own_size if snapshot else synced)
        state = base
        for entry in own:
            state = fold(state, entry, entry.ts)
        if state is None:
            raise (
                NotFound(f"there is no case {case}")
                if self._ctx.online
                else Unavailable(f"case {case} is not on this terminal and central does not answer")
            )
        return state, own

    def _snapshot(self, case: str) -> CaseSnapshot | None:
        port = self._online_port()
        if port is not None:
            try:
                found = port.case(case, self._ctx.book.log)
            except Unavailable:
                found = None
            else:
                if found is not None:
                    self._ctx.store.put_snapshot(case, found.body, found.rev, found.own_size)
                return found
        kept = self._ctx.store.snapshot(case)
        return CaseSnapshot(*kept) if kept else None

    def _online_port(self) -> "CentralPort | None":
        port = self._ctx.link.port if self._ctx.online else None
        return port if port is not None and not port.misfit else None

    def _synced(self) -> int:
        """Entries of this log that central has accepted, as far as this terminal knows."""
        if self._ctx.online:
            return self._ctx.link.state.synced_size
        with self._ctx.book.reader() as reader:
            return max((size for size, _ in reader.receipts()), default=0)

    def _own(self, case: str, start: int) -> list[Entry]:
        with self._ctx.book.reader() as reader:
            return [e for e in reader.entries(start) if e.case == case]

    def _history(self, case: str, own: list[Entry]) -> tuple[HistoryLine, ...]:
        lines: list[HistoryLine] = []
        port = self._online_port()
        if port is not None:
            try:
                lines = [_line(decode(body), at, True) for _, _, at, body in port.entries_of(case)]
            except DeskError:
                lines = []
        return tuple(reversed([*lines, *(_line(e, e.ts, False) for e in own)]))

    def _view(self, case: Case, session: Session, history: tuple[HistoryLine, ...]) -> CaseView:
        controller = self._ctx.controller(case.controller)
        moment = self._ctx.moment(session, case.controller)
        dates, today = dates_of(case, controller), self._ctx.today(case.controller)
        row = self._ctx.store.rows("SELECT person FROM queue WHERE case_id=?", (case.id,))
        in_band = band(
            dates.due,
            today,
            is_open=not case.closed,
            acknowledged=case.acknowledged,
            breach="breach" in case.flags,
        )
        return CaseView(
            id=case.id,
            controller=case.controller,
            controller_name=controller.name,
            regime=case.regime,
            duty=case.duty,
            channel=case.channel,
            requester=case.requester,
            received_at=Context.as_time(case.received_at),
            person=row[0][0] if row else "not synced yet",
            delivery="the contact point on file",
            words="",
            holder=case.holder.removeprefix("agent:"),
            fence=case.fence,
            revision=case.revision,
            band=in_band,
            due="-" if case.closed else light(dates.due, today),
            dates=_dates(dates, controller),
            items=tuple(_item(i, moment.wait_us, moment.now) for i in case.items),
            verification=_verification(case, session, moment.now),
            flags=case.flags,
            conflicts=case.conflicts,
            history=history,
            letters=tuple(LetterView(x.id, x.template, x.language, x.state, x.medium) for x in case.letters),
            keys=tuple(KeyState(a, (k := may(a, case, moment)).allowed, k.reason) for a in RULES),
            subject=case.subject,
            found=case.found,
        )


def _dates(dates: DueDates, controller: Controller) -> tuple[Date, ...]:
    moved = "" if dates.due_hard == dates.due_nominal else "moved from a day off (Reg. 1182/71 Art 3(4))"
    shown: list[tuple[str, date | None, str]] = [
        ("received", dates.received_on, f"in {controller.zone}"),
        ("internal target", dates.internal_target, f"{controller.internal_target_days} working days"),
        ("one month", dates.due_nominal, "Art 12(3)"),
        ("legal end", dates.due_hard, moved),
        ("extended to", dates.due_extended, "three months from receipt"),
    ]
    return tuple(Date(name, day, why) for name, day, why in shown if day is not None)


def _item(item: Item, wait_us: int, now: int) -> ItemView:
    due = run_at(item, wait_us) if item.approved_at else 0
    return ItemView(
        id=item.id,
        right=item.right,
        state=item.state,
        outcome=item.outcome,
        text=item_words(item, due, now),
        run_at=Context.as_time(due) if due else None,
        plan=item.plan,
        digest=item.digest,
        asked_by=item.asked_by.removeprefix("agent:"),
        approved_by=item.approved_by.removeprefix("agent:"),
        returned=item.returned,
        package=item.package,
        systems=item.systems,
    )


def _verification(case: Case, session: Session, now: int) -> Verification:
    check = case.check
    tier = verified_tier(case, session.id, now)
    if check is None:
        return Verification(tier)
    check = check if check.session == session.id else replace(check, passed=(), ended=check.ended or "switched")
    return Verification(
        tier=tier,
        passed=tuple(f for f, _ in check.passed),
        strikes=check.strikes,
        until=Context.as_time(check.started_at + CHECK_US),
        session=check.session,
        check=check.id,
        template=check.template,
        open=_is_open(check, session, now),
    )


def _is_open(check: Check, session: Session, now: int) -> bool:
    return not check.ended and check.session == session.id and now <= check.started_at + CHECK_US


def _line(entry: Entry, at: int, synced: bool) -> HistoryLine:
    return HistoryLine(Context.as_time(at), entry.actor, entry.act, act_words(entry), entry.log, entry.seq, synced)
