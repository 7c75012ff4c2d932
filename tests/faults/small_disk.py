"""A real file system of a few megabytes for a part of a home, which a test fills up and frees."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import pytest

PARTS = {
    "home": ("workers", "logs", "packages", "outbox"),
    "stores": ("central.db", "engine.db"),
    "systems": ("data",),
}
"""What lies on the small disk: all that a worker writes for itself; central's and the engine's files; the systems."""
_SIZE = "12m"
_CHUNK = 4096


class SmallDisk:
    """The file system at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def take(self, home: Path, part: str) -> None:
        """Move these parts of a home here; a link stands where each was. Nobody may have them open."""
        for name in PARTS[part]:
            there = self.folder / name
            if (home / name).exists():
                shutil.move(home / name, there)
            elif not name.endswith(".db"):
                there.mkdir(mode=0o700)
            (home / name).symlink_to(there)

    def fill(self) -> None:
        """Not one more block."""
        with self._ballast.open("wb", buffering=0) as ballast, pytest.raises(OSError, match="No space left"):
            _write_for_ever(ballast)

    def free(self) -> None:
        """Room again."""
        self._ballast.unlink()

    @property
    def is_full(self) -> bool:
        return os.statvfs(self.folder).f_bavail == 0


def _write_for_ever(file: FileIO) -> None:
    while True:
        file.write(bytes(_CHUNK))


@contextmanager
def small_disk(folder: Path, size: str = _SIZE) -> Iterator[SmallDisk]:
    """One at `folder`. Skips where none can be mounted, and fails then in CI, which runs as root."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        assert not os.environ.get("CI"), "CI fills a real disk: let it mount one"
        pytest.skip("no file system can be mounted here: that takes root")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
