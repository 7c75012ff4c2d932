"""Workers work by the catalog that is published: on a server only by that, in a home of their own by its folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from db.central_catalog import CatalogStore
from db.central_port import CentralPort
from db.central_server import port_of
from services.catalog.version import Head, digest_of, files_in
from services.catalog_versions import Versions
from services.central_check import rows
from services.doctor.catalogs import catalogs as examined
from services.errors import NotFound, Refused, Unavailable
from services.fulfilment import catalogs
from services.fulfilment.catalogs import Catalogs
from services.fulfilment.plan import Plan
from services.invitation import revoke
from services.publishing import prepared, publish
from services.types import Role
from tests.centre import AGENT, AGENT_PIN, Centre, sign_in
from tests.draft_folder import SHOP, put_draft, text_of
from tests.server_centre import Machine, ServerCentre
from tests.services.test_catalog_versions import edit, ingested, shop
from tests.services.test_central_check import attack
from tests.worker_centre import WorkerCentre

OFFICER, OFFICER_PIN = "0003", "8642"


@pytest.fixture
def served(postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None) -> Iterator[ServerCentre]:
    made = ServerCentre(tmp_path / "served", postgres, centre_template)
    for name in ("data", "controllers"):
        shutil.copytree(centre_template / name, made.home.path / name, dirs_exist_ok=True)
    yield made
    made.engine.dispose()


@pytest.fixture
def machine(served: ServerCentre) -> Machine:
    return served.joined("worker", "worker-1")


def working(machine: Machine, said: list[tuple[str, dict[str, object]]]) -> Catalogs:
    def say(event: str, **facts: object) -> None:
        said.append((event, facts))

    return Catalogs(machine.home, machine.vault, CatalogStore(machine.engine()), say)


def published(centre: Centre) -> Head:
    head = publish(centre.home, centre.vault, prepared(centre.home, centre.vault, "nordlicht"))
    ingested(centre)
    return head


@pytest.mark.postgres
def test_on_a_server_a_worker_works_by_what_is_published_and_not_by_its_own_folder(
    served: ServerCentre, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "LOOK_S", 0)
    said: list[tuple[str, dict[str, object]]] = []
    work = working(machine, said)
    shutil.copytree(served.home.path / "controllers", machine.home.path / "controllers", dirs_exist_ok=True)
    with pytest.raises(Unavailable, match="no catalog of nordlicht"):
        work.catalog("nordlicht")
    head = published(served)
    first = work.catalog("nordlicht")
    assert first.digest == head.files
    assert first.systems["shop"].folder is not None
    assert first.systems["shop"].folder.is_relative_to(machine.home.path / "catalog")
    assert first.systems["shop"].url == f"sqlite:///{machine.home.path}/data/nordlicht/shop.db"
    assert [event for event, _ in said] == ["catalog"]
    edit(machine.home.systems("nordlicht") / "shop" / "shop.yml", "name: Shop", "name: Mine")
    assert work.catalog("nordlicht").digest == head.files
    assert work.catalog("nordlicht") is first
    assert said[1:] == [("catalog-unpublished", {"controller": "nordlicht"})]
    found = list(examined(machine.home, machine.vault, ""))
    assert [(f.state, f.seen.partition(",")[0]) for f in found if "nordlicht" in f.seen] == [
        ("warn", "nordlicht: what stands here is not version 1")
    ]
    edit(shop(served), "name: Shop", "name: Shoop")
    second = publish(served.home, served.vault, prepared(served.home, served.vault, "nordlicht"))
    assert work.catalog("nordlicht").digest == head.files  # its act is not accepted yet
    ingested(served)
    assert work.catalog("nordlicht").digest == second.files
    attack(served, "UPDATE catalog_version SET files = 'x' WHERE number = 2")
    again = working(machine, said)
    assert again.catalog("nordlicht").digest == head.files
    assert said[-2][0] == "catalog-odd" or ("catalog-odd", {"controller": "nordlicht", "version": 2}) in said


@pytest.mark.postgres
def test_a_worker_s_login_publishes_nothing_and_a_terminal_s_sees_no_files(
    served: ServerCentre, machine: Machine
) -> None:
    published(served)
    copy = "INSERT INTO catalog_version SELECT controller, 2, digest, head, shown, files FROM catalog_version"
    with pytest.raises(sa.exc.ProgrammingError), machine.engine().begin() as conn:
        conn.exec_driver_sql(copy)
    terminal = served.joined("terminal", "desk-1")
    engine = terminal.engine()
    with pytest.raises(sa.exc.ProgrammingError), engine.connect() as conn:
        conn.exec_driver_sql("SELECT files FROM catalog_version")
    port: CentralPort = port_of(engine, terminal.owner)
    assert [one[:2] for one in port.catalogs()] == [("nordlicht", 1)]
    assert port.catalog("nordlicht", 1) is not None
    assert port.catalog("nordlicht", 9) is None
    engine.dispose()
    revoke(served.home, served.vault, "terminal", "desk-1")
    assert rows(served.engine) == [] or ingested(served) is None


@pytest.mark.postgres
def test_the_officer_s_desk_on_a_server_shows_it_without_any_file(served: ServerCentre) -> None:
    published(served)
    with served.joined("terminal", "desk-1").desk() as desk:
        session = sign_in(desk, OFFICER, OFFICER_PIN)
        desk.caught_up()
        view = desk.catalog.view(session)
        assert {system.key for system in view.systems} == {"shop", "crm", "desk", "news"}
        assert view.versions[0].by.startswith("operator:")


def test_the_officer_s_desk_shows_systems_and_versions_and_nobody_else_s_does(centre: Centre) -> None:
    published(centre)
    edit(shop(centre), "years: 8", "years: 10")
    published(centre)
    with centre.desk() as desk:
        session = sign_in(desk, OFFICER, OFFICER_PIN)
        desk.caught_up()
        view = desk.catalog.view(session)
        invoice = next(c for s in view.systems for c in s.collections if c.name == "shop.invoice")
        assert invoice.retention.startswith("10 years from the end of the calendar year of issued_on (§")
        assert [(v.number, len(v.changes), v.fault) for v in view.versions] == [(2, 1, ""), (1, 0, "")]
        assert view.versions[0].changes[0].after == "10"
        assert desk.catalog.view(session) is view
        assert view.systems[0].checked is None
        with pytest.raises(Refused):
            desk.catalog.view(sign_in(desk, AGENT, AGENT_PIN, Role.AGENT))


def test_an_officer_reviews_the_drafts_of_this_home_and_nothing_is_published_before_the_last_is_decided(
    centre: Centre,
) -> None:
    folder = put_draft(centre.home.systems("nordlicht"), text_of(SHOP, "loyalty"), "loyalty")
    with centre.desk() as desk:
        session = sign_in(desk, OFFICER, OFFICER_PIN)
        (found,) = desk.reviewing.found(session)
        assert (found.folder, found.open) == (str(folder), 7)
        draft = desk.reviewing.open(session, found.folder)
        while lines := [line for line in draft.view().lines if line.state == "open"]:
            with pytest.raises(Refused, match="for review in the draft of 'loyalty'"):
                prepared(centre.home, centre.vault, "nordlicht")
            draft.decide(lines[0], "accepted")
        assert "loyalty/loyalty.yml" in prepared(centre.home, centre.vault, "nordlicht").files
        with pytest.raises(NotFound):
            desk.reviewing.open(session, str(centre.home.path))
        agent = sign_in(desk, AGENT, AGENT_PIN, Role.AGENT)
        for refused in (lambda: desk.reviewing.found(agent), lambda: desk.reviewing.open(agent, found.folder)):
            with pytest.raises(Refused):
                refused()
        desk.sign.sign_out(session, "left")
        with pytest.raises(Refused):
            draft.undo()


def test_a_catalog_that_was_changed_on_its_way_is_marked_and_the_one_before_is_shown(centre: Centre) -> None:
    published(centre)
    edit(shop(centre), "years: 8", "years: 10")
    published(centre)
    attack(centre, "UPDATE catalog_version SET shown = 'x' WHERE number = 2")
    with centre.desk() as desk:
        session = sign_in(desk, OFFICER, OFFICER_PIN)
        desk.caught_up()
        view = desk.catalog.view(session)
        assert [(v.number, bool(v.fault)) for v in view.versions] == [(2, True), (1, False)]
        assert {system.version for system in view.systems} == {1}


def test_a_home_of_its_own_publishes_by_itself_and_plans_name_what_they_were_made_with(
    centre_template: Path, tmp_path: Path, no_keyring: None
) -> None:
    shutil.copytree(centre_template, tmp_path / "home")
    centre = WorkerCentre(tmp_path / "home")
    try:
        centre.start()
        found = Versions(CatalogStore(centre.engine))
        centre.until(lambda: {h.controller for h in found.heads()} == {"nordlicht", "harbour"})
        assert all(h.by.startswith("worker:") for h in found.heads())
        centre.until(lambda: rows(centre.engine) == [])
        file = centre.home.systems("nordlicht") / "shop" / "shop.yml"
        edit(file, "years: 8", "years: 10")
        centre.until(lambda: [h.number for h in found.heads("nordlicht")] == [2, 1])
        assert found.heads("nordlicht")[0].files == digest_of(files_in(centre.home.systems("nordlicht")))
        centre.until(lambda: rows(centre.engine) == [])
        edit(file, "years: 10", "years: ten")
        centre.until(lambda: centre.journal("catalog-invalid"))
        assert [h.number for h in found.heads("nordlicht")] == [2, 1]
    finally:
        centre.close()


def test_a_plan_keeps_the_catalog_it_names() -> None:
    plan = Plan("c", "2026-01-01", "DE", (), (), (), (), "ab" * 32)
    assert Plan.from_json(plan.to_json()) == plan
    other = Plan("c", "2026-01-01", "DE", (), (), (), (), "cd" * 32)
    assert other.digest != plan.digest
