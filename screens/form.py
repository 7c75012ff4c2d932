"""The base of screens with a form: parked as it is typed, judged beside each field, blanked by a lock."""

import re
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Static

from screens.kit.messages import JobFailed
from screens.kit.screen import KitScreen
from screens.kit.text import shown
from screens.kit.widgets.choices import Choices
from screens.kit.widgets.inputs import CleanInput
from screens.watched_text import WatchedText
from services.errors import BadInput

PARK_S: Final = 0.15


class FormScreen(KitScreen):
    """A field `x` has a line `#x-error` for what is wrong with it. A subclass says under which name it is parked, what
    is in it, whether it is ready, and how it is emptied."""

    NOT_YET: ClassVar[str] = "not done yet"

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None

    @property
    def draft_name(self) -> str:
        """Under which name what is typed is parked."""
        return ""

    @property
    def ready(self) -> bool:
        """Whether what there is to choose has come, and what was parked stands there again."""
        return False

    def fields(self) -> dict[str, str]:
        """What was typed; nothing when only what stands there anyway is left."""
        return {}

    def empty(self) -> None:
        """Take out all that was typed."""

    # --- drawing -----------------------------------------------------------------------------------------------------

    def line(self, label: str, field: CleanInput, *beside: Static) -> ComposeResult:
        """A field with its label before it, and a line below it for what is wrong with it."""
        with Horizontal(classes="field", id=f"{field.id}-line"):
            yield Static(shown(label), classes="label")
            yield field
            yield from beside
        yield Static("", id=f"{field.id}-error", classes="error")

    def choices(self, name: str) -> Choices[str]:
        return self.query_one(f"#{name}", Choices)

    def chosen(self, name: str) -> str:
        """The first that is picked; empty for none."""
        return next(iter(self.choices(name).values), "")

    def typed(self, name: str) -> str:
        return self.query_one(f"#{name}", CleanInput).value

    # --- parking -----------------------------------------------------------------------------------------------------

    def park_soon(self) -> None:
        """Something was typed: it is parked once the keys rest."""
        self.stop_parking()
        self._timer = self.set_timer(PARK_S, self._park)

    def stop_parking(self) -> None:
        """What is parked after it was handed in would stand here again."""
        if self._timer is not None:
            self._timer.stop()

    def _park(self) -> None:
        if self.ready and self.host.session is not None:
            self.run(self.desk.draft.keep, self.host.session, self.draft_name, self.fields(), serial="park", write=True)

    def forget(self) -> None:
        if self._timer is not None:
            self._park()
        self.stop_parking()
        self.empty()

    # --- what is wrong -----------------------------------------------------------------------------------------------

    @on(JobFailed)
    def _refused(self, message: JobFailed) -> None:
        if isinstance(message.error, BadInput) and self._has(self.place_of(message.error)):
            message.stop()
            message.prevent_default()
            self.wrong(message.error)

    def place_of(self, error: BadInput) -> str:
        """The field that the error is about."""
        return error.place

    def _has(self, place: str) -> bool:
        return re.fullmatch(r"[a-z-]+", place) is not None and bool(self.query(f"#{place}-error"))

    def wrong(self, error: BadInput) -> None:
        """Say what is wrong beside its field, which gets the keys."""
        place = self.place_of(error)
        self.say_beside(place, error.reason)
        field = self.query_one(f"#{place}")
        (field.box if isinstance(field, WatchedText) else field).focus()
        self.call_after_refresh(self.query_one(f"#{place}-error").scroll_visible, animate=False)
        self.flash(f"{self.NOT_YET}: see beside the field", "no")

    def say_beside(self, name: str, words: str) -> None:
        """Words below the field; none takes them away."""
        line = self.query_one(f"#{name}-error", Static)
        line.update(shown(f"▲ {words}"))
        line.display = bool(words)
