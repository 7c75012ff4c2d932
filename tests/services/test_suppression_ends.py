"""KEEP-SUPPRESSION: suppression entries stay as long as there is marketing, and end when the controller says so."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from console.commands.retention import app
from db.central import CONTROLLER
from db.central_replay import Repeat, ReplayStore
from db.log_reader import LogReader
from services.central_check import rows
from services.controllers import Controller
from services.errors import BadInput, Refused
from services.fulfilment.replay_list import FILE, ReplayList
from services.operators import owner_here
from tests.centre import Centre

CASE = "C-26-000001"
STOP, NEWS, ERASED = "suppression", "suppression:newsletter", "erasure"


def without_marketing(centre: Centre, *kept: str) -> None:
    """Central knows of no marketing any more, but for purposes of these keys."""
    for key, body in centre.store.controllers().items():
        one = Controller.from_json(body)
        left = tuple(p for p in one.purposes if not p.marketing or p.key in kept)
        with centre.engine.begin() as conn:
            new = sa.update(CONTROLLER).where(CONTROLLER.c.key == key)
            conn.execute(new.values(body=replace(one, purposes=left).to_json()))


def kinds(rows: set[Repeat]) -> list[tuple[str, str]]:
    return sorted((row.controller, row.kind) for row in rows)


def run(centre: Centre, *words: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, ["marketing-ended", *words, "--home", str(centre.home.path)])


@pytest.mark.rule("KEEP-SUPPRESSION")
def test_KEEP_SUPPRESSION_entries_end_with_marketing_in_central_and_beside_each_worker(
    centre: Centre, tmp_path: Path
) -> None:
    store = ReplayStore(centre.engine)
    one, two = (ReplayList(store, tmp_path / f"{n}-{FILE}") for n in (1, 2))
    for kind in (STOP, NEWS, ERASED):
        one.put(["a" * 64], "nordlicht", CASE, kind)
    one.put(["b" * 64], "harbour", CASE, STOP)
    two.merge()
    refused = run(centre, "--controller", "nordlicht", "--yes")
    assert isinstance(refused.exception, Refused)
    assert "newsletter" in str(refused.exception)
    without_marketing(centre)
    told = run(centre, "--controller", "nordlicht", "--json")
    assert json.loads(told.output) == {"controller": "nordlicht", "purpose": "", "entries": 2, "ended": False}
    assert len(store.rows()) == 4, "the control: without --yes nothing is changed"
    assert "2 suppression entries ended" in run(centre, "--controller", "nordlicht", "--yes").output
    left = [("harbour", STOP), ("nordlicht", "ended"), ("nordlicht", ERASED)]
    assert kinds(store.rows()) == left
    for copy in (two, one):  # one of them had the list before: it brings nothing back
        copy.merge()
        assert kinds(store.rows()) == left
    for n in (1, 2):
        assert (tmp_path / f"{n}-{FILE}").read_text().count('"suppression') == 1, "the other controller's"
    one.put(["c" * 64], "nordlicht", CASE, STOP)
    one.merge()
    assert ("nordlicht", STOP) in kinds(store.rows()), "who objects after that is kept again"
    assert "1 suppression entries ended" in run(centre, "--controller", "nordlicht", "--yes").output
    while centre.ingest.run_once():
        pass
    file = centre.home.log("operator", owner_here(centre.home, centre.vault))
    with LogReader(file) as reader:
        acts = [dict(e.params) for e in reader.entries() if e.act == "suppression.ended"]
    said = {"controller": "nordlicht", "purpose": None}
    assert acts == [{**said, "entries": 2}, {**said, "entries": 1}]
    assert rows(centre.engine) == [], "central holds it like any other act"


@pytest.mark.rule("KEEP-SUPPRESSION")
def test_KEEP_SUPPRESSION_of_one_purpose_leaves_who_objected_to_all_of_it(centre: Centre, tmp_path: Path) -> None:
    store = ReplayStore(centre.engine)
    ReplayList(store, tmp_path / FILE).put(["a" * 64], "nordlicht", CASE, STOP)
    ReplayList(store, tmp_path / FILE).put(["b" * 64], "nordlicht", CASE, NEWS)
    without_marketing(centre, "partner-offers")
    still = run(centre, "--controller", "nordlicht", "--purpose", "partner-offers", "--yes")
    assert isinstance(still.exception, Refused)
    assert run(centre, "--controller", "nordlicht", "--purpose", "newsletter", "--yes").exit_code == 0
    assert kinds(store.rows()) == [("nordlicht", "ended:newsletter"), ("nordlicht", STOP)]
    assert isinstance(run(centre, "--controller", "nowhere").exception, BadInput)
