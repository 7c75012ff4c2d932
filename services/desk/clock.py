"""The clock of a case: asking the person, accepting that the time stands still, extending, what came in again."""

from datetime import date

from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import new_id
from services.cases.asked import Asked
from services.cases.case import Case
from services.cases.fold_clock import (
    LETTER_OF,
    MAIL,
    MERGED,
    NO_ANSWER,
    OTHERWISE,
    REMINDER,
    chase_day,
    is_broad,
    open_question,
)
from services.clock.waits import DECIDED, GROUNDS
from services.desk.cases import Cases
from services.desk.context import Context
from services.desk.instructed import checked, cited
from services.errors import BadInput, Refused
from services.types import DutyRole, Outcome, Role, Session, Wait

EXTENSIONS = ("volume", "spread", "redaction", "intelligible", "number", "wave")
"""Why two months more are needed: what makes a request complex, or how many there are (rules.md CLK-3). Effort as such,
and that we get many, are no reasons."""
ACCEPTED = ("identity-needed", "scope-needed", "fee-due")
REFUSED = ("not-needed", "waited-enough", "person-harmed")


class Clock:
    """One method an act; each raises `Refused` with the reason of the table or of the day."""

    def __init__(self, ctx: Context, cases: Cases) -> None:
        self._ctx, self._cases = ctx, cases

    def ask(
        self,
        session: Session,
        case: str,
        what: str,
        ground: str,
        *,
        fair: bool = True,
        on: date | None = None,
        mail: bool = False,
    ) -> None:
        """The person was asked for `what` (a `Wait`) on `ground`, today or `on` (SUS-1, SUS-3).

        With `mail` our letter asks, now: it counts from the day on which it leaves.
        """
        state = self._cases.state(case)
        self._ctx.permit("ask", state, session)
        if what not in list(Wait):
            raise BadInput(f"what was asked for is one of {', '.join(Wait)}", place="what")
        if ground not in GROUNDS[Wait(what)]:
            raise BadInput(f"a ground is one of {', '.join(GROUNDS[Wait(what)])}", place="ground")
        if what == Wait.CLARIFICATION and not is_broad(state):
            raise Refused("only a request for access can be too broad")
        if ground in DECIDED:
            raise Refused("a fee for what is unfounded or excessive is decided by two people", next_key="R proposes it")
        if mail and what not in LETTER_OF:
            raise BadInput("no letter of ours asks for that", place="what")
        day = self._day(state, on, date.fromisoformat(state.received_on), now=mail)
        by = MAIL if mail else OTHERWISE
        act = acts.ClockAsked(question=new_id(), what=what, ground=ground, fair=fair, on=day, by=by)
        self._record(session, state, act)

    def chase(self, session: Session, case: str, *, on: date | None = None, mail: bool = False) -> None:
        """Nothing came, and they were asked again, today or `on`, or by `mail` now: from day 7 and day 14 (SUS-5)."""
        state = self._cases.state(case)
        self._ctx.permit("chase", state, session)
        asked = self._open(state)
        day = self._day(state, on, chase_day(asked), now=mail)
        by = MAIL if mail else OTHERWISE
        self._record(session, state, acts.ClockChased(question=asked.id, on=day, by=by))

    def answered(self, session: Session, case: str, *, on: date | None = None) -> None:
        """The answer to the newest open question came, today or `on`."""
        state = self._cases.state(case)
        self._ctx.permit("answered", state, session)
        asked = self._open(state)
        day = self._day(state, on, date.fromisoformat(asked.on))
        self._record(session, state, acts.ClockAnswered(question=asked.id, on=day))

    def unanswered(self, session: Session, case: str) -> None:
        """End the request because nobody said who asks: one letter with reasons, complaint and court (SUS-5)."""
        state = self._cases.state(case)
        self._ctx.permit("unanswered", state, session)
        ended = acts.ItemResolved(outcome=Outcome.NOT_IDENTIFIED, ground=NO_ANSWER)
        open_items = [item.id for item in state.items if not item.ended]
        self._ctx.write([self._ctx.draft(session, ended, state, item) for item in open_items])

    def pause(self, session: Session, case: str, *, accept: bool, reason: str) -> None:
        """A lead lets the later date lead, or the hard one again (SUS-2)."""
        state = self._cases.state(case)
        self._ctx.permit("pause", state, session)
        reasons = ACCEPTED if accept else REFUSED
        if reason not in reasons:
            raise BadInput(f"a reason is one of {', '.join(reasons)}", place="reason")
        self._record(session, state, (acts.SuspensionAccepted if accept else acts.SuspensionRefused)(reason=reason))

    def extend(self, session: Session, case: str, reason: str, reference: str = "") -> bool:
        """Have the notice of two months more sent, for one of `EXTENSIONS`; it counts once it left (CLK-2).

        A processor names the controller's `reference` for it; without one it proposes it to the controller, which is
        asked by mail, and nothing is extended (Art 28). Whether it was decided.
        """
        state = self._cases.state(case)
        self._ctx.permit("extend", state, session)
        if reason not in EXTENSIONS:
            raise BadInput(f"a reason is one of {', '.join(EXTENSIONS)}", place="reason")
        extended = self._ctx.draft(session, acts.CaseExtended(reason=reason, notice=None), state)
        if self._ctx.controller(state.controller).duty is not DutyRole.PROCESSOR:
            self._ctx.write([extended])
            return True
        if reference.strip():
            self._ctx.write([cited(extended, checked(reference), acts.CaseExtended.NAME), extended])
            return True
        self._record(session, state, acts.ExtensionProposed(reason=reason))
        return False

    def remind(self, session: Session, case: str) -> None:
        """The person asked where the answer is: kept, and no new clock (INT-8)."""
        state = self._cases.state(case)
        self._ctx.permit("remind", state, session)
        day = self._day(state, None, None)
        act = acts.ReceiptNoted(kind=REMINDER, received_at=self._ctx.now(), received_on=day, number=None)
        self._record(session, state, act)

    def merge(self, session: Session, case: str, into: str) -> None:
        """This case ends, and what it asks for goes on in `into`, whose clock runs from the earlier receipt (INT-9).

        Another person's case is a lead's alone to name: an agent may only where both show the same requester.
        """
        state, other = self._cases.state(case), self._cases.state(into.strip().upper())
        self._ctx.permit("merge", state, session)
        if other.controller != state.controller or other.id == state.id:
            raise Refused("a case goes on in another one of the same controller")
        if other.closed:
            raise Refused(f"{other.id} is closed: what is asked for now is a request of its own")
        if session.role is not Role.LEAD and self._cases.person(state) != self._cases.person(other):
            raise Refused("the two are not by the same person as far as can be seen: a lead decides")
        had = {item.right for item in other.items if not item.ended}
        more = [item.right for item in state.items if not item.ended and item.right not in had]
        note = acts.ReceiptNoted(
            kind=MERGED, received_at=state.received_at, received_on=state.received_on, number=state.id
        )
        first = len(other.items) + 1
        self._ctx.write(
            [
                self._ctx.draft(session, note, other),
                *(self._ctx.draft(session, acts.ItemAdded(right=r), other, str(n)) for n, r in enumerate(more, first)),
                self._ctx.draft(session, acts.CaseMerged(into=other.id), state),
            ]
        )

    def _open(self, case: Case) -> Asked:
        asked = open_question(case)
        if asked is None:
            raise Refused("no question to the person is open")
        return asked

    def _day(self, case: Case, on: date | None, earliest: date | None, *, now: bool = False) -> str:
        """`on` or today, as ISO; raises `BadInput` for a day that cannot be. What leaves `now` leaves on no other."""
        today = self._ctx.today(case.controller)
        day = on or today
        if day > today or (now and day != today) or (earliest is not None and day < earliest):
            raise BadInput("that day cannot be", place="on")
        return day.isoformat()

    def _record(self, session: Session, case: Case, act: Act) -> None:
        self._ctx.record(session, act, case)
