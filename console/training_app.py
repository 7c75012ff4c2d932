"""The console on a training home: the desk as it is, with a caller beside every screen and a scorecard at the end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.message import Message
from textual.widget import Widget

from console.app import DeskApp
from screens.caller_panel import CallerPanel, TrainingBanner
from screens.kit.messages import JobFailed
from services.home import Home
from services.training.call import CallView, Training
from services.training.scenario import Scenario
from services.types import Scorecard

if TYPE_CHECKING:
    from services.types import Session


@dataclass
class CallHeard(Message):
    call: CallView | None


@dataclass
class Scored(Message):
    card: Scorecard


class TrainingApp(DeskApp):
    """With `name` that call rings when somebody has signed in; else the list is shown."""

    HEAR_S: ClassVar[float] = 0.4

    def __init__(
        self, opener: Callable[[], Any], home: Home, known: Mapping[str, Scenario], name: str = "", **options: Any
    ) -> None:
        super().__init__(self._open_training, home.logs, **options)
        self._open_desk, self._home, self._known, self._name = opener, home, known, name
        self.training: Training | None = None
        self.call: CallView | None = None
        self.card: Scorecard | None = None
        self._hearing = False

    def _open_training(self) -> Any:
        desk = self._open_desk()
        self.training = Training(desk, self._home, self._known)
        return desk

    def beside(self) -> Iterable[Widget]:
        yield CallerPanel()

    def signed_in(self, session: "Session") -> None:
        super().signed_in(session)
        name, self._name = self._name, ""
        if name:
            self.begin(name)
        elif self.call is None:
            self.show("training")

    # --- the call --------------------------------------------------------------------------------------------------

    def begin(self, name: str) -> None:
        """Let the phone ring."""
        if self.training is not None and self.session is not None:
            self.jobs.run(
                self, self.training.begin, self.session, name, reply=CallHeard, serial="call", write=True,
                stage="the phone rings",
            )  # fmt: skip

    def on_mount(self) -> None:
        self.set_interval(self.HEAR_S, self._hear)

    def _hear(self) -> None:
        """Listen to the caller; and a screen that has no top bar gets the banner."""
        if not self.screen_stack:
            return
        if not self.screen.is_modal and not self.screen.query("TopBar, TrainingBanner"):
            self.screen.mount(TrainingBanner())
        if self.training is not None and self.call is not None and self.session is not None and not self._hearing:
            self._hearing = True
            self.jobs.run(self, self.training.look, self.session, reply=CallHeard, serial="call")

    @on(CallHeard)
    def _heard(self, message: CallHeard) -> None:
        self._hearing = False
        was, self.call = self.call, message.call
        for panel in [panel for front in self.screen_stack[-1:] for panel in front.query(CallerPanel)]:
            panel.look()
        if was is not None and self.call is not None and self.call.over:
            self.action_end_call()

    @on(JobFailed)
    def _not_heard(self, message: JobFailed) -> None:
        if message.what == "call":
            self._hearing = False

    def action_training(self) -> None:
        self.show("training")

    def action_end_call(self) -> None:
        if self.training is None or self.call is None or self.session is None:
            self.flash("no call is on", "no")
            return
        self.call = None
        self.jobs.run(
            self, self.training.end, self.session, reply=Scored, serial="score", write=True, stage="reading the log"
        )

    @on(Scored)
    def _scored(self, message: Scored) -> None:
        self.card = message.card
        for screen in self.screen_stack:
            for panel in screen.query(CallerPanel):
                panel.look()
        self.show("scorecard", message.card)
