"""Acts of saying which of several people a case is about."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code, Id


@act("people.listed")
class PeopleListed(Act):
    """Several people may be meant: ids of their records, of those the identities name and of those like them."""

    people: tuple[Id, ...]
    nearby: tuple[Id, ...]


@act("people.chosen")
class PeopleChosen(Act):
    """A person said whose records are the case's person's (`chosen`, `nearby`) and whose are not (`left`)."""

    chosen: tuple[Id, ...]
    nearby: tuple[Id, ...]
    left: tuple[Id, ...]
    reason: Code
