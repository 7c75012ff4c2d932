"""Raising a breach: what happened, never who did it. One screen, from anywhere, also without central (rules.md 5)."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static, TextArea

from screens import times
from screens.form import FormScreen
from screens.kit import keys
from screens.kit.text import say, shown
from screens.kit.widgets.choices import Choices, Option
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.inputs import CleanInput
from screens.kit.widgets.text_box import TextBox
from screens.watched_text import Settled, WatchedText
from services.errors import BadInput
from services.types import BreachForm, BreachRaise, Raised, Session

WORDS: Final = 2_000
NAME: Final = "breach"
ONGOING: Final = (Option("u", "not known", "unknown"), Option("y", "yes", "yes"), Option("n", "no", "no"))
CONTAINED: Final = (Option("n", "not yet", "no"), Option("p", "partly", "partly"), Option("y", "yes", "yes"))


@dataclass
class FormRead(Message):
    form: BreachForm
    draft: dict[str, str]


@dataclass
class Kept(Message):
    raised: Raised


class BreachScreen(FormScreen):
    """Enter raises it. Opened with the case that is worked on, if there is one; it may be about none."""

    CSS_PATH = "breach.tcss"
    BINDINGS = keys.bindings("breach")
    AUTO_FOCUS = "TextBox"
    NOT_YET = "not raised yet"

    def __init__(self, case: str = "") -> None:
        super().__init__()
        self.case = case
        self.form: BreachForm | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        with VerticalScroll(id="form", can_focus=False):
            about = [Option("1", self.case, self.case), Option("2", "no case", "")]
            yield Choices("About", about if self.case else about[1:], id="about")
            yield Choices[str]("Controller", id="controller")
            with Horizontal(classes="field words"):
                yield Static(shown("What happened"), classes="label")
                yield WatchedText(longest=WORDS, placeholder="in a few words: what, not who did it", id="words")
            yield Static("", id="words-error", classes="error")
            aware = CleanInput(id="aware", placeholder="now", max_length=25)
            yield from self.line("Noticed", aware, Static("", id="zone-hint"))
            yield Choices[str]("Data", several=True, columns=2, id="categories")
            persons = CleanInput(id="persons", placeholder="not known", max_length=9)
            about_how_many = Static("about how many; nothing while nobody knows", id="about-hint")
            yield from self.line("Persons", persons, about_how_many)
            yield Choices("Goes on", ONGOING, id="ongoing")
            yield Choices("Contained", CONTAINED, id="contained")
            yield Static("", id="lock")

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Breach", "Enter raises it at once; you can add to it later")
        self.recall()

    # --- what there is to choose, and what was typed before ----------------------------------------------------------

    def recall(self) -> None:
        session, desk, case = self.host.session, self.desk, self.case

        def read() -> tuple[BreachForm, dict[str, str]]:
            return desk.breach.form(session, case), desk.draft.take(session, NAME)

        self.run(read, reply=lambda found: FormRead(*found), serial="start", stage="one moment")

    @on(FormRead)
    def _form_read(self, message: FormRead) -> None:
        form, draft = message.form, message.draft
        controllers = [Option(str(n), name, key) for n, (key, name, _) in enumerate(form.controllers, 1)]
        self.choices("controller").offer(controllers)
        self.choices("categories").offer([Option(key, words, code) for key, code, words in form.categories])
        for name in ("controller", "categories", "ongoing", "contained"):
            if draft.get(name):
                self.choices(name).pick(draft[name].split(","))
        for name in ("aware", "persons"):
            self.query_one(f"#{name}", CleanInput).value = draft.get(name, "")
        self.query_one(WatchedText).box.put(draft.get("words", ""))
        self.form = form
        self._drawn()
        if draft:
            self.flash("what you typed before stands here again")

    @property
    def _zone(self) -> str:
        chosen = self.chosen("controller")
        return next((zone for key, _, zone in self.form.controllers if key == chosen), "UTC") if self.form else "UTC"

    def _drawn(self) -> None:
        """What follows from the choices: the zone of the time, who watches the words, what is locked."""
        self.query_one(WatchedText).controller = self.chosen("controller")
        self.query_one("#zone-hint", Static).update(shown(f"{self._zone}: 16:20, 2026-11-20 16:20"))
        case = self.chosen("about")
        self.choices("controller").display = not self.case
        words = "$case is locked until a lead or the officer releases it." if case else "No case is locked."
        told = "They are told at once, and the controller by mail. Nobody is blamed; nothing is deleted."
        self.query_one("#lock", Static).update(say(f"{words} {told}", case=case))

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
        self.say_beside("words", "")
        self.park_soon()

    @property
    def draft_name(self) -> str:
        return NAME

    @property
    def ready(self) -> bool:
        return self.form is not None

    def fields(self) -> dict[str, str]:
        typed = {name: self.typed(name) for name in ("aware", "persons")}
        typed |= {"words": self.query_one(WatchedText).text, "categories": ",".join(self.choices("categories").values)}
        if not any(typed.values()):
            return {}
        return typed | {name: self.chosen(name) for name in ("controller", "ongoing", "contained")}

    # --- raising -----------------------------------------------------------------------------------------------------

    @on(Choices.Submitted)
    @on(Input.Submitted)
    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        if self.form is None:
            return
        self.stop_parking()
        if not self.query_one(WatchedText).text.strip():
            self.wrong(BadInput("a few words are needed: what happened", place="words"))
        else:
            self.query_one(WatchedText).settle(self._raise)

    def _raise(self, settled: Settled) -> None:
        try:
            breach = self._breach(settled.text, self.host.clock())
        except BadInput as error:
            self.wrong(error)
            return
        call = partial(_raise, self.desk, self.host.session, breach, settled)
        self.run(call, reply=Kept, serial="raise", write=True, stage="raising it")

    def _breach(self, words: str, now: datetime) -> BreachRaise:
        """What stands in the form; raises `BadInput` with its field."""
        persons = self.typed("persons").strip()
        if persons and not (persons.isascii() and persons.isdecimal()):
            raise BadInput("a number, or nothing while nobody knows", place="persons")
        return BreachRaise(
            controller=self.chosen("controller"),
            case=self.chosen("about"),
            words=words,
            aware_at=times.typed(self.typed("aware"), self._zone, now, "aware"),
            categories=self.choices("categories").values,
            persons=int(persons) if persons else None,
            ongoing=self.chosen("ongoing"),
            contained=self.chosen("contained"),
        )

    @on(Kept)
    def _kept(self, message: Kept) -> None:
        self.stop_parking()
        self.empty()
        self.dismiss(None)
        words = f"{message.raised.number} is raised. {message.raised.say}"
        self.app.call_later(self.host.flash, words)

    # --- lock --------------------------------------------------------------------------------------------------------

    def empty(self) -> None:
        self.form = None
        self.choices("categories").pick(())
        for name in ("aware", "persons"):
            self.query_one(f"#{name}", CleanInput).value = ""
        self.query_one(WatchedText).box.put("")


def _raise(desk: Any, session: Session | None, breach: BreachRaise, settled: Settled) -> Raised:
    """Raise it; then what was done about risky words, and the parked draft is done."""
    raised: Raised = desk.breach.raise_(session, breach)
    for kind, times_found in settled.kinds:
        desk.act.flagged(session, kind, "breach", times_found, settled.choice)
    desk.draft.forget(session, NAME)
    return raised
