"""Sign-in: agent number and PIN. Paints first, takes keys at once, and waits for the desk if it must."""

from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from screens.kit import keys
from screens.kit.deskside import Deskside, sentences
from screens.kit.messages import JobFailed
from screens.kit.text import shown
from screens.kit.widgets.bars import FlashLine, StatusBar
from screens.kit.widgets.inputs import CleanInput, CodeInput
from services.errors import Refused

if TYPE_CHECKING:
    from services.types import Session


ASKING = "asking central about the PIN; Esc stops"


@dataclass
class SignedIn(Message):
    """With `taken_back` set nobody waits for the session any more."""

    taken_back: Event
    session: "Session"


class SignInScreen(Deskside):
    """The base of the screen stack: everything else lies above it. The app loads signin.tcss itself."""

    BINDINGS = keys.bindings("signin")
    AUTO_FOCUS = "#agent"

    _waiting = False  # Enter was pressed before the desk was open
    _taken_back = Event()  # of the try that is waited for

    def compose(self) -> ComposeResult:
        with Vertical(id="form"):
            yield Static(shown("Rightsdesk", "bold") + shown("\n\nAgent number", lines=True))
            yield CleanInput(id="agent", max_length=12, quiet_enter=False)
            yield Static(shown("PIN"))
            yield CodeInput(password=True, id="pin", storm_ok=True)
            yield FlashLine()
            help_words = "Enter sign in   Tab next field   Ctrl+Q leave"
            yield Static(shown(f"{help_words}\n\n{self.host.notice}".rstrip(), "$quiet", lines=True))

    def on_mount(self) -> None:
        self.query_one("#agent").focus()
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self.mount(StatusBar())
        self.host.ready()

    def desk_is_open(self) -> None:
        """The desk can be asked now."""
        self.query_one(FlashLine).clear()
        if self._waiting:
            self._try()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "agent":
            self.query_one("#pin").focus()
        else:
            self._try()

    @on(CodeInput.Pasted)
    def _pasted(self) -> None:
        self.flash("type the PIN: a paste does not count", "no")

    def _try(self) -> None:
        agent, pin = self.query_one("#agent", CleanInput).value.strip(), self.query_one("#pin", CodeInput).value
        if not agent or not pin:
            self.flash("agent number and PIN, please", "no")
            return
        self._waiting = self.desk is None
        if self._waiting:
            self.flash("the desk is opening")
            self.host.open_desk()
            return
        self.query_one("#pin", CodeInput).value = ""
        self.call_after_refresh(self.host.prepare)
        self._taken_back.set()
        self._taken_back = taken_back = Event()
        self.run(
            self.desk.sign.sign_in, agent, pin, None, taken_back.is_set,
            reply=partial(SignedIn, taken_back), serial="sign-in", write=True, stage=ASKING,
        )  # fmt: skip

    @on(Input.Changed)
    def _typing(self) -> None:
        if self.desk is not None:
            self.desk.connect()  # central is asked for the PIN as soon as it is typed

    def action_stop_waiting(self) -> None:
        self._taken_back.set()

    @on(SignedIn)
    def _signed_in(self, message: SignedIn) -> None:
        if message.taken_back.is_set():
            self.run(self.desk.sign.sign_out, message.session, "left", serial="sign-out", write=True)
            return
        self.forget()
        self.host.signed_in(message.session)

    def forget(self) -> None:
        self.query_one("#agent", CleanInput).value = ""
        self.query_one("#pin", CodeInput).value = ""
        self.query_one("#agent").focus()

    @on(JobFailed)
    def _refused(self, message: JobFailed) -> None:
        message.stop()
        self.flash(sentences(message.error), "no" if isinstance(message.error, Refused) else "bad")
