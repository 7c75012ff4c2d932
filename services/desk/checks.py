"""The identity check of a contact: led step by step, compared by a worker, dead with the call (rules.md 7.5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.action_log import acts
from services.action_log.entry import new_id
from services.cases.case import Case, Check as Folded
from services.cases.fold_check import CHECK_US
from services.cases.fold_clock import PAPER, code_letter
from services.controllers import words
from services.desk.asks import Asks, Payload, Stage
from services.desk.cases import Cases
from services.desk.check_state import OpenWays, called, engine, factor_of, higher, in_hand
from services.desk.context import Context
from services.errors import BadInput, Refused
from services.identity import moves, view
from services.identity.check import Mark, closed_because, finished, stuck
from services.identity.choose import Aim, aim_for
from services.identity.engine import COMPARED
from services.identity.needs import NOTED, Flag, facts_of
from services.identity.template import LANGUAGES, templates
from services.letters.dates import weekday
from services.types import ChecklistView, Factor, Session, Tier, Wait

LOWERED = ("known-otherwise", "no-value-at-stake", "dispute-over", "minor-of-age", "change-confirmed")
"""Why a lead lowers a tier (rules.md 7.4)."""
DOCUMENTS = ("no-other-way", "special-data", "high-risk")
"""Why a lead lets a document be looked at (IDV-6)."""
SCOPES = ("this-request", "all-data-matters", "everything", "custody", "guardianship")
"""For what an authority is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A knowledge question to read out; `key` goes back with the answer."""

    key: str
    text: str


class Checks:
    """Starts, marks, compares and ends checks. Nothing here ever holds an expected answer."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks
        self._ways = OpenWays(ctx, asks)

    def start(self, session: Session, case: str, *, grave: bool = False) -> ChecklistView:
        """Open the checklist for what is asked; an open one of this contact goes on. Raises `Refused`.

        `grave`: contact data, identity or money are to be corrected.
        """
        state = self._cases.state(case)
        self._ctx.permit("verify", state, session)
        facts = (*state.facts, *((Flag.GRAVE_CORRECTION.value,) if grave else ()))
        wanted = aim_for([i.right for i in state.items if not i.ended], state.requester, facts_of(facts))
        check, now = state.check, self._ctx.now()
        if check is not None and higher(check, wanted.tier, session, now):
            self._aim(session, state, check, wanted, "found")
        elif check is None or not in_hand(check, session, now) or check.ended:
            self._begin(session, state, wanted)
        return self.view(session, case)

    def note(self, session: Session, case: str, fact: str) -> None:
        """Note what makes the request graver; a check in hand goes on by the checklist that fits now (7.4).

        Raises `BadInput` for a word that is none of `NOTED`, `Refused`.
        """
        state = self._cases.state(case)
        self._ctx.permit("fact", state, session)
        if fact not in NOTED:
            raise BadInput(f"one of {', '.join(sorted(NOTED))}", place="fact")
        self._ctx.record(session, acts.FactNoted(fact=fact), state)
        state = self._cases.state(case)
        wanted = aim_for([i.right for i in state.items if not i.ended], state.requester, facts_of(state.facts))
        check = state.check
        if check is not None and higher(check, wanted.tier, session, self._ctx.now()):
            self._aim(session, state, check, wanted, fact)

    def lower(self, session: Session, case: str, tier: Tier, reason: str) -> None:
        """A lead lowers the tier of a check that somebody else leads, for one of `LOWERED`; the PIN just before."""
        state = self._cases.state(case)
        self._ctx.permit("lower", state, session)
        check = self._the_check(state)
        if reason not in LOWERED:
            raise BadInput(f"a reason is one of {', '.join(LOWERED)}", place="reason")
        if tier >= check.tier_needed:
            raise Refused(f"the check aims at {check.tier_needed}: that is not lower")
        moves.aimed(engine(check), tier, session.role)
        self._aim(session, state, check, Aim(templates()[check.template], tier), reason)

    def allow_document(self, session: Session, case: str, reason: str) -> None:
        """A lead lets a document be looked at in a check that somebody else leads, for one of `DOCUMENTS` (DOC).

        Only that is noted, and why: no field of this program takes a document (IDV-5, IDV-6).
        """
        state = self._cases.state(case)
        self._ctx.permit("lower", state, session)
        if reason not in DOCUMENTS:
            raise BadInput(f"a reason is one of {', '.join(DOCUMENTS)}", place="reason")
        self._ctx.record(session, acts.DocumentAllowed(check=self._the_check(state).id, reason=reason), state)

    def authority(self, session: Session, case: str, scope: str, dated: date, until: date | None) -> ChecklistView:
        """What a representative acts under was seen: for what, of which day, until when (REP, rules.md 6). No copy.

        Raises `Refused` for one that is over or not begun.
        """
        state = self._cases.state(case)
        self._ctx.permit("verify", state, session)
        check = self._the_check(state)
        if scope not in SCOPES:
            raise BadInput(f"a scope is one of {', '.join(SCOPES)}", place="scope")
        today = self._ctx.today(state.controller)
        if dated > today or (until is not None and until < today):
            raise Refused("that authority is over, or not begun", kept="the request stays logged", next_key="f")
        moves.vouched(
            engine(check), Factor.REP, "y", self._ways.of(state), self._ctx.now(), session.id, by=session.actor
        )
        end = until.isoformat() if until else None
        act = acts.AuthoritySeen(check=check.id, scope=scope, dated=dated.isoformat(), until=end)
        self._ctx.record(session, act, state)
        return self._settled(session, case)

    def number(self, session: Session, case: str, step: str) -> str:
        """The number on file to call back, empty without one; the line to the caller is closed before (CBK).

        That it was looked at is logged. Only after this can the step pass.
        """
        state = self._cases.state(case)
        self._ctx.permit("verify", state, session)
        folded, factor = self._the_check(state), factor_of(step)
        if factor is not Factor.CBK:
            raise Refused("only a call-back needs the number")
        why = closed_because(engine(folded), Factor.CBK, self._ways.of(state))
        if why:
            raise Refused(why)
        ask = self._asks.new()
        self._ctx.record(session, acts.FactorAsked(check=folded.id, factor=factor, ask=ask), state)
        number = str(self._asks.ask("number", {"case": case, "check": folded.id}, ask=ask)["number"])
        if number:
            seen = acts.DataViewed(what="call-back-number", reason="check-identity", system=None, count=1)
            self._ctx.record(session, seen, self._cases.state(case))
        return number

    def offer(self, session: Session, case: str, agent: str) -> None:
        """Hand the caller over to one colleague who is on the line: the check goes along for what is left of its time.

        The case goes back for that colleague to take. Raises `Refused` (G10).
        """
        state = self._cases.state(case)
        self._ctx.permit("hand-over", state, session)
        check, now = state.check, self._ctx.now()
        if check is None or not in_hand(check, session, now) or check.tier is Tier.T0:
            raise Refused("no check of yours holds: the colleague checks anew", next_key="h")
        if agent == session.agent:
            raise Refused("hand it to another person")
        offered = acts.CheckOffered(check=check.id, to=f"agent:{agent}")
        given = acts.CaseReleased(reason="warm-transfer")
        self._ctx.write([self._ctx.draft(session, offered, state), self._ctx.draft(session, given, state)])

    def accept(self, session: Session, case: str) -> None:
        """Go on with a check that a colleague handed to this person: once, and no longer than it would have held."""
        state = self._cases.state(case)
        self._ctx.permit("accept", state, session)
        check = self._the_check(state)
        if self._ctx.now() > check.started_at + CHECK_US:
            raise Refused("the check has expired: check anew", next_key="v")
        self._ctx.record(session, acts.CheckAccepted(check=check.id), state)

    def _begin(self, session: Session, state: Case, wanted: Aim) -> None:
        earlier = engine(state.check) if state.check else None
        begun = moves.start(
            wanted.template, session.id, session.actor, self._ctx.now(), needed=wanted.tier, earlier=earlier
        )
        version, tier = str(wanted.template.version), begun.tier_needed
        act = acts.CheckStarted(template=wanted.template.id, version=version, tier=tier, check=new_id())
        self._ctx.record(session, act, state)

    def _aim(self, session: Session, state: Case, check: Folded, wanted: Aim, reason: str) -> None:
        version = str(wanted.template.version)
        act = acts.CheckAimed(check.id, wanted.template.id, version, wanted.tier, reason)
        self._ctx.record(session, act, state)

    def view(self, session: Session, case: str, language: str = "") -> ChecklistView:
        """Where the checklist stands, with the words to say; raises `Refused` when none was started."""
        self._ctx.require(session)
        state = self._cases.state(case)
        folded = self._the_check(state)
        check, ways = engine(folded), self._ways.of(state)
        controller = self._ctx.controller(state.controller)
        dates = self._cases.read(session, case).dates
        legal_end = next(one.day for one in dates if one.name == "legal end")
        language = next((one for one in (language, controller.language) if one in LANGUAGES), LANGUAGES[0])
        fill = {
            "case": state.id,
            "controller": controller.name,
            "received": weekday(date.fromisoformat(state.received_on), language),
            "due": weekday(legal_end, language),
        }
        lines = view.steps(check, ways, language, fill)
        return ChecklistView(
            case=state.id,
            check=folded.id,
            template=folded.template,
            title=words(check.template.title, language),
            tier_needed=folded.tier_needed,
            tier_reached=folded.tier,
            strikes=folded.strikes,
            steps=lines,
            current=view.current(check, ways, lines),
            until=datetime.fromtimestamp((folded.started_at + CHECK_US) / 1_000_000, UTC),
            ended=view.closing_words(check, language, fill),
            texts=ways.texts,
        )

    def mark(self, session: Session, case: str, step: str, mark: Mark) -> ChecklistView:
        """`y`, `f` or `-` for a guard, a sentence, a confirmation, or a factor that a person vouches for."""
        state = self._cases.state(case)
        self._ctx.require(session)
        folded = self._the_check(state)
        check, now = engine(folded), self._ctx.now()
        factor = factor_of(step)
        if factor is None:
            moves.marked(check, step, mark, now, session.id)
        elif factor is Factor.REP and mark == "y":
            raise Refused("say for what, of which day and until when", next_key="enter")
        elif factor is Factor.CBK and mark == "y" and not called(folded):
            raise Refused("call the number on file first: it is shown once the caller has hung up", next_key="s")
        else:
            moves.vouched(check, factor, mark, self._ways.of(state), now, session.id, by=session.actor)
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
        check, now = engine(folded), self._ctx.now()
        moves.vouched(check, Factor.SUP, "y", self._ways.of(state), now, check.session, by=session.actor)
        act = acts.FactorPassed(check=folded.id, factor=Factor.SUP, method="vouched", ask=None)
        self._ctx.record(session, act, state)

    def question(self, session: Session, case: str, step: str) -> Asked:
        """What to ask for a knowledge factor; looks the same whether or not anything is held."""
        state, folded, factor = self._comparing(session, case, step)
        answer = self._asks.ask("question", {"case": case, "check": folded.id, "factor": factor})
        texts = answer["text"]
        language = self._ctx.controller(state.controller).language
        return Asked(answer["key"], texts.get(language) or texts.get("en") or next(iter(texts.values()), ""))

    def send_code(self, session: Session, case: str, step: str, way: str = "email") -> str:
        """Send a one-time code by `way` (email, phone) to the contact point on file, if there is one that was left
        unchanged for 30 days; the sentence to say is always the same."""
        state, folded, factor = self._comparing(session, case, step)
        ask = self._asks.new()
        self._ctx.record(session, acts.FactorAsked(check=folded.id, factor=factor, ask=ask), state)
        self._asks.ask("code", {"case": case, "check": folded.id, "factor": factor, "way": way}, ask=ask)
        return view.phrase("code-sent", self._ctx.controller(state.controller).language)

    def post_code(self, session: Session, case: str, step: str) -> str:
        """Have a letter with a code printed to the postal address on file, if there is one left unchanged for 30 days;
        what to say. Who asks is asked with it: the time may stand still once it left (LTR, SUS-2).

        Only once the record was found: whether it leaves tells that there is one. Raises `Refused`.
        """
        state, folded, factor = self._comparing(session, case, step)
        self._ctx.permit("ask", state, session)
        if factor is not Factor.LTR:
            raise Refused("no letter belongs to this step")
        if not any(known == Factor.KBS for known, _ in folded.passed):
            raise Refused("find the record first: whether a letter leaves tells that there is one")
        if code_letter(state) is not None:
            raise Refused(
                "a letter with a code is on its way (t); when it came to nothing: d ends that question", next_key="t"
            )
        today = self._ctx.today(state.controller).isoformat()
        tried = acts.FactorAsked(check=folded.id, factor=factor, ask=None)
        asked = acts.ClockAsked(new_id(), Wait.IDENTITY, "identity-doubt", True, today, PAPER)
        self._ctx.write([self._ctx.draft(session, tried, state), self._ctx.draft(session, asked, state)])
        return view.phrase("letter-posted", self._ctx.controller(state.controller).language)

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
        check = engine(folded)
        if not folded.ended:
            done = finished(check)
            if done or stuck(check, self._ways.of(state)):
                reason = "done" if done else "cannot-verify"
                self.end(session, case, reason)
        return self.view(session, case)

    def _comparing(self, session: Session, case: str, step: str) -> tuple[Case, Folded, Factor]:
        state = self._cases.state(case)
        self._ctx.permit("verify", state, session)
        folded, factor = self._the_check(state), factor_of(step)
        if factor is None or factor not in COMPARED:
            raise Refused("this step is not answered by a comparison")
        return state, folded, factor

    @staticmethod
    def _the_check(state: Case) -> Folded:
        if state.check is None:
            raise Refused("no check was started", next_key="v")
        return state.check
