"""JSON of vendors, read without trust: no NaN, no endless nesting, no half characters."""

import json
from typing import NoReturn


def parsed(body: bytes) -> object:
    """The value; raises `ValueError` for anything that is no JSON in UTF-8, or nested too deeply to be a row."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
        return _whole(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _whole(value: object) -> object:
    """Half of a surrogate pair (`\\ud800`), which no store takes, becomes a question mark."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(one) for key, one in value.items()}
    return value
