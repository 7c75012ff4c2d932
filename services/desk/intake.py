"""Logging a request: one key, before any check, offline too (INT-1 … INT-5)."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from string import Template

import orjson

from db.log import Detail
from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import Draft, new_id
from services.action_log.sealing import new_key, seal
from services.cases.queue import calendar_of
from services.clock.dates import DueDates, dates_for, received_on
from services.controllers import Controller, words
from services.desk.cases import Cases
from services.desk.context import Context
from services.desk.instructed import cited
from services.errors import BadInput, Refused, Unavailable
from services.identity import identifiers
from services.letters.dates import weekday
from services.letters.lexicon import DEFAULT, LANGUAGES, lexicon
from services.types import Channel, DutyRole, Intake, Opened, Session

BLOCK = 1000
MAX_WORDS = 2000
ORAL = (Channel.PHONE, Channel.IN_PERSON)
EARLIEST = timedelta(days=400)


class IntakeDesk:
    """Opens cases."""

    def __init__(self, ctx: Context, cases: Cases) -> None:
        self._ctx = ctx
        self._cases = cases

    def preview(self, session: Session, controller: str, received_at: datetime | None = None) -> Opened:
        """The dates a request would have, without logging it."""
        self._ctx.require(session)
        held = self._ctx.controller(controller)
        dates = self._dates(held, received_at or self._now())
        return Opened("", dates.due_nominal, dates.due_hard, _say(dates, held))

    def lines(self, session: Session, controller: str, language: str = "") -> tuple[tuple[str, str], ...]:
        """The controller's lines that people call, key and words, as it declares them (INT-5)."""
        self._ctx.require(session)
        held = self._ctx.controller(controller)
        return tuple((key, words(texts, language or held.language)) for key, texts in held.intake_lines.items())

    def open(self, session: Session, intake: Intake) -> Opened:
        """Log the request; durable when this returns. Raises `BadInput` for what is missing or wrong."""
        self._ctx.require(session)
        if intake.controller not in session.controllers:
            raise Refused("this controller is not yours")
        if not intake.rights:
            raise BadInput("say what the person asks for; 'unknown' is a choice", place="rights")
        if not intake.identifier.strip():
            raise BadInput("an e-mail, a phone or a customer number is needed to find the person", place="identifier")
        if len(intake.identifier) > 200 or len(intake.words) > MAX_WORDS:
            raise BadInput(f"at most 200 characters for who, {MAX_WORDS} for the words", place="words")
        controller = self._ctx.controller(intake.controller)
        if intake.line and intake.line not in controller.intake_lines:
            raise BadInput("this controller declares no such line", place="line")
        received = intake.received_at or self._now()
        now = self._now()
        if not now - EARLIEST <= received <= now + timedelta(minutes=5):
            raise BadInput("a receipt lies in the last 400 days, not in the future", place="received")
        dates = self._dates(controller, received)
        number = self.number(now.year)
        drafts, details = self._drafts(session, intake, controller, received, dates, number)
        self._ctx.write(drafts, details)
        return Opened(number, dates.due_nominal, dates.due_hard, _say(dates, controller))

    def add_item(self, session: Session, case: str, right: str) -> None:
        """One more right in the same contact; it keeps the case's receipt date (rules.md 0)."""
        state = self._cases.state(case)
        self._ctx.permit("note", state, session)
        number = str(len(state.items) + 1)
        self._ctx.record(session, acts.ItemAdded(right=right), state, number)

    def _drafts(
        self, session: Session, intake: Intake, controller: Controller, received: datetime, dates: DueDates, number: str
    ) -> tuple[list[Draft], list[Detail]]:
        subject = f"psn:{new_id()}"
        public, private = new_key()
        kind = identifiers.kind_of(intake.identifier)
        normal = identifiers.normalise(kind, intake.identifier, controller.country)
        requester = orjson.dumps({"kind": kind, "normal": normal})
        details = [
            self._detail(self._ctx.deployment_key, number, "key", private),
            self._detail(public, number, "requester", requester),
        ]
        if intake.words.strip():
            details.append(self._detail(public, number, "words", intake.words.encode()))
        opened = acts.CaseOpened(
            number=number,
            channel=intake.channel,
            regime=controller.regime,
            requester=intake.requester,
            received_at=int(received.timestamp() * 1_000_000),
            received_on=dates.received_on.isoformat(),
            role=controller.duty,
            key=public.hex(),
            line=intake.line or None,
            read_back=intake.read_back if intake.channel in ORAL else None,
        )

        def draft(act: Act, item: str | None = None, named: tuple[str, ...] = ()) -> Draft:
            return Draft(
                act=act,
                actor=session.actor,
                as_=session.role.value,
                session=session.id,
                controller=controller.key,
                case=number,
                item=item,
                subject=subject,
                details=named,
            )

        contact = draft(acts.ContactStarted(channel=intake.channel))
        first = draft(opened, named=tuple(d.hash for d in details))
        items = [draft(acts.ItemAdded(right=right), str(n)) for n, right in enumerate(intake.rights, 1)]
        under = [cited(first, controller.instruction)] if controller.duty is DutyRole.PROCESSOR else []
        return [first, *under, contact, *items], details

    def _detail(self, public: bytes, case: str, kind: str, plain: bytes) -> Detail:
        blob = seal(public, plain, deployment=self._ctx.deployment, owner=case, kind=kind)
        return Detail(sha256(blob).hexdigest(), case, kind, blob)

    def _dates(self, controller: Controller, received: datetime) -> DueDates:
        day = received_on(received, controller.zone)
        calendar = calendar_of(controller)
        return dates_for(day, calendar, controller.regime, internal_days=controller.internal_target_days)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._ctx.now() / 1_000_000, UTC)

    def number(self, year: int) -> str:
        """`C-26-004107` out of this log's block of numbers (design.md 7.6)."""
        with self._ctx.lock:
            nxt, end, log = self._block()
            facts = {"number-next": str(nxt + 1), "number-end": str(end), "number-log": log}
            self._ctx.store.set_meta(facts)
            return f"C-{year % 100:02d}-{nxt:06d}"

    def _block(self) -> tuple[int, int, str]:
        """(next number, end of its block, the log it was reserved for); raises `Unavailable` when none is to be had.

        A log's successor takes a new block: whatever put the log back may have put the count of numbers back as well.
        Offline it goes on with what is left of the old one.
        """
        store, log = self._ctx.store, self._ctx.book.log
        nxt, end = (int(store.meta(k, "0")) for k in ("number-next", "number-end"))
        of = store.meta("number-log")
        if nxt < end and of == log:
            return nxt, end, of
        try:
            first = self._ctx.port().reserve_numbers(BLOCK)
        except Unavailable:
            if nxt >= end:
                raise
            return nxt, end, of
        return first, first + BLOCK, log


def _say(dates: DueDates, controller: Controller) -> str:
    """The sentence to say, in the language that the controller's callers speak: the period from day to day (INT-6)."""
    language = next((one for one in controller.languages if one in LANGUAGES), DEFAULT)
    received, due = (weekday(day, language) for day in (dates.received_on, dates.due_hard))
    return Template(lexicon(language).said["logged"]).substitute(received=received, due=due)
