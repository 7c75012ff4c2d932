"""Holding `http.yml` against the dataset: what neither file can say alone."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import httpx

from services.catalog.graph import Graph, Node, build
from services.catalog.system import System
from services.connectors.http_call import secure
from services.connectors.http_declared import FILE, Change, Declared, Find, Rows
from services.connectors.http_rows import Shape
from services.connectors.http_template import clash, holes
from services.errors import BadInput
from services.strict_yaml import line_of, nearest


def shapes(system: System, declared: Declared) -> dict[str, Shape]:
    """Every collection with both descriptions of it. Raises `BadInput` with file and line for the first fault."""
    return _Checker(system, declared).shapes()


class _Checker:
    def __init__(self, system: System, declared: Declared) -> None:
        self.system, self.declared = system, declared
        self.file = str((system.folder or Path()) / FILE)
        self.graph = build({system.key: system.datasets})

    def fail(self, at: object, what: str) -> BadInput:
        return BadInput(what, place=f"{self.file}:{line_of(at) or 1}")

    def shapes(self) -> dict[str, Shape]:
        found: dict[str, Shape] = {}
        nodes = {node.collection: node for node in self.graph.nodes}
        for name, rows in self.declared.collections.items():
            if name not in nodes:
                raise self.fail(rows, f"there is no collection called '{name}'{nearest(name, nodes)}")
            found[name] = Shape(self.system.key, self.graph.nodes[nodes[name]], rows)
            self._collection(nodes[name], found[name])
        for node, collection in self.graph.nodes.items():
            if node.collection not in found and not collection.meta.skip_processing:
                raise self.fail(
                    self.declared, f"nothing is said about collection '{node.collection}': how is it listed?"
                )
        self._path(self.declared.probe.path, ())
        self._templates(self.declared.probe.query, ())
        self._templates(self.declared.headers, ("origin",))
        self._token()
        return found

    def _token(self) -> None:
        """The client's secret goes there: by https, or within this machine."""
        auth = self.declared.auth
        if auth is None or auth.kind != "oauth2" or auth.token.startswith("/"):
            return
        try:
            url = httpx.URL(auth.token)
        except httpx.InvalidURL:
            raise self.fail(auth, "'token' is no address") from None
        if not secure(url.scheme, url.host):
            raise self.fail(auth, "'token' must be a path or an https address")

    def _collection(self, node: Node, shape: Shape) -> None:
        rows, columns = shape.rows, shape.collection.columns
        if not shape.key:
            raise self.fail(rows, f"'{shape.name}' has no primary_key in the dataset: no row could be read or changed")
        for name in (*rows.required, *rows.unique, *(rows.at or {})):
            self._known(name, columns, rows)
        for find in rows.find:
            self._find(find, shape)
        if rows.one is not None:
            self._path(rows.one.path, shape.key)
            self._templates(rows.one.query, shape.key)
        for change in (rows.change, rows.delete):
            if change is not None:
                self._change(change, shape)
        self._ways(node, rows)
        self._erasure(node, shape)

    def _find(self, find: Find, shape: Shape) -> None:
        for name in find.by:
            self._known(name, [path for path, _ in shape.collection.walk()], find)
        self._path(find.path, find.by)
        self._templates(find.query, find.by)
        self._body(find.body, find.by)

    def _change(self, change: Change, shape: Shape) -> None:
        columns = shape.collection.columns
        self._path(change.path, shape.key)
        self._templates(change.query, columns)
        self._body(change.body, columns)
        if change is shape.rows.change and not change.body:
            raise self.fail(change, f"'change' of '{shape.name}' needs a 'body': which columns it can write")

    def _ways(self, node: Node, rows: Rows) -> None:
        """Every way that a search comes to this collection must be one that the vendor has."""
        every, key = rows.by(()) is not None, self.graph.nodes[node].key
        ways: dict[tuple[str, ...], str] = {
            (entry.path,): f"its identity '{entry.path}'" for entry in self.graph.entries_of(node)
        }
        for edge in self.graph.edges:
            if edge.target == node:
                ways.setdefault(edge.on, f"({', '.join(edge.on)}), which '{edge.source.collection}' leads to")
        for on, word in ways.items():
            if rows.by(on) is None and not every and not (on == key and rows.one is not None):
                raise self.fail(rows, f"there is no way to list '{node.collection}' by {word}: add a 'find' with 'by'")
        if rows.one is None and rows.by(key) is None and not every:
            raise self.fail(rows, f"no row of '{node.collection}' can be read by its key: add 'one'")

    def _erasure(self, node: Node, shape: Shape) -> None:
        """What the dataset says is erased must be something that the vendor can do."""
        rules = self.graph.dataset(node).rules(shape.collection)
        if self.system.read_only or (rules.erase == "keep" and rules.retention is None):
            return
        if rules.erase in ("delete", "keep"):
            if shape.rows.delete is None:
                raise self.fail(shape.rows, f"'{shape.name}' is to be deleted: add 'delete'")
            return
        wanted = list(_masked(self.graph, node, shape))
        change = shape.rows.change
        if wanted and change is None:
            raise self.fail(shape.rows, f"'{shape.name}' is to be masked: add 'change'")
        sent = {name for template in (change.body or {}).values() for name in holes(template)} if change else set()
        for name in wanted:
            if name not in sent:
                raise self.fail(change, f"'{shape.name}.{name}' is to be masked: add it to the 'body' of 'change'")

    def _path(self, path: str, names: Iterable[str]) -> None:
        if not path.startswith("/") or path.startswith("//"):
            raise self.fail(path, f"path '{path}' must start with one '/'")
        if "?" in path or "#" in path:
            raise self.fail(path, f"path '{path}': a query stands under 'query'")
        self._holes(path, names)

    def _templates(self, templates: Mapping[str, str] | None, names: Iterable[str]) -> None:
        known = list(names)
        for template in (templates or {}).values():
            self._holes(template, known)

    def _body(self, templates: Mapping[str, str] | None, names: Iterable[str]) -> None:
        self._templates(templates, names)
        through = clash(templates or {})
        if through:
            raise self.fail((templates or {})[through], f"'{through}' has a value and parts as well")

    def _holes(self, template: str, names: Iterable[str]) -> None:
        known = [str(name) for name in names]
        for name in holes(template):
            if name not in known:
                raise self.fail(template, f"'{{{name}}}' is not known here{nearest(name, known)}")

    def _known(self, name: str, columns: Iterable[str], at: object) -> None:
        known = [str(one) for one in columns]
        if name not in known:
            raise self.fail(name if line_of(name) else at, f"there is no field called '{name}'{nearest(name, known)}")


def _masked(graph: Graph, node: Node, shape: Shape) -> Iterator[str]:
    """Columns that a mask is declared for, and identities: the least that an erasure of this collection changes."""
    entries = {entry.path.partition(".")[0] for entry in graph.entries_of(node)}
    for field in shape.collection.fields:
        kept = field.meta.read_only or field.console.erase == "keep" or str(field.name) in shape.key
        if not kept and (field.mask is not None or field.console.erase == "mask" or str(field.name) in entries):
            yield str(field.name)
