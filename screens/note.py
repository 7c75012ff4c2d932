"""A note on a case, watched as it is typed and parked until it is kept."""

from dataclasses import dataclass
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static, TextArea

from screens.kit.dialog import Dialog
from screens.kit.text import shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.text_box import TextBox
from screens.watched_text import Settled, WatchedText

LONGEST: Final = 4_000
PARK_S: Final = 0.15


@dataclass
class DraftRead(Message):
    draft: dict[str, str]


@dataclass
class Kept(Message):
    """The note is in the log, sealed to the case."""


class NoteScreen(Dialog):
    """Enter keeps it; Esc leaves it parked."""

    CSS_PATH = "note.tcss"
    AUTO_FOCUS = "TextBox"

    def __init__(self, case: str, controller: str) -> None:
        super().__init__()
        self.case, self.controller = case, controller
        self._timer: Timer | None = None
        self._restored = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(f"Note on {self.case}", "bold"), classes="title")
            yield WatchedText(longest=LONGEST, placeholder="only what the record needs")
            yield FlashLine()
            yield Static(shown("Enter keeps it, sealed to the case   Esc back, parked as it is", "$quiet"))

    @property
    def name_of_draft(self) -> str:
        return f"note:{self.case}"

    @property
    def words(self) -> WatchedText:
        return self.query_one(WatchedText)

    def on_mount(self) -> None:
        self.words.controller = self.controller
        self.recall()

    def recall(self) -> None:
        self.run(self.desk.draft.take, self.host.session, self.name_of_draft, reply=DraftRead, serial="draft")

    @on(DraftRead)
    def _draft_read(self, message: DraftRead) -> None:
        if not self.words.text:
            self.words.box.put(message.draft.get("text", ""))
        self._restored = True

    @on(TextArea.Changed)
    def _typed(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PARK_S, self._park)

    def _park(self) -> None:
        if self._restored and self.host.session is not None:
            fields = {"text": self.words.text}
            self.run(self.desk.draft.keep, self.host.session, self.name_of_draft, fields, serial="park", write=True)

    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        if self.words.text.strip():
            if self._timer is not None:
                self._timer.stop()  # what is parked after the note is kept would stand here again
            self.words.settle(self._keep)
        else:
            self.flash("something must stand here; Esc leaves", "no")

    def _keep(self, settled: Settled) -> None:
        desk, session, case, draft = self.desk, self.host.session, self.case, self.name_of_draft

        def keep() -> None:
            desk.act.note(session, case, settled.text, reason=settled.reason)
            if settled.choice == "masked":
                for kind, times in settled.kinds:
                    desk.act.flagged(session, kind, "note", times, "masked")
            desk.draft.forget(session, draft)

        self.run(keep, reply=lambda _: Kept(), serial="keep", write=True, stage="keeping the note")

    @on(Kept)
    def _kept(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._restored = False
        self.dismiss(True)

    def forget(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._park()
        self._restored = False
        self.words.box.put("")
