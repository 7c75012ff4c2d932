"""A vendor's rows in the columns of the dataset, each held to its declared type: what does not fit is never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.catalog.dataset import Collection, Field
from services.catalog.values import plain
from services.connectors.base import Column, ColumnKind, Key, Row, Table
from services.connectors.http_declared import Rows
from services.connectors.http_template import at
from services.errors import Unusable

_KINDS: dict[str, ColumnKind] = {
    "string": "text", "object_id": "text", "integer": "integer", "float": "number", "boolean": "boolean",
}  # fmt: skip
_FITS: dict[ColumnKind, tuple[type, ...]] = {
    "text": (str, int, float),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "json": (dict, list),
}


@dataclass(frozen=True)
class Shape:
    """One collection: what the dataset says of it and what `http.yml` does."""

    system: str
    collection: Collection
    rows: Rows

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.collection.name)

    @property
    def key(self) -> tuple[str, ...]:
        """Its declared key."""
        return self.collection.key

    def table(self) -> Table:
        """The columns as declared: an interface has no schema to read."""
        required = {*map(str, self.rows.required), *self.key}
        columns = {
            str(one.name): Column(str(one.name), kind_of(one), str(one.name) not in required, one.meta.length)
            for one in self.collection.fields
        }
        return Table(self.name, columns, self.key, tuple((str(name),) for name in self.rows.unique))

    def row(self, raw: object, columns: Sequence[str], known: Mapping[str, object] | None = None) -> Row:
        """A row from a vendor's; `known`: the key it was asked by, for vendors that leave it out of the answer.

        Raises `Unusable` for a row without its key, of another key, or with a value that is not of its column's type.
        """
        if not isinstance(raw, dict):
            raise Unusable(f"system '{self.system}' gives no row where one of '{self.name}' should be")
        row: Row = {}
        for one in self.collection.fields:
            name = str(one.name)
            if name not in columns and name not in self.key:
                continue
            value = at(raw, (self.rows.at or {}).get(name, name))
            if value is None and name in self.key:
                value = (known or {}).get(name)
            row[name] = self._fitting(one, value)
        self._right_row(row, known)
        return row

    def key_of(self, row: Row) -> Key:
        """The row's key in plain values."""
        return tuple(plain(row[name]) for name in self.key)

    def _fitting(self, one: Field, value: object) -> object:
        kind = kind_of(one)
        if value is None:
            if str(one.name) in self.key:
                raise Unusable(f"system '{self.system}' gives a row of '{self.name}' without its key '{one.name}'")
            return None
        plain_list = isinstance(value, list) and kind == "text" and not one.meta.data_type
        if not (isinstance(value, _FITS[kind]) or plain_list) or (isinstance(value, bool) and kind != "boolean"):
            raise Unusable(
                f"system '{self.system}': '{self.name}.{one.name}' is declared {one.meta.data_type or 'text'} and is "
                f"{_word(value)}: correct the dataset"
            )
        return value

    def _right_row(self, row: Row, known: Mapping[str, object] | None) -> None:
        wrong = [name for name in self.key if known and str(known[name]) != str(row[name])]
        if wrong:
            raise Unusable(f"system '{self.system}' gave another row of '{self.name}' than the one asked for")


def kind_of(one: Field) -> ColumnKind:
    """The kind of a declared field; text where nothing is declared."""
    declared = one.meta.data_type or ("object" if one.fields else "string")
    return _KINDS.get(declared, "json")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    words = {str: "text", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return words.get(type(value), "something else")
