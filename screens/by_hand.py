"""What is done by hand for a case: which tasks wait, what to do in each, and its answer, typed in one field."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from screens.assigning import Assigning, Done
from screens.kit.dialog import Dialog
from screens.kit.text import shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.inputs import CleanInput
from services.types import TaskForm, TaskView

REASONS: Final = {
    "n": ("not-reachable", "it cannot be reached"),
    "h": ("legal-hold", "something must be kept"),
    "u": ("unreadable", "it cannot be read"),
    "o": ("not-ours", "it is not ours"),
    "d": ("needs-decision", "somebody must decide"),
}
Answer = tuple[str, int, str]
"""Outcome, how many things, reason."""


@dataclass
class TasksRead(Message):
    tasks: tuple[TaskView, ...]


@dataclass
class FormRead(Message):
    task: TaskView
    form: TaskForm


class HandForm(Dialog):
    """What to do, and the field for its answer. Dismissed with an `Answer`, or None by Esc."""

    AUTO_FOCUS = "CleanInput"

    def __init__(self, task: TaskView, form: TaskForm) -> None:
        super().__init__()
        self.task_view, self.form = task, form

    def compose(self) -> ComposeResult:
        state = self.task_view.state
        done = "found" if state.what == "find" else "erased"
        reasons = "   ".join(f"{key} {words}" for key, (_, words) in REASONS.items())
        with Vertical(classes="box"):
            yield Static(shown(f"By hand in {state.system}: {state.what}, until {state.due}", "bold"), classes="title")
            yield Static(shown(self.form.say, lines=True), id="say")
            known = "\n".join(f"{kind}: {value}" for kind, value in self.form.identities)
            yield Static(shown(known or "nothing they are known by there is on file", lines=True), id="known")
            yield CleanInput(max_length=6, placeholder=f"how many were {done}; 0 for none; or a letter")
            yield FlashLine()
            yield Static(shown(f"Not done, because: {reasons}", "$quiet"))
            yield Static(shown("Enter keeps the answer in the log, in your name   Esc back", "$quiet"))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        answer = answer_of(event.value)
        if answer is None:
            self.flash("a whole number, or one of the letters", "no")
        else:
            self.dismiss(answer)

    def forget(self) -> None:
        for id in ("#say", "#known"):
            self.query_one(id, Static).update(shown(""))
        self.form = TaskForm("", ())


class HandActs(Assigning):
    """Mixed into the case screen, which holds `case`."""

    case: str

    def action_by_hand(self) -> None:
        self.run(
            self.desk.task.of, self.host.session, self.case,
            reply=TasksRead, serial="by hand", stage="reading what waits",
        )  # fmt: skip

    @on(TasksRead)
    def _tasks_read(self, message: TasksRead) -> None:
        waiting = [task for task in message.tasks if task.state.outcome in ("", "exception")][:9]
        if not waiting:
            self.flash("nothing is to be done by hand", "no")
        elif len(waiting) == 1:
            self._open_form(waiting[0])
        else:
            answers = {str(n): f"{t.state.what} in {t.state.system}, until {t.state.due}"
                       for n, t in enumerate(waiting, 1)}  # fmt: skip

            def chosen(key: str | None) -> None:
                if key is not None:
                    self._open_form(waiting[int(key) - 1])

            self.app.push_screen(Choice("Answer which task? The look is logged.", [], answers), chosen)

    def _open_form(self, task: TaskView) -> None:
        self.run(
            self.desk.task.form, self.host.session, self.case, task.state.task,
            reply=partial(FormRead, task), serial="by hand", write=True, stage="asking what to do",
        )  # fmt: skip

    @on(FormRead)
    def _form_read(self, message: FormRead) -> None:
        self.app.push_screen(HandForm(message.task, message.form), partial(self._answered, message.task))

    def _answered(self, task: TaskView, answer: Answer | None) -> None:
        if answer is None:
            return
        outcome, count, reason = answer
        words = f"{task.state.system} by hand: {outcome}"
        self.run(
            self.desk.task.answer, self.host.session, self.case, task.state.task, outcome, count, reason,
            reply=lambda _: Done(words), serial="by hand", write=True, stage="keeping the answer",
        )  # fmt: skip


def answer_of(text: str) -> Answer | None:
    """What was typed: a number of things, or the letter of a reason; None for anything else."""
    text = text.strip().lower()
    if text in REASONS:
        return "exception", 0, REASONS[text][0]
    if not (text.isascii() and text.isdigit()):
        return None
    return ("completed" if int(text) else "nothing-found"), int(text), ""
