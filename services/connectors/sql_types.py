"""Kinds of columns, and values in the form a column of that kind compares with."""

import base64
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import types
from sqlalchemy.dialects.postgresql import BYTEA

from services.catalog.values import Plain, join_key
from services.connectors.base import ColumnKind

_INT_BITS = {types.SmallInteger: 15, types.BigInteger: 63}
_KINDS: tuple[tuple[type[types.TypeEngine[Any]], ColumnKind], ...] = (
    (types.Boolean, "boolean"),
    (types.Integer, "integer"),
    (types.Enum, "other"),
    (types.JSON, "json"),
    (types.String, "text"),
    (types.Numeric, "number"),
    (types.DateTime, "time"),
    (types.Date, "date"),
    (types.Uuid, "uuid"),
    (types.LargeBinary, "binary"),
    (BYTEA, "binary"),
)


def kind_of(column_type: types.TypeEngine[Any]) -> ColumnKind:
    """Our word for a reflected type; `other` is compared as text."""
    return next((kind for base, kind in _KINDS if isinstance(column_type, base)), "other")


def length_of(column_type: types.TypeEngine[Any]) -> int | None:
    """Characters the column holds at most; None without a bound."""
    length = getattr(column_type, "length", None)
    return length if isinstance(length, int) else None


def candidates(
    kind: ColumnKind, column_type: types.TypeEngine[Any], keys: Iterable[str], *, dynamic: bool
) -> list[object]:
    """The values a column of that type may hold for each join key; a key that cannot be in it gives none.

    `dynamic`: the database keeps values of any type in any column (SQLite).
    """
    bits = next((bits for base, bits in _INT_BITS.items() if isinstance(column_type, base)), 31)
    found: dict[object, None] = {}
    for key in keys:
        for value in _values(kind, key, 63 if dynamic else bits, dynamic):
            found.setdefault(value)
    return list(found)


def _values(kind: ColumnKind, key: str, bits: int, dynamic: bool) -> list[object]:
    if "\x00" in key:
        return []
    number = _whole(key, bits)
    if dynamic:
        return _dynamic(kind, key, number)
    if kind == "integer":
        return [] if number is None else [number]
    try:
        value = typed(kind, key)
    except ValueError:
        return []
    return [value] if join_key(value) == key else []


def _dynamic(kind: ColumnKind, key: str, number: int | None) -> list[object]:
    """SQLite turns text into numbers where the column is numeric, so "07" must not be offered there."""
    if kind in ("text", "date", "time"):
        return [key]
    if number is not None:
        return [number, key] if kind == "other" else [number]
    decimal = _decimal(key)
    if decimal is None or kind == "other":
        return [key, *_bytes(key)] if kind in ("binary", "other") else [key]
    return [float(decimal)] if format(decimal.normalize(), "f") == key else []


def typed(kind: ColumnKind, text: str) -> object:
    """`text` as a column of that kind holds it; raises ValueError."""
    match kind:
        case "integer":
            return int(text)
        case "number":
            number = _decimal(text)
            if number is None:
                raise ValueError("no number")
            return number
        case "boolean":
            if text.lower() not in ("0", "1", "true", "false"):
                raise ValueError("no truth value")
            return text.lower() in ("1", "true")
        case "date":
            return date.fromisoformat(text)
        case "time":
            return datetime.fromisoformat(text)
        case "uuid":
            return UUID(text)
        case "binary":
            return bytes.fromhex(text)
        case _:
            return text


def from_plain(kind: ColumnKind, value: Plain) -> object:
    """A value of a row's key as the column holds it; text that Python has no value for (`infinity`) stays text."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value) if kind == "binary" else typed(kind, value)
    except ValueError:
        return value


def _whole(text: str, bits: int) -> int | None:
    """The integer whose shortest text this is, if it fits."""
    if text.isdecimal() and text.isascii() and len(text) < (10 if bits > 30 else 5):  # most keys: they fit
        return int(text) if text[0] != "0" or text == "0" else None
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit():
        return None
    number = int(text) if len(text) < 25 else None
    return number if number is not None and str(number) == text and -(2**bits) <= number < 2**bits else None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _bytes(text: str) -> list[object]:
    try:
        return [bytes.fromhex(text)]
    except ValueError:
        return []
