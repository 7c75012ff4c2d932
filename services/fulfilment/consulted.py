"""The extract of the log for the person of a case, over all of that person's cases (ACC-4)."""

from db.central_persons import cases_like
from services.action_log.entry import decode
from services.cases.case import from_json
from services.cases.consultations import Consultation, consultation
from services.catalog.console_keys import words
from services.fulfilment.package_tables import csv_line
from services.fulfilment.workroom import Systems
from services.letters import consulted
from services.letters.consulted import Extract


def extract(room: Systems, case: str, language: str = "") -> Extract:
    """When the data of this case's person were used and why, in words; raises `NotFound`.

    `language` is the controller's unless given.
    """
    controller = room.controller(from_json(room.store.case_body(case)).controller)
    language = language or controller.language
    labels = {key: words(system.label, language) or key for key, system in room.catalog(controller.key).systems.items()}
    return consulted.in_words(_of_person(room, case), controller.zone, labels, language)


def as_csv(found: Extract) -> bytes:
    """The extract as it lies in a package: the headings and a line each."""
    rows = [found.titles, *((line.when, line.what, line.why, line.where) for line in found.lines)]
    return b"".join(csv_line(row) for row in rows)


def _of_person(room: Systems, case: str) -> list[Consultation]:
    entries = (decode(body) for one in cases_like(room.store.engine, case) for body in room.store.entries_of(one))
    return [used for entry in entries if (used := consultation(entry)) is not None]
