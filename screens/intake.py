"""Intake: log a request while the caller talks. One screen; Enter logs at once, before any check (INT-1 … INT-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
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
from screens.watched_text import Settled, WatchedText
from screens.words import CHANNELS, REQUESTERS, RIGHTS, day
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


class IntakeScreen(FormScreen):
    """What is asked, by whom, for whom, over what. What was typed is parked until it is logged."""

    CSS_PATH = "intake.tcss"
    BINDINGS = keys.bindings("intake")
    AUTO_FOCUS = "#rights"
    NOT_YET = "not logged yet"

    def __init__(self) -> None:
        super().__init__()
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
            yield from self.line("Received", received, Static("", id="read-back"))
            yield Choices(
                "Asks for", [Option(key, words, one) for one, (key, words) in RIGHTS.items()],
                several=True, columns=3, id="rights",
            )  # fmt: skip
            yield Static("", id="rights-error", classes="error")
            who = CleanInput(id="identifier", placeholder="e-mail, phone or customer number", max_length=200)
            yield from self.line("Person", who)
            with Horizontal(classes="field words"):
                yield Static(shown("Words"), classes="label")
                yield WatchedText(longest=WORDS, placeholder="in a few words, as the caller says it", id="words")
            yield Static("", id="words-error", classes="error")
            yield Static("", id="due")

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
        self.choices("controller").offer(options)
        self._restore(message.draft)
        self._restored = True
        self._controller_chosen()

    def _restore(self, draft: dict[str, str]) -> None:
        for name in ("controller", "channel", "requester", "rights"):
            if draft.get(name):
                self.choices(name).pick(draft[name].split(","))
        for name in ("identifier", "received"):
            self.query_one(f"#{name}", CleanInput).value = draft.get(name, "")
        self.query_one(WatchedText).box.put(draft.get("words", ""))
        self.read_back = bool(draft.get("read-back"))
        if draft:
            self.flash("what you typed before stands here again")

    def _controller_chosen(self) -> None:
        chosen = self.choices("controller").values
        if chosen:
            self.query_one(WatchedText).controller = chosen[0]
            self._date()
            self.run(self.desk.intake.lines, self.host.session, chosen[0], reply=LinesRead, serial="lines")

    @on(LinesRead)
    def _lines_read(self, message: LinesRead) -> None:
        """The only line is the one that was called; of several it is not known before somebody says it."""
        lines = [Option(str(n), name, key) for n, (key, name) in enumerate(message.lines, 1)]
        self.choices("line").offer(lines if len(lines) == 1 else [Option("0", "not said", ""), *lines])
        self._draw_heard()

    def _draw_heard(self) -> None:
        """Of a request by mouth it is kept which line was called, and whether it was read back (INT-5)."""
        channel = self.choices("channel").values
        oral = bool(channel) and channel[0] in ORAL
        line, heard = self.choices("line"), self.query_one("#read-back", Static)
        line.display = oral and channel[0] == Channel.PHONE and len(line.options) > 1
        words = "Read back to them: $done" if self.read_back else "Not read back to them yet (F2)"
        heard.update(say(words, done="yes"))
        heard.display = oral

    def action_read_back(self) -> None:
        self.read_back = not self.read_back
        self._draw_heard()
        self.park_soon()

    def _date(self) -> None:
        chosen, received = self.choices("controller").values, self._received()
        self.say_beside("received", "" if received is not False else "a day such as 2026-03-05, or 2026-03-05 14:30")
        if chosen and received is not False:
            self.run(
                self.desk.intake.preview, self.host.session, chosen[0], received or None, reply=Dated, serial="dates"
            )

    def _received(self) -> datetime | bool | None:
        """When the request came, as typed; None for now, False when it reads like no time."""
        text = self.typed("received").strip()
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
        self.say_beside("rights", "")
        self.park_soon()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input.id == "received":
            self._date()
        else:
            self.say_beside("identifier", "")
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
        return self._restored

    def fields(self) -> dict[str, str]:
        typed = {name: self.typed(name) for name in ("identifier", "received")}
        typed |= {"words": self.query_one(WatchedText).text, "rights": ",".join(self.choices("rights").values)}
        if not any(typed.values()):
            return {}
        kept = typed | {n: ",".join(self.choices(n).values) for n in ("controller", "channel", "requester")}
        return kept | ({"read-back": "y"} if self.read_back else {})

    # --- logging -----------------------------------------------------------------------------------------------------

    @on(Choices.Submitted)
    @on(Input.Submitted)
    @on(TextBox.Submitted)
    def _submitted(self) -> None:
        if self._restored:
            self.stop_parking()
            self.query_one(WatchedText).settle(self._log)

    def _log(self, settled: Settled) -> None:
        received = self._received()
        if received is False:
            self.query_one("#received").focus()
            return
        intake = Intake(
            controller=next(iter(self.choices("controller").values), ""),
            channel=Channel(self.choices("channel").values[0]),
            requester=Requester(self.choices("requester").values[0]),
            rights=tuple(Right(one) for one in self.choices("rights").values),
            identifier=self.typed("identifier"),
            words=settled.text,
            received_at=received if isinstance(received, datetime) else None,
            line=next(iter(self.choices("line").values), ""),
            read_back=self.read_back,
        )
        call = partial(_open, self.desk, self.host.session, intake, settled)
        self.run(call, reply=Logged, serial="log", write=True, stage="logging the request")

    @on(Logged)
    def _logged(self, message: Logged) -> None:
        self.stop_parking()
        self.empty()
        self.dismiss(None)
        self.host.show("case", message.opened.case, message.opened.say)

    # --- lock --------------------------------------------------------------------------------------------------------

    def empty(self) -> None:
        self._restored = self.read_back = False
        self.choices("rights").pick(())
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
