"""What screens and dialogs share. It stands on the way to the first frame, so it is small and alone."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, TypeVarTuple, cast

from textual import events, on
from textual.message import Message
from textual.screen import Screen

from screens.kit.host import Host
from screens.kit.keys import ACTIONS
from screens.kit.messages import JobFailed, Kept, Stage
from screens.kit.widgets.bars import FlashLine
from services.errors import Conflict, DeskError, Refused

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Deskside(Screen[Any]):
    """What screens and dialogs share: the desk, jobs, the flash line, keys that answer with their reason."""

    IDLE_S: ClassVar[int] = 0  # seconds without a key until the desk locks while this is open; 0: as everywhere

    @property
    def host(self) -> Host:
        return cast(Host, self.app)

    @property
    def desk(self) -> Any:
        return self.host.desk

    def run(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        reply: Callable[[T], Message] | None = None,
        serial: str = "",
        write: bool = False,
        stage: str = "",
    ) -> None:
        """A desk call in a thread; see screens/kit/jobs.py."""
        self.host.jobs.run(self, call, *args, reply=reply, serial=serial, write=write, stage=stage)

    def flash(self, words: str, kind: str = "info") -> None:
        """One line for routine results; kinds: info, good, no, bad."""
        lines = self.query(FlashLine)
        if lines:
            lines.last().say(words, kind)

    def about(self) -> str:
        """The case that is worked on here, or stands under the cursor; empty for none. Lists override this."""
        case = getattr(self, "case", "")
        return case if isinstance(case, str) else ""

    def why_not(self, action: str) -> str:
        """A sentence when the action may not run now; empty when it may. Screens override this."""
        return ""

    def forget(self) -> None:
        """The desk locks: drop every value that was loaded and blank the view. Screens override this."""

    def recall(self) -> None:
        """The desk is unlocked, or this screen is in front again: load afresh. Screens override this."""

    def unsaved(self) -> bool:
        """Whether leaving now would lose something typed."""
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        known = ACTIONS.get(action)
        if known is None:
            return True
        session = self.host.session
        if not hasattr(self, f"action_{action}") or (session is not None and session.role not in known.roles):
            return False
        return None if self.why_not(action) else True

    def on_key(self, event: events.Key) -> None:
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled:
            event.stop()
            self.flash(self.why_not(active.binding.id or "") or "not now", "no")

    @on(Kept)
    def _say_kept(self, message: Kept) -> None:
        message.stop()
        self.flash(message.words, "good")

    @on(JobFailed)
    def _failed(self, message: JobFailed) -> None:
        message.stop()
        error = message.error
        self.flash(sentences(error), "no" if isinstance(error, Refused | Conflict) else "bad")

    @on(Stage)
    def _stage(self, message: Stage) -> None:
        for line in self.query(FlashLine):
            line.stage = message.words


def sentences(error: DeskError) -> str:
    """What happened, what was kept, which key comes next."""
    next_key = f"Next: {error.next_key}" if error.next_key else ""
    parts = [part.rstrip(".") for part in (str(error), error.kept, next_key) if part]
    return ". ".join(parts) + ("." if len(parts) > 1 else "")
