"""What a screen may ask of the app that holds it. The app itself is console/app.py, which screens never import."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from textual.widget import Widget

    from screens.kit.jobs import Jobs
    from services.types import Session, Status


class Host(Protocol):
    """The app, seen from a screen."""

    desk: Any  # services.desk, the one door; screens may not import it
    session: "Session | None"
    status: "Status | None"
    jobs: "Jobs"
    keys: Mapping[str, str]  # id of each action → its keys, as the settings have them
    key_gap: float
    QUIET_S: float
    notice: str
    clock: Callable[[], datetime]  # now, in the zone of the desk

    def ready(self) -> None:
        """Sign-in is painted and takes keys."""

    def open_desk(self) -> None:
        """Open the desk in a job, unless one is at it."""

    def prepare(self) -> None:
        """Import, while nothing is waited for, what will be shown next."""

    def show(self, name: str, *args: object) -> None:
        """Open the screen called `name` (console/routes.py) on top."""

    def beside(self) -> "Iterable[Widget]":
        """What the app shows on every full screen besides: the caller, in training."""

    def perform(self, action: str) -> None:
        """Run an action of the registry on the screen in front, as its key would; says why if it may not."""

    def signed_in(self, session: "Session") -> None:
        """A person has opened a session: make it the desk's and show the queue."""

    def flash(self, words: str, kind: str = "info") -> None:
        """One line on whatever screen is in front."""

    def lock(self, reason: str) -> None:
        """Clear every screen and ask for the PIN."""

    def unlocked(self, session: "Session") -> None:
        """The PIN was right: show again what was left."""

    def with_pin(self, then: Callable[[], None]) -> None:
        """Step-up: ask the PIN again, then go on (TRM-6)."""
