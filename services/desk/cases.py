"""Reading one case: central's snapshot with this terminal's own unsynced actions folded on top (design.md 7.4)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from db.central_shapes import Accepted, CaseSnapshot
from services.action_log.entry import Entry, decode
from services.cases.breach import LOCKED, light as breach_light
from services.cases.case import Case, Check, Item, from_json
from services.cases.clock_policy import TIMED, not_today
from services.cases.fold import fold
from services.cases.fold_check import CHECK_US, verified_tier
from services.cases.fold_minor import about_minor
from services.cases.fold_systems import stuck_in
from services.cases.hold import FLAG, PART_FLAG
from services.cases.moment import Moment, run_at
from services.cases.policy import RULES, may
from services.cases.queue import band, breach_of, dates_of, day_of, first_due
from services.cases.timeline import Place, marks, references
from services.cases.words import act_words, item_words, reason_words
from services.clock.dates import DueDates
from services.clock.traffic import light, light_of
from services.controllers import Controller
from services.desk.again import unsettled
from services.desk.claims import is_draft
from services.desk.clock_dates import shown_dates
from services.desk.context import Context
from services.desk.decision_views import decision_view
from services.desk.progress import laid_over, letters_of
from services.desk.task_views import task_view
from services.errors import DeskError, NotFound, Unavailable
from services.types import (
    CaseView,
    DutyRole,
    HistoryLine,
    ItemView,
    KeyState,
    Session,
    Tier,
    Verification,
)

if TYPE_CHECKING:
    from db.central_port import CentralPort
    from db.central_shapes import Progress

DRAFT = "a draft: not taken yet"


class Cases:
    """Case states and views. `state` is what acts are judged by, `read` what a screen shows."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def state(self, case: str) -> Case:
        """The case as this terminal knows it now; raises `NotFound`, or `Unavailable` when only central knows it."""
        state, _, _ = self._read(case)
        return state

    def tier(self, state: Case, session: Session) -> Tier:
        """The tier that holds for this session now."""
        return verified_tier(state, session.id, self._ctx.now())

    def person(self, case: Case) -> str:
        """The requester as the queue shows it, masked; the case itself where it is not known here."""
        found = self._ctx.store.rows("SELECT person FROM queue WHERE case_id=?", (case.id,))
        return str(found[0][0]) if found and found[0][0] != "-" else case.id

    def read(self, session: Session, case: str) -> CaseView:
        """Everything the case screen shows; raises `NotFound`, `Refused`."""
        self._ctx.require(session)
        state, base, own = self._read(case)
        if state.controller not in session.controllers:
            raise NotFound(f"there is no case {case} for you")
        if state.holder == session.actor:
            self._ctx.claims.keep(state)
        return self._view(state, session, self._history(state, base, own))

    def _read(self, case: str) -> tuple[Case, Case | None, list[Entry]]:
        """The case as known here, as central has it, and our own actions on it that are not in there."""
        synced = self._synced()  # before asking central: what it accepts meanwhile is in its answer
        snapshot = self._snapshot(case)
        base = from_json(snapshot.body) if snapshot else None
        port = self._ctx.link.port
        here = synced if self._ctx.online and not (port is not None and port.misfit) else 0
        # cut off, or of another version, and never opened since: all of it that was written here
        own = self._own(case, snapshot.own_size if snapshot else here)
        state = base
        for entry in own:
            state = fold(state, entry, entry.ts)
        if state is None:
            raise (
                NotFound(f"there is no case {case}")
                if self._ctx.online
                else Unavailable(f"case {case} is not on this terminal and central does not answer")
            )
        if snapshot is not None and snapshot.on_hold:
            state = replace(state, flags=(*state.flags, FLAG if snapshot.on_hold > 1 else PART_FLAG))
        return replace(state, until=self._ctx.claims.held(state)), base, own

    def _snapshot(self, case: str) -> CaseSnapshot | None:
        port = self._online_port()
        if port is not None:
            try:
                found = port.case(case, self._ctx.book.log)
            except Unavailable:
                found = None
            else:
                if found is not None:
                    self._ctx.store.put_snapshot(case, found.body, found.rev, found.own_size, found.on_hold)
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
            return [decode(body) for _, body in reader.of_case(case, start)]

    def _history(self, case: Case, base: Case | None, own: list[Entry]) -> tuple[HistoryLine, ...]:
        """Every action, newest first: central's where it answers, then ours that it has not taken."""
        held: list[Accepted] = []
        port, start = self._online_port(), base
        if port is not None:
            try:
                held, start = port.entries_of(case.id), None
            except DeskError:
                held = []
        there = {(one.log, one.seq) for one in held}
        known = [(decode(one.body), one.at, one.late) for one in held]
        waiting = [(e, e.ts, False) for e in own if (e.log, e.seq) not in there]
        told = marks([*known, *waiting], start)
        told |= {(e.log, e.seq): DRAFT for e, _, _ in waiting if is_draft(e, case, case.until)}
        under = references((e for e, _, _ in [*known, *waiting]), start) if case.instruction else {}
        lines = [_line(e, at, told, under, synced=True) for e, at, _ in known]
        return tuple(reversed([*lines, *(_line(e, at, told, under, synced=False) for e, at, _ in waiting)]))

    def _view(self, case: Case, session: Session, history: tuple[HistoryLine, ...]) -> CaseView:
        controller = self._ctx.controller(case.controller)
        moment = self._ctx.moment(session, case.controller)
        dates, today = dates_of(case, controller), self._ctx.today(case.controller)
        row = self._ctx.store.rows("SELECT person FROM queue WHERE case_id=?", (case.id,))
        progress = self._progress(case)
        first = first_due(case, controller)
        led = light(first, today) if first < dates.due else light_of(dates, today)
        ends, due = breach_of(case, controller), "-" if case.closed else led
        if ends:
            due = breach_light(ends, moment.now, controller.duty)
        in_band = band(
            first,
            today,
            is_open=not case.closed or ends > 0,
            acknowledged=case.acknowledged,
            breach="breach" in case.flags,
            wakes=dates.chase_on,
        )
        return CaseView(
            id=case.id,
            controller=case.controller,
            controller_name=controller.name,
            regime=case.regime,
            duty=DutyRole.PROCESSOR if controller.duty is DutyRole.PROCESSOR else case.duty,
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
            due=due,
            leads=day_of(ends, controller) if ends > LOCKED else first,
            dates=() if case.breach else shown_dates(case, dates, controller),
            items=laid_over(tuple(_item(case, i, controller, moment, today) for i in case.items), progress),
            verification=_verification(case, session, moment.now),
            flags=case.flags,
            conflicts=tuple(unsettled(self._ctx, session, case, met) for met in case.conflicts),
            history=history,
            letters=letters_of(case, progress),
            keys=tuple(_key(act, case, moment, dates, today) for act in RULES),
            subject=case.subject,
            found=case.found,
            draft_since=self._draft_since(case, session),
            instruction=case.instruction,
            consent_age=_consent_age(case, controller.country, today),
        )

    def _progress(self, case: Case) -> "list[Progress]":
        """Where the case's jobs are; nothing where central does not answer: the acts say the rest."""
        port = self._online_port()
        if port is None or case.closed:
            return []
        try:
            return port.progress(case.id)
        except DeskError:
            return []

    def _draft_since(self, case: Case, session: Session) -> datetime | None:
        over = case.holder == session.actor and self._ctx.now() > case.until
        return self._ctx.as_time(case.until) if over and not self._ctx.online else None


def _key(act: str, case: Case, moment: Moment, dates: DueDates, today: date) -> KeyState:
    """What the table says of an act, then what the day says."""
    answer = may(act, case, moment)
    if act == "withdraw" and not answer.allowed and may("recall", case, moment).allowed:
        return KeyState(act, True)
    why = answer.reason or (not_today(act, case, dates, today) if act in TIMED else "")
    return KeyState(act, not why, why)


def _item(case: Case, item: Item, controller: Controller, moment: Moment, today: date) -> ItemView:
    due = run_at(item, moment.wait_us) if item.approved_at else 0
    return ItemView(
        id=item.id,
        right=item.right,
        state=item.state,
        outcome=item.outcome,
        text=item_words(item, due, moment.now),
        run_at=Context.as_time(due) if due else None,
        plan=item.plan,
        digest=item.digest,
        asked_by=item.asked_by.removeprefix("agent:"),
        approved_by=item.approved_by.removeprefix("agent:"),
        returned=item.returned,
        package=item.package,
        systems=tuple(replace(one, reason=reason_words(one.reason)) for one in item.systems),
        recipients=item.recipients,
        stuck=stuck_in(item),
        tasks=tuple(task_view(case.id, item, task, today) for task in item.tasks),
        decision=decision_view(item, controller),
        heard=bool(item.view),
    )


def _consent_age(case: Case, country: str, today: date) -> int:
    """The age from which the minor consents alone; 0 where nobody noted one."""
    if not about_minor(case):
        return 0
    from services.identity.consent_age import consent_age  # a YAML file, for few cases

    return consent_age(country, today).age


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


def _line(entry: Entry, at: int, told: Mapping[Place, str], under: Mapping[Place, str], *, synced: bool) -> HistoryLine:
    words, place = act_words(entry.act, entry.params), (entry.log, entry.seq)
    mark, reference = told.get(place, ""), under.get(place, "")
    return HistoryLine(Context.as_time(at), entry.actor, entry.act, words, *place, synced, mark, reference)
