"""A draft of a system folder: `system.yml`, and a dataset in the format of Fides with evidence beside each field."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from services.connectors.base import Column, Table
from services.discovery.evidence import THRESHOLD, Finding
from services.discovery.joins import Direction, Join, directions
from services.discovery.name_words import EMAIL, PHONE
from services.errors import BadInput

_TYPES = {"text": "string", "uuid": "string", "integer": "integer", "number": "float", "boolean": "boolean"}
_IDENTITY = {EMAIL: "email", PHONE: "phone"}
HEAD = """\
# Drafted from the live database by `rightsdesk catalog discover`; a person reviews it: `rightsdesk catalog review`.
# A field's evidence says why; what still waits for a person says `review: true` there and does not hold yet.
"""
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Discovered:
    """All that was found out about a system; `left_out` names what a dataset cannot name."""

    key: str
    tables: Mapping[str, Table]
    findings: Mapping[str, Mapping[str, Finding]]
    joins: Sequence[Join]
    left_out: tuple[str, ...] = ()
    unsampled: tuple[str, ...] = ()

    @property
    def waiting(self) -> int:
        """Fields that wait for review."""
        fields = {(t, c) for t, found in self.findings.items() for c, one in found.items() if not one.holds}
        fields |= {(j.table, j.columns[0]) for j in self.joins if j.confidence < THRESHOLD}
        return len(fields)


def identity_of(category: str) -> str | None:
    """What a person can be found by in a field of that category."""
    return _IDENTITY.get(category)


def dataset_text(found: Discovered) -> str:
    """The dataset file."""
    people = {t for t, fields in found.findings.items() if any(_is_identity(one) for one in fields.values())}
    ways = directions([join for join in found.joins if join.confidence >= THRESHOLD], people)
    collections = [_collection(found, table, ways) for table in found.tables.values()]
    return HEAD + _dump({"dataset": [{"fides_key": found.key, "name": found.key, "collections": collections}]})


def system_text(key: str, controller: str, connector: str, url: str, secret: str, file: str) -> str:
    """The system file; it holds no password."""
    node: Node = {"key": key, "controller": controller, "connector": connector, "url": url}
    return _dump({**node, **({"secret": secret} if secret else {}), "datasets": [file]})


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files, the last one last: it makes the folder a system. Raises `BadInput` where a system stands."""
    if (folder / "system.yml").exists():
        raise BadInput("a system is described here already: take another folder", place=str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            put_file(folder / name, text)
    except OSError as exc:
        raise BadInput(f"cannot be written: {exc.strerror or 'no reason given'}", place=str(folder)) from exc


def put_file(path: Path, text: str) -> None:
    """Replace a file whole, to the letter: a reader sees the old or the new one, after a kill too. Raises `OSError`."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def relative_url(url: str, folder: Path) -> str:
    """The url of a file, from `folder`, as system.yml has it; other urls as they are."""
    if not url.startswith("sqlite:///"):
        return url
    path = Path(url.removeprefix("sqlite:///")).resolve()
    return f"sqlite:///{Path(os.path.relpath(path, folder.resolve())).as_posix()}"


def can_be_named(name: str) -> bool:
    """Whether a dataset can name this table or column: dots part nested fields there."""
    return bool(name) and "." not in name and "\x00" not in name


def slug(text: str) -> str:
    """A key made of `text`."""
    return re.sub(r"[^a-z0-9-]+", "_", text.lower()).strip("_-")[:40] or "system"


def _is_identity(finding: Finding) -> bool:
    return finding.holds and identity_of(finding.category) is not None


def _collection(found: Discovered, table: Table, ways: Mapping[Join, Direction]) -> Node:
    joins = [join for join in found.joins if join.table == table.name]
    fields = [_field(found, table, column, joins, ways) for column in table.columns.values()]
    whole = [_keys(found.key, join, ways[join]) for join in joins if len(join.columns) > 1 and join in ways]
    return {"name": table.name, **({"x_console": {"references": whole}} if whole else {}), "fields": fields}


def _keys(dataset: str, join: Join, way: Direction) -> Node:
    node: Node = {"fields": list(join.columns), "dataset": dataset, "to": join.parent, "on": list(join.on)}
    return {**node, **({"direction": way} if way else {})}


def _field(
    found: Discovered, table: Table, column: Column, joins: Sequence[Join], ways: Mapping[Join, Direction]
) -> Node:
    finding = found.findings.get(table.name, {}).get(column.name)
    own = [join for join in joins if join.columns == (column.name,)]
    meta, evidence = _meta(table, column), []
    node: Node = {"name": column.name}
    if finding is not None:
        evidence.append(_evidence("category", finding.category, finding.confidence, finding.because))
        if finding.holds:
            node["data_categories"] = [finding.category]
            if _is_identity(finding):
                meta["identity"] = identity_of(finding.category)
    holding = [join for join in own if join in ways]
    if holding:
        meta["references"] = [reference(found.key, f"{j.parent}.{j.on[0]}", ways[j]) for j in holding]
    evidence += [_evidence("reference", f"{j.parent}.{j.on[0]}", j.confidence, j.because) for j in own]
    if meta:
        node["fides_meta"] = meta
    if evidence:
        node["x_console"] = {"evidence": evidence}
    return node


def reference(dataset: str, field: str, way: Direction) -> Node:
    """A reference as it stands in `fides_meta`."""
    return {"dataset": dataset, "field": field, **({"direction": way} if way else {})}


def _meta(table: Table, column: Column) -> Node:
    meta: Node = {"primary_key": True} if column.name in table.key else {}
    if column.kind in _TYPES:
        meta["data_type"] = _TYPES[column.kind]
    if column.kind == "text" and column.length:
        meta["length"] = column.length
    return meta


def _evidence(of: str, said: str, confidence: float, because: str) -> Node:
    node: Node = {"of": of, "said": said, "confidence": confidence, "because": because}
    return {**node, **({"review": True} if confidence < THRESHOLD else {})}


class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # yaml has no types
    """Lists stand under their key, further in, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing is written by reference to somewhere else in the file."""
        return True


def _dump(node: Node) -> str:
    return str(yaml.dump(node, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110))
