"""Rows of a package as JSON and CSV, streamed; what speaks of others or is a secret is blacked out on the way."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

from services.catalog.console_keys import words
from services.catalog.dataset import Collection, Dataset, Field
from services.catalog.values import Plain, plain
from services.letters.lexicon import in_words

BLACK = "█████"
Why = Literal[
    "third-party", "secret", "withheld-rows", "shared-row", "free-text",
    "others", "in-confidence", "trade-secret", "protection",
]  # fmt: skip
"""Why something is left out: how it was found, or the reason of whoever decided (REASONS of package_words.py)."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Blacked:
    """A value of which something stays out: what is shown of it, and why."""

    shown: Plain
    why: Why


Hidden = Counter[tuple[str, Why]]
"""Values blacked out, by field and reason."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was found in one collection: names, and the rows as a stream that is read once.

    `fields` are columns in their order, `titles` the same in words (their names when empty); `hidden` are those that
    are blacked out, with the reason. `by_hand`: people typed this, no program read it.
    """

    system: str
    collection: str
    label: str
    fields: tuple[str, ...]
    hidden: Mapping[str, Why]
    rows: Iterable[Mapping[str, object]]
    titles: tuple[str, ...] = ()
    by_hand: bool = False


def part_of(
    system: str,
    dataset: Dataset,
    collection: Collection,
    rows: Iterable[Mapping[str, object]],
    language: str,
    fields: tuple[str, ...] | None = None,
    *,
    by_hand: bool = False,
) -> Part:
    """The part for rows of `collection`, of all its columns or of `fields` alone.

    Secrets that protect the account are blacked out whoever decides what.
    """
    hidden: dict[str, Why] = {}
    for field in collection.fields:
        if any(str(c).startswith("user.authorization") for c in field.data_categories or ()):
            hidden[str(field.name)] = "secret"
    label = words(dataset.facts(collection).label, language) or str(collection.name)
    names = collection.columns if fields is None else fields
    titles = tuple(title_of(field, language) for field in collection.fields if str(field.name) in names)
    return Part(system, str(collection.name), label, names, hidden, rows, titles, by_hand)


def title_of(field: Field, language: str) -> str:
    """A column in words a person knows, with its name: what two columns of one kind are told apart by."""
    kinds = [in_words(str(c), language) for c in field.data_categories or () if not str(c).startswith("system.")]
    said = words(field.console.label, language) or ", ".join(dict.fromkeys(kinds))
    return f"{said} ({field.name})" if said else str(field.name)


def disclosed(part: Part, hidden: Hidden) -> Iterator[dict[str, Plain]]:
    """The rows as the person gets them; `hidden` counts the values blacked out. Empty stays empty."""
    for row in part.rows:
        shown: dict[str, Plain] = {}
        for name in part.fields:
            value = row.get(name)
            if value is not None and name in part.hidden:
                hidden[name, part.hidden[name]] += 1
                shown[name] = BLACK
            elif isinstance(value, Blacked):
                hidden[name, value.why] += 1
                shown[name] = value.shown
            else:
                shown[name] = plain(value)
        yield shown


def json_row(row: Mapping[str, Plain], *, first: bool) -> bytes:
    """One row of a JSON list; `[` and `]` stand around them."""
    return (b"[\n" if first else b",\n") + orjson.dumps(row)


def csv_line(values: Iterable[Plain]) -> bytes:
    """One line of a CSV that no spreadsheet takes for a formula: dangerous beginnings get an apostrophe."""
    out = io.StringIO()
    csv.writer(out).writerow([_cell(value) for value in values])
    return out.getvalue().encode()


def _cell(value: Plain) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
