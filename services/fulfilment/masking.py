"""What stands in a masked field. Masking twice is masking once: steps are repeated, and verified by repeating."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.catalog.strategies import HASH_LENGTH, RANDOM_LENGTH, Mask
from services.connectors.base import Column

MAIL_END = "@erased.invalid"
PHONE_START = "+00"
REMOVED = "[…]"
_TAG = 8
_LONGEST_NAME = 16


@dataclass(frozen=True)
class Cell:
    """One field of one row: its live column, whether that is unique, a text that names it, the plan's key."""

    column: Column
    unique: bool
    place: str
    secret: bytes


def masked(mask: Mask, cell: Cell, value: object, identifiers: Sequence[str]) -> object:
    """What `mask` makes of `value`. Whether it fits the column is judged before anything is written."""
    match mask.strategy:
        case "null_rewrite":
            return None
        case "string_rewrite":
            return f"{mask.settings.rewrite_value or ''}{mask.suffix}"
        case "random_string_rewrite":
            return _token(cell, mask.settings.length or RANDOM_LENGTH) + mask.suffix
        case "hash" | "hmac":
            return value if value is None else _keyed(cell.secret, str(value), mask.suffix)
        case "email_rewrite":
            return value if value is None else _mail(cell)
        case "phone_rewrite":
            return value if value is None else _phone(cell, str(value))
        case "identifiers_rewrite":
            return value if value is None else without(str(value), identifiers)
        case _:
            return _blank(cell)


def without(text: str, identifiers: Sequence[str]) -> str:
    """`text` with every identifier taken out, longest first, whatever their letter case."""
    for identifier in sorted(set(identifiers), key=lambda one: (-len(one), one)):
        words = r"\s+".join(re.escape(word) for word in identifier.split())
        text = re.sub(rf"(?<!\w){words}(?!\w)", REMOVED, text, flags=re.IGNORECASE)
    return text


def _digest(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _token(cell: Cell, length: int) -> str:
    """Text that comes from the place and the plan's key alone, never from what stood there."""
    blocks = (length + 63) // 64
    return "".join(_digest(cell.secret, f"{cell.place}\0{block}") for block in range(blocks))[:length]


def _keyed(secret: bytes, value: str, suffix: str) -> str:
    """A keyed hash that knows itself: its last digits are a keyed check of the others, so it is not hashed again."""
    body = value.removesuffix(suffix) if suffix else value
    if len(body) == HASH_LENGTH and _digest(secret, f"tag\0{body[:-_TAG]}")[:_TAG] == body[-_TAG:]:
        return value
    head = _digest(secret, f"value\0{value}")[: HASH_LENGTH - _TAG]
    return f"{head}{_digest(secret, f'tag{chr(0)}{head}')[:_TAG]}{suffix}"


def _mail(cell: Cell) -> str:
    room = (cell.column.length or 254) - len(MAIL_END)
    return _token(cell, max(1, min(_LONGEST_NAME, room))) + MAIL_END


def _phone(cell: Cell, value: str) -> str:
    """As many digits as before; no country's code starts with 0, so it is nobody's number."""
    digits = max(7, sum(char.isdigit() for char in value))
    length = min(digits + 1, cell.column.length or digits + 1)
    number = str(int(_token(cell, 16), 16)).zfill(20)
    return (PHONE_START + number[-(digits - 2) :])[:length]


def _blank(cell: Cell) -> object:
    """NULL where the column allows it, else the emptiest value of its type."""
    column = cell.column
    if column.nullable:
        return None
    if column.kind in ("text", "other"):
        return _token(cell, min(HASH_LENGTH, column.length or HASH_LENGTH)) if cell.unique else ""
    empty: dict[str, object] = {
        "integer": 0,
        "number": 0,
        "boolean": False,
        "date": date(1900, 1, 1),
        "time": datetime(1900, 1, 1),
        "binary": b"",
        "json": "{}",
        "uuid": str(UUID(hex=_token(cell, 32))),
    }
    return empty[column.kind]
