"""Where a live system differs from the catalog: what is gone, and new columns that look personal."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from services.catalog.dataset import Dataset
from services.connectors.base import Connector, Table
from services.discovery.discover import Bounds, looked_at, sample
from services.discovery.evidence import judge

LOOKS_PERSONAL = 0.4
"""From this confidence on a column that the catalog does not know is told to people."""
NOT_SHOWN = "a-name-that-is-not-shown"
"""Instead of a name that no entry can hold: it may be anything, also data."""
BOUNDS = Bounds(rows=80, statement_s=3.0, table_s=3.0, whole_s=60.0)
_NAMEABLE = re.compile(r"(?!(?:[^0-9]*[0-9]){9})[A-Za-z0-9][A-Za-z0-9_./-]{0,63}")


@dataclass(frozen=True, slots=True)
class Drift:
    """`personal` and `gone` are `table` or `table.column`; `seen` is a digest (hex) of all names there are."""

    personal: tuple[str, ...]
    gone: tuple[str, ...]
    seen: str


def drift(connector: Connector, datasets: Sequence[Dataset], bounds: Bounds = BOUNDS) -> Drift:
    """Hold the live schema against `datasets`. Raises `Unavailable` and `Unusable`. Reads a few rows of new columns."""
    live = connector.describe()
    known: dict[str, set[str]] = {}
    for dataset in datasets:
        for collection in dataset.collections:
            known.setdefault(str(collection.name), set()).update(collection.columns)
    gone = []
    for table, columns in sorted(known.items()):
        if table not in live:
            gone.append(table)
        else:
            gone += [f"{table}.{column}" for column in sorted(columns - set(live[table].columns))]
    until = time.monotonic() + bounds.whole_s
    personal = []
    for name, there in sorted(live.items()):
        new = [column for column in there.columns if column not in known.get(name, ())]
        personal += [f"{name}.{column}" for column in sorted(_personal(connector, there, new, bounds, until))]
    names = "\n".join(sorted(f"{table}.{column}" for table in live for column in live[table].columns))
    return Drift(tuple(personal), tuple(gone), sha256(names.encode("utf-8", "replace")).hexdigest())


def nameable(names: Sequence[str], most: int = 10) -> tuple[str, ...]:
    """The first of these, as an entry can hold them."""
    return tuple(name if _NAMEABLE.fullmatch(name) else NOT_SHOWN for name in names[:most])


def _personal(connector: Connector, table: Table, new: list[str], bounds: Bounds, until: float) -> list[str]:
    if not new:
        return []
    rows = sample(connector, table, new, bounds, until) or []
    found = judge(table, looked_at(table, rows))
    return [column for column in new if column in found and found[column].confidence >= LOOKS_PERSONAL]
