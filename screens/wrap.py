"""Wrapping up a contact: one of fifteen codes, by its letter. An open check ends with the contact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.kit.dialog import Dialog
from screens.kit.text import fit, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import ARM_S
from services.types import CaseView, HistoryLine

CODES: Final = {
    "l": ("LOGGED", "request logged"),
    "a": ("ACK-SENT", "receipt confirmed"),
    "v": ("VERIFIED", "person verified"),
    "f": ("VERIFY-FAIL", "not verified"),
    "b": ("CALLBACK-SET", "call back agreed"),
    "i": ("INFO-ONLY", "information only"),
    "m": ("MKT-STOP", "marketing stopped"),
    "c": ("CONSENT-CHG", "consent changed"),
    "x": ("EXPORT-SENT", "package ordered"),
    "e": ("ERASE-STARTED", "erasure asked for"),
    "r": ("REFUSE-PROP", "refusal proposed"),
    "d": ("EXTENDED", "extended"),
    "t": ("ESCALATED", "handed to a lead"),
    "g": ("BREACH-RAISED", "breach raised"),
    "n": ("NOT-DSR", "not a request"),
}
"""Rules.md 10.1, each with a letter."""

_SUGGESTED: Final = (
    ("decision.proposed", "r"), ("erase.asked", "e"), ("export.asked", "x"), ("consent.given", "c"),
    ("consent.withdrawn", "c"), ("marketing.stopped", "m"),
)  # fmt: skip


@dataclass
class Wrapped(Message):
    """The contact is wrapped up."""

    code: str


class WrapScreen(Dialog):
    """A letter wraps up at once; Enter takes the code that fits what was done. Dismissed with the code."""

    CSS_PATH = "wrap.tcss"

    def __init__(self, view: CaseView) -> None:
        super().__init__()
        self.view = view
        self.suggested = suggestion(view)
        self._armed = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(f"Wrap up the contact: {self.view.id}", "bold"), classes="title")
            yield Static(self._codes())
            yield FlashLine()
            code, words = CODES[self.suggested]
            yield Static(shown(f"Enter: {code}, {words}   Esc back, the contact goes on", "$quiet"))

    def _codes(self) -> Content:
        cells = [self._cell(key) for key in CODES]
        rows = [cells[n : n + 2] for n in range(0, len(cells), 2)]
        return Content("\n").join(Content(" ").join(row) for row in rows)

    def _cell(self, key: str) -> Content:
        code, words = CODES[key]
        mark = "▶" if key == self.suggested else " "
        return shown(fit(f"{mark}{key} {code:<13} {words}", 35), "bold" if key == self.suggested else "")

    def on_mount(self) -> None:
        self.set_timer(ARM_S, self._arm)

    def _arm(self) -> None:
        self._armed = True

    def on_key(self, event: events.Key) -> None:
        key = self.suggested if event.key == "enter" else event.character
        if key not in CODES:
            return
        event.stop()
        if self._armed and self.host.key_gap >= self.host.QUIET_S:
            self._armed = False
            code = CODES[key][0]
            seconds = contact_seconds(self.view, self.host.clock())
            self.run(
                self.desk.act.wrap_up, self.host.session, self.view.id, code, seconds,
                reply=lambda _: Wrapped(code), serial="wrap", write=True, stage="wrapping up",
            )  # fmt: skip

    @on(Wrapped)
    def _wrapped(self, message: Wrapped) -> None:
        self.dismiss(message.code)

    def forget(self) -> None:
        self.dismiss(None)


def suggestion(view: CaseView) -> str:
    """The letter of the code that fits what was done in this contact."""
    done = {line.act for line in contact(view)}
    for act, key in _SUGGESTED:
        if act in done:
            return key
    if view.verification.strikes >= 2:
        return "f"
    return "v" if "factor.passed" in done else "l"


def contact_seconds(view: CaseView, now: datetime) -> int:
    """How long the contact has lasted; 0 when none is open."""
    started = [line.at for line in contact(view) if line.act == "contact.started"]
    return max(0, int((now - started[0]).total_seconds())) if started else 0


def contact(view: CaseView) -> list[HistoryLine]:
    """The lines of the newest contact, newest first."""
    lines = []
    for line in view.history:
        if line.act == "contact.ended":
            break
        lines.append(line)
    return lines
