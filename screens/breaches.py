"""The register of breaches (Art 33(5)): what is open and until when, what was decided, by leads and officers."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.breach_deciding import BreachDeciding, Decided
from screens.breach_persons import person_words
from screens.kit import keys
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.scroll_box import ScrollBox
from screens.kit.widgets.table import Column, VirtualTable
from screens.lines import pair
from screens.words import BREACH_REASONS, BREACH_WHOM
from services.types import BreachDecision, BreachLine, BreachPerson, BreachTexts

REFRESH_S: Final = 5
PERSONS: Final = 4  # that stand below the list; all of them in a box of their own
ROOM: Final = 76  # cells in that box
STATES: Final = {"yes": "yes", "no": "no", "unknown": "not known", "partly": "partly"}


@dataclass
class RegisterRead(Message):
    found: tuple[BreachLine, ...]


class BreachesScreen(BreachDeciding):
    """Enter says what can be done about the breach under the cursor."""

    CSS_PATH = "breaches.tcss"
    BINDINGS = keys.bindings("breaches")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self.found: tuple[BreachLine, ...] | None = None
        self.texts: tuple[str, BreachTexts] | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[BreachLine], ...] = (
            Column("Left", 12, lambda one: one.light),
            Column("Number", 11, lambda one: one.number),
            Column("Noticed", 12, lambda one: _at(one, one.aware_at)),
            Column("Persons", 7, lambda one: _number(one.persons)),
            Column("Art 33", 9, lambda one: _told(one, one.first), 1),
            Column("Art 34", 9, lambda one: _told(one, "persons"), 1),
            Column("Case", 6, lambda one: "LOCKED" if one.locks else "free" if one.about else "none"),
        )
        yield VirtualTable(columns, lambda one: one.number, tone=_tone, empty="No breach was ever raised here.")
        with VerticalScroll(id="detail", can_focus=False):
            yield Static("", id="facts")

    @property
    def table(self) -> VirtualTable[BreachLine]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", "Register of breaches", "Art 33(5)")
        self.recall()
        self.set_interval(REFRESH_S, self._refresh)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.breach.register, self.host.session, reply=RegisterRead, serial="register",
                stage="reading the register",
            )  # fmt: skip

    def _refresh(self) -> None:
        if self.is_current and self.found is not None:
            self.recall()

    @on(RegisterRead)
    def _register_read(self, message: RegisterRead) -> None:
        self.found = message.found
        self.table.hold(message.found)
        still = sum(not one.closed for one in message.found)
        words = say("breaches: $all, open $still", all=count(len(message.found)), still=count(still))
        self.query_one(FlashLine).base = words
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        one = self.table.current
        room = (self.query_one("#detail").content_size.width or 78) - 1
        texts = self.texts[1] if one is not None and self.texts and self.texts[0] == one.number else None
        lines = [] if one is None else facts(one, texts, room, PERSONS)
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        nothing = not self.is_mounted or self.table.current is None
        return "nothing under the cursor" if action == "open" and nothing else ""

    def about(self) -> str:
        one = self.table.current
        return one.about if one is not None else ""

    def action_open(self) -> None:
        if self.table.current is not None:
            self.choose(self.table.current)

    def show_all(self, one: BreachLine) -> None:
        texts = self.texts[1] if self.texts and self.texts[0] == one.number else None
        words = Content("\n").join(facts(one, texts, ROOM)[1:])
        about = f"{one.controller_name}; what is sealed is read with t" if texts is None else one.controller_name
        self.app.push_screen(ScrollBox(f"The breach {one.number}", about, words))

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        if message.texts is not None:
            self.texts = (message.number, message.texts)
            self._draw()
        if message.words:
            self.flash(message.words, "good")
            self.recall()

    def forget(self) -> None:
        self.found = self.texts = None
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")


def _tone(one: BreachLine) -> str:
    if one.closed:
        return "calm"
    return "late" if "OVERDUE" in one.light or "NOW" in one.light else "soon"


def _at(one: BreachLine, at: datetime) -> str:
    """A time as the controller's clocks show it."""
    return f"{at.astimezone(ZoneInfo(one.zone)):%d %b %H:%M}"


def _number(value: int) -> str:
    return "?" if value < 0 else count(value)


def _told(one: BreachLine, whom: str) -> str:
    if one.first == "controller" and whom == "persons":
        return "-"  # the controller decides about them
    decision = one.decision(whom)
    if decision is None:
        return "undecided"
    if decision.by_letter and one.people:
        return f"{sum(not person.open for person in one.people)} of {len(one.people)}"
    return _at(one, decision.told_at)[: len("05 Mar")] if decision.told_at else "not told"


def facts(one: BreachLine, texts: BreachTexts | None, room: int, most: int = 1_000) -> list[Content]:
    """What is known of it, what was decided, and what keeps it open; of its persons `most`, those first who wait."""
    about = f"about {one.about}, {'LOCKED' if one.locks else 'not locked'}" if one.about else "about no case"
    lines = [shown(f"{one.number} · {one.controller_name} · {about}", "bold")]
    if one.first == "authority":
        both = f"by {_at(one, one.safe)}; not counting the hour of the event {_at(one, one.latest)} ({one.zone})"
        lines.append(pair("Authority", both, room))
    else:
        lines.append(pair("Told", "the controller, without undue delay (Art 33(2)): we are the processor", room))
    if one.missing and not one.closed:
        lines.append(pair("Open", one.missing, room))
    lines += _persons(one, room, most)
    state = f"goes on: {STATES.get(one.ongoing, '?')}; contained: {STATES.get(one.contained, '?')}"
    numbers = f"persons {_number(one.persons)}, records {_number(one.records)}; {state}"
    lines.append(pair("Extent", numbers, room))
    lines.append(pair("Data", ", ".join(one.categories) or "not known", room))
    mails = ", ".join(one.alerts) or "none yet"
    lines.append(pair("Raised", f"by {one.raised_by}, {_at(one, one.raised_at)}; mails: {mails}", room))
    for n, decision in enumerate(one.decisions):
        more = texts.reasons[n] if texts is not None and n < len(texts.reasons) else ""
        lines.append(pair("Decided", _decision(one, decision) + (f": {more}" if more else ""), room))
    if one.closed:
        when = f" {_at(one, one.closed_at)}" if one.closed_at else ""
        lines.append(pair("Closed", f"by {one.closed_by}{when}: {BREACH_REASONS.get(one.closed, one.closed)}", room))
    if texts is not None:
        lines.append(pair("What", texts.words or "cannot be opened any more", room))
        lines += [pair("May cause", words, room) for words in texts.consequences]
        lines += [pair("Measures", words, room) for words in texts.measures]
        sealed = zip(one.people, texts.persons, strict=False)
        lines += [pair("Because", f"{person.case}: {why}", room) for person, why in sealed if why]
    return lines


def _persons(one: BreachLine, room: int, most: int) -> list[Content]:
    ordered = sorted(one.people, key=lambda person: not person.open)
    lines = [pair("Person", f"{x.case} {person_words(x, partial(_when, one))}", room) for x in ordered[:most]]
    left = len(ordered) - most
    return [*lines, pair("", f"and {count(left)} more: Enter, then i", room)] if left > 0 else lines


def _when(one: BreachLine, person: BreachPerson) -> str:
    return _at(one, person.at) if person.at is not None else "-"


def _decision(one: BreachLine, decision: BreachDecision) -> str:
    what = f"told {_at(one, decision.told_at)}" if decision.told_at else "not told"
    what = "told by letter, person by person" if decision.by_letter else what
    whom, reason = BREACH_WHOM[decision.whom], BREACH_REASONS.get(decision.reason, decision.reason)
    return f"{whom} {what} ({reason}), by {decision.by}"
