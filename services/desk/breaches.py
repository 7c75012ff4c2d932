"""Breaches: raised by anybody, decided about by leads and officers, deleted by nobody (Art 33, 34; rules.md 5)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from db.central_shapes import LETTER
from db.log import Detail
from services.action_log import acts
from services.action_log.entry import Draft, new_id
from services.action_log.sealing import new_key, seal
from services.breach_content import content
from services.cases.breach import (
    ASKED,
    AUTHORITY,
    CONTROLLER,
    PERSONS,
    Concerned,
    Decision,
    end_of,
    first_told,
    light,
    missing,
)
from services.cases.case import Case, from_json
from services.cases.queue import breach_of
from services.cases.words import reason_words
from services.catalog.taxonomy import fault
from services.clock.dates import received_on
from services.controllers import Controller
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.context import Context
from services.desk.intake import IntakeDesk
from services.desk.progress import NO_MAIL
from services.errors import BadInput, NotFound, Refused
from services.letters.lexicon import in_words
from services.sync.jobs import alerts_of, notice_letter
from services.types import (
    BreachDecision,
    BreachForm,
    BreachLine,
    BreachPerson,
    BreachRaise,
    BreachTexts,
    DutyRole,
    OpenBreaches,
    Raised,
    Role,
    Session,
)

if TYPE_CHECKING:
    from db.central_shapes import Progress

LONGEST = 2_000
MOST = 999_999_999
EARLIEST = timedelta(days=400)
ONGOING, CONTAINED = ("yes", "no", "unknown"), ("yes", "partly", "no")
CATEGORIES: Final = (
    ("n", "user.name"), ("c", "user.contact"), ("u", "user.unique_id"), ("d", "user.demographic"),
    ("p", "user.payment"), ("f", "user.financial"), ("b", "user.behavior"), ("t", "user.content"),
    ("l", "user.location"), ("s", "user.authorization"), ("i", "user.government_id"), ("h", "user.health_and_medical"),
)  # fmt: skip
"""What the form offers, each with its key; the words are those of letters."""
REASONS: Final[Mapping[tuple[str, bool], tuple[str, ...]]] = {
    (AUTHORITY, True): ("told", "told-late"),
    (AUTHORITY, False): ("risk-unlikely", "no-breach"),
    (PERSONS, True): ("high-risk", "by-choice"),
    (PERSONS, False): ("no-high-risk", "unreadable", "risk-removed", "public-notice"),
    (CONTROLLER, True): ("told",),
    (CONTROLLER, False): ("no-breach",),
}
"""Art 33(1) with the reasons for a delay, 34(1), 34(3)(a)-(c), 33(2)."""
RELEASES = ("contained", "not-concerned", "right-comes-first", "no-breach")
CLOSINGS = ("all-done", "no-breach", "reported-twice")


class Breaches:
    """Raising works offline, for everybody; the register and what is decided in it are for leads and officers."""

    def __init__(self, ctx: Context, cases: Cases, intake: IntakeDesk, asks: Asks) -> None:
        self._ctx, self._cases, self._intake, self._asks = ctx, cases, intake, asks

    # ── raising ───────────────────────────────────────────────────────────────────────────────────────────────

    def form(self, session: Session, case: str = "") -> BreachForm:
        """What there is to choose. Raises `NotFound` for a case that is not this person's."""
        self._ctx.require(session)
        keys = session.controllers
        if case:
            keys = (self._cases.state(case).controller,)
            if keys[0] not in session.controllers:
                raise NotFound(f"there is no case {case} for you")
        shown = tuple((key, held.name, held.zone) for key in keys if (held := self._ctx.controller(key)))
        return BreachForm(case, shown, tuple((key, code, in_words(code, "en")) for key, code in CATEGORIES))

    def raise_(self, session: Session, breach: BreachRaise) -> Raised:
        """Log a breach and lock the case that it is about; durable when this returns. Raises `BadInput`, `Refused`.

        Nobody is asked for more than they know: words and a time are enough.
        """
        self._ctx.require(session)
        about = self._cases.state(breach.case) if breach.case else None
        controller = self._ctx.controller(about.controller if about else breach.controller)
        if controller.key not in session.controllers:
            raise Refused("this controller is not yours")
        aware = self._checked(breach)
        number = self._intake.number(self._now().year)
        public, private = new_key()
        details = [
            self.sealed(self._ctx.deployment_key, number, "key", private),
            self.sealed(public, number, "breach", breach.words.encode()),
        ]
        act = acts.BreachRaised(
            number=number,
            regime=controller.regime,
            role=controller.duty,
            aware_at=int(aware.timestamp() * 1_000_000),
            aware_on=received_on(aware, controller.zone).isoformat(),
            about=breach.case or None,
            categories=breach.categories,
            persons=breach.persons,
            ongoing=breach.ongoing,
            contained=breach.contained,
            key=public.hex(),
        )
        drafts = [
            Draft(
                act=act,
                actor=session.actor,
                as_=session.role.value,
                session=session.id,
                controller=controller.key,
                case=number,
                subject=f"psn:{new_id()}",
                details=tuple(d.hash for d in details),
            )
        ]
        if about is not None:  # not under the hold: a breach counts whoever holds the case by now
            drafts.append(replace(self._ctx.draft(session, acts.BreachLocked(number=number), about), fence=None))
        self._ctx.write(drafts, details)
        return Raised(number, self._say(self._cases.state(number), controller))

    def _checked(self, breach: BreachRaise) -> datetime:
        if not breach.words.strip() or len(breach.words) > LONGEST:
            raise BadInput(f"say what happened in 1 to {LONGEST} characters", place="words")
        if breach.persons is not None and not 0 <= breach.persons <= MOST:
            raise BadInput(f"a number from 0 to {MOST}, or nothing while nobody knows", place="persons")
        if breach.ongoing not in ONGOING or breach.contained not in CONTAINED:
            raise BadInput("choose one of what is offered", place="ongoing")
        if wrong := next(filter(None, map(fault, breach.categories)), ""):
            raise BadInput(wrong, place="categories")
        now = self._now()
        aware = breach.aware_at or now
        if not now - EARLIEST <= aware <= now + timedelta(minutes=5):
            raise BadInput("it was noticed in the last 400 days, not in the future", place="aware")
        return min(aware, now)

    def _say(self, state: Case, controller: Controller) -> str:
        """Until when who is told, as one sentence; the reading that ends first leads."""
        assert state.breach is not None  # noqa: S101 - it was raised just now
        if first_told(controller.duty) == CONTROLLER:
            return f"{controller.name} is told without undue delay (Art 33(2))"
        end, zone = end_of(state.breach, controller), ZoneInfo(controller.zone)
        safe, latest = (at.astimezone(zone) for at in (end.safe, end.latest))
        left = light(breach_of(state, controller), self._ctx.now(), controller.duty)
        return f"{left}: the authority by {safe:%a %d %b %H:%M}, at the very latest {latest:%H:%M} ({controller.zone})"

    # ── the register ──────────────────────────────────────────────────────────────────────────────────────────

    def open(self) -> tuple[OpenBreaches, ...]:
        """What is open, by controller, as this terminal copied it last; costs no query."""
        now = self._ctx.now()
        return tuple(
            OpenBreaches(key, count, light(end, now, self._ctx.controller(key).duty))
            for key, count, end in self._ctx.link.state.breaches
        )

    def register(self, session: Session) -> tuple[BreachLine, ...]:
        """Every breach of this person's controllers: open ones first, the nearest end before others (Art 33(5))."""
        self._decider(session)
        states = [from_json(body) for body in self._ctx.port().breaches()]
        lines = [self._line(one) for one in states if one.controller in session.controllers]
        return tuple(sorted(lines, key=lambda one: (bool(one.closed), one.safe, one.number)))

    def read(self, session: Session, number: str) -> BreachLine:
        """One entry as it is known now, this terminal's own acts included. Raises `NotFound`, `Refused`."""
        self._decider(session)
        return self._line(self.found(session, number))

    def texts(self, session: Session, number: str) -> BreachTexts:
        """What is sealed of it, opened by a worker; the look is an action. Raises `Unavailable` without a worker."""
        self._decider(session)
        state = self.found(session, number)
        viewed = acts.DataViewed(what="breach", reason="breach", system=None, count=1)
        self._ctx.record(session, viewed, state)
        told = self._asks.ask("breach", {"case": number})
        return BreachTexts(
            words=str(told["words"]),
            consequences=tuple(map(str, told["consequences"])),
            measures=tuple(map(str, told["measures"])),
            reasons=tuple(map(str, told["reasons"])),
            persons=tuple(map(str, told["persons"])),
            notices=tuple({name: str(text) for name, text in one.items()} for one in told["notices"]),
        )

    def content(self, session: Session, number: str) -> dict[str, Any]:
        """What the authority is told of it (Art 33(3)), as plain JSON."""
        line = self.read(session, number)
        return content(line, self.texts(session, number), self._ctx.controller(line.controller))

    # ── deciding ──────────────────────────────────────────────────────────────────────────────────────────────

    def decide(
        self, session: Session, number: str, whom: str, reason: str, words: str = "", told_at: datetime | None = None
    ) -> None:
        """Record whether `whom` is told: at `told_at`, or with None that they are not; `reason` is one of `REASONS`.

        A later decision replaces an earlier one, and both stay. Raises `BadInput`, `Refused`.
        """
        state = self.permitted(session, number)
        duty = self._ctx.controller(state.controller).duty
        allowed = (CONTROLLER,) if duty is DutyRole.PROCESSOR else (AUTHORITY, PERSONS)
        if whom not in allowed:
            raise Refused(f"{duty} here: it is decided whether the {' and the '.join(allowed)} are told")
        reasons = REASONS[whom, told_at is not None]
        if reason not in reasons:
            raise BadInput(f"a reason is one of {', '.join(reasons)}", place="reason")
        if told_at is not None and told_at > self._now() + timedelta(minutes=5):
            raise BadInput("nobody was told in the future", place="told")
        if not words.strip() and (told_at is None or reason == "told-late"):
            raise BadInput("say why in a few words: the authority may ask (Art 33(1), 33(5))", place="words")
        told = int(told_at.timestamp() * 1_000_000) if told_at else None
        self._write(session, state, acts.BreachDecided(whom=whom, told_at=told, reason=reason), words)

    def update(self, session: Session, number: str, what: str, value: str) -> None:
        """More is known (Art 33(4)): `what` is consequences, measures, persons, records, ongoing or contained."""
        state = self.permitted(session, number)
        if what in ("consequences", "measures"):
            if not value.strip():
                raise BadInput("something must stand here", place=what)
            self._write(session, state, acts.BreachUpdated(what=what, count=None, state=None), value)
        elif what in ("persons", "records"):
            if not value.isdecimal() or not value.isascii() or int(value[:10]) > MOST:
                raise BadInput(f"a number from 0 to {MOST}", place=what)
            self._write(session, state, acts.BreachUpdated(what=what, count=int(value), state=None))
        elif value in {"ongoing": ONGOING, "contained": CONTAINED}.get(what, ()):
            self._write(session, state, acts.BreachUpdated(what=what, count=None, state=value))
        else:
            raise BadInput("there is no such thing to add", place="what")

    def release(self, session: Session, number: str, reason: str) -> None:
        """Let work on the case go on that the breach is about; with the PIN just before. Raises `Refused`."""
        if reason not in RELEASES:
            raise BadInput(f"a reason is one of {', '.join(RELEASES)}", place="reason")
        self._decider(session)
        about = self._locked(self.found(session, number))
        if about is None:
            raise Refused("no case is locked by it")
        self._ctx.permit("breach-release", about, session)
        self._ctx.record(session, acts.BreachReleased(number=number, reason=reason), about)

    def close(self, session: Session, number: str, reason: str) -> None:
        """Close it, once it is decided who is told; with the PIN just before. The case it is about is released too."""
        if reason not in CLOSINGS:
            raise BadInput(f"a reason is one of {', '.join(CLOSINGS)}", place="reason")
        state = self.permitted(session, number, "breach-release")
        assert state.breach is not None  # noqa: S101 - looked at above
        if why := missing(state.breach, self._ctx.controller(state.controller).duty):
            raise Refused(why, next_key="decide it first")
        drafts = [self._ctx.draft(session, acts.BreachClosed(reason=reason), state)]
        about = self._locked(state)
        if about is not None:
            drafts.append(self._ctx.draft(session, acts.BreachReleased(number=number, reason="closed"), about))
        self._ctx.write(drafts)

    # ── parts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def permitted(self, session: Session, number: str, act: str = "breach-decide") -> Case:
        """The open breach, for whom the table lets decide. Raises `NotFound`, `Refused`."""
        state = self.found(session, number)
        self._ctx.permit(act, state, session)
        if state.breach is not None and state.breach.closed:
            raise Refused("the breach is closed")
        return state

    def found(self, session: Session, number: str) -> Case:
        """The breach of that number, if it is one of this person's controllers. Raises `NotFound`."""
        state = self._cases.state(number)
        if state.breach is None or state.controller not in session.controllers:
            raise NotFound(f"there is no breach {number} for you")
        return state

    def _locked(self, state: Case) -> Case | None:
        """The case that it still locks, if there is one."""
        about = state.breach.about if state.breach else ""
        found = self._cases.state(about) if about else None
        holds = found is not None and any(one.number == state.id and not one.released for one in found.locks)
        return found if holds else None

    def _decider(self, session: Session) -> None:
        self._ctx.require(session)
        if session.role not in (Role.LEAD, Role.OFFICER):
            raise Refused("for lead or officer only")

    def _write(self, session: Session, state: Case, act: acts.Act, words: str = "") -> None:
        if len(words) > LONGEST:
            raise BadInput(f"at most {LONGEST} characters", place="words")
        details = [self.sealed(bytes.fromhex(state.key), state.id, "breach", words.encode())] if words.strip() else []
        draft = self._ctx.draft(session, act, state, details=tuple(d.hash for d in details))
        self._ctx.write([draft], details)

    def sealed(self, public: bytes, owner: str, kind: str, plain: bytes) -> Detail:
        """`plain`, sealed to the breach."""
        blob = seal(public, plain, deployment=self._ctx.deployment, owner=owner, kind=kind)
        return Detail(sha256(blob).hexdigest(), owner, kind, blob)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._ctx.now() / 1_000_000, UTC)

    def _line(self, state: Case) -> BreachLine:
        breach, controller, at = state.breach, self._ctx.controller(state.controller), self._ctx.as_time
        if breach is None:
            raise NotFound(f"there is no breach {state.id}")
        end, ends = end_of(breach, controller), breach_of(state, controller)
        return BreachLine(
            number=state.id,
            controller=controller.key,
            controller_name=controller.name,
            zone=controller.zone,
            duty=controller.duty,
            first=first_told(controller.duty),
            about=breach.about,
            locks=not breach.closed and self._locked(state) is not None,
            aware_at=at(breach.aware_at),
            raised_at=at(breach.raised_at),
            raised_by=breach.raised_by.removeprefix("agent:"),
            categories=tuple(in_words(one, "en") for one in breach.categories),
            persons=breach.persons,
            records=breach.records,
            ongoing=breach.ongoing,
            contained=breach.contained,
            light=light(ends, self._ctx.now(), controller.duty) if ends else "closed",
            safe=end.safe.astimezone(UTC),
            latest=end.latest.astimezone(UTC),
            decisions=tuple(self._decision(one) for one in breach.decisions),
            people=tuple(self._person(one) for one in breach.people),
            missing=missing(breach, controller.duty),
            alerts=alerts_of(breach.op, state.letters),
            closed=breach.closed,
            closed_by=breach.closed_by.removeprefix("agent:"),
            closed_at=at(breach.closed_at) if breach.closed_at else None,
        )

    def _person(self, one: Concerned) -> BreachPerson:
        at = self._ctx.as_time(one.at) if one.at else None
        by, reason = one.by.removeprefix("agent:"), reason_words(one.reason)
        waits = self._waits(one) if one.state == ASKED else None
        if waits is not None:
            return BreachPerson(one.case, "waiting", reason=NO_MAIL, by=by, at=self._ctx.as_time(waits.until))
        return BreachPerson(one.case, one.state, one.medium, reason, by, at)

    def _waits(self, one: Concerned) -> "Progress | None":
        """Where the letter to this person is, if it waits for its mail."""
        if not self._ctx.online:
            return None
        name = LETTER + notice_letter(one.notice, one.case)
        return next((row for row in self._ctx.port().progress(one.case) if row.system == name), None)

    def _decision(self, one: Decision) -> BreachDecision:
        told = self._ctx.as_time(one.told_at) if one.told_at else None
        by, at = one.by.removeprefix("agent:"), self._ctx.as_time(one.at)
        return BreachDecision(one.whom, told, one.reason, by, at)
