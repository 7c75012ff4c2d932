"""Technical logs of a machine, beside the action log: what is older than they are kept goes (rules.md 8.2)."""

import os
import re
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

MONTHS = 12
"""How long they are kept where no controller says otherwise."""
MONTH_S = 30 * 86_400
FAULTS = "console.log"
_HEAD = re.compile(r"(\d{4}-\d{2}-\d{2}T[0-9:]{8}\+00:00) fault [0-9A-F]{6}")


def forget_faults(file: Path, months: int = MONTHS) -> None:
    """Drop the faults of a console that are older; what cannot be read or written stays. Never raises.

    Cheap while the oldest is young: one line is read.
    """
    oldest = time.time() - months * MONTH_S
    with suppress(OSError, UnicodeDecodeError):
        with file.open(encoding="utf-8") as lines:
            if _at(lines.readline()) >= oldest:
                return
            kept = _from(lines.readlines(), oldest)
        if not kept:
            file.unlink()
            return
        new = file.with_name(file.name + ".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.writelines(kept)
        new.replace(file)


def _from(lines: list[str], oldest: float) -> list[str]:
    """From the first fault on that is young enough."""
    return next((lines[n:] for n, line in enumerate(lines) if _HEAD.match(line) and _at(line) >= oldest), [])


def _at(line: str) -> float:
    """When a fault was; what is no fault's first line is as old as can be."""
    head = _HEAD.match(line)
    return datetime.fromisoformat(head.group(1)).timestamp() if head else 0.0
