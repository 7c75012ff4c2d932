"""What the kernel does with keys that are typed: whether it echoes them, whether it edits lines."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def silent() -> Iterator[None]:
    """No echo and no line editing from here on; the terminal is given back as it was found.

    Without this the kernel echoes a PIN that is typed while Python still imports.
    """

    def change(termios: ModuleType, now: list[Any]) -> None:
        now[0] &= ~termios.ICRNL
        now[3] &= ~(termios.ECHO | termios.ICANON)

    try:
        handle = sys.__stdin__.fileno() if sys.__stdin__ else -1
    except (OSError, ValueError):
        handle = -1
    with _changed(handle, change):
        yield


@contextmanager
def unseen(handle: int) -> Iterator[None]:
    """No echo of the lines that are typed meanwhile."""

    def change(termios: ModuleType, now: list[Any]) -> None:
        now[3] &= ~termios.ECHO

    with _changed(handle, change):
        yield


@contextmanager
def _changed(handle: int, change: Callable[[ModuleType, list[Any]], None]) -> Iterator[None]:
    """The terminal with its modes changed; nothing happens where there is none."""
    try:
        import termios
    except ImportError:  # Windows
        yield
        return
    try:
        before = termios.tcgetattr(handle)
    except (OSError, ValueError, termios.error):
        yield
        return
    now = [*before]
    change(termios, now)
    termios.tcsetattr(handle, termios.TCSANOW, now)
    try:
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSANOW, before)
