"""Dialogs for decisions: a typed code for what cannot be undone, a PIN for step-up, plain choices by named keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from screens.kit.deskside import sentences
from screens.kit.dialog import Dialog
from screens.kit.messages import JobFailed
from screens.kit.text import clean, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CodeInput

ARM_S = 0.4
ONE_LINE = 60  # characters that stand side by side in a box


@dataclass
class Checked(Message):
    """The PIN was right; `result` is what the desk gave for it."""

    result: Any


class TypedConfirm(Dialog):
    """What cannot be undone: the agent types `code`. Opens disarmed for 0.4 s, has no default button, refuses pastes;
    Enter without the code does nothing. Dismissed with True, or with None by Esc."""

    def __init__(self, title: str, lines: Sequence[str | Content], code: str) -> None:
        super().__init__()
        self.words, self.lines, self.code = title, lines, code

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(self.words, "bold"), classes="title")
            for line in self.lines:
                yield Static(line if isinstance(line, Content) else shown(line, lines=True))
            yield Static(Content(f"Type {clean(self.code)} and press Enter to go on. Esc leaves everything as it is."))
            yield CodeInput(max_length=len(self.code), disabled=True)
            yield FlashLine()

    def on_mount(self) -> None:
        self.set_timer(ARM_S, self._arm)

    def _arm(self) -> None:
        field = self.query_one(CodeInput)
        field.disabled = False
        field.focus()

    @on(CodeInput.Pasted)
    def _pasted(self) -> None:
        self.flash("typed by hand only: a paste does not count", "no")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value == self.code:
            self.dismiss(True)
        elif event.value:
            event.input.clear()
            self.flash("that is not the code; nothing was done", "no")


class PinPrompt(Dialog):
    """Asks the PIN again and hands it to `check`, a desk call; dismissed with what `check` returned, or None by Esc."""

    def __init__(self, title: str, check: Callable[[str], Any]) -> None:
        super().__init__()
        self.words, self.check = title, check

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(self.words), classes="title")
            yield CodeInput(password=True)
            yield FlashLine()

    @on(CodeInput.Pasted)
    def _pasted(self) -> None:
        self.flash("type the PIN: a paste does not count", "no")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        pin = event.value
        event.input.clear()
        if pin:
            self.run(self.check, pin, reply=Checked, serial="pin", write=True, stage="checking the PIN")

    @on(Checked)
    def _right(self, message: Checked) -> None:
        self.dismiss(message.result if message.result is not None else True)

    @on(JobFailed)
    def _wrong(self, message: JobFailed) -> None:
        message.stop()
        self.flash(sentences(message.error), "no")


class Choice(Dialog):
    """A question with a named key for each answer; Esc is no answer. Dismissed with the key."""

    def __init__(self, title: str, lines: Sequence[str], answers: dict[str, str]) -> None:
        super().__init__()
        self.words, self.lines, self.answers = title, lines, answers
        self._armed = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(self.words, "bold"), classes="title")
            for line in self.lines:
                yield Static(shown(line))
            named = [*(f"{key} {clean(words)}" for key, words in self.answers.items()), "Esc back"]
            in_one = "   ".join(named)
            yield Static(Content(in_one if len(named) < 4 and len(in_one) <= ONE_LINE else "\n".join(named)))

    def on_mount(self) -> None:
        self.set_timer(ARM_S, self._arm)

    def _arm(self) -> None:
        self._armed = True

    def on_key(self, event: events.Key) -> None:
        if event.character in self.answers:
            event.stop()
            if self._armed and self.host.key_gap >= self.host.QUIET_S:
                self.dismiss(event.character)
