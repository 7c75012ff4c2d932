"""Letters on paper: the address in the window, the one that is sure and nobody else's; what goes after some days."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import build
from services.fulfilment.found import FoundCollection, FoundRow, Whose
from services.fulfilment.postal import lines_of
from services.fulfilment.printing import FOLDER, sweep_printed

DATASET = """\
dataset:
  - fides_key: crm
    collections:
      - name: customer
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: email, fides_meta: {identity: email}}
          - {name: given, data_categories: [user.name.first]}
          - {name: family, data_categories: [user.name.last]}
          - {name: street, data_categories: [user.contact.address.street]}
          - {name: code, data_categories: [user.contact.address.postal_code]}
          - {name: city, data_categories: [user.contact.address.city]}
          - {name: country, data_categories: [user.contact.address.country]}
      - name: visit
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: email, fides_meta: {identity: email}}
          - {name: city, data_categories: [user.contact.address.city]}
"""
NODES = build({"crm": strict_yaml.parse(DATASET, DatasetFile).dataset}).nodes
CUSTOMER, VISIT = (next(node for node in NODES if str(node).endswith(name)) for name in ("customer", "visit"))
ADA = {
    "given": "Ada", "family": "Beispiel", "street": "Deichweg 4", "code": "20095", "city": "Hamburg", "country": "DE",
}  # fmt: skip


def row(number: int, whose: Whose = Whose.OWN, **changed: str) -> FoundRow:
    return FoundRow(CUSTOMER, (number,), {**ADA, **changed}, whose)


def lines(*rows: FoundRow, undecided: bool = False) -> tuple[str, ...]:
    parts = [
        FoundCollection(VISIT, ("id",), (FoundRow(VISIT, (1,), {"city": "Kiel"}, Whose.OWN),)),
        FoundCollection(CUSTOMER, ("id",), rows),
    ]
    found: Any = SimpleNamespace(collections=lambda: parts, undecided=undecided)
    return lines_of(found, NODES)


def test_the_address_stands_as_on_an_envelope_once_however_it_is_written() -> None:
    whole = ("Ada Beispiel", "Deichweg 4", "20095 Hamburg", "DE")
    assert lines(row(1)) == whole
    assert lines(row(1, given="", family="", code=""), row(2, street="DEICHWEG  4")) == whole, "what one lacks"
    assert lines(row(1, country="", code="")) == ("Ada Beispiel", "Deichweg 4", "Hamburg")


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (row(1, street=""),),
        (row(1, city=" "),),
        (row(1), row(2, street="Hafenstr. 9")),
        (row(1), row(2, code="20097")),
        (row(1, Whose.OTHER),),
        (row(1, Whose.SHARED),),
        (row(1, Whose.LEFT),),
    ],
    ids=["none", "no street", "no place", "two streets", "two codes", "another's", "shared", "left out"],
)
def test_where_it_is_not_sure_nothing_stands_in_the_window(rows: tuple[FoundRow, ...]) -> None:
    assert lines(*rows) == ()


def test_what_was_written_for_the_printer_goes_after_seven_days(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name, days in (("old.pdf", 8), ("new.pdf", 6), ("old.pdf.half", 8)):
        (folder / name).touch()
        at = time.time() - days * 86_400
        os.utime(folder / name, (at, at))
    (tmp_path / "letter.eml").touch()
    room: Any = SimpleNamespace(outbox=tmp_path, now=lambda: time.time_ns() // 1000)
    assert (sweep_printed(room), sweep_printed(room)) == (2, 0)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["letter.eml", "new.pdf"]


def test_nothing_is_written_while_nobody_said_which_of_several_people_it_is() -> None:
    assert lines(row(1), undecided=True) == ()
    assert lines(row(1)) != (), "the control"
