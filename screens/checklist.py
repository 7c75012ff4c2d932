"""The identity check, led one step at a time with the words to say. What is expected is never here (rules.md 7.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from screens.checklist_proofs import AUTHORITY, CALL_BACK, CODE, LETTER, SENT, TYPED, CodeSent, Proofs
from screens.kit import keys
from screens.kit.messages import JobFailed, Stage
from screens.kit.text import shown
from screens.kit.widgets.checklist import ChecklistSteps
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.inputs import CleanInput
from screens.words import left
from services.types import ChecklistView, Step

TIPS: Final = {
    "guard": "y when it is so, f when not, - if it was left out",
    "say": "y when it is said",
    "confirm": "y when it is so, f when not, - if it was left out",
    "factor": "y: confirmed, f: not confirmed, - not done",
}


class Question(Protocol):
    """What to ask, and the key that goes back with the answer."""

    key: str
    text: str


@dataclass
class ChecklistRead(Message):
    checklist: ChecklistView


@dataclass
class ChecklistSeen(Message):
    """Read again by itself: must disturb nothing that began meanwhile."""

    checklist: ChecklistView


@dataclass
class QuestionRead(Message):
    step: str
    key: str
    text: str


def _states(view: ChecklistView) -> list[tuple[str, str]]:
    return [(step.id, step.state) for step in view.steps]


class ChecklistScreen(Proofs):
    """Steps above, the words to say below, a field for what the caller says when the step is compared."""

    CSS_PATH = "checklist.tcss"
    BINDINGS = keys.bindings("checklist", "list")
    AUTO_FOCUS = ""
    KEY_ROWS = 2
    IDLE_S: ClassVar[int] = 600  # the caller looks for something while we wait

    def __init__(self, case: str, controller: str = "", grave: bool = False) -> None:
        super().__init__()
        self.case, self.controller, self.grave = case, controller, grave  # grave: a thief would want this corrected
        self.view: ChecklistView | None = None
        self.cursor = 0
        self.asked: QuestionRead | None = None
        self.busy = False

    def body(self) -> ComposeResult:
        yield Crumbs()
        yield Static("", id="where")
        with VerticalScroll(id="steps", can_focus=False):
            yield ChecklistSteps()
        with Vertical(id="now"):
            yield Static("", id="say")
            yield Static("", id="tip")
            yield CleanInput(id="said", max_length=200, placeholder="what the caller says, as it is said")

    def on_mount(self) -> None:
        self.query_one("#said").display = False
        self.place(self.controller)
        self._start()
        self.set_interval(5, self._look_again)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.run(
            partial(self.desk.check.start, self.host.session, self.case, grave=self.grave), reply=ChecklistRead,
            serial="check", write=True, stage="opening the checklist",
        )  # fmt: skip

    def recall(self) -> None:
        self._start()

    def _look_again(self) -> None:
        """Time goes on, and a way that was closed while no worker answered opens by itself."""
        self._draw_where()
        idle = self.view is not None and not self.view.ended and not self.busy and self.asked is None
        if idle and self.view is not None and any(step.blocked for step in self.view.steps):
            self.run(self.desk.check.view, self.host.session, self.case, reply=ChecklistSeen, serial="check")

    @on(ChecklistSeen)
    def _seen(self, message: ChecklistSeen) -> None:
        if self.busy or self.asked is not None or self.view is None:
            return
        if _states(self.view) != _states(message.checklist):
            self.cursor = message.checklist.current
        self.view = message.checklist
        self._draw()

    @on(ChecklistRead)
    def _read(self, message: ChecklistRead) -> None:
        self.busy = False
        self._say_result(self.view, message.checklist)
        self.view = message.checklist
        self.cursor = message.checklist.current
        self._close_field()
        self._draw()

    def _say_result(self, before: ChecklistView | None, after: ChecklistView) -> None:
        """What came of a step, without a word about which answer or why (G4)."""
        if before is None or before.check != after.check:
            return
        if after.strikes > before.strikes:
            self.flash("that did not pass; give no hint, not even that one was right", "no")
        elif after.tier_reached != before.tier_reached:
            self.flash(f"{after.tier_reached} is reached", "good")

    @on(JobFailed)
    def _failed_at_it(self) -> None:
        self.busy = False
        self.refresh_bindings()

    # --- drawing -----------------------------------------------------------------------------------------------------

    @property
    def step(self) -> Step | None:
        """The step under the cursor."""
        steps = self.view.steps if self.view else ()
        return steps[self.cursor] if 0 <= self.cursor < len(steps) else None

    def _draw(self) -> None:
        view = self.view
        if view is None:
            return
        self.query_one(Crumbs).path = ("Queue", view.case, f"{view.template} {view.title}")
        steps = self.query_one(ChecklistSteps)
        steps.steps, steps.current = view.steps, self.cursor
        self.query_one("#steps").scroll_to(y=max(0, self.cursor - 4), animate=False)
        self._draw_where()
        self._draw_step(view)
        self.refresh_bindings()

    def _draw_where(self) -> None:
        view = self.view
        if view is None:
            return
        wrong = f" · {view.strikes} of 2 wrong" if view.strikes else ""
        rest = f" · holds for {left(view.until, self.host.clock())}" if not view.ended else " · over"
        words = f"aims at {view.tier_needed}, reached {view.tier_reached}{wrong}{rest}"
        self.query_one("#where", Static).update(shown(words, "$quiet"))

    def _draw_step(self, view: ChecklistView) -> None:
        if view.ended:
            self._say(view.ended, "the check is over; Esc leads back to the case")
            return
        step = self.step
        if step is None:
            return
        if self.asked is not None and self.asked.step == step.id:
            self._say(self.asked.text, "type what the caller says, Enter compares it; Esc leaves the field")
            return
        tip = (step.blocked and f"closed: {step.blocked}") or self._tip(step)
        self._say(step.say or step.title, tip)

    @staticmethod
    def _tip(step: Step) -> str:
        if step.state not in ("open", "failed"):
            return f"{step.state}; j k to look at another step"
        if step.compared:
            sent = {CODE: "s sends the code, Enter types one", LETTER: "s posts a letter, Enter types its code"}
            typed = "Enter types it" if step.factor in TYPED else "Enter shows the question to ask"
            return sent.get(step.factor, typed)
        if step.factor == CALL_BACK:
            return "s shows the number once the caller has hung up; y: reached and confirmed, f: not, - not done"
        return TIPS.get(step.kind, TIPS["guard"])

    def _say(self, words: str, tip: str) -> None:
        self.query_one("#say", Static).update(shown("Say  ", "$quiet") + shown(words, "bold", lines=True))
        self.query_one("#tip", Static).update(shown(tip, "$quiet"))

    # --- moving ------------------------------------------------------------------------------------------------------

    def _move(self, by: int) -> None:
        if self.view is not None:
            self.cursor = min(max(0, self.cursor + by), len(self.view.steps) - 1)
            self._draw()

    def action_move_down(self) -> None:
        self._move(1)

    def action_move_up(self) -> None:
        self._move(-1)

    def action_to_first(self) -> None:
        self._move(-1_000)

    def action_to_last(self) -> None:
        self._move(1_000)

    # --- marking and answering ---------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("passed", "failed", "not_done", "answer", "send_code"):
            return ""
        step = self.step
        if self.view is None or step is None:
            return "the checklist is being opened"
        if self.view.ended:
            return "the check is over"
        if self.busy:
            return "one moment: the step before is being kept"
        if step.blocked and (step.factor, action) != (LETTER, "send_code"):
            return f"this way is closed: {step.blocked}"
        if action in ("answer", "send_code"):
            return self._no_answer(action, step)
        if step.compared:
            return "this passes by a comparison only: type what the caller says (Enter)"
        return ""

    @staticmethod
    def _no_answer(action: str, step: Step) -> str:
        if action == "send_code" and step.factor not in SENT:
            return "no code belongs to this step"
        if action == "answer" and not step.compared:
            return "nothing is typed here: y, f or -"
        if action == "send_code" and step.factor == LETTER and step.blocked:
            return ""  # the letter whose code would open it
        return "" if step.state == "open" else f"this step is {step.state}"

    def _mark(self, mark: str) -> None:
        step = self.step
        if step is not None:
            self._write(self.desk.check.mark, step.id, mark, stage="keeping the step")

    def action_passed(self) -> None:
        if self.step is not None and self.step.factor == AUTHORITY:
            self.see_authority()
        else:
            self._mark("y")

    def action_failed(self) -> None:
        self._mark("f")

    def action_not_done(self) -> None:
        self._mark("-")

    def action_answer(self) -> None:
        step = self.step
        if step is None:
            return
        if step.factor in TYPED:
            self._open_field(QuestionRead(step.id, "", TYPED[step.factor]))
            return
        name = step.id

        def read(asked: Question) -> Message:
            return QuestionRead(name, asked.key, asked.text)

        self._begin()
        self.run(
            self.desk.check.question, self.host.session, self.case, name, reply=read, serial="question",
            stage="asking for the question",
        )  # fmt: skip

    @on(QuestionRead)
    def _question_read(self, message: QuestionRead) -> None:
        self.busy = False
        self._open_field(message)

    @on(CodeSent)
    def _code_sent(self, message: CodeSent) -> None:
        self.busy = False
        self._open_field(QuestionRead(message.step, "", message.words))

    def _open_field(self, asked: QuestionRead) -> None:
        if self.step is None or self.step.id != asked.step:
            return
        self.asked = asked
        self._draw()
        field = self.query_one("#said", CleanInput)
        field.display = True
        field.focus()

    def _close_field(self) -> None:
        self.asked = None
        field = self.query_one("#said", CleanInput)
        field.value = ""
        field.display = False
        self.set_focus(None)

    @on(Input.Submitted)
    def _said(self, event: Input.Submitted) -> None:
        asked, said = self.asked, event.value
        if asked is None or self.busy:
            return
        if not said.strip():
            self.flash("type what the caller says; Esc, then -, when nothing was said", "no")
            return
        self._write(self.desk.check.answer, asked.step, asked.key, said, self._tell, stage="comparing")

    def _tell(self, words: str) -> None:
        self.post_message(Stage(words))

    def _write(self, call: Callable[..., ChecklistView], *args: object, stage: str) -> None:
        self._begin()
        self.run(
            call, self.host.session, self.case, *args, reply=ChecklistRead, serial="check", write=True, stage=stage
        )

    def _begin(self) -> None:
        self.busy = True
        self.refresh_bindings()

    # --- leaving -----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.asked is not None:
            event.stop()
            event.prevent_default()
            self._close_field()
            self._draw()
        else:
            super().on_key(event)

    def action_back(self) -> None:
        self.dismiss(None)  # the check stays open until the contact ends

    def forget(self) -> None:
        self.view, self.cursor = None, 0
        self._close_field()
        self.query_one(ChecklistSteps).steps = ()
        for name in ("#where", "#say", "#tip"):
            self.query_one(name, Static).update(shown(""))
