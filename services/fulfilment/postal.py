"""Where a letter can be posted to: the one postal address on file, or none where it is not sure which it is."""

from collections.abc import Mapping

from services.catalog.dataset import Collection
from services.catalog.graph import Node
from services.catalog.values import join_key
from services.errors import DeskError
from services.fulfilment import people
from services.fulfilment.found import Found, Whose
from services.fulfilment.persons import NAME
from services.fulfilment.workroom import Workroom

STREET, CITY = "user.contact.address.street", "user.contact.address.city"
CODE, COUNTRY = "user.contact.address.postal_code", "user.contact.address.country"
FIRST, LAST = f"{NAME}.first", f"{NAME}.last"


def address_lines(room: Workroom, case: str) -> tuple[str, ...]:
    """Name, street, place and country as they stand on an envelope; empty where nobody can say it for sure.

    A wrong address would be a breach: of two that differ neither is taken, nor any of a record that is shared.
    """
    try:
        found = people.look_up(room, case)
    except DeskError:
        return ()
    return lines_of(found, room.catalog(room.case(case).controller).graph.nodes)


def lines_of(found: Found, nodes: Mapping[Node, Collection]) -> tuple[str, ...]:
    """The one address of what was found, in lines; a record may say less of it than another, but nothing else."""
    known = [] if found.undecided else _addresses(found, nodes)
    if not known or any(len({_same(one[n]) for one in known} - {""}) > 1 for n in (STREET, CODE, CITY, COUNTRY)):
        return ()
    full = {n: next((one[n] for one in known if one[n]), "") for n in (NAME, STREET, CODE, CITY, COUNTRY)}
    lines = (full[NAME], full[STREET], f"{full[CODE]} {full[CITY]}".strip(), full[COUNTRY])
    return tuple(line for line in lines if line)


def _addresses(found: Found, nodes: Mapping[Node, Collection]) -> list[dict[str, str]]:
    """Name and parts of the address of each row of the person's own that has a street and a place."""
    known: list[dict[str, str]] = []
    for part in found.collections():
        paths = {(field.data_categories or ("",))[0]: path for path, field in nodes[part.node].walk()}
        if not {STREET, CITY} <= set(paths):
            continue
        for row in part.rows:
            held = {kind: _text(row.values, path) for kind, path in paths.items()} if row.whose is Whose.OWN else {}
            if held.get(STREET) and held.get(CITY):
                name = held.get(NAME) or f"{held.get(FIRST, '')} {held.get(LAST, '')}".strip()
                known.append({NAME: name, **{n: held.get(n, "") for n in (STREET, CODE, CITY, COUNTRY)}})
    return known


def _same(text: str) -> str:
    return " ".join(text.casefold().split())


def _text(values: Mapping[str, object], path: str) -> str:
    return (join_key(values.get(path)) or "").strip()
