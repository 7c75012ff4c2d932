"""Intake: log a request while the caller talks. One screen; Enter logs at once, before any check (INT-1 … INT-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from screens.kit import keys
from screens.kit.messages import JobFailed
from screens.kit.screen import KitScreen
from screens.kit.text import say, shown
from screens.kit.widgets.choices import Choices, Option
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.inputs import CleanInput
from screens.kit.widgets.text_box import TextBox
from screens.watched_text import Settled, WatchedText
from screens.words import CHANNELS, REQUESTERS, RIGHTS, day
from services.errors import BadInput
from services.types import Channel, Intake, Opened, Requester, Right, Session

PARK_S: Final = 0.15  # a draft is parked this long after the last change
WORDS: Final = 2_000
NAME: Final = "intake"
ORAL: Final = (Channel.PHONE, Channel.IN_PERSON)
FIELDS: Final = ("rights", "identifier", "words", "received")


@dataclass
class ControllersRead(Message):
    controllers: tuple[tuple[str, str], ...]
    draft: dict[str, str]


@dataclass
class LinesRead(Message):
    lines: tuple[tuple[str, str], ...]


@dataclass
class Dated(Message):
    """The dates a request would have if it were logged now."""

    opened: Opened


@dataclass
class Logged(Message):
    opened: Opened


class IntakeScreen(KitScreen):
    """What is asked, by whom, for whom, over what. What was typed is parked until it is logged."""

    CSS_PATH = "intake.tcss"
    BINDINGS = keys.bindings("intake")
    AUTO_FOCUS = "#rights"

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._restored = False
        self.read_back = False

    def body(self) -> ComposeResult:
        yield Crumbs()
        with VerticalScroll(id="form", can_focus=False):
            yield Choices[str]("Controller", id="controller")
            yield Choices("Channel", _numbered(CHANNELS), id="channel")
            yield Choices[str]("Line", id="line")
            yield Choices("Who asks", _numbered(REQUESTERS), columns=3, id="requester")
            received = CleanInput(id="received", placeholder="now", max_length=16)
            yield from self._line("Received", received, Static("", id="read-back"))
            yield Choices(
                "Asks for", [Option(key, words, one) for one, (key, words) in RIGHTS.items()],
                several=True, columns=3, id="rights",
            )  # fmt: skip
            yield Static("", id="rights-error", classes="error")
            who = CleanInput(id="identifier", placeholder="e-mail, phone or customer number", max_length=200)
            yield from self._line("Person", who)
            with Horizontal(classes="field words"):
                yield Static(shown("Words"), classes="label")
                yield WatchedText(longest=WORDS, placeholder="in a few words, as the caller says it", id="words")
            yield Static("", id="words-error", classes="error")
            yield Static("", id="due")

    def _line(self, label: str, field: CleanInput, *beside: Static) -> ComposeResult:
        """A field with its label before it, and a line below it for what is wrong with it."""
        with Horizontal(classes="field"):
            yield Static(shown(label), classes="label")
            yield field
            yield from beside
        yield Static("", id=f"{field.id}-error", classes="error")

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", "Log a request", "Enter logs it at once")
        self._draw_heard()
        self.recall()

    # --- what there is to choose, and what was typed before ----------------------------------------------------------

    def recall(self) -> None:
        session, desk = self.host.session, self.desk

        def read() -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
            granted = session.controllers if session else ()
            return tuple(c for c in desk.controllers() if c[0] in granted), desk.draft.take(session, NAME)

        self.run(read, reply=lambda found: ControllersRead(*found), serial="start", stage="reading the controllers")

    @on(ControllersRead)
    def _controllers_read(self, message: ControllersRead) -> None:
        options = [Option(str(n), name, key) for n, (key, name) in enumerate(message.controllers, 1)]
        self._one("controller").offer(options)
        self._restore(message.draft)
        self._restored = True
        self._controller_chosen()

    def _restore(self, draft: dict[str, str]) -> None:
        for name in ("controller", "channel", "requester", "rights"):
            if draft.get(name):
                self._one(name).pick(draft[name].split(","))
        for name in ("identifier", "received"):
            self.query_one(f"#{name}", CleanInput).value = draft.get(name, "")
        self.query_one(WatchedText).box.put(draft.get("words", ""))
        self.read_back = bool(draft.get("read-back"))
        if draft:
            self.flash("what you typed before stands here again")

    def _one(self, name: str) -> Choices[str]:
        return self.query_one(f"#{name}", Choices)

    def _controller_chosen(self) -> None:
        chosen = self._one("controller").values
        if chosen:
            self.query_one(WatchedText).controller = chosen[0]
            self._date()
            self.run(self.desk.intake.lines, self.host.session, chosen[0], reply=LinesRead, serial="lines")

    @on(LinesRead)
    def _lines_read(self, message: LinesRead) -> None:
        """The only line is the one that was called; of several it is not known before somebody says it."""
        lines = [Option(str(n), name, key) for n, (key, name) in enumerate(message.lines, 1)]
        self._one("line").offer(lines if len(lines) == 1 else [Option("0", "not said", ""), *lines])
        self._draw_heard()

    def _draw_heard(self) -> None:
        """Of a request by mouth it is kept which line was called, and whether it was read back (INT-5)."""
        channel = self._one("channel").values
        oral = bool(channel) and channel[0] in ORAL
        line, heard = self._one("line"), self.query_one("#read-back", Static)
        line.display = oral and channel[0] == Channel.PHONE and len(line.options) > 1
        words = "Read back to them: $done" if self.read_back else "Not read back to them yet (F2)"
        heard.update(say(words, done="yes"))
        heard.display = oral

    def action_read_back(self) -> None:
        self.read_back = not self.read_back
        self._draw_heard()
        self._park_soon()

    def _date(self) -> None:
        chosen, received = self._one("controller").values, self._received()
        self._say_beside("received", "" if received is not False else "a day such as 2026-03-05, or 2026-03-05 14:30")
        if chosen and received is not False:
            self.run(
                self.desk.intake.preview, self.host.session, chosen[0], received or None, reply=Dated, serial="dates"
            )

    def _received(self) -> datetime | bool | None:
        """When the request came, as typed; None for now, False when it reads like no time."""
        text = self.query_one("#received", CleanInput).value.strip()
        now = self.host.clock()
        if text in ("", "now", "today"):
            return None
        if text == "yesterday":
            return now - timedelta(days=1)
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return False
        at = at.replace(tzinfo=now.tzinfo)
        return at.replace(hour=12) if len(text) <= len("2026-03-05") else at

    @on(Dated)
    def _dated(self, message: Dated) -> None:
        words = "[bold]Legal end $day.[/]  Say: “$words”"
        self.query_one("#due", Static).update(say(words, day=day(message.opened.due_hard), words=message.opened.say))

    # --- typing ------------------------------------------------------------------------------------------------------

    @on(Choices.Changed)
    def _picked(self, event: Choices.Changed) -> None:
        if event.choices.id == "controller":
            self._controller_chosen()
        self._draw_heard()
        self._say_beside("rights", "")
        self._park_soon()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input.id == "received":
            self._date()
        else:
            self._say_beside("identifier", "")
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
        if self._restored and self.host.session is not None:
            self.run(self.desk.draft.keep, self.host.session, NAME, self._fields(), serial="park", write=True)

    def _fields(self) -> dict[str, str]:
        """What was typed; nothing when only the choices that stand there anyway are left."""
        typed = {name: self.query_one(f"#{name}", CleanInput).value for name in ("identifier", "received")}
        typed |= {"words": self.query_one(WatchedText).text, "rights": ",".join(self._one("rights").values)}
        if not any(typed.values()):
            return {}
        kept = typed | {n: ",".join(self._one(n).values) for n in ("controller", "channel", "requester")}
        return kept | ({"read-back": "y"} if self.read_back else {})

    # --- logging -----------------------------------------------------------------------------------------------------

    @on(Choices.Submitted)
    @on(Input.Submitted)
    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        if self._restored:
            if self._timer is not None:
                self._timer.stop()  # what is parked after the request is logged would stand here again
            self.query_one(WatchedText).settle(self._log)

    def _log(self, settled: Settled) -> None:
        received = self._received()
        if received is False:
            self.query_one("#received").focus()
            return
        intake = Intake(
            controller=next(iter(self._one("controller").values), ""),
            channel=Channel(self._one("channel").values[0]),
            requester=Requester(self._one("requester").values[0]),
            rights=tuple(Right(one) for one in self._one("rights").values),
            identifier=self.query_one("#identifier", CleanInput).value,
            words=settled.text,
            received_at=received if isinstance(received, datetime) else None,
            line=next(iter(self._one("line").values), ""),
            read_back=self.read_back,
        )
        call = partial(_open, self.desk, self.host.session, intake, settled)
        self.run(call, reply=Logged, serial="log", write=True, stage="logging the request")

    @on(Logged)
    def _logged(self, message: Logged) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._blank()
        self.dismiss(None)
        self.host.show("case", message.opened.case, message.opened.say)

    @on(JobFailed)
    def _not_logged(self, message: JobFailed) -> None:
        error = message.error
        if isinstance(error, BadInput) and error.place in FIELDS:
            message.stop()
            message.prevent_default()
            self._say_beside(error.place, error.reason)
            field = self.query_one(f"#{error.place}")
            (field.box if isinstance(field, WatchedText) else field).focus()
            self.flash("not logged yet: see beside the field", "no")

    def _say_beside(self, name: str, words: str) -> None:
        line = self.query_one(f"#{name}-error", Static)
        line.update(shown(f"▲ {words}"))
        line.display = bool(words)

    # --- lock --------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._park()
        self._blank()

    def _blank(self) -> None:
        self._restored = self.read_back = False
        self._one("rights").pick(())
        for name in ("identifier", "received"):
            self.query_one(f"#{name}", CleanInput).value = ""
        self.query_one(WatchedText).box.put("")


def _numbered(words: dict[Channel, str] | dict[Requester, str]) -> list[Option[str]]:
    return [Option(str(n), name, value.value) for n, (value, name) in enumerate(words.items(), 1)]


def _open(desk: Any, session: Session | None, intake: Intake, settled: Settled) -> Opened:
    """Log it; then what was done about risky words, and the parked draft is done."""
    opened: Opened = desk.intake.open(session, intake)
    for kind, times in settled.kinds:
        desk.act.flagged(session, kind, "words", times, settled.choice)
    desk.draft.forget(session, NAME)
    return opened
