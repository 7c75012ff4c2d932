"""Strict reading of the YAML files people edit: datasets, systems, controllers, checklists, scenarios.

A file is read into frozen dataclasses. The schema decides what a plain scalar is, so `no`, `012` and `1:30`
stay text where text is wanted. Unknown or repeated keys, missing keys and wrong types are `BadInput` with
file, line, what is wrong and the nearest valid word.
"""

import dataclasses
import datetime
import difflib
import enum
import functools
import types
import typing
from collections.abc import Callable, Hashable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from services.errors import BadInput

T = TypeVar("T")

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 60
MAX_PARTS = 500_000

# Composed only: nodes keep the words as written, and no tag makes an object. Where libyaml is missing, Python does it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Steps(*((yaml.composer.Composer, _LOADER) if _LOADER is not yaml.SafeLoader else (_LOADER,))):  # type: ignore[misc]
    """libyaml's words, put together by Python: libyaml alone lets no other thread run before a file is through."""

    def __init__(self, text: str) -> None:
        _LOADER.__init__(self, text)
        yaml.composer.Composer.__init__(self)


_NULLS = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}


class Word(str):
    """Text that knows its line: a schema takes it for words whose truth is judged after reading (names, targets)."""


def read(path: Path, schema: type[T]) -> T:
    """The file at `path` as a `schema`; raises `BadInput` naming `path:line`."""
    return parse(text_of(path), schema, place=str(path))


def text_of(path: Path) -> str:
    """The text of a file, to the letter; raises `BadInput` naming the path."""
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise BadInput(f"cannot be read: {exc.strerror or 'no reason given'}", place=str(path)) from exc
    if len(raw) > MAX_BYTES:
        raise BadInput(f"is larger than {MAX_BYTES // 1024 // 1024} MiB", place=str(path))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise BadInput(f"is not UTF-8 text (byte {exc.start})", place=str(path)) from exc


def parse(text: str, schema: type[T], *, place: str = "text") -> T:
    """YAML `text` as a `schema`; `place` names the source in errors."""
    return built(_compose(text, place), schema, place=place)


def nodes(text: str, *, place: str = "text") -> Node:
    """YAML `text` as nodes, which know where in it they stand. Slower, and other threads (a screen) go on meanwhile."""
    return _compose(text, place, _Steps)


def built(node: Node, schema: type[T], *, place: str = "text") -> T:
    """A node as a `schema`."""
    return cast(T, _Reader(place).build(node, schema, "", 0))


Outline = str | list["Outline"] | dict[str, "Outline"]
"""A file as it is written: texts, lists, and mappings by their keys. No schema has looked at it."""


def outline(text: str, *, place: str = "text") -> Outline:
    """YAML `text` without a meaning, for comparing; raises `BadInput` for what is no YAML or nested too deeply."""
    return _outline(_compose(text, place), place, 0, iter(range(MAX_PARTS)))


def _outline(node: Node, place: str, depth: int, room: Iterator[int]) -> Outline:
    if depth > MAX_DEPTH or next(room, None) is None:  # an alias stands for all that it names, again and again
        raise BadInput("is nested too deeply", place=f"{place}:{node.start_mark.line + 1}")
    if isinstance(node, MappingNode):
        return {str(key.value): _outline(value, place, depth + 1, room) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_outline(item, place, depth + 1, room) for item in node.value]
    return str(node.value)


def line_of(value: object) -> int:
    """Line (from 1) a read dataclass or `Word` came from; 0 when it was not read from a file."""
    return int(getattr(value, "_line", 0))


def nearest(word: str, valid: Iterable[str]) -> str:
    """` (did you mean 'x'?)`, or nothing when no valid word is near."""
    close = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _compose(text: str, place: str, loader: Any = _LOADER) -> Node:
    if _brackets(text) > MAX_DEPTH:  # the composer takes seconds over what the reader would refuse
        raise BadInput("is nested too deeply", place=place)
    try:
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        where = f"{place}:{mark.line + 1}" if mark is not None else place
        raise BadInput(exc.problem or "is not YAML", place=where) from exc
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise BadInput("is not YAML", place=place) from exc
    if node is None:
        raise BadInput("is empty", place=f"{place}:1")
    return cast(Node, node)


def _brackets(text: str) -> int:
    """How deep brackets are nested, those in quotes and comments counted too: a bound, not the truth."""
    depth = deepest = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth = max(0, depth - 1)
    return deepest


def _key(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("key", field.name))


class _Reader:
    def __init__(self, place: str) -> None:
        self.place = place

    def fail(self, node: Node, path: str, what: str) -> BadInput:
        where = f"{path}: " if path else ""
        return BadInput(f"{where}{what}", place=f"{self.place}:{node.start_mark.line + 1}")

    def build(self, node: Node, schema: Any, path: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self.fail(node, path, "is nested too deeply")
        origin = typing.get_origin(schema)
        if origin in (typing.Union, types.UnionType):
            return self._union(node, typing.get_args(schema), path, depth)
        if dataclasses.is_dataclass(schema):
            return self._dataclass(node, cast(type[Any], schema), path, depth)
        if origin is tuple:
            (item, _) = typing.get_args(schema)
            if not isinstance(node, SequenceNode):
                raise self.fail(node, path, "must be a list")
            return tuple(self.build(child, item, f"{path}[{i}]", depth + 1) for i, child in enumerate(node.value))
        if origin is dict:
            (_, item) = typing.get_args(schema)
            return {k: self.build(v, item, f"{path}.{k}", depth + 1) for k, v, _ in self._pairs(node, path)}
        if origin is typing.Literal:
            return self._choice(node, typing.get_args(schema), path)
        return self._scalar(node, schema, path)

    def _union(self, node: Node, members: tuple[Any, ...], path: str, depth: int) -> Any:
        kinds = [m for m in members if m is not type(None)]
        plain = isinstance(node, ScalarNode) and not node.style
        if plain and node.value in _NULLS and type(None) in members:
            return None
        shaped = [k for k in kinds if dataclasses.is_dataclass(k) == isinstance(node, MappingNode)] or kinds
        for kind in shaped[:-1]:
            try:
                return self.build(node, kind, path, depth)
            except BadInput:
                continue
        return self.build(node, shaped[-1], path, depth)

    def _pairs(self, node: Node, path: str) -> list[tuple[str, Node, Node]]:
        if not isinstance(node, MappingNode):
            raise self.fail(node, path, "must be a mapping of keys to values")
        seen: set[str] = set()
        pairs: list[tuple[str, Node, Node]] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise self.fail(key, path, "a key must be plain text")
            if key.value in seen:
                raise self.fail(key, path, f"key '{key.value}' stands twice")
            seen.add(key.value)
            pairs.append((key.value, value, key))
        return pairs

    def _dataclass(self, node: Node, schema: type[Any], path: str, depth: int) -> Any:
        fields, hints = _shape(cast(Hashable, schema))
        values: dict[str, Any] = {}
        for key, child, key_node in self._pairs(node, path):
            if key not in fields:
                raise self.fail(key_node, path, f"unknown key '{key}'{nearest(key, fields)}")
            field = fields[key]
            values[field.name] = self.build(child, hints[field.name], f"{path}.{key}" if path else key, depth + 1)
        for key, field in fields.items():
            required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            if required and field.name not in values:
                raise self.fail(node, path, f"key '{key}' is missing")
        try:
            made = schema(**values)
        except ValueError as exc:
            raise self.fail(node, path, str(exc)) from exc
        if hasattr(made, "__dict__"):
            object.__setattr__(made, "_line", node.start_mark.line + 1)
        return made

    def _choice(self, node: Node, words: tuple[Any, ...], path: str) -> Any:
        text = self._text(node, path)
        for word in words:
            if text == str(word):
                return word
        valid = ", ".join(map(str, words))
        raise self.fail(node, path, f"'{text}' is not one of {valid}{nearest(text, map(str, words))}")

    def _text(self, node: Node, path: str) -> str:
        if not isinstance(node, ScalarNode):
            raise self.fail(node, path, "must be a single value")
        return str(node.value)

    def _scalar(self, node: Node, schema: Any, path: str) -> Any:
        text = self._text(node, path)
        if isinstance(schema, type) and issubclass(schema, enum.Enum):
            return schema(self._choice(node, tuple(m.value for m in schema), path))
        if schema is Word:
            word = Word(text)
            word.__dict__["_line"] = node.start_mark.line + 1
            return word
        if schema is bool:
            if text in _TRUE or text in _FALSE:
                return text in _TRUE
            raise self.fail(node, path, f"'{text}' is neither true nor false")
        if schema is Any:
            return self._untyped(node)
        if schema is str and text == "" and not getattr(node, "style", None):
            raise self.fail(node, path, "has no value (write '' for empty text)")
        convert = _CONVERT.get(schema)
        if convert is None:
            raise TypeError(f"no reader for {schema!r}")
        try:
            return convert(text)
        except (ValueError, InvalidOperation) as exc:
            raise self.fail(node, path, f"'{text}' is not {_WORDS[schema]}") from exc

    @staticmethod
    def _untyped(node: Node) -> object:
        """A scalar that has no schema: YAML 1.2 core types, dates left as text."""
        text = str(node.value)
        if not getattr(node, "style", None):
            if text in _NULLS:
                return None
            if text in _TRUE or text in _FALSE:
                return text in _TRUE
            try:
                return int(text) if text == str(int(text)) else text
            except ValueError:
                return text
        return text


_CONVERT: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    Decimal: Decimal,
    datetime.date: datetime.date.fromisoformat,
    datetime.datetime: datetime.datetime.fromisoformat,
}
_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    datetime.date: "a date like 2026-03-05",
    datetime.datetime: "a time like 2026-03-05T09:30:00",
}


@functools.cache
def _shape(schema: Hashable) -> tuple[dict[str, dataclasses.Field[Any]], dict[str, Any]]:
    kind = cast(type[Any], schema)
    return {_key(f): f for f in dataclasses.fields(kind) if f.init}, typing.get_type_hints(kind)
