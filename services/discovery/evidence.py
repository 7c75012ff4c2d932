"""Which category a column has, from its name, its type and what its sampled values look like."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.connectors.base import Column, Table
from services.discovery.joins import Join
from services.discovery.name_words import (
    BANK,
    BEHAVIOUR,
    BIRTH,
    CARD,
    CITY,
    CONSENT,
    CONTENT,
    COUNTRY,
    CREDENTIALS,
    DEVICE,
    EMAIL,
    FIRST,
    GOVERNMENT,
    IP,
    LAST,
    LOCATION,
    MONEY,
    NAME,
    PHONE,
    STATE,
    STREET,
    UNIQUE,
    USERNAME,
    ZIP,
)
from services.discovery.names import About, about, says, words_of
from services.discovery.values import Seen

THRESHOLD = 0.7
"""At this confidence a draft takes a proposal as it is; below, it waits for a person."""
FLOOR = 0.3
"""Below this nothing is said."""
_SHOWN_BY: dict[str, tuple[str, ...]] = {
    EMAIL: ("email",), PHONE: ("phone",), BANK: ("iban",), CARD: ("card",), IP: ("ip",), BIRTH: ("birth",),
    GOVERNMENT: ("national-id",), DEVICE: ("agent",), CREDENTIALS: ("hash",), NAME: ("person",), CONTENT: ("text",),
}  # fmt: skip
"""What values of a category look like."""
_ALONE = {"email": (EMAIL, 0.93), "iban": (BANK, 0.95), "card": (CARD, 0.9), "ip": (IP, 0.85), "phone": (PHONE, 0.8),
          "national-id": (GOVERNMENT, 0.55), "hash": (CREDENTIALS, 0.75), "agent": (DEVICE, 0.8),
          "birth": (BIRTH, 0.5), "inside": (CONTENT, 0.8)}  # fmt: skip
"""What values say by themselves, whatever the name."""
_WORDS = {
    "email": "e-mail addresses",
    "iban": "IBANs with right check digits", "card": "card numbers with right check digits",
    "ip": "IP addresses", "phone": "telephone numbers", "national-id": "identity numbers with right check digits",
    "hash": "hashed passwords", "agent": "names of browsers", "birth": "days that spread as birthdays do",
    "person": "written as names of people are", "text": "sentences", "inside": "texts with personal data in them",
}  # fmt: skip
_MUST = {EMAIL: "email", IP: "ip"}
_TELLING = {EMAIL, PHONE, FIRST, LAST, BIRTH, STREET, ZIP}
"""Two of these make a table one about people."""
_SOMEBODY = {EMAIL, PHONE, FIRST, LAST, NAME, BIRTH, USERNAME, UNIQUE}
_KEY = "the key of a table about people"
_OF_AN_OWNER = (STREET, CITY, ZIP, STATE, COUNTRY, CONTENT)
_OWNED_FROM = 0.35
_ENDS_OF_KEYS = (("id",), ("nr",), ("no",), ("number",))
_ENOUGH, _MOST, _FEW = 3, 0.6, 0.1
_INSIDE = 0.08
_FITS = {
    "boolean": (CONSENT,),
    "date": (BIRTH, BEHAVIOUR, CONSENT),
    "time": (BIRTH, BEHAVIOUR, CONSENT),
    "number": (MONEY, LOCATION, BEHAVIOUR, UNIQUE),
    "binary": (CREDENTIALS,),
}
"""Categories that a column of such a type can have; other types can have any."""
_NEVER_WHOLE_NUMBERS = (EMAIL, NAME, FIRST, LAST, IP, CONTENT, CONSENT)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of one column: its category, how sure (0-1), why in words."""

    category: str
    confidence: float
    because: str

    @property
    def holds(self) -> bool:
        """Whether it is taken as it is."""
        return self.confidence >= THRESHOLD


def judge(table: Table, seen: dict[str, Seen]) -> dict[str, Finding]:
    """What columns of a table hold that is personal; `seen` is what a sample of each looks like."""
    kind = about(table.name)
    found = {name: _one(column, kind, seen.get(name, Seen())) for name, column in table.columns.items()}
    if kind == "unknown" and len(_held(found) & _TELLING) > 1:
        kind = "people"  # such a table is about people, whatever it is called
        found = {name: _one(column, kind, seen.get(name, Seen())) for name, column in table.columns.items()}
    if kind == "people" and len(table.key) == 1 and words_of(table.key[0])[-1:] in _ENDS_OF_KEYS:
        name = table.key[0]
        if found.get(name) is None and _held(found) & _SOMEBODY:
            found[name] = Finding(UNIQUE, 0.75, _KEY)
    return {name: finding for name, finding in found.items() if finding is not None and finding.confidence >= FLOOR}


def refers_to_people(found: dict[str, dict[str, Finding]], joins: Iterable[Join]) -> dict[str, dict[str, Finding]]:
    """What is found, given what refers to what: the number that names a person, and what belongs to one."""
    joins = [join for join in joins if len(join.columns) == 1 and join.confidence >= THRESHOLD]
    told = {(t, c) for t, fields in found.items() for c, one in fields.items() if one.holds and one.category == UNIQUE}
    belong = [join for join in joins if (join.parent, join.on[0]) in told and join.parent != join.table]
    for join in belong:
        fields, column = found[join.table], join.columns[0]
        for name in [name for name, one in fields.items() if one.because == _KEY]:
            del fields[name]  # a row that belongs to a person is no person
        if column not in fields or not fields[column].holds:
            fields[column] = Finding(UNIQUE, 0.8, f"refers to '{join.parent}.{join.on[0]}', which tells people apart")
        for name, one in fields.items():
            if not one.holds and (one.category in _OF_AN_OWNER) and one.confidence >= _OWNED_FROM:
                fields[name] = Finding(one.category, 0.72, f"{one.because}; its row belongs to a person")
    return found


def _held(found: Mapping[str, Finding | None]) -> set[str]:
    return {one.category for one in found.values() if one is not None and one.holds}


def _one(column: Column, table: About, seen: Seen) -> Finding | None:
    named = says(column.name, table)
    alone = _by_values(column, seen)
    if named is None:
        return alone
    confidence, because = named.confidence, named.because
    if not _can_hold(column, named.category):
        return Finding(named.category, round(confidence * 0.15, 2), f"{because}; its type cannot hold that")
    shapes = _SHOWN_BY.get(named.category, ())
    share = max((seen.share(shape) for shape in shapes), default=0.0)
    if seen.count >= _ENOUGH and shapes:
        if share >= _MOST:
            confidence = 1 - (1 - confidence) * (0.6 if shapes[0] in ("person", "text") else 0.15)
            because += f"; {_counted(share, seen)} {_WORDS[shapes[0]]}"
        elif share < _FEW and named.category in _MUST:
            confidence, because = confidence * 0.2, f"{because}; no value that was sampled looks so"
        elif share < _FEW and named.category in (PHONE, BANK, CARD, BIRTH):
            confidence, because = confidence * 0.85, f"{because}; few values that were sampled look so"
    elif not seen.count:
        because += "; no value was seen"
    if alone is not None and alone.confidence > confidence and confidence < THRESHOLD:
        return alone
    return Finding(named.category, min(0.99, round(confidence, 2)), because)


def _by_values(column: Column, seen: Seen) -> Finding | None:
    """What the values say where the name says nothing, or something else."""
    if seen.count < _ENOUGH or column.kind in ("boolean", "binary"):
        return None
    found = []
    for shape, (category, sure) in _ALONE.items():
        share = seen.share(shape)
        if not _can_hold(column, category) or share < (_INSIDE if shape == "inside" else _MOST):
            continue
        if shape in ("phone", "national-id", "card", "birth") and seen.distinct < _ENOUGH:
            continue
        found.append(Finding(category, round(sure * (1 if shape == "inside" else share), 2),
                             f"{_counted(share, seen)} {_WORDS[shape]}"))  # fmt: skip
    if not found and seen.share("text") >= _MOST and column.kind == "text":
        found.append(
            Finding(CONTENT, 0.35, f"{_counted(seen.share('text'), seen)} sentences, which people may have written")
        )
    return max(found, key=lambda finding: finding.confidence, default=None)


def _can_hold(column: Column, category: str) -> bool:
    if column.kind == "integer":
        return category not in _NEVER_WHOLE_NUMBERS or category == CONSENT
    if column.kind == "text" and column.length is not None and column.length < 2:
        return category not in (EMAIL, PHONE, NAME, FIRST, LAST, BANK, CARD, ZIP)
    return category in _FITS.get(column.kind, (category,))


def _counted(share: float, seen: Seen) -> str:
    return f"{round(share * 100)} % of {seen.count} sampled values are"
