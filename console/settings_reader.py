"""Reads a TOML file and the environment into frozen dataclasses, and says where a value that does not fit stands."""

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from services.errors import BadInput

T = TypeVar("T")

PREFIX = "RIGHTSDESK_"
# Read elsewhere: the home itself, who types at a shell, and the kill points of test builds.
RESERVED = (
    "RIGHTSDESK_HOME",
    "RIGHTSDESK_AGENT",
    "RIGHTSDESK_PIN_FILE",
    "RIGHTSDESK_CENTRAL_PASSWORD_FILE",
    "RIGHTSDESK_SYSTEM_PASSWORD_FILE",
    "RIGHTSDESK_WORKER_SECRET_FILE",
    "RIGHTSDESK_INVITATION_PASSPHRASE_FILE",
    "RIGHTSDESK_KILL_AT",
)
MAX_BYTES = 1024 * 1024
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w.-]+|\s*\.\s*)+?)\s*=""")


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """What was set: the file's tables, the file's text (to find lines) and the variables that are ours."""

    path: Path
    text: str
    tables: Mapping[str, Any]
    environment: Mapping[str, str]

    @classmethod
    def read(cls, path: Path, environment: Mapping[str, str]) -> "Source":
        """The file at `path` (no file: nothing set) beside `environment`. Raises `BadInput` naming `file:line`."""
        import tomllib

        text = _text(path)
        try:
            tables = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadInput(_said(error), place=f"{path}:{_line_said(error, text)}") from error
        ours = {name: value for name, value in environment.items() if name.startswith(PREFIX) and name not in RESERVED}
        return cls(path, text, tables, ours)

    def place(self, keys: tuple[str, ...]) -> str:
        """`file:line` of a key, for an error."""
        return f"{self.path}:{line_of(self.text, keys)}"


def build(schema: type[T], source: Source, **given: object) -> T:
    """The settings of `schema`, with the fields in `given` as they are. Raises `BadInput`."""
    known: set[str] = set()
    made = _table(schema, source, dict(source.tables), (), known, given)
    for name in source.environment:
        if name not in known:
            raise BadInput(f"there is no such setting{_nearest(name, known)}", place=name)
    return made


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """The line (from 1) that sets `keys`, else of its table's header, else 1. TOML's parser keeps no lines."""
    table: tuple[str, ...] = ()
    best = (0, 1)
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = here = _parts(header[1])
        elif key := _KEY.match(line):
            here = (*table, *_parts(key[1]))
        else:
            continue
        if keys[: len(here)] == here and len(here) > best[0]:
            best = (len(here), number)
    return best[1]


def _table(
    schema: type[T],
    source: Source,
    values: dict[str, Any],
    path: tuple[str, ...],
    known: set[str],
    given: Mapping[str, object],
) -> T:
    made = dict(given)
    hints = typing.get_type_hints(schema)
    for field in dataclasses.fields(typing.cast(Any, schema)):
        if field.name in given:
            continue
        kind, here = hints[field.name], (*path, field.name)
        if field.metadata.get("rest"):
            made[field.name] = _rest(
                source, values, path, {f.name for f in dataclasses.fields(typing.cast(Any, schema))}
            )
        elif dataclasses.is_dataclass(kind):
            inner = values.pop(field.name, {})
            if not isinstance(inner, dict):
                raise BadInput(f"{field.name} must be a table: [{field.name}]", place=source.place(here))
            made[field.name] = _table(typing.cast(type[Any], kind), source, inner, here, known, {})
        else:
            variable = PREFIX + "_".join(here).upper()
            known.add(variable)
            if variable in source.environment:
                made[field.name] = _value(kind, field, _from_text(kind, source.environment[variable]), variable)
                values.pop(field.name, None)
            elif field.name in values:
                made[field.name] = _value(kind, field, values.pop(field.name), source.place(here))
    for key in values:
        names = [f.name for f in dataclasses.fields(typing.cast(Any, schema)) if f.name not in given]
        raise BadInput(f"unknown key '{key}'{_nearest(key, names)}", place=source.place((*path, key)))
    try:
        return schema(**made)
    except ValueError as error:
        first = str(error).split()[0]
        raise BadInput(str(error), place=source.place((*path, first))) from error


def _rest(source: Source, values: dict[str, Any], path: tuple[str, ...], own: set[str]) -> Mapping[str, str]:
    """All keys of a table that are not its own, nested ones joined by a dot: action id to key."""
    found: dict[str, str] = {}

    def take(table: dict[str, Any], prefix: tuple[str, ...]) -> None:
        for key, value in table.items():
            here = (*prefix, key)
            if isinstance(value, dict):
                take(value, here)
            elif isinstance(value, str) and value.strip():
                found[".".join(here)] = value.strip()
            else:
                reason = f'{".".join(here)} must be the name of a key, or "off"'
                raise BadInput(reason, place=source.place((*path, *here)))

    take({key: values.pop(key) for key in list(values) if key not in own}, ())
    return types.MappingProxyType(found)


def _from_text(kind: Any, text: str) -> object:
    """A variable's text as the value a TOML file would have given; as it is when it cannot be one."""
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind is int:
        return int(text) if re.fullmatch(r"-?\d{1,9}", text) else text
    return text


def _value(kind: Any, field: dataclasses.Field[Any], value: object, place: str) -> object:
    if typing.get_origin(kind) is typing.Literal:
        words = typing.get_args(kind)
        if value not in words:
            near = _nearest(str(value), words) if isinstance(value, str) else ""
            raise BadInput(f"{field.name} must be one of {', '.join(words)}{near}", place=place)
        return value
    if kind is bool:
        if not isinstance(value, bool):
            raise BadInput(f"{field.name} must be true or false", place=place)
        return value
    if kind is int:
        return _whole(field, value, place)
    if not isinstance(value, str) or not value.isprintable():
        raise BadInput(f"{field.name} must be one line of text", place=place)
    pattern = field.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise BadInput(f"{field.name} must match {pattern}", place=place)
    if kind is str:
        return value
    if not value and kind is Path:
        raise BadInput(f"{field.name} must name a folder", place=place)
    return Path(value) if value else None


def _whole(field: dataclasses.Field[Any], value: object, place: str) -> int:
    low, high = field.metadata["range"]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadInput(f"{field.name} must be a whole number from {low} to {high}", place=place)
    return value


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or 'no reason given'}", place=str(path)) from error
    if len(raw) > MAX_BYTES:
        raise BadInput(f"is larger than {MAX_BYTES // 1024} KiB", place=str(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput("is not UTF-8 text", place=f"{path}:{line}") from error


def _said(error: Exception) -> str:
    return re.sub(r"\s*\(at [^)]*\)$", "", str(error)) if isinstance(error, ValueError) else "is nested too deeply"


def _line_said(error: Exception, text: str) -> int:
    found = re.search(r"at line (\d+)", str(error))
    return int(found[1]) if found else max(1, len(text.splitlines()))


def _parts(dotted: str) -> tuple[str, ...]:
    found = re.findall(r'"([^"]*)"|\'([^\']*)\'|([\w-]+)', dotted)
    return tuple(double or single or bare for double, single, bare in found)


def _nearest(word: str, valid: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
