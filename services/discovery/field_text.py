"""One field of a dataset file as text: what a decision changes in it. The rest stays; comments in it are lost."""

from typing import cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from services.catalog.taxonomy import personal
from services.discovery.draft import Dumper, identity_of
from services.errors import BadInput
from services.strict_yaml import nodes

WIDTH = 110


class FieldText:
    """A field as it stands at `column` of its file; `flow`: in brackets, as `{name: id}`.

    Raises `BadInput` where a part of it stands elsewhere in the file.
    """

    def __init__(self, text: str, column: int, flow: bool) -> None:
        node = nodes(" " * column + text, place="a field")
        if not isinstance(node, MappingNode):
            raise BadInput("this field is written so that only an editor can change it", place="the draft")
        self._node, self._column = node, column
        if flow:
            node.flow_style = True

    @property
    def name(self) -> str:
        """Its name."""
        node = _get(self._node, "name")
        return node.value if isinstance(node, ScalarNode) else ""

    def text(self) -> str:
        """It written anew, as it stands at its column."""
        written = str(yaml.serialize(self._node, Dumper=Dumper, allow_unicode=True, width=WIDTH)).rstrip("\n")
        return written.replace("\n", "\n" + " " * self._column)

    def decided(self, at: int, decision: str) -> None:
        """What a person made of its evidence number `at`."""
        console = _get(self._node, "x_console")
        listed = _get(console, "evidence") if console is not None else None
        if not isinstance(listed, SequenceNode) or at >= len(listed.value):
            raise BadInput("this field is written so that only an editor can change it", place="the draft")
        _drop(listed.value[at], "review")
        _put(listed.value[at], "decided", _scalar(decision))

    def hold(self, category: str) -> None:
        """`category` holds, instead of what held, and so does what a person can be found by in it."""
        self._forget_identity()
        _put(self._node, "data_categories", _list(_scalar(category)), self._before())
        identity = identity_of(category)
        if identity is not None:
            _put(self._meta(), "identity", _scalar(identity))

    def not_personal(self) -> None:
        """No category of it is about a person any more."""
        self._forget_identity()
        listed = _get(self._node, "data_categories")
        if isinstance(listed, SequenceNode):
            listed.value[:] = [one for one in listed.value if not personal((one.value,))]
            if not listed.value:
                _drop(self._node, "data_categories")

    def refer(self, dataset: str, to: str, way: str | None) -> None:
        """It refers to `to`, and is followed `way`."""
        self.refer_not(dataset, to)
        node = _mapping(dataset=dataset, field=to, **({"direction": way} if way else {}))
        there = _get(self._meta(), "references")
        if isinstance(there, SequenceNode):
            there.value.append(node)
        else:
            _put(self._meta(), "references", _list(node))

    def refer_not(self, dataset: str, to: str) -> None:
        """It does not refer to `to`."""
        meta = _get(self._node, "fides_meta")
        there = _get(meta, "references") if meta is not None else None
        if not isinstance(meta, MappingNode) or not isinstance(there, SequenceNode):
            return
        there.value[:] = [one for one in there.value if (_word(one, "dataset"), _word(one, "field")) != (dataset, to)]
        if not there.value:
            self._drop_meta(meta, "references")

    def _forget_identity(self) -> None:
        """What it is found by, where that follows from a category that holds."""
        listed, meta = _get(self._node, "data_categories"), _get(self._node, "fides_meta")
        if isinstance(listed, SequenceNode) and isinstance(meta, MappingNode):
            own = _word(meta, "identity")
            if own and own in [identity_of(one.value) for one in listed.value]:
                self._drop_meta(meta, "identity")

    def _drop_meta(self, meta: MappingNode, key: str) -> None:
        _drop(meta, key)
        if not meta.value:
            _drop(self._node, "fides_meta")

    def _meta(self) -> MappingNode:
        if not isinstance(_get(self._node, "fides_meta"), MappingNode):
            _put(self._node, "fides_meta", _mapping(), "x_console")
        return cast(MappingNode, _get(self._node, "fides_meta"))

    def _before(self) -> str:
        return "fides_meta" if _get(self._node, "fides_meta") is not None else "x_console"


def end_of(node: Node) -> int:
    """Where the last word of a node ends; what YAML calls its end may lie behind comments and blank lines."""
    if isinstance(node, ScalarNode) or node.flow_style or not node.value:
        end = node.end_mark
        return int(end.index) - (end.column == 0 and isinstance(node, ScalarNode) and node.style in ("|", ">"))
    last = node.value[-1]
    return end_of(last[1] if isinstance(node, MappingNode) else last)


def _get(node: Node, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _word(node: Node, key: str) -> str:
    found = _get(node, key)
    return str(found.value) if isinstance(found, ScalarNode) else ""


def _put(node: Node, key: str, value: Node, before: str = "") -> None:
    """Set a key; a new one stands before `before`, or last."""
    for at, (name, _) in enumerate(node.value):
        if name.value == key:
            node.value[at] = (name, value)
            return
    place = next((at for at, (name, _) in enumerate(node.value) if name.value == before), len(node.value))
    node.value.insert(place, (_scalar(key), value))


def _drop(node: Node, key: str) -> None:
    node.value[:] = [(name, value) for name, value in node.value if name.value != key]


def _scalar(text: str) -> ScalarNode:
    return ScalarNode("tag:yaml.org,2002:str", text)


def _list(*inside: Node) -> SequenceNode:
    return SequenceNode("tag:yaml.org,2002:seq", list(inside), flow_style=False)


def _mapping(**items: str) -> MappingNode:
    return MappingNode("tag:yaml.org,2002:map", [(_scalar(k), _scalar(v)) for k, v in items.items()], flow_style=False)
