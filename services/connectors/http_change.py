"""Changing and deleting rows over HTTP, one request a row.

An interface has no transaction: what was done stays done when a later row fails. Each request therefore is one that
may come twice, and the next attempt goes on where this one stopped.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date

from db.kill_points import reach
from services.catalog.values import plain
from services.connectors.base import Delete, Key, Rewrite, Row, Table
from services.connectors.http_call import Ask, Line
from services.connectors.http_declared import Change, Job
from services.connectors.http_jobs import Jobs
from services.connectors.http_read import HttpReader
from services.connectors.http_rows import Shape
from services.connectors.http_template import body_of, holes, in_query
from services.errors import Pending, Unusable

_ACCEPTED = 202


class HttpChange:
    """`Change` over one connection; leaving it tells what the vendor carries out later (`settle`)."""

    def __init__(self, line: Line, shapes: Mapping[str, Shape], jobs: Jobs) -> None:
        self.line, self.jobs = line, jobs
        self.reader = HttpReader(line, shapes)
        self.pending: list[str] = []

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """Why these cannot be done; nothing is written."""
        changes: list[Delete | Rewrite] = [*deletes, *rewrites]
        missing = sorted({change.collection for change in changes} - set(self.reader.shapes))
        if missing:
            return [f"http.yml says nothing about {name}" for name in missing]
        faults = []
        for change in changes:
            shape = self.reader.shape(change.collection)
            declared = shape.rows.delete if isinstance(change, Delete) else shape.rows.change
            if change.key != shape.key:
                faults.append(f"{shape.name} has the key ({', '.join(shape.key)}) and none other")
            if declared is None:
                word = "delete" if isinstance(change, Delete) else "change"
                faults.append(f"http.yml has no '{word}' for {shape.name}")
            elif isinstance(change, Rewrite):
                faults += _value_faults(shape, declared, change)
        return faults

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that `http.yml` knows."""
        return self.reader.tables(names)

    def defer(self) -> None:
        """Nothing: each request is judged at once."""

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """Collections that refer to others before these."""
        waiting = {delete.collection: delete for delete in deletes}
        ordered: list[Delete] = []
        while waiting:
            parents = {name for one in waiting for name in _parents(self.reader.shape(one)) if name != one}
            free = sorted(set(waiting) - parents) or sorted(waiting)
            ordered += [waiting.pop(name) for name in free]
        return ordered

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Rows by their key, with their versions."""
        return list(self.reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """Rows that this deleted; one that is gone already is none, and one that goes later is none yet."""
        shape = self.reader.shape(delete.collection)
        return sum(self._delete(shape, row) for row in delete.rows)

    def rewrite(self, rewrite: Rewrite) -> int:
        """Rows written."""
        shape = self.reader.shape(rewrite.collection)
        pairs = zip(rewrite.rows, rewrite.values, strict=True)
        return sum(self._rewrite(shape, row, dict(zip(rewrite.columns, new, strict=True))) for row, new in pairs)

    def settle(self) -> None:
        """Raises `Pending` until the last day named, when the vendor carries anything out later."""
        if self.pending:
            until = max(self.pending)
            count = len(self.pending)
            raise Pending(f"system '{self.line.key}' carries out {count} changes by {until}", until=until)

    def _delete(self, shape: Shape, key: Key) -> bool:
        declared = _given(shape.rows.delete)
        done = self._known(declared, "delete", shape, key)
        if done is not None:
            return done
        known: dict[str, object] = dict(zip(shape.key, key, strict=True))
        if declared.if_match:
            row = self.reader.one(shape, key, shape.collection.columns)
            if row is None:
                return False
            known |= row
        # Many vendors take no POST without a body; an empty object says nothing.
        empty: dict[str, object] | None = {} if declared.method == "POST" else None
        body = body_of(declared.body, known) if declared.body else empty
        return self._order(declared, "delete", shape, key, known, body)

    def _rewrite(self, shape: Shape, key: Key, new: dict[str, object]) -> bool:
        declared = _given(shape.rows.change)
        done = self._known(declared, "change", shape, key)
        if done is not None:
            return done
        known: dict[str, object] = dict(zip(shape.key, key, strict=True))
        if declared.method == "PUT" or (declared.if_match and (shape.name, key) not in self.reader.versions):
            row = self.reader.one(shape, key, shape.collection.columns)
            if row is None:
                return False
            known |= row
        templates = {
            path: template
            for path, template in (declared.body or {}).items()
            if declared.method == "PUT" or {*holes(template)} <= {*new, *shape.key}
        }
        values = {name: _as_written(shape, name, value, declared) for name, value in (known | new).items()}
        return self._order(declared, "change", shape, key, values | dict(zip(shape.key, key, strict=True)),
                           body_of(templates, values))  # fmt: skip

    def _order(
        self, declared: Change, what: str, shape: Shape, key: Key, values: Mapping[str, object], body: object
    ) -> bool:
        """Asks for one change; whether it is done now."""
        headers = {}
        if declared.if_match:
            version = self.reader.versions.pop((shape.name, key), "")
            if not version:
                raise Unusable(f"system '{self.line.key}' gives '{shape.name}' no version: correct 'etag' in http.yml")
            headers["If-Match"] = version
        if declared.method == "POST":
            headers["Idempotency-Key"] = idempotency_key(self.line.key, what, shape.name, key, body)
        address = self.reader.address(shape, str(declared.path), values)
        verb = "a deletion" if what == "delete" else "a change"
        ask = Ask(f"{verb} in '{shape.name}'", declared.method, address, in_query(declared.query, values), body,
                  headers=headers, fine=declared.gone)  # fmt: skip
        answer = self.line.ask(ask)
        reach("http.between-rows")
        if answer.status in declared.gone:
            return False
        if answer.status == _ACCEPTED:
            until = self.jobs.begun(self.line, declared.job or Job(address=""), (what, shape.name, key), answer)
            return self._done(until)
        return True

    def _known(self, declared: Change, what: str, shape: Shape, key: Key) -> bool | None:
        """Whether an order given before is done; None when none is known."""
        until = self.jobs.state(self.line, declared.job or Job(address=""), (what, shape.name, key))
        return None if until is None else self._done(until)

    def _done(self, until: str) -> bool:
        if until:
            self.pending.append(until)
        return not until


def idempotency_key(system: str, what: str, collection: str, key: Key, body: object) -> str:
    """Names one change of one row, the same in every attempt: a vendor that knows it does the work once."""
    text = json.dumps([system, what, collection, list(key), body], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _given(change: Change | None) -> Change:
    if change is None:
        raise Unusable("http.yml has no way to do this")  # `faults` says so before anything is written
    return change


def _value_faults(shape: Shape, declared: Change, rewrite: Rewrite) -> list[str]:
    """Why the new values do not fit: columns that no request carries, empty ones that must not be, lengths."""
    sent = {name for template in (declared.body or {}).values() for name in holes(template)}
    columns = shape.table().columns
    faults = []
    for place, name in enumerate(rewrite.columns):
        where, column = f"{shape.name}.{name}", columns.get(name)
        values = [row[place] for row in rewrite.values]
        if column is None or name in shape.key:
            faults.append(f"{where} is part of the key, or not there, and cannot be changed")
        elif name not in sent:
            faults.append(f"http.yml sends no {where}: add it to the 'body' of 'change'")
        elif not column.nullable and any(value is None for value in values):
            faults.append(f"{where} cannot be empty")
        elif column.length and any(isinstance(value, str) and len(value) > column.length for value in values):
            faults.append(f"{where} holds {column.length} characters, too few for its mask")
    return faults


def _as_written(shape: Shape, name: str, value: object, declared: Change) -> object:
    """A value as the vendor takes it."""
    if value is None:
        return declared.nothing
    if isinstance(value, str) and shape.table().columns[name].kind == "json":
        return json.loads(value)
    return value.isoformat() if isinstance(value, date) else plain(value)


def _parents(shape: Shape) -> set[str]:
    """The collections that one refers to; a reference declared only to look the other way is one too."""
    fields = [field for _, field in shape.collection.walk()]
    named = {str(r.field).partition(".")[0] for field in fields for r in field.meta.references or ()}
    return named | {str(key.to) for key in shape.collection.console.references}
