"""Patterns of keys with fields in them: `customers/{customer_number}/{file}`, `session:{customer_id}`.

A key is read in one way only, or a lookup for one person would meet another's keys. One field of a pattern is open and
holds any text: the one written with a star (`{email*}`), else the last. A field before it ends at the first text that
follows it in the pattern, one behind it begins after the last text before it. `{{` and `}}` are plain braces.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\*?")
_GLOB = re.compile(r"([\\*?\[\]])")


@dataclass(frozen=True)
class Pattern:
    """`texts[i]` stands before `fields[i]`; the last text ends the key. `free` is the place of the open field."""

    texts: tuple[str, ...]
    fields: tuple[str, ...]
    free: int

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        parts = []
        for place in range(len(self.fields)):
            stop = self._stop(place)
            one = f"((?:(?!{re.escape(stop)}).)+)" if stop else "(.+)"
            parts.append(re.escape(self.texts[place]) + one)
        return re.compile("".join(parts) + re.escape(self.texts[-1]), re.DOTALL)

    def _stop(self, place: int) -> str:
        """The text that the field at `place` cannot hold; none for the open one."""
        if place == self.free:
            return ""
        return self.texts[place + 1] if place < self.free else self.texts[place]

    def match(self, key: str) -> dict[str, str] | None:
        """The fields of `key`; None for a key that is not of this pattern."""
        found = self._regex.fullmatch(key)
        return dict(zip(self.fields, found.groups(), strict=True)) if found else None

    def holds(self, field: str, value: str) -> bool:
        """Whether `value` could be read back out of a key; if not, a key with it would be taken for another's."""
        stop = self._stop(self.fields.index(field))
        return not (stop and stop in value)

    def prefix(self, known: Mapping[str, str]) -> str:
        """What every key with these fields begins with."""
        begun = self.texts[0]
        for place, name in enumerate(self.fields):
            if name not in known:
                return begun
            begun += known[name] + self.texts[place + 1]
        return begun

    def key(self, known: Mapping[str, str]) -> str | None:
        """The one key with these fields; None when a field is not among them."""
        return self.prefix(known) if all(name in known for name in self.fields) else None

    def glob(self, known: Mapping[str, str]) -> str:
        """A Redis pattern for the keys with these fields; their own `*`, `?`, `[` and `\\` stand for themselves."""
        parts = [_GLOB.sub(r"\\\1", self.texts[0])]
        for place, name in enumerate(self.fields):
            parts.append(_GLOB.sub(r"\\\1", known[name]) if name in known else "*")
            parts.append(_GLOB.sub(r"\\\1", self.texts[place + 1]))
        return "".join(parts)


def parse(text: str) -> Pattern:
    """The pattern written as `text`; raises ValueError with what is wrong with it."""
    texts, fields = [""], list[str]()
    free: int | None = None
    at = 0
    for part in _PART.finditer(text):
        texts[-1] += text[at : part.start()]
        at = part.end()
        name = part.group(1)
        if part.group() in ("{{", "}}"):
            texts[-1] += part.group()[0]
            continue
        if name is None:
            raise ValueError(f"pattern '{text}' has a brace that is alone (write '{{{{' for a plain one)")
        if not _NAME.fullmatch(name):
            raise ValueError(f"pattern '{text}': '{name}' is not a field's name")
        if fields and not texts[-1]:
            raise ValueError(f"pattern '{text}': between two fields must stand some text")
        if name.endswith("*"):
            if free is not None:
                raise ValueError(f"pattern '{text}' has two open fields: one star only")
            free = len(fields)
        name = name.rstrip("*")
        if name in fields:
            raise ValueError(f"pattern '{text}' has field '{name}' twice")
        fields.append(name)
        texts.append("")
    texts[-1] += text[at:]
    if not fields:
        raise ValueError(f"pattern '{text}' has no field in braces: it would be one key for everybody")
    return Pattern(tuple(texts), tuple(fields), len(fields) - 1 if free is None else free)
