"""Which questions a check asks: one static to find the record, two dynamic at random (rules.md 7.3, KBS and KBD)."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from services.identity.ways import MIN_KBD
from services.types import Factor

KBD_ASKED = 2


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the catalog: which field, how the answer is compared, the words by language. No answer in it."""

    key: str
    factor: Factor
    compare: str
    say: tuple[tuple[str, str], ...]

    def words(self, language: str) -> str:
        """The question in `language`, else in English, else in the first there is."""
        known = dict(self.say)
        return known.get(language) or known.get("en") or next(iter(known.values()), "")


def pick(questions: Iterable[Question], random: Random | None = None) -> tuple[Question, ...]:
    """The questions of one check: one KBS, and two KBD where there are at least five to choose from.

    For a caller whose record was not found give all questions of the controller: the choice must not tell. Pick once a
    check and keep the choice, so that nobody shops for an easy one. The PIN question is not chosen but offered.
    """
    chance = random or secrets.SystemRandom()
    known = sorted(questions, key=lambda q: q.key)
    static = [q for q in known if q.factor is Factor.KBS]
    dynamic = [q for q in known if q.factor is Factor.KBD]
    two = chance.sample(dynamic, KBD_ASKED) if len(dynamic) >= MIN_KBD else []
    return (*([chance.choice(static)] if static else []), *two)
