"""JSON that a store holds as text: read without surprises, looked into and changed by dotted paths."""

import json
from typing import Any

from services.errors import Unusable

_DIGITS = 18


def parsed(raw: bytes, where: str) -> Any:
    """JSON text as values; raises `Unusable` naming `where`. Whole numbers beyond 18 digits stay text, as ids."""
    try:
        return json.loads(_text(raw), parse_int=lambda n: int(n) if len(n) <= _DIGITS else n)
    except (ValueError, RecursionError):
        raise Unusable(f"{where} holds something that is not JSON") from None


def at(document: Any, path: str, where: str) -> Any:
    """What stands at `path`; None where nothing does.

    Raises `Unusable` where the path leads through something that is no object: data there would be overlooked.
    """
    for name in path.split("."):
        if document is None:
            return None
        if not isinstance(document, dict):
            raise Unusable(f"{where} holds no object where '{path}' leads through")
        document = document.get(name)
    return document


def changed(raw: bytes, new: dict[str, Any], where: str) -> bytes:
    """The text with other values at these paths; all else stays. Raises `Unusable` like `parsed` and `at`."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unusable(f"{where} holds something that is not JSON") from None
    for path, value in new.items():
        *way, last = path.split(".")
        inside = document
        for name in way:
            if not isinstance(inside, dict):
                break
            if inside.get(name) is None:
                inside[name] = {}
            inside = inside[name]
        if not isinstance(inside, dict):
            raise Unusable(f"{where} holds no object where '{path}' leads through")
        inside[last] = value
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()


def _text(raw: bytes) -> str:
    """Halves of surrogate pairs, which no UTF-8 can hold, become U+FFFD before they are read."""
    text = raw.decode("utf-8")
    if "\\ud" not in text and "\\uD" not in text:
        return text
    whole = json.dumps(json.loads(text), ensure_ascii=False)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
