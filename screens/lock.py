"""The lock: nothing but two fields. The same agent unlocks with the PIN, another one signs in over it."""

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
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CleanInput, CodeInput
from screens.signin import ASKING, SignedIn

if TYPE_CHECKING:
    from services.types import Session


@dataclass
class Unlocked(Message):
    session: "Session"


@dataclass
class Switched(SignedIn):
    """Another agent signed in over the lock."""


class LockScreen(Deskside):
    """Opaque: it covers every cell. With `switch` it asks for another agent first."""

    CSS_PATH = "lock.tcss"
    BINDINGS = keys.bindings("lock")

    _taken_back = Event()  # of the sign-in that is waited for

    def __init__(self, *, switch: bool) -> None:
        super().__init__()
        self.switch = switch

    def compose(self) -> ComposeResult:
        words = "Another agent may sign in; work of the one before is parked." if self.switch else "The desk is locked."
        with Vertical(id="form"):
            yield Static(shown(words, "bold"), id="name")
            yield Static(shown("Agent number"))
            yield CleanInput(id="agent", max_length=12, quiet_enter=False)
            yield Static(shown("PIN"))
            yield CodeInput(password=True, id="pin", storm_ok=True)
            yield FlashLine()
            yield Static(shown("Enter go on   Tab next field   Ctrl+Q leave", "$quiet"))

    def on_mount(self) -> None:
        session = self.host.session
        if session is not None and not self.switch:
            self.query_one("#agent", CleanInput).value = session.agent
        self.query_one("#agent" if self.switch else "#pin").focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "agent":
            self.query_one("#pin").focus()
        else:
            self._try()

    def _try(self) -> None:
        agent, field = self.query_one("#agent", CleanInput).value.strip(), self.query_one("#pin", CodeInput)
        pin, field.value = field.value, ""
        session = self.host.session
        if not agent or not pin or session is None:
            self.flash("agent number and PIN, please", "no")
        elif agent == session.agent:
            self.run(
                self.desk.sign.unlock, session, pin, reply=Unlocked, serial="pin", write=True, stage="checking the PIN"
            )
        else:
            self._taken_back.set()
            self._taken_back = taken_back = Event()
            self.run(
                self.desk.sign.sign_in, agent, pin, None, taken_back.is_set,
                reply=partial(Switched, taken_back), serial="pin", write=True, stage=ASKING,
            )  # fmt: skip

    def action_stop_waiting(self) -> None:
        self._taken_back.set()

    @on(CodeInput.Pasted)
    def _pasted(self) -> None:
        self.flash("type the PIN: a paste does not count", "no")

    @on(Unlocked)
    def _unlocked(self, message: Unlocked) -> None:
        self.host.unlocked(message.session)

    @on(Switched)
    def _switched(self, message: Switched) -> None:
        if message.taken_back.is_set():
            self.run(self.desk.sign.sign_out, message.session, "left", serial="sign-out", write=True)
        else:
            self.host.signed_in(message.session)

    @on(JobFailed)
    def _refused(self, message: JobFailed) -> None:
        message.stop()
        self.flash(sentences(message.error), "no")
