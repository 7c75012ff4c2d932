"""Filling in the templates of `http.yml`, and dotted paths in JSON. Nothing is ever put together as text unescaped."""

import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

from services.catalog.values import join_key

_HOLE = re.compile(r"\{([^{}]*)\}")
_ALONE = re.compile(r"\{([^{}]*)\}\Z")
_STEPS = ("", ".", "..")


def holes(template: str) -> list[str]:
    """The columns that a template names."""
    return _HOLE.findall(template)


def in_path(template: str, values: Mapping[str, object]) -> str:
    """A path with every value escaped, slashes as well: a value never adds a step to the path or a query.

    Raises `ValueError` for a value that is empty or a step (`..`, which many servers take even when it is escaped).
    """

    def put(match: re.Match[str]) -> str:
        text = _text(values[match[1]])
        if text in _STEPS:
            raise ValueError(match[1])
        return quote(text, safe="", errors="replace")

    return _HOLE.sub(put, template)


def in_query(templates: Mapping[str, str] | None, values: Mapping[str, object]) -> list[tuple[str, str]]:
    """A query as pairs, which the client escapes."""
    return [(name, filled(template, values)) for name, template in (templates or {}).items()]


def filled(template: str, values: Mapping[str, object]) -> str:
    """A template with its values as text."""
    return _HOLE.sub(lambda match: _text(values[match[1]]), template).encode("utf-8", "replace").decode()


def body_of(templates: Mapping[str, str], values: Mapping[str, object]) -> dict[str, object]:
    """A JSON body: dotted path → value; `{column}` alone keeps the value's type."""
    body: dict[str, object] = {}
    for path, template in templates.items():
        alone = _ALONE.match(template)
        *above, name = path.split(".")
        place = body
        for step in above:
            # paths that run into each other are refused when the file is read
            place = cast("dict[str, object]", place.setdefault(step, {}))
        place[name] = values[alone[1]] if alone else filled(template, values)
    return body


def clash(paths: Mapping[str, str]) -> str:
    """A path of a body that other paths run through; empty when there is none."""
    return next((other for one in paths for other in paths if one.startswith(f"{other}.")), "")


def at(value: object, path: str) -> object:
    """What stands at a dotted path, where a number counts in a list; None where the way ends before."""
    for step in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return join_key(value) or ""
