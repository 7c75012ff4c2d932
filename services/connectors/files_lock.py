"""One lock per file: programs that lock the file themselves wait for us, and we for them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from services.connectors.files_place import Place
from services.errors import Unavailable

try:
    import fcntl
except ImportError:  # pragma: no cover - not on Windows
    fcntl = None  # type: ignore[assignment]

_POLL_S = 0.02


@contextmanager
def locked(place: Place, name: str, wait_s: float) -> Iterator[BufferedReader]:
    """The file of that name, open and locked; it goes with the process. Raises `Unavailable` after `wait_s`.

    The lock is on the file itself: whoever waited while it was replaced opens it anew.
    """
    until = time.monotonic() + wait_s
    while True:
        file = place.open(name)
        try:
            if _taken(file.fileno()) and _still_there(place, name, file.fileno()):
                yield file
                return
        finally:
            file.close()
        if time.monotonic() > until:
            raise Unavailable(f"system '{place.system}': '{name}' is locked by another program")
        time.sleep(_POLL_S)


def _taken(fd: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _still_there(place: Place, name: str, fd: int) -> bool:
    try:
        now = place.where(name).lstat()
    except (FileNotFoundError, Unavailable):
        return False
    held = os.fstat(fd)
    return (now.st_dev, now.st_ino) == (held.st_dev, held.st_ino)
