"""Writing to the persons of a breach (Art 34): in plain words, looked at as it leaves, sent with the PIN."""

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
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.choices import Choices, Option
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.inputs import CleanInput
from screens.kit.widgets.text_box import TextBox
from screens.letter_box import LetterBox
from screens.watched_text import Settled, WatchedText
from screens.words import BREACH_REASONS
from services.errors import BadInput
from services.types import LetterText, NoticeForm, NoticeWords, Session

LONGEST: Final = 2_000
PARTS: Final = (
    ("happened", "What happened", "in plain words: no name, no law, nothing of other persons"),
    ("consequences", "May mean", "what it can mean for the person"),
    ("measures", "Measures", "what was done and will be done about it"),
    ("advice", "Advice", "what the person can do now"),
)
REASONS: Final = (
    Option("1", BREACH_REASONS["high-risk"], "high-risk"),
    Option("2", BREACH_REASONS["by-choice"], "by-choice"),
)


@dataclass
class FormRead(Message):
    form: NoticeForm
    draft: dict[str, str]


@dataclass
class Previewed(Message):
    letter: LetterText
    words: NoticeWords


@dataclass
class Sent(Message):
    persons: int


class NoticeScreen(FormScreen):
    """Enter shows the letter as it would leave; there `y` sends it, with the PIN. Esc leaves and sends nothing."""

    CSS_PATH = "notice.tcss"
    BINDINGS = keys.bindings("notice")
    AUTO_FOCUS = "#happened TextBox"
    NOT_YET = "not sent"

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = number
        self.form: NoticeForm | None = None
        self.kinds: list[tuple[str, int, str]] = []

    def body(self) -> ComposeResult:
        yield Crumbs()
        with VerticalScroll(id="form", can_focus=False):
            yield from self.line("Persons", CleanInput(id="cases", placeholder="C-26-000017, …", max_length=700))
            yield Choices[str]("In", id="language")
            yield Choices("Because", REASONS, columns=1, id="reason")
            for name, label, hint in PARTS:
                with Horizontal(classes="field words"):
                    yield Static(shown(label), classes="label")
                    yield WatchedText(longest=LONGEST, placeholder=hint, id=name)
                yield Static("", id=f"{name}-error", classes="error")
            yield Choices[str]("Data", several=True, columns=2, id="categories")
            yield Static("", id="categories-error", classes="error")

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Register of breaches", self.number, "Letter to the persons (Art 34)")
        self.query_one(FlashLine).base = say("Enter shows the letter as it would leave; nothing is sent yet")
        self.recall()

    # --- what there is to choose, and what was typed before ----------------------------------------------------------

    def recall(self) -> None:
        session, desk, number = self.host.session, self.desk, self.number

        def read() -> tuple[NoticeForm, dict[str, str]]:
            return desk.notice.form(session, number), desk.draft.take(session, self.draft_name)

        self.run(read, reply=lambda found: FormRead(*found), serial="start", stage="one moment")

    @property
    def draft_name(self) -> str:
        return f"notice:{self.number}"

    @property
    def ready(self) -> bool:
        return self.form is not None

    @on(FormRead)
    def _form_read(self, message: FormRead) -> None:
        form, draft = message.form, message.draft
        self.choices("language").offer([Option(str(n), code, code) for n, code in enumerate(form.languages, 1)])
        self.choices("categories").offer([Option(key, words, code) for key, code, words in form.categories])
        self.choices("categories").pick(draft["categories"].split(",") if draft else list(form.named))
        for name in ("language", "reason"):
            if draft.get(name):
                self.choices(name).pick([draft[name]])
        self.query_one("#cases", CleanInput).value = draft["cases"] if draft else ", ".join(form.cases)
        for name, _, _ in PARTS:
            self._text(name).controller = form.controller
            self._text(name).box.put(draft.get(name, ""))
        self.form = form
        if draft:
            self.flash("what you typed before stands here again")

    def _text(self, name: str) -> WatchedText:
        return self.query_one(f"#{name}", WatchedText)

    # --- typing ------------------------------------------------------------------------------------------------------

    @on(Choices.Changed)
    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self) -> None:
        for name in ("cases", "categories", *(name for name, _, _ in PARTS)):
            self.say_beside(name, "")
        self.park_soon()

    def fields(self) -> dict[str, str]:
        """What was typed; nothing when only what stands there anyway is left."""
        typed = {name: self._text(name).text for name, _, _ in PARTS}
        if not any(typed.values()):
            return {}
        one = {name: ",".join(self.choices(name).values) for name in ("language", "reason", "categories")}
        return typed | one | {"cases": self.typed("cases")}

    # --- the letter --------------------------------------------------------------------------------------------------

    @on(Choices.Submitted)
    @on(Input.Submitted)
    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        if self.form is None:
            return
        empty = next((name for name, _, _ in PARTS if not self._text(name).text.strip()), "")
        if empty:
            self.wrong(BadInput("this stands in the letter: a few plain words", place=empty))
        else:
            self.kinds = []
            self._settle([name for name, _, _ in PARTS], {})

    def _settle(self, left: list[str], done: dict[str, str]) -> None:
        """One text after the other, as each may be kept; then the letter."""
        if not left:
            self._preview(done)
            return

        def settled(one: Settled) -> None:
            self.kinds += [(kind, times, one.choice) for kind, times in one.kinds]
            self._settle(left[1:], {**done, left[0]: one.text})

        self._text(left[0]).settle(settled)

    def _preview(self, texts: dict[str, str]) -> None:
        cases = self.typed("cases").upper().replace(",", " ").split()
        words = NoticeWords(
            reason=next(iter(self.choices("reason").values), ""),
            language=next(iter(self.choices("language").values), ""),
            cases=tuple(dict.fromkeys(cases)),
            categories=self.choices("categories").values,
            **texts,
        )
        self.run(
            self.desk.notice.preview, self.host.session, self.number, words,
            reply=lambda letter: Previewed(letter, words), serial="preview", write=True, stage="writing the letter",
        )  # fmt: skip

    @on(Previewed)
    def _previewed(self, message: Previewed) -> None:
        words = message.words

        def decided(key: str | None) -> None:
            if key is not None:
                self.host.with_pin(partial(self._send, words))

        self.app.push_screen(LetterBox(message.letter, *_about(len(words.cases))), decided)

    def _send(self, words: NoticeWords) -> None:
        call = partial(_send, self.desk, self.host.session, self.number, words, tuple(self.kinds), self.draft_name)
        self.run(call, reply=Sent, serial="send", write=True, stage="handing it over")

    @on(Sent)
    def _sent(self, message: Sent) -> None:
        self.stop_parking()
        self.empty()
        self.dismiss(None)
        words = f"asked for: the letter to {count(message.persons)} of them; here it stands whether it left"
        self.app.call_later(self.host.flash, words)

    # --- lock --------------------------------------------------------------------------------------------------------

    def empty(self) -> None:
        self.form = None
        self.query_one("#cases", CleanInput).value = ""
        for name, _, _ in PARTS:
            self._text(name).box.put("")


def _about(persons: int) -> tuple[str, dict[str, str]]:
    """What stands above the letter, and what can be decided."""
    who = "one person" if persons == 1 else f"{count(persons)} persons"
    own = "" if persons == 1 else ", to each with their own number"
    return f"as it would leave to {who}{own}", {"y": f"send it to {who}"}


def _send(
    desk: Any,
    session: Session | None,
    number: str,
    words: NoticeWords,
    kinds: tuple[tuple[str, int, str], ...],
    name: str,
) -> int:
    """Send it; then what was done about risky words, and the parked draft is done."""
    persons: int = desk.notice.send(session, number, words)
    for kind, times, choice in kinds:
        desk.act.flagged(session, kind, "breach", times, choice)
    desk.draft.forget(session, name)
    return persons
