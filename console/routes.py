"""Which screen a name opens. Imported when first shown; after the queue's first rows all are imported ahead, in a job."""

import importlib
from collections.abc import Callable
from typing import Final, cast

from textual.screen import Screen

ROUTES: Final = {
    "queue": "screens.queue:QueueScreen",
}


def screen(name: str) -> Callable[..., Screen[object]]:
    """The class of a screen."""
    module, _, made = ROUTES[name].partition(":")
    return cast(Callable[..., Screen[object]], getattr(importlib.import_module(module), made))


def import_all() -> None:
    """Import every screen, so that opening one later costs no import."""
    for name in (*ROUTES.values(), "screens.help", "screens.palette", "screens.kit.widgets.confirm"):
        importlib.import_module(name.partition(":")[0])
