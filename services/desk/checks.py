"""The identity check of a contact: led step by step, compared by a worker, dead with the call (rules.md 7.5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.action_log import acts
from services.action_log.entry import new_id
from services.cases.case import Case, Check as Folded
from services.cases.fold_check import CHECK_US
from services.controllers import words
from services.desk.asks import Asks, Payload, Stage
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import Refused, Unavailable
from services.identity import moves, view
from services.identity.check import Check, Mark, finished, stuck
from services.identity.engine import COMPARED
from services.identity.template import choose_for, templates
from services.identity.ways import Ways
from services.types import ChecklistView, Factor, Session, Tier


@dataclass(frozen=True, slots=True)
class Asked:
    """A knowledge question to read out; `key` goes back with the answer."""

    key: str
    text: str


class Checks:
    """Starts, marks, compares and ends checks. Nothing here ever holds an expected answer."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks
        self._ways: dict[str, Ways] = {}

    def start(self, session: Session, case: str, *, grave: bool = False) -> ChecklistView:
        """Open the checklist for what is asked; an open one of this contact goes on. Raises `Refused`.

        `grave`: contact data, identity or money are to be corrected.
        """
        state = self._cases.state(case)
        self._ctx.permit("verify", state, session)
        if not _goes_on(state, session, self._ctx.now()):
            template = choose_for([i.right for i in state.items if not i.ended], state.requester, grave=grave)
            begun = moves.start(
                template,
                session.id,
                session.actor,
                self._ctx.now(),
                earlier=_engine(state.check) if state.check else None,
            )
            act = acts.CheckStarted(
                template=template.id, version=str(template.version), tier=begun.tier_needed, check=new_id()
            )
            self._ctx.record(session, act, state)
        return self.view(session, case)

    def view(self, session: Session, case: str, language: str = "") -> ChecklistView:
        """Where the checklist stands, with the words to say; raises `Refused` when none was started."""
        self._ctx.require(session)
        state = self._cases.state(case)
        folded = self._the_check(state)
        check, ways = _engine(folded), self._ways_of(state)
        controller = self._ctx.controller(state.controller)
        dates = self._cases.read(session, case).dates
        legal_end = next(one.day for one in dates if one.name == "legal end")
        fill = {
            "case": state.id,
            "controller": controller.name,
            "received": state.received_on,
            "due": legal_end.isoformat(),
        }
        lines = view.steps(check, ways, language or controller.language, fill)
        return ChecklistView(
            case=state.id,
            check=folded.id,
            template=folded.template,
            title=words(check.template.title, language or controller.language),
            tier_needed=folded.tier_needed,
            tier_reached=folded.tier,
            strikes=folded.strikes,
            steps=lines,
            current=view.current(check, ways, lines),
            until=datetime.fromtimestamp((folded.started_at + CHECK_US) / 1_000_000, UTC),
            ended=view.closing_words(check, language or controller.language, fill),
        )

    def mark(self, session: Session, case: str, step: str, mark: Mark) -> ChecklistView:
        """`y`, `f` or `-` for a guard, a sentence, a confirmation, or a factor that a person vouches for."""
        state = self._cases.state(case)
        self._ctx.require(session)
        folded = self._the_check(state)
        check, now = _engine(folded), self._ctx.now()
        factor = _factor_of(step)
        if factor is None:
            moves.marked(check, step, mark, now, session.id)
        else:
            moves.vouched(check, factor, mark, self._ways_of(state), now, session.id, by=session.actor)
        name, method = (factor.value, "vouched") if factor else (step, "agent")
        act = (
            acts.FactorPassed(check=folded.id, factor=name, method=method, ask=None)
            if mark == "y"
            else acts.FactorFailed(
                check=folded.id, factor=name, method=method, ask=None, reason="not-done" if mark == "-" else "denied"
            )
        )
        self._ctx.record(session, act, state)
        return self._settled(session, case)

    def second(self, session: Session, case: str) -> None:
        """The second colleague confirms a check that somebody else leads, from their own session (SUP, rules.md 7.3).

        Needs the PIN just before. Raises `Refused`.
        """
        state = self._cases.state(case)
        self._ctx.permit("second", state, session)
        folded = self._the_check(state)
        check, now = _engine(folded), self._ctx.now()
        moves.vouched(check, Factor.SUP, "y", self._ways_of(state), now, check.session, by=session.actor)
        act = acts.FactorPassed(check=folded.id, factor=Factor.SUP, method="vouched", ask=None)
        self._ctx.record(session, act, state)

    def question(self, session: Session, case: str, step: str) -> Asked:
        """What to ask for a knowledge factor; looks the same whether or not anything is held."""
        state, folded, factor = self._comparing(session, case, step)
        answer = self._asks.ask("question", {"case": case, "check": folded.id, "factor": factor})
        texts = answer["text"]
        language = self._ctx.controller(state.controller).language
        return Asked(answer["key"], texts.get(language) or texts.get("en") or next(iter(texts.values()), ""))

    def send_code(self, session: Session, case: str, step: str) -> str:
        """Send a one-time code to the contact point on file, if there is one; the sentence to say, always the same."""
        state, folded, factor = self._comparing(session, case, step)
        ask = self._asks.new()
        self._ctx.record(session, acts.FactorAsked(check=folded.id, factor=factor, ask=ask), state)
        self._asks.ask("code", {"case": case, "check": folded.id, "factor": factor}, ask=ask)
        return view.phrase("code-sent", self._ctx.controller(state.controller).language)

    def answer(
        self, session: Session, case: str, step: str, key: str, answer: str, stage: Stage | None = None
    ) -> ChecklistView:
        """Let a worker compare what the caller said; nobody here learns what was expected."""
        state, folded, factor = self._comparing(session, case, step)
        if not answer.strip():
            raise Refused("type what the caller says; - if nothing was said")
        ask = self._asks.new()
        if factor != Factor.OTP:
            self._ctx.record(session, acts.FactorAsked(check=folded.id, factor=factor, ask=ask), state)
        payload: Payload = {"case": case, "check": folded.id, "factor": factor, "key": key, "answer": answer[:200]}
        self._asks.ask("answer", payload, ask=ask, stage=stage)
        return self._settled(session, case)

    def end(self, session: Session, case: str, reason: str) -> None:
        """End an open check: `contact-ended`, `switched`, `locked`, `handed-over`, `cannot-verify`."""
        state = self._cases.state(case)
        if state.check is None or state.check.ended not in ("", "done"):
            return
        act = acts.CheckEnded(check=state.check.id, tier=state.check.tier, reason=reason)
        self._ctx.record(session, act, state)

    def _settled(self, session: Session, case: str) -> ChecklistView:
        """After a step: a finished check is ended as done, one that cannot reach its tier as cannot-verify."""
        state = self._cases.state(case)
        folded = self._the_check(state)
        check = _engine(folded)
        if not folded.ended:
            done = finished(check)
            if done or stuck(check, self._ways_of(state)):
                reason = "done" if done else "cannot-verify"
                self.end(session, case, reason)
        return self.view(session, case)

    def _comparing(self, session: Session, case: str, step: str) -> tuple[Case, Folded, Factor]:
        state = self._cases.state(case)
        self._ctx.permit("verify", state, session)
        folded, factor = self._the_check(state), _factor_of(step)
        if factor is None or factor not in COMPARED:
            raise Refused("this step is not answered by a comparison")
        return state, folded, factor

    @staticmethod
    def _the_check(state: Case) -> Folded:
        if state.check is None:
            raise Refused("no check was started", next_key="v")
        return state.check

    def _ways_of(self, state: Case) -> Ways:
        """What is open, as a worker sees it; kept for the check. Offline nothing is."""
        today = self._ctx.today(state.controller)
        if not self._ctx.online or not self._ctx.link.state.worker_alive:
            return Ways(today, offline=True)
        check = state.check.id if state.check else ""
        if check not in self._ways:
            try:
                told = self._asks.ask("ways", {"case": state.id})
            except (Unavailable, Refused):  # or central has not taken the case yet: logged a moment ago
                return Ways(today, offline=True)
            email, phone, post = (date.fromisoformat(v) if (v := told.get(k)) else None for k in _SINCE)
            self._ways = {check: Ways(today, False, email, phone, post, int(told.get("kbd_questions", 0)))}
        return self._ways[check]


_FACTORS = frozenset(f.value for f in Factor)
_SINCE = ("email_since", "phone_since", "post_since")


def _goes_on(state: Case, session: Session, now: int) -> bool:
    check = state.check
    return check is not None and check.session == session.id and not check.ended and now <= check.started_at + CHECK_US


def _engine(folded: Folded) -> Check:
    """The folded check as the engine's, with its template."""
    return Check(
        template=templates()[folded.template],
        tier_needed=Tier(folded.tier_needed),
        session=folded.session,
        actor=folded.actor,
        started_at=folded.started_at,
        passed=folded.passed,
        failed=folded.failed,
        marks=folded.marks,
        strikes=folded.strikes,
        ended=folded.ended,
    )


def _factor_of(step: str) -> Factor | None:
    """The factor of a line `step.FACTOR`, None for a guard or a sentence."""
    _, dot, name = step.partition(".")
    return Factor(name) if dot and name in _FACTORS else None
