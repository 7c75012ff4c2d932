"""One of several people a case may be about, as it crosses from the desk to a screen (services/types.py)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """Masked. `ids` name records; `near`: only like the person's, never taken by itself, `why` says in what.

    `word`: `chosen`, `left` or empty. `unlike`: in what this one differs from the others (`number`, `born`, `name`).
    `where`: what holds records, with how many.
    """

    id: str
    ids: tuple[str, ...]
    near: bool
    name: str
    known: tuple[str, ...] = ()
    where: tuple[tuple[str, str, int], ...] = ()
    why: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    word: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """All of them. `undecided`: somebody must say which it is. `more`: like records that are not shown; `unasked`:
    systems in which none are looked for."""

    case: str
    people: tuple[PersonMatch, ...]
    undecided: bool
    more: int = 0
    unasked: tuple[str, ...] = ()
