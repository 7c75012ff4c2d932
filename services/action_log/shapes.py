"""What the clear fields of an entry may look like: codes, ids, digests, dates, numbers, and nothing else.

A shape is the lint of action-log.md 2 as a type. No shape takes a blank, an `@`, a word written like a name
(`Anna`), or nine digits outside a random id, so that free text, mail, phone, card and IBAN numbers fit none.
"""

import re
from dataclasses import dataclass
from typing import Annotated

_FEW_DIGITS = r"(?!(?:[^0-9]*[0-9]){9})"
_NO_NAME = r"(?!.*[A-Z][a-z])"
_HEX = r"[0-9a-f]{32}(?:[0-9a-f]{32})?"
_TAIL = r"(?:[:/.-](?!.*[A-Z][a-z])(?!(?:[^0-9]*[0-9]){9})[A-Za-z0-9_.:/-]{1,63})?"


@dataclass(frozen=True, slots=True)
class Text:
    """A shape of text; `word` names it in errors."""

    word: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A shape of whole numbers, both ends included."""

    word: str
    low: int
    high: int


_CODE = Text("a code", rf"{_HEX}|{_FEW_DIGITS}{_NO_NAME}[A-Za-z0-9][A-Za-z0-9_.:/+()-]{{0,63}}")
Code = Annotated[str, _CODE]
"""A word of a closed list: a right, a reason, an outcome, a template, a version."""

Key = Annotated[str, Text("a key", rf"{_FEW_DIGITS}[A-Za-z0-9][A-Za-z0-9_./-]{{0,63}}")]
"""A key that people chose in a settings file: controller, system, purpose, scenario."""

CaseNumber = Annotated[str, Text("a case number", r"[A-Z]{1,3}-[0-9]{2}-[0-9]{4,9}")]

Id = Annotated[
    str,
    Text(
        "an id",
        rf"(?:[a-z]{{1,16}}[:-])?{_HEX}{_TAIL}"
        r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
        r"|[A-Z]{1,3}-[0-9]{2}-[0-9]{4,9}(?:[/.:-][a-z0-9]{1,8})?"
        rf"|{_FEW_DIGITS}{_NO_NAME}(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9_.:/-]{{0,63}}",
    ),
]
"""A random id (32 hex digits, a prefix and a tail allowed), a case number, or a short id that holds a digit."""

Actor = Annotated[
    str, Text("an actor", rf"[a-z]{{2,12}}:(?:{_HEX}|{_FEW_DIGITS}{_NO_NAME}[A-Za-z0-9][A-Za-z0-9_./-]{{0,63}})")
]
"""`agent:0042`, `worker:…`, `bot:…`, `import:…`, `log:…`."""

LogId = Annotated[str, Text("a log id", r"[0-9a-f]{8}/[1-9][0-9]{0,6}")]
"""`<owner>/<n>`: eight hex digits given at enrolment, then the log's number."""

Place = Annotated[str, Text("a place in a log", r"[0-9a-f]{8}/[1-9][0-9]{0,6}(?::[0-9]{1,12}(?:-[0-9]{1,12})?)?")]
"""`<log>[:<seq>[-<seq>]]`."""

Digest = Annotated[str, Text("a SHA-256", r"[0-9a-f]{64}")]
IsoDate = Annotated[str, Text("a date", r"[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")]
Language = Annotated[str, Text("a language", r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")]

Micros = Annotated[int, Whole("a time in µs since 1970", 0, 4_102_444_800_000_000)]
Delta = Annotated[int, Whole("a difference in µs", -(2**53) + 1, 2**53 - 1)]
Count = Annotated[int, Whole("a count", 0, 999_999_999)]
"""Nine digits at most: a phone or a card number is no count."""


REFERENCE = _CODE
"""What people may type as the reference of a document: it goes into the log as it stands."""


def matcher(shape: Text) -> re.Pattern[str]:
    """The compiled shape; use `fullmatch`."""
    return re.compile(shape.pattern)
