"""Whether two names, addresses or numbers may mean the same person: exactly, by other spelling, or not. Pure.

What is alike is proposed to a person and never taken by itself; what differs is asked about. Nothing here depends on
the order of words, rows or runs.
"""

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

Name = tuple[str, ...]
"""The words of a name in small letters without accents, sorted."""

_ALIKE = 0.8
"""Share of equal letters from which two names are other spellings of one."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789._-"
_LONGEST_LOCAL = 40
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})


def name_of(parts: Iterable[str]) -> Name:
    """A name from its fields, in whatever order they stand; empty where there is no letter."""
    text = unicodedata.normalize("NFC", " ".join(parts)).casefold().translate(_SPELLED_OUT)
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return tuple(sorted("".join(char if char.isalnum() else " " for char in plain).split()))


def same_name(one: Name, other: Name) -> bool:
    """Whether two names can be one: the words of the shorter are in the longer, an initial for any word of its letter.

    A name of one word fits any that holds it. Nothing fits an empty name.
    """
    few, many = sorted((one, other), key=lambda name: (len(name), name))
    left = list(many)
    for word in sorted(few, key=len, reverse=True):
        met = next((w for w in left if w == word), None)
        if met is None:
            met = next((w for w in left if len(word) == 1 or len(w) == 1 if w[0] == word[0]), None)
        if met is None:
            return False
        left.remove(met)
    return bool(few)


def alike(one: Name, other: Name) -> bool:
    """Whether two names may be other spellings of one; equal ones are."""
    if not one or not other:
        return False
    first, second = sorted((" ".join(one), " ".join(other)))
    return same_name(one, other) or SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE


def misspelt(address: str) -> tuple[str, ...]:
    """Addresses one slip away from an e-mail address in small letters: a letter of the part before the @ left out,
    doubled, swapped with the next or mistaken; sorted. Bounded: none for what is no address or is very long.
    """
    local, at, host = address.rpartition("@")
    if not local or not host or len(local) > _LONGEST_LOCAL:
        return ()
    found = set()
    for n in range(len(local) + 1):
        start, rest = local[:n], local[n:]
        found |= {start + letter + rest for letter in _LETTERS}
        if rest:
            found |= {start + rest[1:], *(start + letter + rest[1:] for letter in _LETTERS)}
        if len(rest) > 1:
            found.add(start + rest[1] + rest[0] + rest[2:])
    return tuple(sorted(f"{one}{at}{host}" for one in found - {local, ""}))
