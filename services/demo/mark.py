"""The mark of a demo home: nothing without it is ever deleted, and what is half made says so. Imports nothing slow."""

import os
import shutil
from pathlib import Path

from services.errors import Unusable

MARK = "demo-home"
_HALF, _WHOLE = "being made\n", "complete\n"


def is_demo(home: Path) -> bool:
    """Whether a complete demo home stands there."""
    return _read(home) == _WHOLE


def begin(home: Path) -> None:
    """Mark an empty folder as a demo home that is being made; raises `Unusable` when something stands there."""
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise Unusable(f"{home} is not empty: nothing was changed", next_key="--reset makes a demo home anew")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(home, _HALF)


def complete(home: Path) -> None:
    """The home is whole."""
    _write(home, _WHOLE)


def remove_home(home: Path) -> None:
    """Delete a demo home, whole or half made, and nothing that is not one: raises `Unusable`."""
    if not home.exists() or (home.is_dir() and not any(home.iterdir())):
        return
    if _read(home) is None:
        raise Unusable(f"{home} is not a demo home: it stays as it is", next_key="name another folder with --home")
    shutil.rmtree(home)


def _read(home: Path) -> str | None:
    try:
        return (home / MARK).read_text("utf-8")
    except OSError:
        return None


def _write(home: Path, text: str) -> None:
    handle = os.open(home / MARK, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
