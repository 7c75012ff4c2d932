"""Secrets that programs hand over in a file: the first line, if nobody else may read it."""

import os
from pathlib import Path

from services.errors import BadInput


def first_line(file: Path, what: str) -> str:
    """The first line of `file`. Raises `BadInput`, never with the content, when it is lost, empty or open to others."""
    try:
        text = file.read_text("utf-8")
        mode = file.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the {what} file cannot be read", place=str(file)) from error
    if os.name != "nt" and mode & 0o077:
        raise BadInput(f"other users may read the {what} file: chmod 600", place=str(file))
    first = text.splitlines()[0] if text else ""
    if not first:
        raise BadInput(f"the {what} file is empty", place=str(file))
    return first
