"""What the played calls stand on: the home, desks with open sessions, central as an operator sees it, the report."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from db.central_audit import AuditView
from db.central_store import CentralStore
from services.action_log.entry import Entry, decode
from services.cases.case import from_json
from services.demo.agents import AGENTS, DemoAgent
from services.demo.people import Person
from services.demo.plays.caller import Caller
from services.demo.plays.report import Call, Check
from services.desk.desk import Desk
from services.errors import DeskError, Refused, Unavailable
from services.home import Home
from services.types import CaseView, Channel, Factor, Intake, ItemState, ItemView, Requester, Right, Role, Session

T = TypeVar("T")

PATIENCE_S = 30.0
_POLL_S = 0.05


def agent_of(number: str) -> DemoAgent:
    """One of the demo's people who work there."""
    return next(agent for agent in AGENTS if agent.number == number)


@dataclass(frozen=True, slots=True)
class Seat:
    """A person at a desk, signed in with their PIN."""

    desk: Desk
    session: Session
    pin: str

    @classmethod
    def taken(cls, desk: Desk, number: str, role: Role) -> "Seat":
        """Sign in as one of the demo's people; raises `Refused`."""
        agent = agent_of(number)
        return cls(desk, desk.sign.sign_in(agent.number, agent.pin, role), agent.pin)

    def case(self, case: str) -> CaseView:
        return self.desk.case.read(self.session, case)

    def step_up(self) -> None:
        self.desk.sign.step_up(self.session, self.pin)


@dataclass
class Stage:
    """`requester` asks, `requester_as_lead` is the same person in another role, `lead` is somebody else."""

    home: Home
    people: list[Person]
    store: CentralStore
    requester: Seat
    requester_as_lead: Seat
    lead: Seat
    say: Callable[[str], None]
    calls: list[Call] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @contextmanager
    def call(self, name: str, controller: str) -> Iterator[Call]:
        """A call; one that breaks off is a check that did not hold, and the next one is played all the same."""
        call = Call(name, controller)
        self.calls.append(call)
        self.say(f"\n{name}, {controller}")
        try:
            yield call
        except DeskError as error:
            self.check(f"{name}: played to its end", False, f"{type(error).__name__}: {error.reason}")
        else:
            self.check(f"{name}: played to its end", True, call.case)

    def step(self, call: Call, words: str) -> None:
        """Say one step."""
        call.steps.append(words)
        self.say(f"  {words}")

    def check(self, name: str, held: bool, seen: object) -> None:
        """Record one thing that has to hold."""
        self.checks.append(Check(name, held, str(seen)))
        self.say(f"  {'held' if held else 'NOT HELD'}  {name}: {seen}")

    def refused(self, name: str, act: Callable[[], object]) -> None:
        """Try what must be refused."""
        try:
            act()
        except Refused as no:
            self.check(name, True, f"refused: {no.reason}")
        else:
            self.check(name, False, "was not refused")

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """Look until there is something; raises `Unavailable` after `PATIENCE_S`."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            found = look()
            if found:
                return found
            time.sleep(_POLL_S)
        raise Unavailable(f"waited {PATIENCE_S:.0f} s for {what}")

    # ── what every call begins with ───────────────────────────────────────────────────────────────────────────

    def intake(self, call: Call, caller: Caller, right: Right) -> str:
        """Log the request; the case's number."""
        seat = self.requester
        opened = seat.desk.intake.open(
            seat.session,
            Intake(call.controller, Channel.PHONE, Requester.SELF, (right,), caller.person.email, f"asks for {right}"),
        )
        call.case, call.due = opened.case, opened.due_hard.isoformat()
        self.step(call, f"logged as {opened.case}; answer by {opened.due_hard:%A %d %B %Y} (legal end)")
        self.until("the case in central", lambda: seat.desk.synced(1))
        return opened.case

    def identify(self, call: Call, caller: Caller, proof: Factor) -> None:
        """Lead the checklist to its end, with `proof` as the proof; the caller answers."""
        seat, case = self.requester, call.case
        view = seat.desk.check.start(seat.session, case)
        for _ in range(2 * len(view.steps)):
            if view.ended:
                break
            step = view.steps[view.current]
            if step.factor and step.factor != Factor.KBS:
                step = next(s for s in view.steps if s.factor == proof and s.state == "open")
            if not step.factor:
                view = seat.desk.check.mark(seat.session, case, step.id, "y")
            elif step.factor == Factor.OTP:
                seat.desk.check.send_code(seat.session, case, step.id)
                view = seat.desk.check.answer(seat.session, case, step.id, "", caller.code())
            else:
                asked = seat.desk.check.question(seat.session, case, step.id)
                view = seat.desk.check.answer(seat.session, case, step.id, asked.key, caller.says(asked.key))
        verified = seat.case(case).verification
        self.step(call, f"check {view.template} done with {', '.join(verified.passed)}: {verified.tier}")
        reached = verified.tier >= view.tier_needed
        self.check(f"{call.name}: the check reached its tier", reached, f"{verified.tier} of {view.tier_needed}")

    # ── looking ───────────────────────────────────────────────────────────────────────────────────────────────

    def item(self, case: str) -> ItemView:
        """The case's first item as the requester's desk shows it."""
        return self.requester.case(case).items[0]

    def when(self, case: str, *states: ItemState) -> ItemView:
        """The item, when central has it in one of `states`; raises `Unavailable` when it never gets there."""
        words = " or ".join(f"'{state}'" for state in states)
        self.until(words, lambda: from_json(self.store.case_body(case)).items[0].state in states)
        return self.item(case)

    def entries(self, case: str) -> list[tuple[int, Entry]]:
        """(accepted at in µs, entry) of the case, as central has accepted them."""
        with AuditView.of(self.store.engine) as view:
            return [(at, entry) for at, body in view.accepted() if (entry := decode(body)).case == case]

    def first(self, case: str, act: str) -> tuple[int, Entry] | None:
        """The first entry of that act on the case."""
        return next(((at, entry) for at, entry in self.entries(case) if entry.act == act), None)
