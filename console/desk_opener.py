"""The one place where the console opens the desk. Called in a job, after the first frame: it imports the data layer."""

from typing import Any

from console.settings import Settings


def open_desk(settings: Settings) -> Any:
    """The desk of this home; raises `DeskError`."""
    from services.desk.open import open_desk as opened

    return opened(settings.home, settings.terminal)
