"""The console with nothing but the review of one draft, for whoever has its files: `rightsdesk catalog review`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from console.app import DeskApp
from services.errors import Refused

if TYPE_CHECKING:
    from services.discovery.review import Draft


class _OneDraft:
    """The door to a draft that is open already, without a desk behind it."""

    def __init__(self, draft: "Draft") -> None:
        self._draft, self.reviewing = draft, self

    def open(self, _session: object, _folder: str) -> "Draft":
        """The draft."""
        return self._draft


class ReviewApp(DeskApp):
    """Nobody signs in: the files are open to whoever started it. It ends when the review is left."""

    CSS_PATH = "../screens/draft.tcss"
    CSS = "StatusBar { display: none; }"  # it tells of a desk

    def __init__(self, draft: "Draft", logs: Path, **options: Any) -> None:
        super().__init__(_no_desk, logs, **options)
        self.desk, self._folder = _OneDraft(draft), str(draft.folder)
        self.holding = False

    def get_default_screen(self) -> Screen[Any]:
        return Screen()

    def on_mount(self) -> None:
        from console import routes

        self.push_screen(routes.screen("draft")(self._folder), lambda _: self._left())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return True if action == "commands" else super().check_action(action, parameters)

    def _left(self) -> None:
        """Go when what was decided is kept."""
        if self.jobs.writing:
            self.set_timer(0.05, self._left)
        else:
            self.exit()


def run(draft: "Draft") -> None:
    """Review `draft` on this terminal until the screen is left. Raises `BadInput` for wrong settings."""
    import gc
    import os

    from console.settings import load

    settings = load()
    if settings.screen.theme == "no-colour":
        os.environ["NO_COLOR"] = "1"
    gc.collect()
    gc.freeze()  # what a start and a large draft have loaded stays: no key waits while the collector looks at it again
    gc.enable()
    app = ReviewApp(draft, settings.home / "logs", theme=settings.screen.theme, chosen_keys=settings.keys.chosen)
    app.run(mouse=settings.screen.mouse)


def _no_desk() -> Any:
    raise Refused("there is no desk here")
