"""The demo's people and systems: invented, equal each time, described truly, found by the real search."""

import hashlib
import stat
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import phonenumbers
import pytest
from argon2 import PasswordHasher
from sqlcipher3 import dbapi2

from services.catalog import graph
from services.catalog.system import System, load_controller_systems
from services.connectors.registry import open_connector
from services.controllers import load_controllers
from services.demo.people import MOST_PEOPLE, Person, make_people
from services.demo.systems import HOUSES, SYSTEMS, make_systems
from services.errors import NotFound
from services.fulfilment.find import find
from services.fulfilment.found import Found
from services.letters.lexicon import LANGUAGES
from services.risk.scan import scan
from services.types import Regime

TODAY = date(2026, 11, 24)
PEOPLE = make_people(7, 60)
LookUp = Callable[[str, str], Found]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    for controller in HOUSES:
        make_systems(home, controller, PEOPLE, 7, today=TODAY)
    return home


@cache
def systems(home: Path, controller: str) -> dict[str, System]:
    return dict(load_controller_systems(home / "controllers" / controller))


def rows(home: Path, controller: str, system: str, query: str) -> list[tuple[object, ...]]:
    store = dbapi2.connect(str(home / "data" / controller / f"{system}.db"))
    try:
        return list(store.execute(query).fetchall())
    finally:
        store.close()


@pytest.fixture(scope="module", params=list(HOUSES))
def look_up(request: pytest.FixtureRequest, home: Path) -> LookUp:
    known = systems(home, request.param)
    connectors = {key: open_connector(system, None) for key, system in known.items()}
    whole = graph.build({key: system.datasets for key, system in known.items()})
    region = load_controllers(home)[request.param].country
    return lambda kind, value: find(whole, connectors, {kind: [value]}, region=region)


def counts(found: Found) -> dict[str, int]:
    return {str(part.node): len(part.rows) for part in found.collections() if part.rows}


def test_people_are_equal_for_equal_seeds_and_fewer_are_a_prefix() -> None:
    assert make_people(7, 60) == PEOPLE
    assert make_people(7, 10) == PEOPLE[:10]
    assert make_people(8, 60) != PEOPLE


def test_there_are_never_more_people_than_the_demo_holds_and_no_two_are_one() -> None:
    people = make_people(1, MOST_PEOPLE + 5)
    assert len(people) == MOST_PEOPLE
    for name in ("email", "phone", "customer_number"):
        assert len({getattr(person, name) for person in people}) == MOST_PEOPLE
    assert len({person.address for person in people}) < MOST_PEOPLE, "some live together"


def test_nobody_can_be_reached_by_accident() -> None:
    for person in make_people(1, 2_000):
        assert person.email.rpartition("@")[2] in ("example.com", "example.org", "example.net")
        assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone))
        assert person.phone.startswith(("+493023125", "+4969900", "+4940669", "+492214710", "+4989999", "+44"))


def test_a_person_shows_no_personal_data_when_printed() -> None:
    shown = repr(PEOPLE[0])
    for value in (PEOPLE[0].email, PEOPLE[0].family_name, PEOPLE[0].pin, PEOPLE[0].phone):
        assert value not in shown


def test_both_controllers_can_be_read_whole(home: Path) -> None:
    controllers = load_controllers(home)
    assert {key: c.regime for key, c in controllers.items()} == {"nordlicht": Regime.EU, "harbour": Regime.UK}
    for controller in controllers.values():
        for purpose in controller.purposes:
            assert set(purpose.title) == set(purpose.consent.texts) == set(purpose.consent.effect) == set(LANGUAGES)
        facts = vars(controller.access)
        assert all(set(text) == set(LANGUAGES) for name, text in facts.items() if not name.startswith("_"))
        assert controller.authority.name


@pytest.mark.parametrize("controller", HOUSES)
def test_the_catalog_is_read_and_is_true_of_the_databases(home: Path, controller: str) -> None:
    found = systems(home, controller)
    assert set(found) == set(SYSTEMS)
    for system in found.values():
        assert open_connector(system, None).check(system.datasets) == []


def test_the_live_check_sees_a_column_that_is_gone(tmp_path: Path) -> None:
    make_systems(tmp_path, "harbour", PEOPLE[:5], 7, today=TODAY)
    store = dbapi2.connect(str(tmp_path / "data" / "harbour" / "desk.db"))
    store.execute("ALTER TABLE message RENAME COLUMN body TO text")
    store.close()
    system = systems(tmp_path, "harbour")["desk"]
    assert any("body" in fault for fault in open_connector(system, None).check(system.datasets))


@pytest.mark.parametrize("controller", HOUSES)
def test_every_fact_of_the_letter_stands_in_the_catalog(home: Path, controller: str) -> None:
    for system in systems(home, controller).values():
        for dataset in system.datasets:
            for collection in dataset.collections:
                facts = dataset.facts(collection)
                for text in (facts.label, facts.purpose, facts.storage, facts.source):
                    assert isinstance(text, dict)
                    assert set(text) == set(LANGUAGES)
                    assert all(text.values())
                assert facts.recipients
                assert facts.basis
                assert facts.origin


def test_ten_factors_may_be_asked_five_of_them_dynamic(home: Path) -> None:
    kinds = [
        field.console.factor.kind
        for system in systems(home, "nordlicht").values()
        for dataset in system.datasets
        for collection in dataset.collections
        for _, field in collection.walk()
        if field.console.factor
    ]
    assert sorted(kinds) == ["KBD"] * 5 + ["KBS"] * 3 + ["PIN"]


@pytest.mark.parametrize("controller", HOUSES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_foreign_keys_are_real_and_hold(home: Path, controller: str, system: str) -> None:
    assert rows(home, controller, system, "PRAGMA foreign_key_check") == []
    tables = [
        str(name) for (name,) in rows(home, controller, system, "SELECT name FROM sqlite_master WHERE type='table'")
    ]
    assert any(rows(home, controller, system, f"PRAGMA foreign_key_list({table})") for table in tables)


@pytest.mark.parametrize("person", PEOPLE[:12], ids=lambda person: str(person.number))
def test_a_person_is_found_the_same_by_mail_phone_and_number(look_up: LookUp, person: Person) -> None:
    by_mail = counts(look_up("email", person.email.upper()))
    assert by_mail["crm.customer"] == 1
    assert {name.partition(".")[0] for name in by_mail} >= {"crm", "shop"}
    assert counts(look_up("phone", person.phone)) == by_mail
    assert counts(look_up("customer_number", person.customer_number)) == by_mail


def test_a_stranger_is_not_found(look_up: LookUp) -> None:
    assert counts(look_up("email", "nobody@example.com")) == {}


def test_people_who_live_together_share_one_row(home: Path) -> None:
    shared = rows(
        home, "nordlicht", "crm", "SELECT household_id, count(*) FROM customer GROUP BY 1 HAVING household_id > 0"
    )
    assert shared
    assert all(isinstance(count, int) and count > 1 for _, count in shared)


def test_the_pin_on_file_is_the_persons_and_no_other(home: Path) -> None:
    ((kept,),) = rows(home, "nordlicht", "crm", "SELECT pin_hash FROM customer WHERE customer_number = 'K100003'")
    assert PasswordHasher().verify(str(kept), PEOPLE[3].pin)
    with pytest.raises(Exception, match="not match"):
        PasswordHasher().verify(str(kept), "x" + PEOPLE[3].pin)


def test_who_owes_has_an_unpaid_invoice_and_nobody_else(home: Path) -> None:
    unpaid = rows(home, "harbour", "shop", "SELECT DISTINCT customer_number FROM invoice WHERE paid_on IS NULL")
    assert {str(number) for (number,) in unpaid} == {p.customer_number for p in PEOPLE if p.owes}
    assert unpaid


def test_some_invoices_are_older_than_any_duty_to_keep_them(home: Path) -> None:
    ((old,), (young,)) = rows(
        home, "nordlicht", "shop",
        "SELECT count(*) FROM invoice WHERE issued_on < '2017-01-01' UNION ALL "
        "SELECT count(*) FROM invoice WHERE issued_on > '2023-01-01'",
    )  # fmt: skip
    assert isinstance(old, int)
    assert isinstance(young, int)
    assert 0 < old < young


def test_a_recent_change_of_the_mail_address_is_on_file(home: Path) -> None:
    recent = rows(home, "harbour", "crm", "SELECT count(*) FROM contact_email WHERE changed_at > '2026-10-25'")
    assert recent == [(sum(p.contact_age_days < 30 for p in PEOPLE),)]
    assert recent != [(0,)]


@pytest.mark.parametrize(("controller", "country"), [("nordlicht", "DE"), ("harbour", "GB")])
def test_transcripts_hold_cards_health_words_names_and_addresses(home: Path, controller: str, country: str) -> None:
    texts = [str(body) for (body,) in rows(home, controller, "desk", "SELECT body FROM message")]
    kinds = {flag.kind for text in texts for flag in scan(text, country=country)}
    assert {"card", "health", "email", "phone"} <= kinds
    assert any(PEOPLE[0].name in text for text in texts)


def test_consents_are_given_withdrawn_and_never_given(home: Path) -> None:
    states = rows(
        home, "harbour", "news",
        "SELECT DISTINCT partner_offers_given_at IS NULL, partner_offers_withdrawn_at IS NULL FROM subscriber",
    )  # fmt: skip
    assert set(states) == {(0, 0), (0, 1), (1, 1)}


def test_files_and_folders_are_for_the_owner_alone(home: Path) -> None:
    for path in home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_same_seed_and_day_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    make_systems(tmp_path, "harbour", PEOPLE, 7, today=TODAY)
    for path in (tmp_path / "data").rglob("*.db"):
        twin = home / path.relative_to(tmp_path)
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(twin.read_bytes()).digest()


def test_a_home_can_move(home: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    make_systems(tmp_path / "first", "harbour", PEOPLE[:3], 7, today=TODAY)
    (tmp_path / "first").rename(moved)
    system = systems(moved, "harbour")["crm"]
    assert open_connector(system, None).check(system.datasets) == []


def test_the_waiting_period_is_the_demos(tmp_path: Path) -> None:
    make_systems(tmp_path, "harbour", PEOPLE[:1], 7, waiting_period_s=3)
    assert load_controllers(tmp_path)["harbour"].waiting_period_s == 3


def test_an_unknown_controller_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nordlicht, harbour"):
        make_systems(tmp_path, "acme", PEOPLE, 7)
    assert list(tmp_path.iterdir()) == []
