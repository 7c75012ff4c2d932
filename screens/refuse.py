"""Refuse: what is not done, on which ground, and why in words for the person; then the letter, then a second person."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static, TextArea

from screens.form import FormScreen
from screens.kit import keys
from screens.kit.text import say, shown
from screens.kit.widgets.choices import Choices, Option
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.inputs import CleanInput
from screens.kit.widgets.text_box import TextBox
from screens.letter_box import LetterBox
from screens.refusing_words import EITHER_NOTE, NEVER, OUTCOMES, UPHELD, WEIGHED, grounds_of, outcomes_of
from screens.watched_text import Settled, WatchedText
from screens.words import day, right
from services.errors import BadInput
from services.types import CaseView, DutyRole, ItemView, LetterText, Proposal, Session

WORDS: Final = 2_000
REPETITIVE: Final = "12-5-repetitive"
ABUSE: Final = "12-5-abuse"
LETTERS: Final = "abcdefghijklm"
CODES: Final = {"refused": "r", "partly": "p", "fee": "f", "upheld": "u"}
TYPED: Final = ("earlier", "fee")


@dataclass
class Opened(Message):
    case: CaseView
    draft: dict[str, str]


@dataclass
class Written(Message):
    """The letter as it would leave, and what was settled about risky words."""

    letter: LetterText
    proposal: Proposal
    settled: Settled


@dataclass
class Proposed(Message):
    """It is kept, and waits for a second person."""


class RefuseScreen(FormScreen):
    """Enter shows the letter; from there it goes to a second person, with the PIN. What is typed is parked."""

    CSS_PATH = "refuse.tcss"
    BINDINGS = keys.bindings("refuse")
    AUTO_FOCUS = "#outcome"
    NOT_YET = "not proposed yet"

    def __init__(self, case: str, item: str) -> None:
        super().__init__()
        self.case, self.item_id = case, item
        self.view: CaseView | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        with VerticalScroll(id="form", can_focus=False):
            yield Static("", id="head")
            yield Choices(
                "Refuse", [Option(CODES[code], words, code) for code, words in OUTCOMES.items()], id="outcome"
            )
            yield Choices[str]("Because", several=True, columns=1, id="grounds")
            yield from self.line("Earlier", CleanInput(id="earlier", max_length=80, placeholder="C-26-004107, …"))
            yield from self.line("Fee", CleanInput(id="fee", max_length=9, placeholder="25.00"))
            with Horizontal(classes="field words"):
                yield Static(shown("Say why"), classes="label")
                yield WatchedText(longest=WORDS, placeholder="to the person, in plain words", id="explanation")
            yield Static("", id="explanation-error", classes="error")
            yield Static("", id="note")

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", self.case, "Refuse: Enter shows the letter first")
        self.recall()

    # --- what there is to choose, and what was typed before ----------------------------------------------------------

    @property
    def draft_name(self) -> str:
        return f"refuse:{self.case}:{self.item_id}"

    @property
    def ready(self) -> bool:
        return self.view is not None

    def recall(self) -> None:
        session, desk = self.host.session, self.desk

        def read() -> tuple[CaseView, dict[str, str]]:
            return desk.case.read(session, self.case), desk.draft.take(session, self.draft_name)

        self.run(read, reply=lambda found: Opened(*found), serial="start", stage="one moment")

    @property
    def item(self) -> ItemView | None:
        items = self.view.items if self.view else ()
        return next((one for one in items if one.id == self.item_id), None)

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        self.view, draft = message.case, message.draft
        item = self.item
        if item is None:
            return
        self.place(message.case.controller_name)
        outcomes = outcomes_of(item.right).items()
        if item.right in WEIGHED:
            self.choices("outcome").words = "Decide"
            self.query_one(Crumbs).path = ("Queue", self.case, "Decide")
        self.choices("outcome").offer([Option(CODES[code], words, code) for code, words in outcomes])
        grounds = zip(LETTERS, grounds_of(item.right).items(), strict=False)
        self.choices("grounds").offer([Option(key, words, code) for key, (code, words) in grounds])
        self.query_one(WatchedText).controller = message.case.controller
        for name in ("outcome", "grounds"):
            self.choices(name).pick(draft.get(name, "").split(","))
        for name in TYPED:
            self.query_one(f"#{name}", CleanInput).value = draft.get(name, "")
        self.query_one(WatchedText).box.put(draft.get("explanation", ""))
        self._drawn()
        if draft:
            self.flash("what you typed before stands here again")

    def _drawn(self) -> None:
        """What follows from the choices: which fields are asked for, what the law says of them, until when."""
        view, item = self.view, self.item
        if view is None or item is None:
            return
        until = next((date.day for date in view.dates if date.name == "refuse until"), None)
        past = until is not None and self.host.clock().date() > until
        told = f" · to be told by {day(until)}{', which is past' if past else ''}" if until else ""
        words = f"item {item.id}: {right(item.right)}{told}"
        self.query_one("#head", Static).update(shown(words, "bold"))
        grounds, fee = self.choices("grounds").values, self.choices("outcome").values == ("fee",)
        for name, asked in (("earlier", REPETITIVE in grounds), ("fee", fee)):
            self.query_one(f"#{name}-line").display = asked
        self.choices("grounds").display = self.choices("outcome").values != (UPHELD,)
        notes = [EITHER_NOTE if item.right in WEIGHED else NEVER]
        if REPETITIVE in grounds:
            notes.append("The earlier case asked for the same, less than a year before, and nothing has changed since.")
        if ABUSE in grounds:
            notes.append(
                "Abuse: prove that the aim of the right is missed, and that it is meant so. An officer decides."
            )
        if view.duty is DutyRole.PROCESSOR:
            notes.append("We act for the controller: it alone decides, and a lead puts this to it.")
        self.query_one("#note", Static).update(shown("\n".join(notes), "$quiet", lines=True))

    # --- typing ------------------------------------------------------------------------------------------------------

    @on(Choices.Changed)
    def _picked(self) -> None:
        self._drawn()
        self.park_soon()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.say_beside(event.input.id or "", "")
        self.park_soon()

    @on(TextArea.Changed)
    def _worded(self) -> None:
        self.say_beside("explanation", "")
        self.park_soon()

    def fields(self) -> dict[str, str]:
        """What was typed or picked; nothing while only the first choice stands there."""
        typed = {name: self.typed(name) for name in TYPED}
        typed |= {"explanation": self.query_one(WatchedText).text, "grounds": ",".join(self.choices("grounds").values)}
        return typed | {"outcome": ",".join(self.choices("outcome").values)} if any(typed.values()) else {}

    # --- the letter, then the second person --------------------------------------------------------------------------

    @on(Choices.Submitted)
    @on(Input.Submitted)
    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        if self.view is None:
            return
        if not self.choices("grounds").values and self.choices("outcome").values != (UPHELD,):
            self.flash("a ground is needed: pick one with its letter", "no")
            self.choices("grounds").focus()
        elif not self.query_one(WatchedText).text.strip():
            self.wrong(BadInput("say why, in words for the person", place="explanation"))
        else:
            self.query_one(WatchedText).settle(self._write)

    def _write(self, settled: Settled) -> None:
        try:
            proposal = self._proposal(settled.text)
        except BadInput as error:
            self.wrong(error)
            return
        self.run(
            self.desk.decision.preview, self.host.session, self.case, self.item_id, proposal,
            reply=lambda letter: Written(letter, proposal, settled), serial="letter", write=True,
            stage="writing the letter",
        )  # fmt: skip

    def _proposal(self, words: str) -> Proposal:
        """What stands in the form; raises `BadInput` with its field."""
        outcome = self.choices("outcome").values[0]
        grounds = () if outcome == UPHELD else self.choices("grounds").values
        earlier = self.typed("earlier") if REPETITIVE in grounds else ""
        amount = hundredths(self.typed("fee")) if outcome == "fee" else 0
        return Proposal(
            outcome, grounds, words, tuple(one.strip() for one in earlier.split(",") if one.strip()), amount
        )

    @on(Written)
    def _written(self, message: Written) -> None:
        def chosen(key: str | None) -> None:
            if key == "y":
                call = partial(
                    _propose, self.desk, self.host.session, self.case, self.item_id, message, self.draft_name
                )
                self.host.with_pin(
                    lambda: self.run(
                        call, reply=lambda _: Proposed(), serial="propose", write=True, stage="proposing it"
                    )
                )

        about = "As it would leave once a second person decided it."
        self.app.push_screen(LetterBox(message.letter, about, {"y": "put it to a second person, with the PIN"}), chosen)

    @on(Proposed)
    def _proposed(self) -> None:
        self.stop_parking()
        self.empty()
        self.dismiss(None)
        self.app.call_later(self.host.flash, "proposed: a second person decides, and then the letter leaves", "good")

    def place_of(self, error: BadInput) -> str:
        return "fee" if error.place == "amount" else error.place

    # --- lock --------------------------------------------------------------------------------------------------------

    def empty(self) -> None:
        self.view = None
        for name in TYPED:
            self.query_one(f"#{name}", CleanInput).value = ""
        self.query_one(WatchedText).box.put("")
        self.query_one("#head", Static).update(say(""))


def hundredths(text: str) -> int:
    """`25`, `25.5` or `25,50` as 2500, 2550, 2550. Raises `BadInput`."""
    whole, _, part = text.strip().replace(",", ".").partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(part) <= 2 and (not part or part.isdecimal())):
        raise BadInput("an amount such as 25 or 25.50", place="fee")
    amount = int(whole) * 100 + int(part.ljust(2, "0") or "0")
    if not amount:
        raise BadInput("a fee is more than nothing", place="fee")
    return amount


def _propose(desk: Any, session: Session | None, case: str, item: str, written: Written, draft: str) -> None:
    """Propose it; then what was done about risky words, and the parked draft is done."""
    desk.decision.propose(session, case, item, written.proposal)
    for kind, times_found in written.settled.kinds:
        desk.act.flagged(session, kind, "explanation", times_found, written.settled.choice)
    desk.draft.forget(session, draft)
