"""What is done by hand for a case: which tasks wait, what to do in each, and its answer."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

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
from screens.kit.widgets.text_box import TextBox
from screens.task_words import REASONS, WHATS, to_do
from services.types import TaskForm, TaskView


class Answer(NamedTuple):
    """What a person says came of it; `found` is what they typed."""

    outcome: str
    number: int = 0
    reason: str = ""
    found: str = ""


@dataclass
class TasksRead(Message):
    tasks: tuple[TaskView, ...]


@dataclass
class FormRead(Message):
    task: TaskView
    form: TaskForm


class HandForm(Dialog):
    """What to do, and fields for its answer. Dismissed with an `Answer`, or None by Esc."""

    CSS_PATH = "by_hand.tcss"
    AUTO_FOCUS = "CleanInput"

    def __init__(self, task: TaskView, form: TaskForm) -> None:
        super().__init__()
        self.task_view, self.form = task, form

    def compose(self) -> ComposeResult:
        state = self.task_view.state
        late = "   LATE" if self.task_view.late else ""
        reasons = "   ".join(f"{key} {words}" for key, (_, words) in REASONS.items())
        known = "\n".join(f"{kind}: {value}" for kind, value in self.form.identities)
        with Vertical(classes="box"):
            yield Static(shown(f"By hand: {to_do(state)}{late}", "bold"), classes="title")
            yield Static(shown(self.form.say, lines=True), id="say")
            yield Static(shown(known or "nothing they are known by there is on file", lines=True), id="known")
            yield CleanInput(max_length=6, placeholder=f"how many were {WHATS[state.what][1]}; 0 for none; or a letter")
            if state.what == "find":
                yield TextBox(longest=4_000, placeholder="what was found, if you can say: the person gets these words")
            yield FlashLine()
            yield Static(shown(f"Not done, because: {reasons}", "$quiet"))
            yield Static(shown("Enter keeps the answer, in your name   Tab next field   Esc back", "$quiet"))

    @on(Input.Submitted)
    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        answer = answer_of(self.query_one(CleanInput).value, self._found)
        if answer is None:
            self.flash("a whole number, or one of the letters", "no")
        elif answer.found and answer.outcome != "completed":
            self.flash("words only when something was found: say how many", "no")
        else:
            self.dismiss(answer)

    @property
    def _found(self) -> str:
        return "\n".join(box.text.strip() for box in self.query(TextBox))

    def forget(self) -> None:
        for id in ("#say", "#known"):
            self.query_one(id, Static).update(shown(""))
        for box in self.query(TextBox):
            box.put("")
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
        waiting = [task for task in message.tasks if task.waits][:9]
        if not waiting:
            self.flash("nothing is to be done by hand", "no")
        elif len(waiting) == 1:
            self._open_form(waiting[0])
        else:
            answers = {str(n): to_do(task.state) + (" LATE" if task.late else "") for n, task in enumerate(waiting, 1)}

            def chosen(key: str | None) -> None:
                if key is not None:
                    self._open_form(waiting[int(key) - 1])

            self.app.push_screen(Choice("Answer which? The look at the form is logged.", [], answers), chosen)

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
        words = f"{task.state.system} by hand: {answer.outcome}"
        self.run(
            self.desk.task.answer, self.host.session, self.case, task.state.task, *answer,
            reply=lambda _: Done(words), serial="by hand", write=True, stage="keeping the answer",
        )  # fmt: skip


def answer_of(text: str, found: str = "") -> Answer | None:
    """What was typed: a number of things, or the letter of a reason; None for anything else."""
    text = text.strip().lower()
    if text in REASONS:
        return Answer("exception", 0, REASONS[text][0], found)
    if not (text.isascii() and text.isdigit()):
        return None
    return Answer("completed" if int(text) else "nothing-found", int(text), "", found)
