"""One writer a file, held by the operating system: a lock of a dead process is gone with it."""

import os
from pathlib import Path

from services.errors import Unavailable

try:
    import fcntl

    def _take(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

except ImportError:  # Windows
    import msvcrt

    def _take(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]


class FileLock:
    """Holds `path` (made when absent, 0600) until `release`; raises `Unavailable` when another writer holds it."""

    def __init__(self, path: Path, *, what: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(self._fd)
        except OSError as exc:
            os.close(self._fd)
            raise Unavailable(
                f"Another Rightsdesk is writing this {what} ({path.name}). Close it there first; nothing was changed."
            ) from exc

    def release(self) -> None:
        """Lets go; the lock file stays."""
        os.close(self._fd)
