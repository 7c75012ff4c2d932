"""What an agent may read out where the person wants it told: categories, counts and purposes, no value (Art 12(1))."""

from services.cases.case import Case
from services.errors import NotFound, Refused
from services.fulfilment import held_back, people
from services.fulfilment.plan import WHICH
from services.fulfilment.workroom import Workroom
from services.identity.view import phrase
from services.letters.access import facts_for_access
from services.types import Right


def summary(room: Workroom, case: Case, language: str) -> str:
    """The facts of the answer, a paragraph each; rows that stay out whole are not counted.

    Raises `Refused` where it is not said which person it is, or a fact of Art 15 is missing.
    """
    item = next((one for one in case.items if one.right is Right.ACCESS), None)
    if item is None:
        raise NotFound("nobody asked for access in this case")
    found = people.look_up(room, case.id)
    if found.undecided:
        raise Refused(WHICH)
    if found.stopped:
        raise Refused("too many other people are in what was found: look at it first (p)")
    held = held_back.redactions(room, case, item, found)
    counts = {(node.dataset, node.collection): rows for node, rows in held.counts().items() if rows > 0}
    controller, catalog = room.controller(case.controller), room.catalog(case.controller)
    facts = facts_for_access(controller, catalog.systems, counts, language)
    lines = [
        f"{one.system}, {one.label}: {one.rows} ({', '.join(one.data)}). {one.purpose}." for one in facts.categories
    ]
    return "\n".join([facts.purposes, *(lines or [phrase("nothing-held", language)]), facts.rights])
