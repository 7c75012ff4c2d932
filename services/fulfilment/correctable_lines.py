"""What can be corrected, for the screen: categories and fields in words, values masked (G2)."""

from services.cases.case import Case
from services.catalog.console_keys import words
from services.errors import Refused
from services.fulfilment import people
from services.fulfilment.by_hand import is_by_hand
from services.fulfilment.correctable import Correctable, complete, correctables
from services.fulfilment.plan import WHICH
from services.fulfilment.preview import masked
from services.fulfilment.workroom import Workroom
from services.letters.lexicon import in_words

Json = dict[str, object]


def correctable_lines(room: Workroom, case: Case, language: str) -> list[Json]:
    """Every value of the case's person that can be corrected. Raises `Unavailable`, `Refused`, `NotFound`.

    A system that does not answer may hold the same value: what is offered is all of it, or nothing. People who work a
    system by hand are not asked for it.
    """
    catalog = room.catalog(case.controller)
    graph, found = catalog.graph, people.look_up(room, case.id)
    if found.undecided:
        raise Refused(WHICH)
    if found.stopped:
        raise Refused(f"the search met {found.others} other people: somebody must look first")
    complete(found, [key for key, one in catalog.connectors.items() if not is_by_hand(one)])
    lines = correctables(found, graph, room.lookup_key, case.id)
    return [_shown(line, {graph.system(spot.node) for spot in line.spots}, language) for line in lines]


def _shown(line: Correctable, systems: set[str], language: str) -> Json:
    return {
        "id": line.id,
        "category": in_words(line.category, language),
        "field": words(line.label, language) or line.name,
        "value": masked(line.identity, line.value),
        "kind": line.kind,
        "systems": sorted(systems),
        "rows": line.rows,
        "kept": line.kept,
        "grave": line.grave,
        "sensitive": line.sensitive,
    }
