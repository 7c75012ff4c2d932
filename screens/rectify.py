"""Rectify: every value that can be corrected, masked, and what is to stand there instead (Art 16)."""

from dataclasses import dataclass
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
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable
from screens.lines import pair
from services.types import CaseView, CorrectableLine, Session

DOTS: Final = "•••"
HINTS: Final = {
    "email": "a whole e-mail address", "phone": "with the country code", "date": "the year with four digits",
    "text": "as it is to stand there",
}  # fmt: skip
LONGEST: Final = 500


@dataclass
class LinesRead(Message):
    lines: tuple[CorrectableLine, ...]
    case: CaseView


@dataclass
class Judged(Message):
    """Whether what was typed can stand there: `why` says why not."""

    line: CorrectableLine
    value: str
    why: str


@dataclass
class Ordered(Message):
    """The correction was asked for and is kept."""


class RectifyScreen(KitScreen):
    """Enter takes what is right, f drops it again, y has all of it corrected. Nothing on file stands here in clear."""

    CSS_PATH = "rectify.tcss"
    BINDINGS = keys.bindings("rectify")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.lines: tuple[CorrectableLine, ...] | None = None
        self.view: CaseView | None = None
        self.wanted: dict[CorrectableLine, str] = {}

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[CorrectableLine], ...] = (
            Column("What", 18, lambda one: one.category, 1),
            Column("Field", 14, lambda one: one.field, 1),
            Column("On file", 16, lambda one: one.value),
            Column("Rows", 4, lambda one: count(one.rows)),
            Column("Right is", 14, self._typed, 1),
        )
        yield VirtualTable(
            columns, lambda one: one.id, tone=lambda one: "soon" if one in self.wanted else "row",
            empty="Nothing that is held can be corrected here.",
        )  # fmt: skip
        with Vertical(id="detail"):
            yield Static("", id="facts")

    @property
    def table(self) -> VirtualTable[CorrectableLine]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", self.case, "Rectify")
        self.recall()

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                partial(_read, self.desk, self.host.session, self.case), reply=lambda found: LinesRead(*found),
                serial="lines", write=True, stage="searching every system",
            )  # fmt: skip

    @on(LinesRead)
    def _lines_read(self, message: LinesRead) -> None:
        self.lines, self.view = message.lines, message.case
        known = {one.id for one in message.lines}
        self.wanted = {one: value for one, value in self.wanted.items() if one.id in known}
        self.place(message.case.controller_name)
        self.table.hold(message.lines)
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _typed(self, one: CorrectableLine) -> str:
        return DOTS if one.sensitive and one in self.wanted else self.wanted.get(one, "")

    def _draw(self) -> None:
        one = self.table.current
        room = (self.query_one("#detail").content_size.width or 78) - 1
        self.query_one("#facts", Static).update(Content("\n").join(self._facts(one, room) if one else []))
        if self.wanted:
            base = say("$n to be corrected: y has it done, in every system", n=count(len(self.wanted)))
            self.query_one(FlashLine).base = base
        else:
            self.query_one(FlashLine).base = say("")
        self.refresh_bindings()

    def _facts(self, one: CorrectableLine, room: int) -> list[Content]:
        lines = [
            shown(f"{one.category} · {one.field}", "bold"),
            pair("On file", f"{one.value}, masked: let the caller say what is wrong, read nothing out", room),
            pair("Where", f"{', '.join(one.systems)}: {count(one.rows)} rows that hold it, all are corrected", room),
        ]
        if one.kept:
            lines.append(pair("Kept", f"{count(one.kept)} rows that a law has us keep as they are", room))
        if one.grave:
            lines.append(pair("Check", "T3 (v): a thief would change this. Old addresses are told before.", room))
        return [*lines, pair("Right is", self._typed(one) or "Enter takes it", room)]

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("correct", "carry_out", "forget_value"):
            return ""
        if self.view is None or not self.is_mounted:
            return "the systems have not answered yet"
        if action == "carry_out":
            return self._not_yet()
        one = self.table.current
        if one is None:
            return "nothing under the cursor"
        if action == "forget_value":
            return "" if one in self.wanted else "nothing was typed here"
        return self.view.key("rectify-grave" if one.grave else "rectify").reason

    def _not_yet(self) -> str:
        if not self.wanted or self.view is None:
            return "type first what is right (Enter)"
        grave = any(one.grave for one in self.wanted)
        return self.view.key("rectify-grave" if grave else "rectify").reason

    def action_correct(self) -> None:
        one = self.table.current
        if one is None:
            return

        def typed(value: str | None) -> None:
            if value is not None:
                self.run(
                    self.desk.rectify.why_not, self.case, one, value, reply=partial(Judged, one, value),
                    serial="judge", stage="looking at it",
                )  # fmt: skip

        lines = [f"On file: {one.value}. Have the caller say it, read it back, type it: {HINTS.get(one.kind, '')}."]
        box = Ask(f"What is right: {one.category}, {one.field}?", lines, max_length=LONGEST, password=one.sensitive)
        self.app.push_screen(box, typed)

    @on(Judged)
    def _judged(self, message: Judged) -> None:
        if message.why:
            self.flash(message.why, "no")
            return
        self.wanted[message.line] = message.value
        self.table.again()
        self._draw()

    def action_forget_value(self) -> None:
        one = self.table.current
        if one is not None and self.wanted.pop(one, None) is not None:
            self.table.again()
            self._draw()

    def action_carry_out(self) -> None:
        rows = sum(one.rows for one in self.wanted)
        lines = [f"{one.category}, {one.field}: {one.value} becomes {self._typed(one)}" for one in self.wanted]
        title = f"Correct {count(len(self.wanted))} in {count(rows)} rows?"

        def decided(key: str | None) -> None:
            if key == "y":
                self.run(
                    self.desk.rectify.ask, self.host.session, self.case, dict(self.wanted), reply=lambda _: Ordered(),
                    serial="order", write=True, stage="asking for it",
                )  # fmt: skip

        self.app.push_screen(Choice(title, lines, {"y": "yes: it is written, read again, and told"}), decided)

    @on(Ordered)
    def _ordered(self, message: Ordered) -> None:
        self.wanted = {}
        self.dismiss(None)
        self.host.flash("it is being corrected: the case shows what each system took", "good")

    def forget(self) -> None:
        self.lines, self.view, self.wanted = None, None, {}
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")


def _read(desk: Any, session: Session | None, case: str) -> tuple[tuple[CorrectableLine, ...], CaseView]:
    return desk.rectify.lines(session, case), desk.case.read(session, case)
