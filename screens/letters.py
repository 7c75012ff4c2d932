"""The letters of a case: whether each went out, its words, sent again, or told in another way; and how one would read.

What failed stands first: a person who was not told is still to be told.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from screens.kit import keys
from screens.kit.screen import KitScreen
from screens.kit.text import say
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable
from screens.letter_box import LetterBox
from screens.letter_words import HANDED, NOW, named, print_row_of, printed_words, row_of, state_words
from services.types import CaseView, LetterText, LetterView

REFRESH_S: Final = 1
PREVIEWS: Final = (
    "acknowledgement", "complaint-receipt", "identity-question", "clarification", "extension-notice", "not-identified",
)  # fmt: skip


@dataclass
class CaseRead(Message):
    case: CaseView


@dataclass
class TextRead(Message):
    letter: LetterText
    about: str


@dataclass
class Decided(Message):
    words: str


class LettersScreen(KitScreen):
    """Enter reads the letter under the cursor, b sends it again, y says how else the person was told, p prints it."""

    BINDINGS = keys.bindings("letters")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.view: CaseView | None = None
        self.rows: tuple[LetterView, ...] = ()

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[LetterView], ...] = (
            Column("Letter", 22, lambda one: named(one.template)),
            Column("In", 3, lambda one: one.language),
            Column("State", 44, self._state, 1),
        )
        yield VirtualTable(columns, _key, tone=_tone, empty="No letter yet.")

    def _state(self, one: LetterView) -> str:
        return state_words(one, self.host.clock().tzinfo) if one.id else NOW

    @property
    def table(self) -> VirtualTable[LetterView]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", self.case, "Letters")
        self.recall()
        self.set_interval(REFRESH_S, self._refresh)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.case.read, self.host.session, self.case, reply=CaseRead, serial="case", stage="reading"
            )  # fmt: skip

    def _refresh(self) -> None:
        if self.is_current and self.view is not None:
            self.recall()

    @on(CaseRead)
    def _case_read(self, message: CaseRead) -> None:
        self.view, self.rows = message.case, rows(message.case)
        self.place(message.case.controller_name)
        self.table.hold(self.rows)
        failed = sum(one.failed for one in self.rows)
        words = "$n not sent: the person is still to be told" if failed else "Enter reads a letter"
        self.query_one(FlashLine).base = say(words, n=failed)
        self.refresh_bindings()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("open", "send_again", "handed", "print_letter"):
            return ""
        one = self.table.current if self.is_mounted else None
        if one is None or self.view is None:
            return "no letter under the cursor"
        if action == "open":
            return self.view.key("read-letter").reason
        if action == "print_letter":
            return self.view.key(print_row_of(one)).reason if one.id else "it has not left: there is nothing to print"
        return self.view.key(row_of(one)).reason if one.failed else "this letter has not failed"

    def action_open(self) -> None:
        one = self.table.current
        if one is not None:
            session, letter = self.host.session, self.desk.letter
            call = partial(letter.read, session, self.case, one.id) if one.id else partial(
                letter.preview, session, self.case, one.template
            )  # fmt: skip
            about = self._state(one)
            self.run(
                call, reply=lambda text: TextRead(text, about), serial="letter", write=True, stage="fetching the letter"
            )

    @on(TextRead)
    def _text_read(self, message: TextRead) -> None:
        self.app.push_screen(LetterBox(message.letter, message.about))

    def action_send_again(self) -> None:
        one = self.table.current
        if one is not None:
            self._decide("sent again: it stands here whether it left", self.desk.letter.retry, one.id)

    def action_print_letter(self) -> None:
        one = self.table.current
        if one is not None:
            self.run(
                partial(self.desk.letter.print, self.host.session, self.case, one.id),
                reply=lambda printed: Decided(printed_words(printed)), serial="print", write=True,
                stage="writing the PDF",
            )  # fmt: skip

    def action_handed(self) -> None:
        one = self.table.current

        def chosen(key: str | None) -> None:
            if key is not None and one is not None:
                medium, words = HANDED[key]
                self._decide(f"kept: {words}", self.desk.letter.handed, one.id, medium)

        lines = ["What the letter says reached the person. Your word for it stands in the log."]
        self.app.push_screen(Choice("How was the person told?", lines, {k: words for k, (_, words) in HANDED.items()}),
                             chosen)  # fmt: skip

    def _decide(self, words: str, call: Any, *args: object) -> None:
        call = partial(call, self.host.session, self.case, *args)
        self.run(call, reply=lambda _: Decided(words), serial="decide", write=True, stage="keeping it")

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        self.flash(message.words, "good")
        self.recall()

    def forget(self) -> None:
        self.view, self.rows = None, ()
        self.table.forget()
        self.query_one(FlashLine).base = say("")


def rows(view: CaseView) -> tuple[LetterView, ...]:
    """What failed, then the newest; then how others would read if they left now, each as a letter without an id."""
    newest = view.letters[::-1]
    known = (*(one for one in newest if one.failed), *(one for one in newest if not one.failed))
    language = view.letters[-1].language if view.letters else "-"
    sent = {one.template for one in view.letters}
    return (*known, *(LetterView("", name, language, "") for name in PREVIEWS if name not in sent))


def _key(one: LetterView) -> str:
    return one.id or f"now:{one.template}"


def _tone(one: LetterView) -> str:
    return "late" if one.failed else "soon" if one.state in ("waiting", "retry asked") else "row" if one.id else "calm"
