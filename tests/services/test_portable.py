"""Portability: one test a field, a package of its own for machines, and a word about all that is not in it."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import orjson
import pytest
import pyzipper

from services import strict_yaml
from services.catalog.dataset import Dataset, DatasetFile
from services.catalog.graph import Node, build
from services.catalog.system import System
from services.fulfilment.found import Found, FoundCollection, FoundRow, FoundSystem, Reach, Whose
from services.fulfilment.portable import Out, Scope, facts_for_portability, left_out_csv, out_of_scope, schema
from services.fulfilment.redactions import Redactions
from services.fulfilment.workroom import Catalog
from services.letters.lexicon import LANGUAGES, lexicon
from services.types import ItemState, Outcome, Right
from tests.worker_centre import PEOPLE, Call, WorkerCentre

DATASET = """\
dataset:
  - fides_key: d
    x_console: {basis: contract, origin: provided}
    collections:
      - name: customer
        x_console: {label: {en: Customer, de: Kunde}}
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: true}}
          - {name: name, data_categories: [user.name], fides_meta: {data_type: string, length: 40}}
          - {name: visits, data_categories: [user.behavior], x_console: {origin: observed, basis: consent}}
          - {name: score, data_categories: [user.behavior], x_console: {origin: inferred}}
          - {name: tax, data_categories: [user.financial], x_console: {basis: legal_obligation}}
          - {name: shard, data_categories: [system.operations]}
          - {name: pin, data_categories: [user.authorization.credentials]}
          - name: profile
            data_categories: [user.behavior]
            fields:
              - {name: wishes, data_categories: [user.behavior]}
              - {name: guess, data_categories: [user.behavior], x_console: {origin: inferred}}
      - name: marks
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: true}}
          - {name: score, data_categories: [user.behavior], x_console: {origin: inferred}}
  - fides_key: bare
    collections:
      - name: thing
        fields:
          - {name: id, data_categories: [user.unique_id], fides_meta: {primary_key: true}}
          - {name: half, data_categories: [user.name], x_console: {basis: consent}}
"""
CUSTOMER, MARKS = Node("d", "customer"), Node("d", "marks")


@pytest.fixture(scope="module")
def datasets() -> tuple[Dataset, ...]:
    return strict_yaml.parse(DATASET, DatasetFile).dataset


def system(datasets: tuple[Dataset, ...], connector: str = "sqlite") -> System:
    return System("s", "c", connector, "sqlite:///x", datasets)


def reasons(datasets: tuple[Dataset, ...], connector: str = "sqlite") -> dict[str, str | None]:
    made = system(datasets, connector)
    return {
        f"{c.name}.{f.name}": out_of_scope(made, d, c, f) for d in datasets for c in d.collections for f in c.fields
    }


@pytest.mark.rule("ART-20")
def test_Art_20_each_field_passes_a_test_of_its_own(datasets: tuple[Dataset, ...]) -> None:
    found = reasons(datasets)
    assert [name for name, why in found.items() if why is None] == [
        "customer.id", "customer.name", "customer.visits", "marks.id",
    ]  # fmt: skip
    assert {name: why for name, why in found.items() if why} == {
        "customer.score": "inferred", "customer.tax": "other-basis", "customer.shard": "not-personal",
        "customer.pin": "secret", "customer.profile": "inferred", "marks.score": "inferred", "thing.id": "no-basis",
        "thing.half": "no-origin",
    }  # fmt: skip


@pytest.mark.rule("ART-20")
def test_what_no_machine_processes_is_not_portable(datasets: tuple[Dataset, ...]) -> None:
    assert set(reasons(datasets, "manual").values()) == {"not-automated"}


def scoped(datasets: tuple[Dataset, ...]) -> tuple[Scope, Redactions]:
    graph = build({"s": datasets})
    row = {"id": 1, "name": "Ada", "visits": 3, "score": "bad", "tax": "x", "shard": 2, "pin": "p", "profile": None}
    collections = (
        FoundCollection(CUSTOMER, ("id",), (FoundRow(CUSTOMER, (1,), row, Whose.OWN),)),
        FoundCollection(MARKS, ("id",), (FoundRow(MARKS, (1,), {"id": 1, "score": "bad"}, Whose.OWN),)),
    )
    found = Found((("email", ("a@b.de",)),), "DE", (FoundSystem("s", Reach.FOUND, "", collections),), (), (), 0, ())
    scope = Scope(Catalog({"s": system(datasets)}, graph, {}, ""))
    return scope, Redactions(graph, found, "DE", b"k" * 32, (), scope.picked)


def test_a_collection_of_keys_alone_carries_nothing(datasets: tuple[Dataset, ...]) -> None:
    scope, _ = scoped(datasets)
    assert [str(f.name) for f in scope.fields(CUSTOMER)] == ["id", "name", "visits"]
    assert scope.fields(MARKS) == ()


def test_the_answer_names_what_is_in_and_what_is_out(datasets: tuple[Dataset, ...]) -> None:
    scope, held = scoped(datasets)
    lines = list(scope.left_out(held))
    answer = facts_for_portability(scope.catalog, held, scope, lines, "de")
    assert [(one.label, one.rows) for one in answer.collections] == [("Kunde", 1)]
    assert sum(one.count for one in answer.reasons) == len(lines) == 7
    table = list(csv.reader(io.StringIO(left_out_csv(lines, "de").decode())))
    assert ["s", "customer", "score", lexicon("de").portability["inferred"]] in table


def test_the_schema_describes_each_field_in_words(datasets: tuple[Dataset, ...]) -> None:
    scope, _ = scoped(datasets)
    made = orjson.loads(schema(scope, [CUSTOMER, MARKS], "en"))["$defs"]
    assert list(made) == ["data/s/customer.json"]
    fields = made["data/s/customer.json"]["items"]["properties"]
    assert fields["name"] == {"title": "name", "type": ["string", "null"], "maxLength": 40}
    assert set(fields) == {"id", "name", "visits"}


def test_every_reason_is_said_in_every_language() -> None:
    assert all(set(lexicon(one).portability) == set(get_args(Out)) for one in LANGUAGES)


@pytest.fixture(scope="module")
def live(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCentre]:
    home = tmp_path_factory.mktemp("portable") / "home"
    shutil.copytree(centre_template, home)
    made = WorkerCentre(home)
    made.start()
    yield made
    made.close()


def files(centre: WorkerCentre, call: Call, right: Right) -> dict[str, bytes]:
    """The package of one right, opened with the key the desk reveals."""
    item = next(i for i in centre.case(call.case).items if i.right is right)
    keys = call.desk.find.reveal(call.session, call.case, "package-key").splitlines()
    key = keys[0] if len(keys) == 1 else next(k.split(": ")[1] for k in keys if k.startswith(f"{right}:"))
    archive = pyzipper.AESZipFile(centre.home.packages / f"{item.package}.zip")
    archive.setpassword(key.encode())
    return {name: archive.read(name) for name in archive.namelist()}


def test_the_items_right_chooses_the_package_and_the_two_are_never_mixed(live: WorkerCentre) -> None:
    desk = live.desk()
    call = Call(live, desk, PEOPLE[0], Right.ACCESS, Right.PORTABILITY)
    call.verify()
    for item in desk.case.state(call.case).items:
        call.step_up()
        desk.act.export(call.session, call.case, item=item.id)
        assert desk.synced()
        call.keep_in(item.id)
        live.until(lambda item=item: live.case(call.case).item(item.id).state is ItemState.CLOSED)  # type: ignore[misc]
    assert {i.outcome for i in live.case(call.case).items} == {Outcome.DONE}
    access, portable = files(live, call, Right.ACCESS), files(live, call, Right.PORTABILITY)
    assert {"index.html"} <= set(access)
    assert not {"schema.json", "left_out.csv"} & set(access)
    assert {"schema.json", "left_out.csv", "answer_letter.txt", "README.txt", "manifest.json"} <= set(portable)
    assert not [name for name in portable if name.endswith((".html", ".pdf"))], "for machines: PDF does not count"
    assert json.loads(portable["manifest.json"])["basis"] == "GDPR Art 20"
    described = json.loads(portable["schema.json"])["$defs"]
    data = {name: json.loads(body) for name, body in portable.items() if name.endswith(".json") and "/" in name}
    assert set(data) == set(described)
    assert all(set(row) == set(described[n]["items"]["properties"]) for n, rows in data.items() for row in rows)
    ticket = json.loads(access["data/desk/ticket.json"])[0]
    assert "mood" in ticket, "the control: access has what we worked out about the person"
    assert "mood" not in data.get("data/desk/ticket.json", [{}])[0]
    assert b"mood" in portable["left_out.csv"]
    assert PEOPLE[0].email.encode() in b"".join(portable.values())
