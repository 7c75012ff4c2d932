"""What the name of a column says that it holds, given the table it stands in."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from services.discovery.name_words import words

About = Literal["people", "things", "unknown"]
_SURE, _UNSURE_PEOPLE, _UNSURE_UNKNOWN, _UNSURE_THINGS = 0.78, 0.72, 0.42, 0.1
_SURE_THINGS = 0.55
_PART, _SOMETHING_ABOUT = 0.8, 0.12
_SHORTEST_PART = 4
_LONGEST = 4
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class NameSays:
    """A category of the taxonomy, how sure it is (0-1), and why in words."""

    category: str
    confidence: float
    because: str


def words_of(name: str) -> tuple[str, ...]:
    """`name` in small words: parted at signs, at capitals and at digits, umlauts written out, accents dropped."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name).translate(_WRITTEN_OUT))
    return tuple(word.lower() for word in _WORDS.findall("".join(c for c in plain if not unicodedata.combining(c))))


def about(table: str) -> About:
    """What a table is about, by its name: the last word that says so decides."""
    for word in reversed(words_of(table)):
        forms = {word, word.removesuffix("s"), word.removesuffix("es")}
        if not forms.isdisjoint(words().things):
            return "things"
        if not forms.isdisjoint(words().people):
            return "people"
    return "unknown"


def says(column: str, table: About) -> NameSays | None:
    """What `column` says; None where it says nothing that is personal."""
    own = words_of(column)
    found = _phrase(own) or _part(own)
    if found is None:
        return None
    category, sure, start, end, share = found
    kind = "a word" if share == 1 else "a part"
    because = f"{kind} of its name means {_spoken(category)}"
    before, after = own[:start], own[end:]
    if not (set(after).isdisjoint(words().about) and set(before[:1]).isdisjoint(words().about_first)):
        return NameSays(category, _SOMETHING_ABOUT, f"{because}, another that it is something about it")
    if sure:
        confidence = _SURE_THINGS if table == "things" else _SURE
    else:
        confidence = {"people": _UNSURE_PEOPLE, "unknown": _UNSURE_UNKNOWN, "things": _UNSURE_THINGS}[table]
    if table != "unknown":
        because += f", in a table about {table}"
    if not {*before, *after} <= {*words().plain, *words().people}:
        share *= 0.92
    return NameSays(category, round(confidence * share, 2), because)


def _phrase(own: tuple[str, ...]) -> tuple[str, bool, int, int, float] | None:
    """The phrase that says most: one that is sure, else the one that ends last, the longest of these.

    (category, whether sure, start, end, share).
    """
    found = []
    for start in range(len(own)):
        for end in range(start + 1, min(len(own), start + _LONGEST) + 1):
            known = _phrases().get(own[start:end])
            if known is not None:
                found.append((known[1], end, end - start, known[0]))
    if not found:
        return None
    sure, end, length, category = max(found)
    return category, sure, end - length, end, 1.0


def _part(own: tuple[str, ...]) -> tuple[str, bool, int, int, float] | None:
    """A sure word that another ends with, as German joins them (`kundenmail`); its last part is what it is."""
    for at in range(len(own) - 1, -1, -1):
        for length in range(len(own[at]) - 1, _SHORTEST_PART - 1, -1):
            known = _phrases().get((own[at][-length:],))
            if known is not None and known[1]:
                return (*known, at, at + 1, _PART if own[at][:-length] not in words().plain else 1.0)
    return None


@cache
def _phrases() -> dict[tuple[str, ...], tuple[str, bool]]:
    """(category, whether sure) by words."""
    found: dict[tuple[str, ...], tuple[str, bool]] = {}
    for table, sure in ((words().unsure, False), (words().sure, True)):
        for category, phrases in table.items():
            for phrase in phrases:
                found[words_of(phrase)] = category, sure
    return found


def _spoken(category: str) -> str:
    """The last word of a category, as people say it."""
    return category.rpartition(".")[2].replace("_", " ")
