"""The narrow profile of RFC 8785 in which entries are written: see action-log.md 2.

ASCII keys, no floats, whole numbers within ±(2⁵³-1), valid Unicode, at most 65,535 bytes. What lies outside
is refused, never rounded or escaped another way; inside, the bytes are those of RFC 8785.
"""

import secrets
from collections.abc import Iterable, Sequence

import orjson

from services.errors import BadInput

MAX_BYTES = 65_535
MAX_WHOLE = 2**53 - 1
MAX_DEPTH = 8
TOGETHER = 64
"""Bodies read as one JSON text: more do not fit the cache, fewer pay for each call."""
_LEAVES = frozenset((str, bool, type(None)))

OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def dump(value: object) -> bytes:
    """`value` as canonical bytes; raises `BadInput` when it lies outside the profile."""
    walk(value)
    return dump_walked(value)


def dump_walked(value: object) -> bytes:
    """`value`, whose types were checked before, as canonical bytes; raises `BadInput`."""
    try:
        body = orjson.dumps(value, option=OPTIONS)
    except (orjson.JSONEncodeError, RecursionError) as exc:
        raise BadInput("cannot be written as canonical JSON") from exc
    if len(body) > MAX_BYTES:
        raise BadInput(f"is longer than {MAX_BYTES} bytes")
    return body


def load(body: bytes) -> object:
    """What stands in canonical `body`; raises `BadInput` when the bytes are not canonical or outside the profile."""
    value = read(body)
    walk(value)
    return value


def read(body: bytes) -> object:
    """Like `load`, for a caller that checks all types itself (floats are let through)."""
    if len(body) > MAX_BYTES:
        raise BadInput(f"is longer than {MAX_BYTES} bytes")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadInput("is not JSON") from exc
    if dump_walked(value) != body:
        raise BadInput("is JSON, but not in canonical form")
    return value


def read_all(bodies: Sequence[bytes]) -> list[object] | None:
    """`read` of many at once, None when one or more of them would be refused.

    They are read as one JSON list, with a random word between: a body that ran over into the next would swallow it.
    """
    word = secrets.token_hex(8)
    text = b"[" + f',"{word}",'.encode().join(bodies) + b"]"
    try:
        values: list[object] = orjson.loads(text)
        if orjson.dumps(values, option=OPTIONS) != text:
            return None
    except (ValueError, TypeError, RecursionError):  # orjson's errors are ValueError and TypeError
        return None
    if values[1::2] != [word] * (len(bodies) - 1) or max(map(len, bodies), default=0) > MAX_BYTES:
        return None
    return values[0::2]


def walk(value: object, depth: int = 0) -> None:
    """Raises `BadInput` unless `value` is made of dict, list, str, int, bool and None, within the profile."""
    kind = type(value)
    if kind in _LEAVES:
        return
    if kind is int:
        if not -MAX_WHOLE <= value <= MAX_WHOLE:  # type: ignore[operator]
            raise BadInput("holds a number beyond 2^53 - 1")
        return
    if depth >= MAX_DEPTH:
        raise BadInput(f"is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict) and kind is dict:
        for key in value:
            if type(key) is not str or not key.isascii():
                raise BadInput("holds a key that is not ASCII text")
        values: Iterable[object] = value.values()
    elif isinstance(value, list | tuple) and kind in (list, tuple):
        values = value
    else:
        raise BadInput(f"holds a {kind.__name__}, which entries never do")
    for inner in values:
        kind = type(inner)
        # Most are leaves, and a log of a million entries is walked in seconds: no call for those.
        if kind not in _LEAVES and (kind is not int or not -MAX_WHOLE <= inner <= MAX_WHOLE):  # type: ignore[operator]
            walk(inner, depth + 1)
