"""A list of people before it is imported or written to: who was erased, or objected, is left out (rules.md ERA-7, 4.5).

Nobody of the replay list can be named: each identifier of the list is digested under its key and held against it.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from db.central_replay import Repeat
from services.errors import BadInput
from services.fulfilment.consenting import SUPPRESSION
from services.fulfilment.erase import ERASED
from services.identity.identifiers import CUSTOMER, EMAIL, PHONE, lookup_digest, normalise

KINDS = (EMAIL, PHONE, CUSTOMER)
_LONGEST = 1_000_000
"""Characters of a field: a list has short ones, and a quote that is never closed is found soon."""


@dataclass
class Tally:
    """People of a list: how many stay, were erased, objected, and were named by nothing that can be held against."""

    kept: int = 0
    erased: int = 0
    objected: int = 0
    unnamed: int = 0


class Held:
    """Who must not come back with a list: `repeats` of one controller. `purpose`: what it is for; empty: any of them.

    An objection to all marketing holds for every purpose (Art 21(3)).
    """

    def __init__(self, key: bytes, controller: str, country: str, repeats: Iterable[Repeat], purpose: str = "") -> None:
        self._key, self._controller, self._country = key, controller, country
        mine = [row for row in repeats if row.controller == controller]
        stops = {SUPPRESSION, f"{SUPPRESSION}:{purpose}"}
        self._erased = {row.digest for row in mine if row.kind == ERASED}
        self._objected = {
            row.digest for row in mine if row.kind != ERASED and (not purpose or row.kind in stops)
        }  # fmt: skip

    def why(self, named: Iterable[tuple[str, str]]) -> str:
        """`erased`, `objected`, or nothing, of whom these identifiers (kind and value) name."""
        digests = {self._digest(kind, value) for kind, value in named}
        return "erased" if digests & self._erased else "objected" if digests & self._objected else ""

    def _digest(self, kind: str, value: str) -> str:
        return lookup_digest(self._key, self._controller, kind, normalise(kind, value, self._country))


def read_list(file: TextIO, columns: Mapping[str, str], delimiter: str) -> tuple[list[str], Iterator[list[str]]]:
    """The header and the rows of a CSV. Raises `BadInput` for a column that is not there, or a row that is none."""
    csv.field_size_limit(_LONGEST)
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    header = next(_whole(rows, 0), [])
    for name in columns.values():
        if header.count(name) != 1:
            told = ", ".join(header[:20]) or "nothing"
            raise BadInput(f"the list has not one column '{name}', it has {told}", place="--column")
    return header, _whole(rows, len(header))


def _whole(rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    number = 1
    try:
        for number, row in enumerate(rows, 2 if width else 1):
            if width and row and len(row) != width:
                raise BadInput(f"has {len(row)} fields, the header {width}", place=f"row {number}")
            if row:
                yield row
    except (csv.Error, UnicodeDecodeError) as exc:
        why = "is not UTF-8" if isinstance(exc, UnicodeDecodeError) else f"is no CSV ({exc})"
        raise BadInput(f"the list {why}", place=f"after row {number}") from None


def stay(
    header: Sequence[str], rows: Iterable[list[str]], columns: Mapping[str, str], held: Held, tally: Tally
) -> Iterator[list[str]]:
    """The rows that may be imported, in their order; `tally` counts all. `columns`: kind of identifier to column."""
    places = [(kind, header.index(name)) for kind, name in columns.items()]
    for row in rows:
        named = [(kind, row[at]) for kind, at in places if row[at].strip()]
        why = held.why(named)
        if why:
            setattr(tally, why, getattr(tally, why) + 1)
            continue
        tally.kept += 1
        tally.unnamed += not named
        yield row
