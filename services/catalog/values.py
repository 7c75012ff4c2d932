"""Values of rows: the text they join by, and what of them JSON can hold."""

import base64
import json
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def join_key(value: object) -> str | None:
    """The text two values must share to join; None for what joins nothing (NULL, structures, NaN).

    Numbers join by their shortest form, so 7, 7.0 and Decimal("7.00") meet the text "7", and "07" does not.
    """
    if value is None or isinstance(value, dict | list | tuple | set):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)


def join_keys(row: dict[str, object], paths: Sequence[str]) -> Collection[tuple[str, ...]]:
    """What `row` joins by at `paths` together; several where lists are on the way, none where any part is NULL."""
    if len(paths) == 1 and (only := row.get(paths[0])) is not None and not isinstance(only, list):
        # Most references are this, and are looked at for every row.
        text = only if type(only) is str else join_key(only)
        return () if text is None else ((text,),)
    keys: set[tuple[str, ...]] = {()}
    for path in paths:
        parts = {key for value in values_at(row, path) if (key := join_key(value)) is not None}
        keys = {(*key, part) for key in keys for part in parts}
    return keys


def plain(value: object) -> Plain:
    """`value` for JSON: decimals, money, dates, ids as text; bytes as base64."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else str(value)


def order(value: Plain) -> tuple[int, float, str]:
    """A sort key for plain values of any mixture: nothing, numbers, then text."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value) if abs(value) < 1e300 else math.inf, str(value))
    return (2, 0.0, value if isinstance(value, str) else json.dumps(value, sort_keys=True))


def in_order(keys: Iterable[tuple[Plain, ...]]) -> list[tuple[Plain, ...]]:
    """Keys of rows sorted: as they are where they compare, else by `order`."""
    found = list(keys)
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=lambda key: [order(part) for part in key])


def values_at(row: dict[str, object], path: str) -> Iterator[object]:
    """Every value of `row` at a dotted path; lists on the way, and at its end, give each of their members."""
    name, *rest = path.split(".")
    yield from _inside(row.get(name), rest)


def _inside(value: object, path: list[str]) -> Iterator[object]:
    if isinstance(value, str) and path:
        value = _parsed(value)
    if isinstance(value, list):
        for member in value:
            yield from _inside(member, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _inside(value.get(path[0]), path[1:])


def _parsed(text: str) -> object:
    """A JSON column that the database keeps as text."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _number(value: float | Decimal) -> str | None:
    number = Decimal(str(value))
    if not number.is_finite():
        return None
    return str(int(number)) if number == number.to_integral_value() else format(number.normalize(), "f")
