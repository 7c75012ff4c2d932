"""References between tables: those that foreign keys state, and those that names and sampled values show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.connectors.base import Table
from services.connectors.sql_schema import ForeignKey
from services.discovery.names import words_of

Direction = Literal["from", "to"] | None
Found = Callable[[str, str, Sequence[object]], float | None]
"""Of a table's column: the share (0-1) of these values that it holds; None where that could not be read."""

_SUFFIXES = ("id", "nr", "no", "number", "key", "fk", "ref", "code", "nummer", "num", "uuid")
_SAME = {"integer": "number", "number": "number", "text": "text", "uuid": "uuid", "other": "text"}
_ENOUGH, _TELLING = 3, 10
_MOST_VALUES = 40


@dataclass(frozen=True, slots=True)
class Join:
    """`table.columns` refer to `parent.on`; how sure (0-1) and why. `stated` by a foreign key."""

    table: str
    columns: tuple[str, ...]
    parent: str
    on: tuple[str, ...]
    confidence: float
    because: str
    stated: bool = False


def stated(keys: Sequence[ForeignKey], tables: Mapping[str, Table]) -> list[Join]:
    """The foreign keys between known tables. A table that refers to itself names mostly somebody else: for a person."""
    found = []
    for key in keys:
        if key.child in tables and key.parent in tables:
            own = key.child == key.parent
            sure, because = (0.5, "a foreign key to another row of its own table") if own else (1.0, "a foreign key")
            found.append(Join(key.child, key.columns, key.parent, key.on, sure, because, True))
    return found


def unstated(
    tables: Mapping[str, Table],
    taken: Sequence[Join],
    sampled: Mapping[tuple[str, str], Sequence[object]],
    holds: Found,
) -> Iterator[Join]:
    """Joins that no foreign key states; `sampled` are values by table and column, `holds` looks on the other side."""
    done = {(join.table, join.columns[0]) for join in taken if len(join.columns) == 1}
    targets = [(name, column) for name, table in tables.items() for column in _single_keys(table)]
    targets += [place for place in sampled if place not in targets and place not in done and _tells(sampled[place])]
    for name, table in tables.items():
        for column in table.columns:
            if (name, column) in done or (len(table.key) == 1 and column == table.key[0]):
                continue
            best = max(
                filter(None, (_join(tables, name, column, target, sampled, holds) for target in targets)),
                key=lambda join: (join.confidence, join.parent),
                default=None,
            )
            if best is not None:
                yield best


def _single_keys(table: Table) -> list[str]:
    found = [table.key[0]] if len(table.key) == 1 else []
    return found + [one[0] for one in table.unique if len(one) == 1 and one[0] not in found]


def _tells(values: Sequence[object]) -> bool:
    """Whether these values, of a column without a key, tell rows apart all the same."""
    return len(values) >= _TELLING and None not in values and len(set(map(str, values))) == len(values)


def _join(
    tables: Mapping[str, Table],
    name: str,
    column: str,
    target: tuple[str, str],
    sampled: Mapping[tuple[str, str], Sequence[object]],
    holds: Found,
) -> Join | None:
    parent, on = target
    own, other = _SAME.get(tables[name].columns[column].kind), _SAME.get(tables[parent].columns[on].kind)
    if parent == name or own is None or other is None or not _named_after(column, parent, on):
        return None
    if on not in _single_keys(tables[parent]) and (words_of(column) != words_of(on) or _tells(sampled[name, column])):
        return None
    values = list(dict.fromkeys(v for v in sampled.get((name, column), ()) if v not in (None, "")))[:_MOST_VALUES]
    because = f"its name is that of '{parent}.{on}'"
    if own != other:
        because += ", of another type"
    share = holds(parent, on, values) if values else None
    if share is None:
        return Join(name, (column,), parent, (on,), 0.5, f"{because}; no value was looked for there")
    because += f"; {round(share * 100)} % of {len(values)} sampled values are found there"
    if share < 0.5:
        return None
    sure = 0.45 + 0.5 * share if len(values) >= _ENOUGH else 0.7 * share
    return Join(name, (column,), parent, (on,), round(sure, 2), because)


def _named_after(column: str, parent: str, on: str) -> bool:
    """Whether a column is called as another table, or as a telling key of it (`customer_number`)."""
    words, table, key = words_of(column), words_of(parent), words_of(on)
    if not words or not table:
        return False
    if words == key and len(words) > 1 and words[-1] in _SUFFIXES:
        return True
    tails = {
        table,
        *((*table[:-1], one) for one in _singular(table[-1])),
        table[-1:],
        *((one,) for one in _singular(table[-1])),
    }
    for tail in tails:
        for end in (key, *((suffix,) for suffix in _SUFFIXES), ()):
            whole = (*tail, *end)
            if end and words[-len(whole) :] == whole:
                return True
            if end and words[-1] == "".join(whole):  # kundenid
                return True
            if not end and words == tail and words != key:
                return True
            if end and words == (*end, *tail):  # id_client
                return True
    return False


def _singular(word: str) -> set[str]:
    """What a plural may be of, in three languages, and what German puts between (`kunde`, `kunden`)."""
    found = {word.removesuffix(end) for end in ("s", "es", "n", "en", "e", "er", "x") if len(word) > len(end) + 2}
    if word.endswith("ies"):
        found.add(word[:-3] + "y")
    return found | {word + end for end in ("s", "n", "en")}


def directions(joins: Sequence[Join], people: set[str]) -> dict[Join, Direction]:
    """Which way each join is followed: from tables that are found by themselves to what hangs on them, from there to
    what a row names (its address, its product), and not on to the rows of everybody who names the same."""
    level = dict.fromkeys(people, 0)
    grew = True
    while grew:
        grew = False
        for join in joins:
            if join.parent in level and join.table not in level:
                level[join.table] = level[join.parent] + 1
                grew = True
    found: dict[Join, Direction] = {}
    for join in joins:
        if join.table in people and join.parent in people:
            found[join] = None if join.table != join.parent else "to"
        elif join.parent in level and level[join.parent] < level.get(join.table, 0):
            found[join] = "from"
        else:
            found[join] = "to"
    return found
