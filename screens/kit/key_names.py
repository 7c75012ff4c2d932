"""Names of keys: as people write them, as Textual calls them, as the footer shows them, and where a set moves them."""

import string
from collections.abc import Iterable, Mapping
from typing import Final

NO_KEY: Final = "no-key"  # bound, so that the palette knows the action, and never sent by a terminal

_SYMBOLS: Final[Mapping[str, str]] = {
    "?": "question_mark",
    "/": "slash",
    ":": "colon",
    ".": "full_stop",
    "-": "minus",
    "+": "plus",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "!": "exclamation_mark",
}
_SHOWN: Final[Mapping[str, str]] = {
    **{name: sign for sign, name in _SYMBOLS.items()},
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "backspace": "Backspace",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "up": "↑",
    "down": "↓",
    "tab": "Tab",
}

CHARACTER: Final = frozenset({*string.ascii_letters, *string.digits, *_SYMBOLS.values()})

NEVER: Final[Mapping[str, str]] = {
    "ctrl+i": "terminals send Tab for it",
    "ctrl+m": "terminals send Enter for it",
    "ctrl+j": "terminals send Enter for it",
    "ctrl+h": "terminals send Backspace for it",
    "ctrl+left_square_bracket": "terminals send Esc for it",
    "ctrl+c": "it is kept for the terminal",
    "ctrl+z": "it would suspend the program",
    "ctrl+s": "it stops the terminal's output",
    "tab": "it moves between fields",
    "escape": "it must always lead back",
}

# Ctrl letters that mean something else to a terminal, to tmux or screen, or to us.
_NOT_WITH_CTRL: Final = frozenset("abchijmpqsz")

_FUNCTION: Final[Mapping[str, str]] = {
    "n": "f2", "slash": "f3", "i": "f4", "a": "f5", "v": "f6", "p": "f7", "x": "f8", "c": "f10", "m": "f11", "w": "f12",
    "o": "f13", "t": "f14", "d": "f15", "h": "f16", "u": "f17", "full_stop": "f18", "y": "f19", "f": "f20",
    "minus": "f21", "r": "f22", "z": "f23", "s": "f24", "E": "ctrl+f2", "R": "ctrl+f3", "V": "ctrl+f4", "S": "ctrl+f5",
    "B": "ctrl+f6", "L": "ctrl+f7", "1": "ctrl+f8", "2": "ctrl+f9", "3": "ctrl+f10", "4": "ctrl+f11", "5": "ctrl+f12",
    "left_square_bracket": "ctrl+left", "right_square_bracket": "ctrl+right", "plus": "ctrl+up", "e": "ctrl+down",
    "exclamation_mark": "ctrl+home", "b": "ctrl+end", "K": "ctrl+pageup", "X": "ctrl+pagedown", "l": "ctrl+insert",
    "Y": "ctrl+delete", "F": "ctrl+backspace", "H": "ctrl+f1", "Z": "alt+home", "P": "alt+end", "space": "alt+insert",
    "N": "alt+pageup", "W": "alt+pagedown",
}  # fmt: skip


def name_of(key: str) -> str:
    """Textual's name for a key as a person writes it: `?` is `question_mark`, `Ctrl+E` is `ctrl+e`."""
    if key in _SYMBOLS:
        return _SYMBOLS[key]
    return key if len(key) == 1 else key.lower()


def shown_as(keys: str) -> str:
    """How the footer shows the first key of a comma list; nothing for an action without a key."""
    first = keys.split(",")[0]
    if first == NO_KEY:
        return ""
    if "+" in first:
        head, _, last = first.rpartition("+")
        return "+".join(part.capitalize() for part in head.split("+")) + f"+{_SHOWN.get(last, last.upper())}"
    return _SHOWN.get(first, first if len(first) == 1 else first.upper())


def moved(keys: str, to: str) -> str:
    """A comma list with its letters, digits and symbols moved to the set `to` (`single` changes nothing)."""
    if to == "single":
        return keys
    named = keys.split(",")
    kept = [key for key in named if key not in CHARACTER]
    if not kept and to != "off":
        kept = [_with_ctrl(named[0]) if to == "ctrl" else _FUNCTION[named[0]]]
    return ",".join(kept) or NO_KEY


def _with_ctrl(key: str) -> str:
    if len(key) > 1:
        return _FUNCTION[key]
    if key.isupper():
        return f"alt+shift+{key.lower()}"
    return f"alt+{key}" if key in _NOT_WITH_CTRL or key.isdigit() else f"ctrl+{key}"


def nearest(word: str, valid: Iterable[str]) -> str:
    """` (did you mean 'x'?)`, or nothing."""
    import difflib  # 3 ms, wanted in errors only

    close = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
