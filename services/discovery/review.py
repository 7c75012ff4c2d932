"""The review of a draft, one field at a time: each decision is written into its file at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from services import strict_yaml
from services.catalog import taxonomy
from services.catalog.checks import check_dataset
from services.catalog.dataset import Dataset, DatasetFile, Field
from services.catalog.system import load_system
from services.discovery.draft import Dumper, identity_of, put_file
from services.discovery.joins import Join, directions
from services.errors import BadInput, Conflict

Decision = Literal["accepted", "changed", "not-personal", "no-reference"]


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for a person: the `at`-th evidence of a field. `of` it the category, or what it refers to."""

    file: Path
    dataset: str
    collection: str
    field: str
    at: int
    of: Literal["category", "reference"]
    said: str
    confidence: float
    because: str
    data_type: str = ""


def questions(folder: Path) -> list[Question]:
    """All that waits in a system folder, in the order of its files. Raises `BadInput` with file and line."""
    load_system(folder)
    found = []
    for file in _files(folder):
        for dataset in strict_yaml.read(file, DatasetFile).dataset:
            for collection in dataset.collections:
                for field in collection.fields:
                    found += _of_field(file, str(dataset.fides_key), str(collection.name), field)
    return found


def decide(question: Question, decision: Decision, category: str = "") -> None:
    """Write a decision; `category` is that of a change. What stands elsewhere in the file stays as it is.

    Raises `BadInput` for a category there is none of or a file that is wrong, `Conflict` when the question was
    answered meanwhile.
    """
    if decision == "changed" and (fault := taxonomy.fault(category)):
        raise BadInput(fault, place="category")
    text = question.file.read_text("utf-8")
    strict_yaml.parse(text, DatasetFile, place=str(question.file))
    root = cast(MappingNode, yaml.compose(text, Loader=yaml.SafeLoader))
    field = _field_node(root, question)
    evidence, end = _evidence_node(field, question), _end(field)
    _drop(evidence, "review")
    _put(evidence, "decided", _scalar(decision))
    if question.of == "category" and decision in ("accepted", "changed"):
        _set_category(field, category if decision == "changed" else question.said)
    elif question.of == "reference" and decision == "accepted":
        _add_reference(field, question, _way(question))
    new = _replaced(text, field, end)
    datasets = strict_yaml.parse(new, DatasetFile, place=str(question.file)).dataset
    for dataset in datasets:
        check_dataset(dataset, datasets, str(question.file))
    try:
        put_file(question.file, new)
    except OSError as exc:
        raise BadInput(f"cannot be written: {exc.strerror or 'no reason given'}", place=str(question.file)) from exc


def _files(folder: Path) -> list[Path]:
    from services.catalog.system import SystemFile

    return [folder / str(name) for name in strict_yaml.read(folder / "system.yml", SystemFile).datasets]


def _of_field(file: Path, dataset: str, collection: str, field: Field) -> list[Question]:
    kind = field.meta.data_type or ""
    return [
        Question(file, dataset, collection, str(field.name), at, e.of, str(e.said), e.confidence, e.because, kind)
        for at, e in enumerate(field.console.evidence)
        if e.review
    ]


def _way(question: Question) -> str | None:
    """Which way a reference is followed, given those that hold already."""
    (dataset,) = [d for d in strict_yaml.read(question.file, DatasetFile).dataset if d.fides_key == question.dataset]
    target, _, on = question.said.partition(".")
    new = Join(question.collection, (question.field,), target, (on,), 1.0, "")
    people = {str(c.name) for c in dataset.collections if any(f.meta.identity for _, f in c.walk())}
    return directions([*_joins(dataset), new], people)[new]


def _joins(dataset: Dataset) -> Sequence[Join]:
    found = []
    for collection in dataset.collections:
        for path, field in collection.walk():
            for reference in field.meta.references or ():
                parent, _, on = reference.field.partition(".")
                if reference.dataset == dataset.fides_key:
                    found.append(Join(str(collection.name), (path,), parent, (on,), 1.0, "held"))
    return found


# ── nodes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _field_node(root: MappingNode, question: Question) -> MappingNode:
    datasets = cast(SequenceNode, _get(root, "dataset"))
    dataset = _named(datasets, "fides_key", question.dataset)
    collection = _named(cast(SequenceNode, _get(dataset, "collections")), "name", question.collection)
    return _named(cast(SequenceNode, _get(collection, "fields")), "name", question.field)


def _named(nodes: SequenceNode, key: str, name: str) -> MappingNode:
    for node in nodes.value:
        there = _get(node, key)
        if isinstance(there, ScalarNode) and there.value == name:
            return cast(MappingNode, node)
    raise Conflict(f"'{name}' is no longer in the file", kept="the file as it is")


def _evidence_node(field: MappingNode, question: Question) -> MappingNode:
    console = _get(field, "x_console")
    listed = _get(console, "evidence") if console is not None else None
    node = listed.value[question.at] if isinstance(listed, SequenceNode) and question.at < len(listed.value) else None
    said = _get(node, "said") if node is not None else None
    if node is None or _get(node, "review") is None or not isinstance(said, ScalarNode) or said.value != question.said:
        raise Conflict(f"'{question.collection}.{question.field}' was judged meanwhile", kept="the file as it is")
    return cast(MappingNode, node)


def _get(node: Node, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _put(node: MappingNode, key: str, value: Node, before: str = "") -> None:
    """Set a key; a new one stands before `before`, or last."""
    for at, (name, _) in enumerate(node.value):
        if name.value == key:
            node.value[at] = (name, value)
            return
    place = next((at for at, (name, _) in enumerate(node.value) if name.value == before), len(node.value))
    node.value.insert(place, (_scalar(key), value))


def _drop(node: MappingNode, key: str) -> None:
    node.value[:] = [(name, value) for name, value in node.value if name.value != key]


def _scalar(text: str) -> ScalarNode:
    return ScalarNode("tag:yaml.org,2002:str", text)


def _list(*nodes: Node) -> SequenceNode:
    return SequenceNode("tag:yaml.org,2002:seq", list(nodes), flow_style=False)


def _mapping(**items: str) -> MappingNode:
    return MappingNode("tag:yaml.org,2002:map", [(_scalar(k), _scalar(v)) for k, v in items.items()], flow_style=False)


def _set_category(field: MappingNode, category: str) -> None:
    before = "fides_meta" if _get(field, "fides_meta") is not None else "x_console"
    _put(field, "data_categories", _list(_scalar(category)), before)
    identity = identity_of(category)
    if identity is not None:
        _put(_meta(field), "identity", _scalar(identity))


def _add_reference(field: MappingNode, question: Question, way: str | None) -> None:
    node = _mapping(dataset=question.dataset, field=question.said, **({"direction": way} if way else {}))
    meta = _meta(field)
    there = _get(meta, "references")
    if isinstance(there, SequenceNode):
        there.value.append(node)
    else:
        _put(meta, "references", _list(node))


def _meta(field: MappingNode) -> MappingNode:
    if not isinstance(_get(field, "fides_meta"), MappingNode):
        _put(field, "fides_meta", _mapping(), "x_console")
    return cast(MappingNode, _get(field, "fides_meta"))


def _replaced(text: str, field: MappingNode, end: int) -> str:
    """`text`, in which the field ended at `end`, with the field written anew, at the same indent.

    Comments inside the field are lost.
    """
    written = str(yaml.serialize(field, Dumper=Dumper, allow_unicode=True, width=110)).rstrip("\n")
    indent = "\n" + " " * field.start_mark.column
    return text[: field.start_mark.index] + written.replace("\n", indent) + text[end:]


def _end(node: Node) -> int:
    """Where the last word of a node ends; what YAML calls its end may lie behind comments and blank lines."""
    if isinstance(node, ScalarNode) or node.flow_style or not node.value:
        end = node.end_mark
        return int(end.index) - (end.column == 0 and isinstance(node, ScalarNode) and node.style in ("|", ">"))
    last = node.value[-1]
    return _end(last[1] if isinstance(node, MappingNode) else last)
