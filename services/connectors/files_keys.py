"""Keys of rows in files: plain values, structures as text, so that a plan's keys and a file's rows meet."""

import json
from collections.abc import Iterable, Sequence

from services.catalog.values import Plain, plain
from services.connectors.base import Key, Row


def key_of(row: Row, key: Sequence[str]) -> Key:
    """The key of a row."""
    return tuple(_hashable(plain(row.get(name))) for name in key)


def same_keys(rows: Iterable[Key]) -> dict[Key, int]:
    """Keys out of a plan in the form of `key_of`, each with its place."""
    return {tuple(map(_hashable, row)): at for at, row in enumerate(rows)}


def _hashable(value: Plain) -> Plain:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
