"""The second person's word on a refusal: the letter as it would leave, then yes, no, or to the controller."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from textual import on
from textual.message import Message

from screens.assigning import Assigning, Done
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from screens.letter_box import LetterBox
from screens.refusing_words import RETURNS
from services.types import DutyRole, LetterText


@dataclass(frozen=True)
class Waiting:
    """A decision that waits; `words` say what is proposed, `why` why this person may not decide it."""

    case: str
    item: str
    decision: str
    words: str
    duty: DutyRole
    why: str = ""


@dataclass
class DecisionRead(Message):
    letter: LetterText
    about: Waiting


class Deciding(Assigning):
    """Mixed into a screen that shows what waits."""

    def look_at(self, one: Waiting) -> None:
        """Show the letter of a decision, and what may be done about it."""
        self.run(
            self.desk.decision.read, self.host.session, one.case, one.item,
            reply=lambda letter: DecisionRead(letter, one), serial="decision", write=True, stage="fetching the letter",
        )  # fmt: skip

    @on(DecisionRead)
    def _decision_read(self, message: DecisionRead) -> None:
        one = message.about
        processor = one.duty is DutyRole.PROCESSOR
        answers = {"y": "the controller decided so" if processor else "decide so", "f": "not so"}
        if processor:
            answers["r"] = "put it to the controller"
        steps = {"y": self._decide, "f": self._not_so, "r": self._refer}

        def chosen(key: str | None) -> None:
            if key is not None:
                steps[key](one)

        about = f"{one.words}{f' ({one.why})' if one.why else ''}"
        self.app.push_screen(LetterBox(message.letter, about, {} if one.why else answers), chosen)

    def _decide(self, one: Waiting) -> None:
        words = f"{one.case} decided: the letter leaves now"
        if one.duty is not DutyRole.PROCESSOR:
            self._say_so(words, self.desk.decision.approve, one)
            return

        def named(instruction: str | None) -> None:
            if instruction:
                self._say_so(words, self.desk.decision.approve, one, instruction)

        lines = ["Only the controller decides this. Its decision stands under a reference of its own."]
        self.app.push_screen(
            Ask("The controller's reference", lines, placeholder="as in its answer", max_length=60), named
        )

    def _refer(self, one: Waiting) -> None:
        self._say_so(f"{one.case}: the controller is asked by mail", self.desk.decision.refer, one)

    def _not_so(self, one: Waiting) -> None:
        def chosen(key: str | None) -> None:
            if key is not None:
                self._say_so(f"{one.case} sent back", self.desk.decision.send_back, one, RETURNS[key][0])

        answers = {key: words for key, (_, words) in RETURNS.items()}
        self.app.push_screen(Choice("Not so, because", [], answers), chosen)

    def _say_so(self, words: str, call: Callable[..., object], one: Waiting, *more: str) -> None:
        run = partial(call, self.host.session, one.case, one.item, one.decision, *more)
        self.host.with_pin(
            lambda: self.run(run, reply=lambda _: Done(words), serial="decide", write=True, stage="keeping it")
        )
