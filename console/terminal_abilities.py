"""What this terminal can do, as far as the console needs it: size, colours, letters."""

import locale
import os
import shutil
import sys
from collections.abc import Mapping
from typing import Literal, TextIO

COLUMNS, LINES = 80, 24
State = Literal["ok", "warn", "bad"]
Ability = tuple[State, str, str]
"""State (ok, warn, bad), what was seen, what to do."""


def abilities(
    environment: Mapping[str, str] = os.environ, out: TextIO | None = None, encoding: str | None = None
) -> list[Ability]:
    """Every ability with its state; one line that says so where there is no terminal."""
    out = out or sys.stdout
    if not out.isatty():
        return [("ok", "not looked at: this is no terminal", "")]
    columns, lines = shutil.get_terminal_size()
    return [
        _kind(environment.get("TERM", "")),
        _size(columns, lines),
        _colours(environment),
        _letters(encoding or out.encoding or locale.getpreferredencoding(False)),
    ]


def _kind(term: str) -> Ability:
    if os.name != "nt" and term in ("", "dumb", "unknown"):
        return "bad", f"TERM is '{term}': nothing can be painted", "export TERM=xterm-256color, or what yours is called"
    return "ok", f"TERM is '{term}'", ""


def _size(columns: int, lines: int) -> Ability:
    seen = f"{columns}×{lines}"
    fits = columns >= COLUMNS and lines >= LINES
    return ("ok", seen, "") if fits else ("warn", seen, f"make the window at least {COLUMNS}×{LINES}")


def _colours(environment: Mapping[str, str]) -> Ability:
    if environment.get("NO_COLOR"):
        return "ok", "no colours, as NO_COLOR asks; words say everything", ""
    term, more = environment.get("TERM", ""), environment.get("COLORTERM", "")
    if more in ("truecolor", "24bit"):
        return "ok", "all colours", ""
    if "256color" in term or os.name == "nt":
        return "ok", "256 colours", ""
    return "warn", "16 colours or fewer", 'theme = "high-contrast" under [screen] reads best here'


def _letters(encoding: str) -> Ability:
    if encoding.lower().replace("-", "") in ("utf8", "cp65001"):
        return "ok", "UTF-8", ""
    return "bad", f"writes {encoding}: names would break", "export LC_ALL=C.UTF-8, or another UTF-8 locale"
