"""Reading rows over HTTP: by an identity, by a reference, by their key, or all of them.

What a vendor gives is never taken at its word: a vendor that does not know a filter often gives every row.
"""

from collections.abc import Iterator, Mapping, Sequence

from services.catalog.values import join_key, join_keys
from services.connectors.base import Key, Lookup, Row, Table
from services.connectors.http_call import Answer, Ask, Line
from services.connectors.http_declared import Find, One
from services.connectors.http_paging import listed
from services.connectors.http_rows import Shape
from services.connectors.http_template import at, body_of, in_path, in_query
from services.errors import Unusable

GONE = (404, 410)
HEADER = "header "


class HttpReader:
    """`Reader` over one connection; an interface has no moment, rows are as they are when asked for."""

    def __init__(self, line: Line, shapes: Mapping[str, Shape]) -> None:
        self.line, self.shapes = line, shapes
        self.versions: dict[tuple[str, Key], str] = {}

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that `http.yml` knows."""
        return {name: self.shapes[name].table() for name in names if name in self.shapes}

    def shape(self, name: str) -> Shape:
        """The collection of that name; raises `Unusable` when `http.yml` has none."""
        if name not in self.shapes:
            raise Unusable(f"system '{self.line.key}': http.yml says nothing about '{name}'")
        return self.shapes[name]

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The rows of `lookup`, each once. Rows that do not hold any of its keys are left out, whoever gave them."""
        shape = self.shape(lookup.collection)
        heads = tuple(path.partition(".")[0] for path in lookup.on)
        columns = tuple(dict.fromkeys([*lookup.columns, *heads]))
        wanted, seen = set(lookup.keys), set()
        for row in self._found(shape, lookup, columns):
            key = shape.key_of(row)
            if key in seen or (lookup.how == "exact" and wanted.isdisjoint(join_keys(row, lookup.on))):
                continue
            seen.add(key)
            yield {name: row[name] for name in lookup.columns}

    def by_key(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> Iterator[Row]:
        """Rows by their key, one request each where `http.yml` says how; those that are gone are left out."""
        shape = self.shape(collection)
        if shape.rows.one is None or tuple(key) != shape.key:
            keys = tuple(tuple(join_key(part) or "" for part in row) for row in rows)
            yield from self.rows(Lookup(collection, tuple(columns), tuple(key), keys))
            return
        for row in rows:
            found = self.one(shape, row, columns)
            if found is not None:
                yield {name: found[name] for name in columns}

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """Every row, a page at a time."""
        shape = self.shape(collection)
        find = shape.rows.by(())
        if find is None:
            raise Unusable(f"system '{self.line.key}': http.yml has no way to list every row of '{collection}'")
        for row in self._listed(shape, find, {}, columns):
            yield {name: row[name] for name in columns}

    def one(self, shape: Shape, key: Key, columns: Sequence[str]) -> Row | None:
        """One row by its key, None when it is not there; its version is kept for a change of it."""
        declared = shape.rows.one
        if declared is None:
            raise Unusable(f"system '{self.line.key}': http.yml has no 'one' for '{shape.name}'")
        known = dict(zip(shape.key, key, strict=True))
        answer = self.line.ask(self._of_one(shape, declared, known))
        if answer.status in GONE:
            return None
        raw = at(answer.value(), declared.row)
        if declared.etag:
            self.versions[shape.name, key] = _version(answer, declared.etag)
        return shape.row(raw, columns, known)

    def _of_one(self, shape: Shape, one: One, known: Mapping[str, object]) -> Ask:
        address, query = self.address(shape, str(one.path), known), in_query(one.query, known)
        return Ask(f"a row of '{shape.name}'", "GET", address, query, reads=True, fine=GONE)

    def address(self, shape: Shape, path: str, values: Mapping[str, object]) -> str:
        """A path with its values. Raises `Unusable` for a value that no path can carry."""
        try:
            return in_path(path, values)
        except ValueError:
            raise Unusable(
                f"system '{self.line.key}': a row of '{shape.name}' has a key that no path can hold"
            ) from None

    def _found(self, shape: Shape, lookup: Lookup, columns: Sequence[str]) -> Iterator[Row]:
        find = shape.rows.by(lookup.on)
        if find is None and lookup.on == shape.key and shape.rows.one is not None:
            for key in lookup.keys:
                row = self.one(shape, key, columns)
                yield from [row] if row is not None else []
            return
        if find is None:
            find, keys = shape.rows.by(()), ((),)
        else:
            keys = lookup.keys  # type: ignore[assignment]  # tuples of another length
        if find is None:
            by = ", ".join(lookup.on)
            raise Unusable(f"system '{self.line.key}': http.yml has no way to list '{shape.name}' by {by}")
        names = lookup.on if find.by else ()
        for values in _requests(find, keys):
            yield from self._listed(shape, find, dict(zip(names, values, strict=True)), columns)

    def _listed(self, shape: Shape, find: Find, values: Mapping[str, object], columns: Sequence[str]) -> Iterator[Row]:
        by = f" by {', '.join(find.by)}" if find.by else ""
        ask = Ask(
            f"the list of '{shape.name}'{by}", find.method, self.address(shape, str(find.path), values),
            in_query(find.query, values), body_of(find.body, values) if find.body else None, reads=True,
        )  # fmt: skip
        for raw in listed(self.line, ask, find.rows, find.paging):
            if not find.details:
                yield shape.row(raw, columns)
                continue
            row = self.one(shape, shape.key_of(shape.row(raw, shape.key)), columns)
            if row is not None:  # it may go between the list and the look at it
                yield row


def _version(answer: Answer, place: str) -> str:
    if place.startswith(HEADER):
        return str(answer.headers.get(place.removeprefix(HEADER), ""))
    version = at(answer.value(), place)
    return str(version) if isinstance(version, str | int) else ""


def _requests(find: Find, keys: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The values of each request: one by one, or several joined where the vendor takes that."""
    if not find.join:
        yield from keys
        return
    together = [key[0] for key in keys if find.join not in key[0]]
    for start in range(0, len(together), find.at_most):
        yield (find.join.join(together[start : start + find.at_most]),)
    yield from (key for key in keys if find.join in key[0])
