"""Lines with a name in front and a value that wraps beneath itself."""

import textwrap
from typing import Final

from textual.content import Content

from screens.kit.text import clean, fit, shown

NAME: Final = 10  # cells


def pair(name: str, value: str, room: int, style: str = "") -> Content:
    """`name` and `value` in lines of at most `room` cells."""
    lines = _wrapped(value, room - NAME)
    return shown(fit(name, NAME), "$quiet") + shown(("\n" + " " * NAME).join(lines), style, lines=True)


def hang(head: str, text: str, room: int) -> Content:
    """`head`, quietly, and `text`; further lines are set in by two cells."""
    front = clean(head) + " "
    lines = textwrap.wrap(front + clean(text), max(20, room), subsequent_indent="  ") or [""]
    return shown(front, "$quiet") + shown("\n".join(lines)[len(front) :], lines=True)


def under(text: str, room: int) -> Content:
    """`text` set in by two cells, with all of its lines."""
    return shown("\n".join(f"  {line}" for line in _wrapped(text, room - 2)), lines=True)


def _wrapped(value: str, room: int) -> list[str]:
    return textwrap.wrap(clean(value), max(12, room)) or [""]
