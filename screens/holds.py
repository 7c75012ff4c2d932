"""Legal holds, for leads and the officer: what they cover and when they are looked at again; two persons lift one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.kit import keys
from screens.kit.screen import KitScreen
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable
from screens.lines import pair
from screens.words import day
from services.types import HoldView

MONTHS: Final = {"1": (1, "in one month"), "3": (3, "in three months"), "6": (6, "in six months"),
                 "y": (12, "in a year, the longest there is")}  # fmt: skip
ISSUERS: Final = {
    "1": ("court", "a court"),
    "2": ("authority", "an authority"),
    "3": ("legal", "our legal department"),
    "4": ("opponent", "the other side"),
    "5": ("insurer", "an insurer"),
    "6": ("other", "somebody else"),
}
LIFTS: Final = {
    "1": ("matter-over", "the matter is over"),
    "2": ("set-by-mistake", "it was set by mistake"),
    "3": ("too-wide", "it is too wide: a narrower one stands"),
}


@dataclass
class HoldsRead(Message):
    found: tuple[HoldView, ...]


@dataclass
class MatterRead(Message):
    hold: str
    matter: str


@dataclass
class Changed(Message):
    words: str


class HoldsScreen(KitScreen):
    """Opened with a case, a new hold is over its person."""

    CSS_PATH = "holds.tcss"
    BINDINGS = keys.bindings("holds")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, case: str = "", controller: str = "") -> None:
        super().__init__()
        self.case, self.controller = case, controller
        self.found: tuple[HoldView, ...] | None = None
        self.matter: MatterRead | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[HoldView], ...] = (
            Column("Review", 10, lambda one: one.review_on.isoformat()),
            Column("Of", 10, lambda one: one.controller),
            Column("Covers", 30, lambda one: one.scope, 3),
            Column("State", 20, self._state),
        )
        yield VirtualTable(
            columns, lambda one: one.id, tone=lambda one: "calm" if one.lifted_by else "row", empty="No legal hold.",
        )  # fmt: skip
        with Vertical(id="detail"):
            yield Static("", id="facts")

    @property
    def table(self) -> VirtualTable[HoldView]:
        return self.query_one(VirtualTable)

    def _state(self, one: HoldView) -> str:
        return one.state(self.host.clock().date())

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", *filter(None, [self.case]), "Legal holds")
        self.recall()

    def on_screen_resume(self) -> None:
        if self.found is not None:
            self.recall()

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.hold.list, self.host.session, reply=HoldsRead, serial="holds", stage="asking for the holds"
            )

    @on(HoldsRead)
    def _holds_read(self, message: HoldsRead) -> None:
        self.found = message.found
        self.table.hold(message.found)
        late = sum(one.overdue(self.host.clock().date()) for one in message.found)
        base = say("to be looked at again: $n", n=count(late)) if late else say("")
        self.query_one(FlashLine).base = base
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        one = self.table.current
        room = (self.query_one("#detail").content_size.width or 78) - 1
        lines = [] if one is None else self._facts(one, room)
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    def _facts(self, one: HoldView, room: int) -> list[Content]:
        read = self.matter is not None and self.matter.hold == one.id
        return [
            shown(one.scope, "bold"),
            pair("Issuer", dict(ISSUERS.values()).get(one.issuer, one.issuer), room),
            pair("Set by", f"{one.set_by}, {day(one.since)}", room),
            pair("Review", day(one.review_on), room),
            pair(
                "Matter", self.matter.matter if read and self.matter else "sealed: Enter reads it, and is logged", room
            ),
        ]

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("open", "lift_hold", "keep_hold", "review_hold"):
            return ""
        one = self.table.current if self.is_mounted else None
        if one is None:
            return "no hold under the cursor"
        if action != "open" and one.lifted_by:
            return f"{one.lifted_by} lifted it"
        if action == "keep_hold" and not one.asked_by:
            return "nobody asked to lift it"
        mine = self.host.session is not None and one.asked_by == self.host.session.agent
        return "you asked for it: a second person agrees" if action == "lift_hold" and mine else ""

    def action_open(self) -> None:
        one = self.table.current
        if one is not None:
            self.run(
                self.desk.hold.matter, self.host.session, one.id, reply=partial(MatterRead, one.id), serial="matter",
                write=True, stage="asking for its matter",
            )  # fmt: skip

    @on(MatterRead)
    def _matter_read(self, message: MatterRead) -> None:
        self.matter = message
        self._draw()

    def action_set_hold(self) -> None:
        from screens.hold_set import HoldSetScreen

        def issued(key: str | None) -> None:
            if key is not None:
                months = {one: words for one, (_, words) in MONTHS.items()}
                self.app.push_screen(Choice("Look at it again", [], months), partial(timed, ISSUERS[key][0]))

        def timed(issuer: str, key: str | None) -> None:
            if key is not None:
                self.app.push_screen(HoldSetScreen(self.case), partial(said, issuer, self._in(MONTHS[key][0])))

        def said(issuer: str, review_on: date, given: dict[str, Any] | None) -> None:
            if given is not None:
                whose = {"case": self.case} if self.case and not given["identifiers"] else {"controller": self._whose()}
                call = partial(self.desk.hold.set, **given, **whose, issuer=issuer, review_on=review_on)
                self.host.with_pin(lambda: self._write("the hold stands, as soon as a worker has it", call))

        answers = {key: words for key, (_, words) in ISSUERS.items()}
        self.app.push_screen(Choice("A legal hold, issued by", [], answers), issued)

    def _whose(self) -> str:
        """The controller of the case, or the first that is this person's."""
        session = self.host.session
        return self.controller or (session.controllers[0] if session is not None else "")

    def action_lift_hold(self) -> None:
        one = self.table.current
        if one is None:
            return
        if one.asked_by:
            call = partial(self.desk.hold.lift, hold=one.id)
            self.host.with_pin(lambda: self._write("lifted: what it covered may be erased again", call))
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                call = partial(self.desk.hold.ask_lift, hold=one.id, reason=LIFTS[key][0])
                self.host.with_pin(lambda: self._write("asked: it stands until a second person agrees", call))

        answers = {key: words for key, (_, words) in LIFTS.items()}
        self.app.push_screen(
            Choice("Have it lifted, because", ["It stands until a second person agrees."], answers), chosen
        )

    def action_keep_hold(self) -> None:
        one = self.table.current
        if one is not None:
            call = partial(self.desk.hold.keep, hold=one.id)
            self.host.with_pin(lambda: self._write("kept: it is not lifted", call))

    def action_review_hold(self) -> None:
        one = self.table.current

        def chosen(key: str | None) -> None:
            if key is not None and one is not None:
                call = partial(self.desk.hold.review, hold=one.id, review_on=self._in(MONTHS[key][0]))
                self.host.with_pin(lambda: self._write("looked at again", call))

        answers = {key: words for key, (_, words) in MONTHS.items()}
        self.app.push_screen(Choice("It is still needed. Look at it again", [], answers), chosen)

    def _in(self, months: int) -> date:
        """A day so many months on; never more than a year."""
        return self.host.clock().date() + timedelta(days=months * 365 // 12)

    def _write(self, words: str, call: Callable[..., object]) -> None:
        self.run(call, self.host.session, reply=lambda _: Changed(words), serial="hold", write=True, stage=words)

    @on(Changed)
    def _changed(self, message: Changed) -> None:
        self.flash(message.words, "good")
        self.recall()

    def forget(self) -> None:
        self.found = self.matter = None
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")
