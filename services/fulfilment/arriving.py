"""Waiting a moment for what a terminal wrote and then asks about: its entry may still be on its way."""

import time
from collections.abc import Callable
from typing import TypeVar

from services.errors import NotFound
from services.fulfilment.workroom import Workroom

T = TypeVar("T")
ARRIVES_S, POLL_S = 5.0, 0.05


def arrived(room: Workroom, find: Callable[[], T | None]) -> T:
    """What `find` gives, waited for while it raises `NotFound` or gives nothing. Raises `NotFound`."""
    until = time.monotonic() + ARRIVES_S
    while True:
        late = time.monotonic() > until or room.stopped()
        try:
            found = find()
        except NotFound:
            found = None
            if late:
                raise
        if found is not None:
            return found
        if late:
            raise NotFound("it is not here yet: try again in a moment")
        time.sleep(POLL_S)
