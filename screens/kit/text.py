"""The only road from data to the screen: whatever a person or a system wrote becomes inert text here.

Nothing that came from outside is ever markup. `clean` drops what a terminal could obey or what hides in a line;
the line filter in console/guard.py is the net below it.
"""

import re
from typing import Final

from rich.cells import cell_len, set_cell_size
from textual.content import Content

# What no terminal may receive as text: C0 and C1 controls, DEL, bidi overrides, lone surrogates.
_OBEYED: Final = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
# What takes no room and so hides in a name or shifts columns.
_HIDDEN: Final = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)

BAD: Final = re.compile(f"[{_OBEYED}{_HIDDEN}]")
_BREAKS: Final = re.compile("[\t\r\n\v\f\x85\u2028\u2029]+")
_MARKS: Final = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED: Final = re.compile(f"([{_MARKS}]{{2}})[{_MARKS}]+")

LIMIT: Final = 20_000


def clean(value: str, *, lines: bool = False, limit: int = LIMIT) -> str:
    """`value` as one inert line (or, with `lines`, as lines), at most `limit` characters long."""
    cut = value[:limit]
    if cut.isascii() and cut.isprintable():
        return cut
    if lines:
        return "\n".join(clean(line, limit=limit) for line in cut.splitlines())
    return _STACKED.sub(r"\1", BAD.sub("", _BREAKS.sub(" ", cut)))


def shown(value: object, style: str = "", *, lines: bool = False) -> Content:
    """Any value as inert Content in a style of ours."""
    return Content.styled(clean(str(value), lines=lines), style) if style else Content(clean(str(value), lines=lines))


def say(words: str, /, **values: object) -> Content:
    """Our own words, which may hold markup and `$names`, with values put in as inert text."""
    return Content.from_markup(words, **{name: clean(str(value)) for name, value in values.items()})


def fit(value: str, cells: int) -> str:
    """`value` cleaned and cut or padded to exactly `cells` columns; a cut shows as `…`."""
    line = clean(value)
    if line.isascii():
        return line.ljust(cells) if len(line) <= cells else line[: max(0, cells - 1)] + "…"[:cells]
    if cell_len(line) <= cells:
        return set_cell_size(line, cells)
    return set_cell_size(line, max(0, cells - 1)) + "…"[:cells]


def count(number: int) -> str:
    """A number with thousands set apart: 128,412."""
    return f"{number:,}"
