"""Raising a breach: what happened, never who did it. One screen, from anywhere, also without central (rules.md 5)."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from screens import times
from screens.kit import keys
from screens.kit.messages import JobFailed
from screens.kit.screen import KitScreen
from screens.kit.text import say, shown
from screens.kit.widgets.choices import Choices, Option
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.inputs import CleanInput
from screens.kit.widgets.text_box import TextBox
from screens.watched_text import Settled, WatchedText
from services.errors import BadInput
from services.types import BreachForm, BreachRaise, Raised, Session

PARK_S: Final = 0.15
WORDS: Final = 2_000
NAME: Final = "breach"
FIELDS: Final = ("words", "aware", "persons")
ONGOING: Final = (Option("u", "not known", "unknown"), Option("y", "yes", "yes"), Option("n", "no", "no"))
CONTAINED: Final = (Option("n", "not yet", "no"), Option("p", "partly", "partly"), Option("y", "yes", "yes"))


@dataclass
class FormRead(Message):
    form: BreachForm
    draft: dict[str, str]


@dataclass
class Kept(Message):
    raised: Raised


class BreachScreen(KitScreen):
    """Enter raises it. Opened with the case that is worked on, if there is one; it may be about none."""

    CSS_PATH = "breach.tcss"
    BINDINGS = keys.bindings("breach")
    AUTO_FOCUS = "TextBox"

    def __init__(self, case: str = "") -> None:
        super().__init__()
        self.case = case
        self.form: BreachForm | None = None
        self._timer: Timer | None = None

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
            yield from self._line("Noticed", CleanInput(id="aware", placeholder="now", max_length=25), "zone")
            yield Choices[str]("Data", several=True, columns=2, id="categories")
            yield from self._line("Persons", CleanInput(id="persons", placeholder="not known", max_length=9), "about")
            yield Choices("Goes on", ONGOING, id="ongoing")
            yield Choices("Contained", CONTAINED, id="contained")
            yield Static("", id="lock")

    def _line(self, label: str, field: CleanInput, hint: str) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Static(shown(label), classes="label")
            yield field
            yield Static("about how many; nothing while nobody knows" if hint == "about" else "", id=f"{hint}-hint")
        yield Static("", id=f"{field.id}-error", classes="error")

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
        self._one("controller").offer(controllers)
        self._one("categories").offer([Option(key, words, code) for key, code, words in form.categories])
        for name in ("controller", "categories", "ongoing", "contained"):
            if draft.get(name):
                self._one(name).pick(draft[name].split(","))
        for name in ("aware", "persons"):
            self.query_one(f"#{name}", CleanInput).value = draft.get(name, "")
        self.query_one(WatchedText).box.put(draft.get("words", ""))
        self.form = form
        self._drawn()
        if draft:
            self.flash("what you typed before stands here again")

    def _one(self, name: str) -> Choices[str]:
        return self.query_one(f"#{name}", Choices)

    def _value(self, name: str) -> str:
        return next(iter(self._one(name).values), "")

    @property
    def _zone(self) -> str:
        chosen = self._value("controller")
        return next((zone for key, _, zone in self.form.controllers if key == chosen), "UTC") if self.form else "UTC"

    def _drawn(self) -> None:
        """What follows from the choices: the zone of the time, who watches the words, what is locked."""
        self.query_one(WatchedText).controller = self._value("controller")
        self.query_one("#zone-hint", Static).update(shown(f"{self._zone}: 16:20, 2026-11-20 16:20"))
        case = self._value("about")
        self._one("controller").display = not self.case
        words = "$case is locked until a lead or the officer releases it." if case else "No case is locked."
        told = "They are told at once, and the controller by mail. Nobody is blamed; nothing is deleted."
        self.query_one("#lock", Static).update(say(f"{words} {told}", case=case))

    # --- typing ------------------------------------------------------------------------------------------------------

    @on(Choices.Changed)
    def _picked(self) -> None:
        self._drawn()
        self._park_soon()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._say_beside(event.input.id or "", "")
        self._park_soon()

    @on(TextArea.Changed)
    def _worded(self) -> None:
        self._say_beside("words", "")
        self._park_soon()

    def _park_soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PARK_S, self._park)

    def _park(self) -> None:
        if self.form is not None and self.host.session is not None:
            self.run(self.desk.draft.keep, self.host.session, NAME, self._fields(), serial="park", write=True)

    def _fields(self) -> dict[str, str]:
        """What was typed; nothing when only the choices that stand there anyway are left."""
        typed = {name: self.query_one(f"#{name}", CleanInput).value for name in ("aware", "persons")}
        typed |= {"words": self.query_one(WatchedText).text, "categories": ",".join(self._one("categories").values)}
        if not any(typed.values()):
            return {}
        return typed | {name: self._value(name) for name in ("controller", "ongoing", "contained")}

    # --- raising -----------------------------------------------------------------------------------------------------

    @on(Choices.Submitted)
    @on(Input.Submitted)
    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        if self.form is None:
            return
        if self._timer is not None:
            self._timer.stop()  # what is parked after it was raised would stand here again
        if not self.query_one(WatchedText).text.strip():
            self._wrong(BadInput("a few words are needed: what happened", place="words"))
        else:
            self.query_one(WatchedText).settle(self._raise)

    def _raise(self, settled: Settled) -> None:
        try:
            breach = self._breach(settled.text, self.host.clock())
        except BadInput as error:
            self._wrong(error)
            return
        call = partial(_raise, self.desk, self.host.session, breach, settled)
        self.run(call, reply=Kept, serial="raise", write=True, stage="raising it")

    def _breach(self, words: str, now: datetime) -> BreachRaise:
        """What stands in the form; raises `BadInput` with its field."""
        persons = self.query_one("#persons", CleanInput).value.strip()
        if persons and not (persons.isascii() and persons.isdecimal()):
            raise BadInput("a number, or nothing while nobody knows", place="persons")
        return BreachRaise(
            controller=self._value("controller"),
            case=self._value("about"),
            words=words,
            aware_at=times.typed(self.query_one("#aware", CleanInput).value, self._zone, now, "aware"),
            categories=self._one("categories").values,
            persons=int(persons) if persons else None,
            ongoing=self._value("ongoing"),
            contained=self._value("contained"),
        )

    @on(Kept)
    def _kept(self, message: Kept) -> None:
        self._blank()
        self.dismiss(None)
        words = f"{message.raised.number} is raised. {message.raised.say}"
        self.app.call_later(self.host.flash, words)

    @on(JobFailed)
    def _not_kept(self, message: JobFailed) -> None:
        if isinstance(message.error, BadInput) and message.error.place in FIELDS:
            message.stop()
            message.prevent_default()
            self._wrong(message.error)

    def _wrong(self, error: BadInput) -> None:
        self._say_beside(error.place, error.reason)
        field = self.query_one(f"#{error.place}")
        (field.box if isinstance(field, WatchedText) else field).focus()
        self.flash("not raised yet: see beside the field", "no")

    def _say_beside(self, name: str, words: str) -> None:
        line = self.query_one(f"#{name}-error", Static)
        line.update(shown(f"▲ {words}"))
        line.display = bool(words)

    # --- lock --------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        if self._timer is not None:
            self._park()
        self._blank()

    def _blank(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self.form = None
        self._one("categories").pick(())
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
