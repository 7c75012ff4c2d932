"""The clock of a case (`d`): asking the person, asking again, what leads, two months more, what came in again."""

from collections.abc import Callable
from functools import partial
from typing import Final

from screens.case_systems import CaseSystems
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from services.types import CaseView, DutyRole, Wait

QUESTIONS: Final = {
    "1": (Wait.IDENTITY, "identity-doubt", "who asks: there is a doubt"),
    "2": (Wait.IDENTITY, "authority-doubt", "whether who asks may ask for another"),
    "3": (Wait.CLARIFICATION, "large-quantity", "what exactly: there is a great amount of data"),
    "4": (Wait.FEE, "further-copy", "the fee of a further copy"),
}
"""What the person may be asked for, and on which ground (rules.md SUS-3). Another fee is a decision (R)."""
MAILED: Final = (Wait.IDENTITY, Wait.CLARIFICATION)
"""What a letter of ours asks for."""
WAYS: Final = {"m": "by mail now: our letter asks", "o": "they were asked today, by mouth or otherwise"}
LEAVES: Final = "A letter counts from the day on which it leaves, to the address they gave."
FAIR: Final = {"y": "no more than is needed, and no copy of an identity card", "f": "it asked for more"}
EXTENSIONS: Final = {
    "1": ("volume", "there is a great amount of data"),
    "2": ("spread", "they lie in many places"),
    "3": ("redaction", "much about others has to come out"),
    "4": ("intelligible", "they have to be made understandable"),
    "5": ("number", "the person has several requests"),
    "6": ("wave", "an exceptional wave of requests"),
}
"""Art 12(3), rules.md CLK-3."""
DECIDES: Final = {"y": "it has: type its reference", "p": "propose it: the controller is asked by mail"}
ACCEPTED: Final = {
    "1": ("identity-needed", "we cannot know who asks"),
    "2": ("scope-needed", "the scope has to be clear"),
    "3": ("fee-due", "the fee is due"),
}
REFUSED: Final = {
    "1": ("not-needed", "the question was not needed"),
    "2": ("waited-enough", "we have waited enough"),
    "3": ("person-harmed", "waiting harms the person"),
}
OFFERED: Final = (
    ("y", "answered", "the answer came today"), ("c", "chase", "ask them again, or they were asked"),
    ("k", "ask", "ask them for something, or they were asked"), ("n", "unanswered", "end it: nobody says who asks"),
    ("p", "pause", "let the later date lead"), ("h", "pause", "let the hard date lead"),
    ("x", "extend", "two months more, with a letter"), ("e", "remind", "they ask where the answer is"),
    ("m", "merge", "it is the same as another case"),
)  # fmt: skip
"""Key, row of the desk's table, words."""
_NAMED: Final = ("chase", "extend")
"""Rows whose reason is worth a line while they are shut."""


class CaseClock(CaseSystems):
    """The case screen's outermost acts."""

    def why_not(self, action: str) -> str:
        if action != "dates":
            return super().why_not(action)
        if self.view is None:
            return "the case is being read"
        return "" if self._offered(self.view) else self.view.key("ask").reason

    def _offered(self, view: CaseView) -> dict[str, str]:
        return {key: words for key, row, words in OFFERED if view.key(row).allowed}

    def action_dates(self) -> None:
        """What this person may do about the dates now; below it, what they may not, with the reason."""
        if self.view is None:
            return
        view = self.view
        shut = [
            (words, view.key(row).reason) for _, row, words in OFFERED if row in _NAMED and not view.key(row).allowed
        ]
        closed = [f"not now: {words} ({reason})" for words, reason in shut]
        steps = {
            "y": self._came, "c": self._chased, "k": self._ask, "n": self._end, "x": self._extend, "e": self._remind,
            "p": lambda: self._pause(accept=True), "h": lambda: self._pause(accept=False), "m": self._merge,
        }  # fmt: skip

        def chosen(key: str | None) -> None:
            if key is not None:
                steps[key]()

        self.app.push_screen(Choice("The dates of this case", closed, self._offered(view)), chosen)

    def _reasoned(
        self, title: str, lines: list[str], reasons: dict[str, tuple[str, str]], then: Callable[[str], None]
    ) -> None:
        def chosen(key: str | None) -> None:
            if key is not None:
                then(reasons[key][0])

        self.app.push_screen(Choice(title, lines, {key: words for key, (_, words) in reasons.items()}), chosen)

    def _ask(self) -> None:
        def what_chosen(key: str | None) -> None:
            if key is None:
                return
            what, ground, _ = QUESTIONS[key]

            def judged(fair: str | None) -> None:
                if fair is not None:
                    self._keep_question("kept: they were asked", what, ground, fair=fair == "y")

            def way_chosen(way: str | None) -> None:
                if way == "m":
                    self._keep_question(
                        "a letter asks them: it stands under t whether it left", what, ground, mail=True
                    )
                elif way is not None:
                    self.app.push_screen(Choice("The question asks for", [], FAIR), judged)

            if what in MAILED:
                self.app.push_screen(Choice("How are they asked?", [LEAVES], WAYS), way_chosen)
            else:
                way_chosen("o")

        self.app.push_screen(
            Choice("What is asked for?", [], {key: words for key, (*_, words) in QUESTIONS.items()}), what_chosen
        )

    def _keep_question(self, done: str, what: str, ground: str, *, fair: bool = True, mail: bool = False) -> None:
        def keep(session: object, case: str) -> None:
            self.desk.clock.ask(session, case, what, ground, fair=fair, mail=mail)

        self._act(done, keep, stage="keeping the question")

    def _came(self) -> None:
        self._act("kept: the answer came", self.desk.clock.answered, stage="keeping the answer")

    def _chased(self) -> None:
        def keep(mail: bool, session: object, case: str) -> None:
            self.desk.clock.chase(session, case, mail=mail)

        def way_chosen(way: str | None) -> None:
            if way is not None:
                done = "a letter asks them again" if way == "m" else "kept: they were asked again"
                self._act(done, partial(keep, way == "m"), stage="keeping that")

        self.app.push_screen(Choice("How are they asked again?", [LEAVES], WAYS), way_chosen)

    def _end(self) -> None:
        words = "ended: a letter says why, and how it goes on"
        self.host.with_pin(lambda: self._act(words, self.desk.clock.unanswered, stage="ending the request"))

    def _pause(self, *, accept: bool) -> None:
        def kept(reason: str) -> None:
            words = "the later date leads" if accept else "the hard date leads"
            self._act(words, self._paused, accept, reason, stage="deciding")

        title = "Let the later date lead, because" if accept else "Let the hard date lead, because"
        self._reasoned(title, [], ACCEPTED if accept else REFUSED, kept)

    def _paused(self, session: object, case: str, accept: bool, reason: str) -> None:
        self.desk.clock.pause(session, case, accept=accept, reason=reason)

    def _extend(self) -> None:
        def kept(reason: str) -> None:
            if self.view is not None and self.view.duty is DutyRole.PROCESSOR:
                self._for_controller(reason)
            else:
                self._act("the notice is being sent", self.desk.clock.extend, reason, stage="extending")

        lines = ["It counts once the letter left. Effort as such is no reason."]
        self._reasoned("Two months more, because", lines, EXTENSIONS, kept)

    def _for_controller(self, reason: str) -> None:
        """We assist the controller: it decides, and we name where it said so, or ask it (Art 28)."""

        def named(reference: str | None) -> None:
            if reference:
                self._act("the notice is being sent", self.desk.clock.extend, reason, reference, stage="extending")

        def chosen(key: str | None) -> None:
            if key == "y":
                lines = ["Letters, digits and . - _ : / only; it stands in the log."]
                self.app.push_screen(Ask("The controller's reference for it", lines, max_length=64), named)
            elif key == "p":
                self._act("proposed: the controller is asked", self.desk.clock.extend, reason, stage="proposing it")

        self.app.push_screen(Choice("The controller decides that, not we", [], DECIDES), chosen)

    def _remind(self) -> None:
        self._act("kept: asked for again, no new clock", self.desk.clock.remind, stage="keeping the reminder")

    def _merge(self) -> None:
        def named(into: str | None) -> None:
            if into:
                self._act("ended here: it goes on there", self.desk.clock.merge, into, stage="merging")

        lines = ["This case ends. What it asks for goes on there, from the earlier receipt."]
        self.app.push_screen(Ask("The number of the case that goes on", lines, max_length=20), named)
