"""The questions a check may ask, from the catalog, and what is on file for them. Values never leave this process."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from random import Random

from services.catalog.graph import Graph
from services.catalog.identifiers import kind_of
from services.fulfilment.factors import factors
from services.fulfilment.found import Found
from services.identity.ask import Question, pick
from services.identity.identifiers import CUSTOMER
from services.identity.ways import MIN_KBD
from services.types import Factor

Held = Mapping[str, tuple[str, ...]]
"""What answers a question, by its key."""


def questions_of(graph: Graph, given: str) -> tuple[Question, ...]:
    """Every question of a catalog, but for the kind of identifier that was `given`: repeating it proves nothing."""
    questions = []
    for node, collection in graph.nodes.items():
        for path, field in collection.walk():
            factor, identity = field.console.factor, kind_of(field.meta.identity or "")
            if factor is not None and identity != kind_of(given):
                say = factor.question if isinstance(factor.question, dict) else {"en": factor.question}
                compare = "customer-number" if identity == CUSTOMER else factor.compare
                questions.append(Question(f"{node}.{path}", Factor(factor.kind), compare, tuple(say.items())))
    return tuple(questions)


def held(found: Found, graph: Graph) -> Held:
    """What is on file for each question: the newest value for KBD ("your last order"), any for the others."""
    return {f.key: (f.value,) if f.kind == Factor.KBD else f.values for f in factors(found, graph)}


def chosen(questions: tuple[Question, ...], answers: Held, seed: bytes) -> tuple[Question, ...]:
    """The questions of one check, always the same ones for a `seed`: one KBS, two KBD, and the PIN.

    Those with an answer on file; all of the controller's when nothing is held, or of the dynamic ones too few to choose
    from, so that the choice tells nothing.
    """
    known = tuple(q for kind in Factor for q in _fit([q for q in questions if q.factor is kind], answers))
    # Seeded by a keyed digest: nobody outside a worker can foretell it, and it survives a restart.
    picked = pick(known, Random(seed))  # noqa: S311
    return (*picked, *[q for q in questions if q.factor is Factor.PIN][:1])


def _fit(questions: Sequence[Question], answers: Held) -> Sequence[Question]:
    fit = [q for q in questions if q.key in answers]
    return fit if len(fit) >= (MIN_KBD if questions and questions[0].factor is Factor.KBD else 1) else questions


def seed_of(key: bytes, case: str, check: str) -> bytes:
    """What decides the choice for one check."""
    return hmac.new(key, f"questions\0{case}\0{check}".encode(), hashlib.sha256).digest()
