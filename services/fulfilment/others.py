"""What a free text says about other people: identifiers that are not the person's, and names of others in the answer.

Only kinds and places come out. A text about the person alone is left as it is: their own address in their own letter
is theirs (Art 15(4) protects others).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from services.catalog.dataset import Field
from services.catalog.graph import Graph
from services.catalog.identifiers import normal
from services.catalog.values import Plain, plain
from services.fulfilment.found import FOREIGN, Found, FoundRow, Whose
from services.risk.scan import scan

Span = tuple[int, int, str]
"""Begin, end, kind."""

POINTS_AT_OTHERS = frozenset({"email", "phone", "iban", "card", "national-id"})
"""Kinds of `services/risk/scan.py` that name somebody; health or a password in one's own letter is one's own."""
_STRUCTURED = ("user.contact", "user.account", "user.authorization", "user.device", "user.financial",
               "user.payment", "user.government_id", "user.unique_id", "user.name", "user.location",
               "user.privacy_preferences")  # fmt: skip
_NAMES = ("user.name", "user.contact", "user.unique_id")
_WORD = re.compile(r"\w+")
_POINTS = re.compile("[@0-9]")
"""Without one of these no identifier is in a text."""
_LONGEST_OWN = 200
_SHORTEST_NAME = 4


def free_text(field: Field) -> bool:
    """Whether people may write in it what they like: no key, identity, contact point or fact of a known kind."""
    meta, console = field.meta, field.console
    if field.fields:
        return any(free_text(part) for part in field.fields)
    if meta.primary_key or meta.identity or meta.references or console.contact or console.third_party:
        return False
    if meta.data_type and not meta.data_type.startswith("string"):
        return False
    return not _of(field, _STRUCTURED)


def texts(value: object) -> Iterator[str]:
    """Every text within a value."""
    yield from _texts(plain(value))


class Others:
    """What is known of the person and of others in one answer; finds others in texts."""

    def __init__(self, graph: Graph, found: Found, country: str) -> None:
        self._country = found.region or country
        self._own: set[str] = set()
        self._starts: dict[str, list[str]] = {}
        for _, values in found.identities:
            for value in values:
                self._mine(value)
        named: list[str] = []
        for part in found.collections():
            fields = graph.nodes[part.node].fields
            for row in part.rows:
                named += self._look(fields, row)
        for name in dict.fromkeys(named):
            if name not in self._own and len(name) >= _SHORTEST_NAME and (first := _WORD.search(name)):
                self._starts.setdefault(first.group(), []).append(name)

    def _look(self, fields: Iterable[Field], row: FoundRow) -> Iterator[str]:
        """Notes what is the person's; gives what names others, in small letters."""
        values = row.values
        for field in fields:
            value = values.get(str(field.name))
            if value is None or free_text(field):
                continue
            about_others = field.console.third_party or (row.whose in FOREIGN and _of(field, _NAMES))
            for text in texts(value):
                if about_others:
                    yield " ".join(text.casefold().split())
                elif row.whose is Whose.OWN:
                    self._mine(text)

    def _mine(self, text: str) -> None:
        if len(text) <= _LONGEST_OWN:
            self._own |= {" ".join(text.casefold().split()), _bare(text)}
            if sum(char.isdigit() for char in text) > 5:
                self._own.add(normal("phone", text, self._country))

    def places(self, text: str) -> tuple[Span, ...]:
        """Where `text` speaks of others, in order, without overlaps."""
        flags = scan(text, country=self._country, only=POINTS_AT_OTHERS) if _POINTS.search(text) else ()
        spans = [
            (flag.start, flag.end, flag.kind)
            for flag in flags
            if not self._is_own(text[flag.start : flag.end], flag.kind)
        ]
        spans += self._named(text)
        return tuple(_apart(spans))

    def _is_own(self, text: str, kind: str) -> bool:
        if kind == "phone" and normal("phone", text, self._country) in self._own:
            return True
        return text.casefold() in self._own or _bare(text) in self._own

    def _named(self, text: str) -> Iterator[Span]:
        if not self._starts:
            return
        low = text.casefold()
        if len(low) != len(text):  # a letter that became two moves all places after it
            low = text.lower() if len(text.lower()) == len(text) else "".join(char.lower()[0] for char in text)
        for word in _WORD.finditer(low):
            for name in self._starts.get(word.group(), ()):
                end = word.start() + len(name)
                if low.startswith(name, word.start()) and not low[end : end + 1].isalnum():
                    yield word.start(), end, "name"


def blacked(value: Plain, others: Others, black: str) -> Plain:
    """The value with every place about others replaced, texts within structures too."""
    if isinstance(value, str):
        parts, done = [], 0
        for start, end, _ in others.places(value):
            parts += [value[done:start], black]
            done = end
        return "".join([*parts, value[done:]])
    if isinstance(value, list):
        return [blacked(one, others, black) for one in value]
    if isinstance(value, dict):
        return {name: blacked(one, others, black) for name, one in value.items()}
    return value


def _texts(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)


def _of(field: Field, kinds: tuple[str, ...]) -> bool:
    """Whether all its categories are of `kinds`; without any it is of none."""
    named = [str(category) for category in field.data_categories or ()]
    return bool(named) and all(any(n == kind or n.startswith(f"{kind}.") for kind in kinds) for n in named)


def _bare(text: str) -> str:
    """Letters and digits alone, as IBAN and card numbers are compared."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _apart(spans: list[Span]) -> Iterator[Span]:
    end = 0
    for span in sorted(spans, key=lambda one: (one[0], -one[1])):
        if span[0] >= end:
            yield span
            end = span[1]
