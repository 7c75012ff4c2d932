"""Proofs of a checklist that take more than a key: a code by either way, a call-back, a representative's authority."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on
from textual.message import Message

from screens.kit.screen import KitScreen
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from screens.reveal import RevealBox
from services.types import ChecklistView, Step

CODE: Final = "OTP"
CALL_BACK: Final = "CBK"
AUTHORITY: Final = "REP"
LETTER: Final = "LTR"
SENT: Final = (CODE, CALL_BACK, LETTER)
"""Factors for which something is sent or shown by `s`."""
TYPED: Final = {
    CODE: "Please read me the code.",
    LETTER: "Please read me the code from our letter.",
    "SES": "Please read me the code that your account shows now.",
    "ANI": "(Not to be said: the number that the telephone shows.)",
}
"""Factors for which something is typed that no question of the catalog asks for."""
SCOPES: Final = {
    "1": ("this-request", "for this request"),
    "2": ("all-data-matters", "for all that concerns data protection"),
    "3": ("everything", "for everything"),
    "4": ("custody", "parental authority"),
    "5": ("guardianship", "guardianship by a court"),
}
NO_NUMBER: Final = "There is none that was left unchanged for 30 days. Mark the step with f; do not call another one."


@dataclass
class CodeSent(Message):
    step: str
    words: str


@dataclass
class NumberRead(Message):
    number: str


@dataclass
class LetterPosted(Message):
    words: str


class Proofs(KitScreen):
    """Mixed into the checklist, which holds `case`, `view`, `busy`, `step`, `_begin` and `_write`."""

    case: str
    view: ChecklistView | None
    busy: bool

    if TYPE_CHECKING:  # the checklist's own

        @property
        def step(self) -> Step | None: ...

        def _begin(self) -> None: ...

        def _write(self, call: Callable[..., ChecklistView], *args: object, stage: str) -> None: ...

    def action_send_code(self) -> None:
        step = self.step
        if step is None:
            return
        if step.factor == LETTER:
            lines = ["It goes to the postal address on file, if one was left unchanged for 30 days. They call again."]
            answers = {"y": "have a letter with a code printed"}
            self.app.push_screen(Choice("A letter with a code", lines, answers), partial(self._post_code, step.id))
        elif step.factor == CALL_BACK:
            lines = ["Say that you call back, and end the call first: what is shown now, no caller may hear."]
            answers = {"y": "the caller has hung up: show the number on file"}
            self.app.push_screen(Choice("Call back", lines, answers), partial(self._call_back, step.id))
        elif self.view is not None and self.view.texts:
            answers = {"1": "by mail", "2": "by text message"}
            self.app.push_screen(Choice("Send the code", [], answers), partial(self._send, step.id))
        else:
            self._send(step.id, "1")

    def _send(self, step: str, key: str | None) -> None:
        if key is not None:
            way = {"1": "email", "2": "phone"}[key]
            self._begin()
            self.run(
                self.desk.check.send_code, self.host.session, self.case, step, way,
                reply=lambda words: CodeSent(step, words), serial="code", write=True, stage="sending the code",
            )  # fmt: skip

    def _post_code(self, step: str, key: str | None) -> None:
        if key == "y":
            self._begin()
            self.run(
                self.desk.check.post_code, self.host.session, self.case, step, reply=LetterPosted, serial="letter",
                write=True, stage="asking for the letter",
            )  # fmt: skip

    @on(LetterPosted)
    def _letter_posted(self, message: LetterPosted) -> None:
        self.busy = False
        self.refresh_bindings()
        self.app.push_screen(Choice("Say it, and end the check", [message.words], {"y": "it is said"}))

    def _call_back(self, step: str, key: str | None) -> None:
        if key == "y":
            self._begin()
            self.run(
                self.desk.check.number, self.host.session, self.case, step, reply=NumberRead, serial="number",
                write=True, stage="asking for the number",
            )  # fmt: skip

    @on(NumberRead)
    def _number_read(self, message: NumberRead) -> None:
        self.busy = False  # the cursor stays: this very step is marked next
        self.refresh_bindings()
        self.app.push_screen(RevealBox("Call this number and no other", message.number or NO_NUMBER))

    def see_authority(self) -> None:
        """What the representative acts under: scope, date and end are noted, nothing of it is kept."""

        def scoped(key: str | None) -> None:
            if key is not None:
                lines = [
                    "Its day, and the last day on which it counts: 2026-01-31 2027-01-31. Without an end: one day."
                ]
                ask = Ask("Of which day, until when?", lines, placeholder="2026-01-31 2027-01-31", max_length=21)
                self.app.push_screen(ask, partial(self._dated, SCOPES[key][0]))

        answers = {key: words for key, (_, words) in SCOPES.items()}
        self.app.push_screen(Choice("Seen: what is it for?", ["Look at it and give it back."], answers), scoped)

    def _dated(self, scope: str, text: str | None) -> None:
        days = authority_days(text or "")
        if days is not None:
            self._write(self.desk.check.authority, scope, *days, stage="noting it")
        elif text is not None:
            self.flash("two days such as 2026-01-31 2027-01-31, or one; nothing was noted", "no")


def authority_days(text: str) -> tuple[date, date | None] | None:
    """The day of an authority and its end, if it has one, as typed; None when it reads otherwise."""
    try:
        days = [date.fromisoformat(word) for word in text.split()]
    except ValueError:
        return None
    return (days[0], days[1] if len(days) > 1 else None) if 1 <= len(days) <= 2 else None
