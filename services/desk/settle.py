"""Settling what did not count: each entry is repeated or dropped by a person, as an action of its own.

Nothing is lost (it stays where it was written) and nothing is done twice (the op of a repeat follows from its entry).
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.action_log import acts
from services.action_log.act import from_params
from services.action_log.entry import Draft, Entry
from services.cases.case import Case, Conflict, conflict_of, from_json
from services.cases.fold_settle import DROPPED, REPEATED, again_op
from services.cases.policy import may_settle
from services.cases.repeating import REPEATS, why_not
from services.cases.words import act_words
from services.desk.again import again, no_again, unsettled
from services.desk.cases import Cases
from services.desk.claims import is_draft
from services.desk.closed_logs import ClosedLogs, Kept
from services.desk.context import GRAVE, Context
from services.errors import BadInput, NotFound, Refused, Unavailable
from services.types import Role, Session, Unsettled

DROP_REASONS = ("done-already", "not-wanted", "mistake", "only-a-record")
CASES_MOST = 100
NEVER_TAKEN = "central never took it: its log was closed"

Place = tuple[str, int]


class Settle:
    """Conflicts by who wrote them or a lead; entries of closed logs by a lead of their controller."""

    def __init__(self, ctx: Context, cases: Cases) -> None:
        self._ctx, self._cases = ctx, cases
        self._closed = ClosedLogs(ctx)
        self._turn = threading.Lock()
        self._counted: tuple[tuple[str, int, int], int] = ("", 0, 0), 0

    def waiting(self, session: Session, case: str = "") -> tuple[Unsettled, ...]:
        """What is not settled, of one case when given: conflicts, drafts of here, and for leads closed logs of here."""
        self._ctx.require(session)
        found = [*self._conflicts(session, case), *self._drafts(session, case)]
        if session.role is Role.LEAD:
            known: dict[str, Case | None] = {}
            for kept in self._closed.waiting():
                e = kept.entry
                if e.controller in session.controllers and case in ("", e.case) and e.case is not None:
                    state = known[e.case] if e.case in known else known.setdefault(e.case, self._state(e.case))
                    found.append(self._of_closed(session, kept, state))
        return tuple(sorted(found, key=lambda one: (one.case, one.at, one.log, one.seq)))

    def counts(self, session: Session) -> tuple[int, int]:
        """(drafts of this desk, entries in closed logs that this person may settle)."""
        book = self._ctx.book
        here = (book.log, book.writer.size, book.accepted)
        if not self._ctx.online and here != self._counted[0]:  # asked for every few seconds: read when there is more
            self._counted = here, sum(1 for _ in self._late())
        drafts = 0 if self._ctx.online else self._counted[1]
        return drafts, self._closed.count(session.controllers) if session.role is Role.LEAD else 0

    # ── settling ──────────────────────────────────────────────────────────────────────────────────────────────

    def repeat(self, session: Session, case: str, log: str, seq: int) -> None:
        """Do it anew, now, in this person's name. Raises `Refused` with the reason, also when it is settled already."""
        with self._turn:
            state = self._state(case)
            met = self._conflict(state, (log, seq))
            if state is None or met is None:
                self._repeat_closed(session, case, state, (log, seq))
                return
            self._may(session, met.actor, state.controller)
            drafts = again(self._ctx, session, state, met)
            self._ctx.write([self._settled(session, state, met, REPEATED, ""), *drafts])

    def _repeat_closed(self, session: Session, case: str, state: Case | None, place: Place) -> None:
        self._ctx.require(session)
        kept = self._kept(place)
        entry = kept.entry
        reason = self._no_again(session, kept, state)
        if reason or entry.case != case:
            raise Refused(reason or "that is another case's")
        settled = self._settled(session, state, entry, REPEATED, "")
        if state is None:
            anew = self._opened(session, entry)
        else:
            anew = again(self._ctx, session, state, conflict_of(entry, NEVER_TAKEN, 0))
        self._ctx.write([settled, *anew], self._closed.details(entry))

    def drop(self, session: Session, case: str, places: Sequence[Place], reason: str) -> int:
        """Let them be, with a reason; they stay in their logs as evidence. How many were dropped."""
        if reason not in DROP_REASONS:
            raise BadInput(f"a reason is one of {', '.join(DROP_REASONS)}", place="reason")
        with self._turn:
            self._ctx.require(session)
            state = self._state(case)
            drafts = [self._dropped(session, case, state, place, reason) for place in places]
            self._ctx.write(drafts)
        return len(drafts)

    def _dropped(self, session: Session, case: str, state: Case | None, place: Place, reason: str) -> Draft:
        met = self._conflict(state, place)
        if state is not None and met is not None:
            self._may(session, met.actor, state.controller)
            return self._settled(session, state, met, DROPPED, reason)
        entry = self._kept(place).entry
        self._may(session, entry.actor, entry.controller or "", closed=True)
        if entry.case != case:
            raise Refused("that is another case's")
        return self._settled(session, state, entry, DROPPED, reason)

    def _kept(self, place: Place) -> Kept:
        """A closed log's entry that nobody has settled; raises `Refused`, `Unavailable`."""
        if not self._ctx.online:
            raise Unavailable("central does not answer: this waits until it does")
        kept = next((k for k in self._closed.waiting() if (k.entry.log, k.entry.seq) == place), None)
        if kept is None:
            raise Refused("that is settled already", next_key="look again")
        return kept

    def _may(self, session: Session, actor: str, controller: str, *, closed: bool = False) -> None:
        self._ctx.require(session)
        no = may_settle(actor, controller, self._ctx.moment(session, controller))
        if no or (closed and session.role is not Role.LEAD):
            raise Refused(no or "for lead only")

    def _settled(self, session: Session, state: Case | None, met: Conflict | Entry, how: str, reason: str) -> Draft:
        act = acts.ConflictSettled(how=how, log=met.log, seq=met.seq, op=met.op, reason=reason or None)
        if state is None and isinstance(met, Entry):
            return _on_case(session, met, act)
        return replace(self._ctx.draft(session, act, state, met.item or None), fence=None)  # no claim is needed for it

    def _opened(self, session: Session, entry: Entry) -> list[Draft]:
        """The request as it was logged, with its day of receipt, held by nobody."""
        draft = _on_case(session, entry, from_params(entry.act, entry.params))
        opened = replace(draft, details=entry.details, op=again_op(entry.log, entry.seq))
        return [opened, _on_case(session, entry, acts.CaseReleased(reason="repeated"))]

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────

    def _state(self, case: str) -> Case | None:
        try:
            return self._cases.state(case)
        except (NotFound, Unavailable):
            return None

    @staticmethod
    def _conflict(state: Case | None, place: Place) -> Conflict | None:
        return next((c for c in state.conflicts if (c.log, c.seq) == place), None) if state is not None else None

    def _conflicts(self, session: Session, case: str) -> Iterator[Unsettled]:
        states: list[Case] = []
        if case:
            state = self._state(case)
            states = [state] if state is not None else []
        elif self._ctx.online:
            states = [from_json(body) for _, body in self._ctx.port().conflicts(CASES_MOST)]
        for state in states:
            if state.controller in session.controllers:
                yield from (unsettled(self._ctx, session, state, met) for met in state.conflicts)

    def _of_closed(self, session: Session, kept: Kept, state: Case | None) -> Unsettled:
        entry = kept.entry
        controller = entry.controller or ""
        no_drop = may_settle(entry.actor, controller, self._ctx.moment(session, controller))
        return Unsettled(
            kind="closed",
            log=entry.log,
            seq=entry.seq,
            case=entry.case or "",
            controller=controller,
            text=act_words(entry.act, entry.params),
            who=entry.actor.partition(":")[2],
            at=self._ctx.as_time(entry.ts),
            met=None,
            why=kept.doubt or NEVER_TAKEN,
            holder=state.holder.partition(":")[2] if state is not None else "",
            no_repeat=no_drop or self._no_again(session, kept, state),
            no_drop=no_drop,
            pin=REPEATS.get(entry.act) in GRAVE,
        )

    def _no_again(self, session: Session, kept: Kept, state: Case | None) -> str:
        """Why a lead cannot do a closed log's entry anew; empty when they can."""
        entry = kept.entry
        if session.role is not Role.LEAD:
            return "for lead only"
        no = may_settle(entry.actor, entry.controller or "", self._ctx.moment(session, entry.controller or ""))
        if no or kept.doubt:
            return no or f"{kept.doubt}; it can only be dropped"
        if entry.act == acts.CaseOpened.NAME:
            return "the case is there already" if state is not None else ""
        if state is None:
            return why_not(entry.act, entry.actor) or "the case is not there: repeat its first entry first"
        return no_again(self._ctx, session, state, conflict_of(entry, NEVER_TAKEN, 0))

    # ── drafts of this desk ───────────────────────────────────────────────────────────────────────────────────

    def _drafts(self, session: Session, case: str) -> Iterator[Unsettled]:
        if self._ctx.online:
            return
        waits = "central does not answer: it decides when it does"
        for entry in self._late():
            if entry.controller in session.controllers and case in ("", entry.case):
                yield Unsettled(
                    kind="draft",
                    log=entry.log,
                    seq=entry.seq,
                    case=entry.case or "",
                    controller=entry.controller or "",
                    text=act_words(entry.act, entry.params),
                    who=entry.actor.partition(":")[2],
                    at=self._ctx.as_time(entry.ts),
                    met=None,
                    why="the hold on the case was over when it was done",
                    no_repeat=waits,
                    no_drop=waits,
                )

    def _late(self) -> Iterator[Entry]:
        """Our actions that central has not taken, done when the claim that they name was over."""
        book, known = self._ctx.book, dict[str, Case | None]()
        with book.reader() as reader:
            fenced = [e for e in reader.entries(book.accepted) if e.case is not None and e.fence is not None]
        for entry in fenced:
            case = entry.case or ""
            state = known[case] if case in known else known.setdefault(case, self._state(case))
            if state is not None and is_draft(entry, state, state.until):
                yield entry


def _on_case(session: Session, entry: Entry, act: acts.Act) -> Draft:
    """A draft on the case of `entry`, which need not be known to anybody."""
    return Draft(
        act=act,
        actor=session.actor,
        as_=session.role.value,
        session=session.id,
        controller=entry.controller,
        case=entry.case,
        item=entry.item,
        subject=entry.subject,
    )
