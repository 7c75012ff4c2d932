"""Looking for planted values wherever something is kept: in bytes of files, and row by row in databases."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

Planted = Mapping[str, str]
"""What was planted, by what it is: `email`, `phone`, `card`, `name`."""
MIN_BASE64 = 8


def forms(value: str) -> set[bytes]:
    """How a value may stand somewhere: as it is, without blanks, in other encodings, hashed. All in lower case."""
    texts = {value, value.replace(" ", ""), value.replace(" ", "-"), " ".join(reversed(value.split()))}
    found: set[bytes] = set()
    for text in {variant for t in texts for variant in (t, t.lower())}:
        raw = text.encode()
        found |= {raw, text.encode("utf-16-le"), text.encode("unicode_escape"), raw.hex().encode()}
        found |= {digest for d in (sha256(raw),) for digest in (d.digest(), d.hexdigest().encode())}
        found |= set(_base64(raw))
    return {form.lower() for form in found}


def _base64(raw: bytes) -> Iterator[bytes]:
    """The part of its base64 that is the same whatever stands before and after."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw)
        inner = text[4 if before else 0 : -4]
        if len(inner) >= MIN_BASE64:
            yield inner


def in_bytes(data: bytes, planted: Planted) -> set[str]:
    """What of the planted is in `data`."""
    low = data.lower()
    return {what for what, value in planted.items() if any(form in low for form in forms(value))}


def in_files(files: Iterable[Path], planted: Planted) -> dict[str, set[str]]:
    """By file: what of the planted is in its bytes or its name."""
    found = {str(f): in_bytes(f.read_bytes() + b"\n" + f.name.encode(), planted) for f in files if f.is_file()}
    return {name: what for name, what in found.items() if what}


def in_database(conn: Any, planted: Planted) -> dict[str, set[str]]:
    """By table: what of the planted is in any column of any row of an open SQLite database; its schema included."""
    found: dict[str, set[str]] = {}
    tables = [r[0] for r in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    for table in [*tables, "sqlite_master"]:
        for row in conn.execute(f'SELECT * FROM "{table}"').fetchall():  # the name comes from the schema
            what = in_bytes(b"\0".join(_as_bytes(value) for value in row), planted)
            if what:
                found.setdefault(table, set()).update(what)
    return found


def rows_in(conn: Any) -> int:
    """How many rows a search of this database looks at."""
    tables = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return sum(conn.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables)


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
