"""Correcting in real databases: each row that holds the old value, whole or not at all, and read again."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.connectors.registry import open_connector
from services.connectors.sql_change import SqlChange
from services.errors import Unusable
from services.fulfilment.correctable import Correctable, correctables
from services.fulfilment.correction_plan import Correction, CorrectionPlan, corrections, from_json, to_json
from services.fulfilment.engine import JobFailed
from services.fulfilment.find import find
from services.fulfilment.rectification import not_corrected, write_corrections
from tests.shop import ADA, DATABASES, DATASET, SECRET, Shop, open_shop

shop = pytest.fixture(params=DATABASES)(open_shop)
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def offered(shop: Shop) -> tuple[Correctable, ...]:
    """What can be corrected for Ada."""
    found = find(shop.graph, {"s": shop.connector}, ADA, region="DE")
    assert found.complete, found.systems
    return correctables(found, shop.graph, SECRET, "C-26-000001")


def wanted(shop: Shop, **new: str) -> tuple[Correction, ...]:
    """Corrections of Ada's fields, by the field's name; of several values the first."""
    lines = offered(shop)
    chosen = {name: next(one for one in lines if name in {spot.column for spot in one.spots}) for name in new}
    values = {chosen[name].id: value for name, value in new.items()}
    return tuple(corrections(lines, values, shop.graph))


def refused(shop: Shop, *many: Correction) -> str:
    """The code that it comes back with; nothing was changed."""
    before = shop.all()
    with pytest.raises(JobFailed) as caught:
        write_corrections(shop.system, shop.connector, many, NOW)
    assert shop.all() == before, "whole or not at all"
    return str(caught.value)


def test_what_is_offered_is_about_the_person_and_no_key_and_no_secret(shop: Shop) -> None:
    lines = {one.value.lower(): one for one in offered(shop)}
    words = "this is ada  lo, mail ada@x.org"
    assert sorted(lines) == ["+49 30 1234567", "1990-01-01", "ada", "ada lo", "ada@x.org", words]
    mails = lines["ada@x.org"]
    spots = sorted((spot.node.collection, len(spot.rows)) for spot in mails.spots)
    assert spots == [("news", 1), ("person", 2), ("talk", 1)], "one address, however and wherever it is written"
    assert (mails.grave, lines["ada"].grave) == (True, False)


def test_each_row_that_holds_the_old_value_gets_the_new_one_and_nobody_elses_does(shop: Shop) -> None:
    many = wanted(shop, email="Lovelace@y.org", name="[red]O'Lo \"=cmd()")
    assert not_corrected(shop.connector, many) > 0, "the control"
    assert write_corrections(shop.system, shop.connector, many, NOW) == 4
    assert not_corrected(open_connector(shop.system, None), many) == 0
    assert shop.run("SELECT id, email FROM person ORDER BY id") == [
        (1, "Lovelace@y.org"),
        (2, "Lovelace@y.org"),
        (3, "bob@x.org"),
    ]
    assert sorted(str(row[0]) for row in shop.run("SELECT mail FROM news")) == ["Lovelace@y.org", "bob@x.org"]
    assert sorted(str(row[0]) for row in shop.run("SELECT name FROM person")).count("[red]O'Lo \"=cmd()") == 1


def test_written_again_it_changes_nothing_and_counts_the_same(shop: Shop) -> None:
    many = wanted(shop, email="lovelace@y.org", name="Ada Love")
    plan = CorrectionPlan("j", None, (), many)
    assert from_json(to_json(plan)) == plan, "it comes back from its sealed form"
    assert write_corrections(shop.system, shop.connector, many, NOW) == 4
    before = shop.all()
    assert write_corrections(shop.system, shop.connector, from_json(to_json(plan)).corrections, NOW) == 4
    assert shop.all() == before


def test_what_does_not_fit_comes_back_with_the_reason_and_the_rest_is_not_written_either(shop: Shop) -> None:
    fine = wanted(shop, name="Ada Love")
    assert refused(shop, *fine, *wanted(shop, phone="+49" * 9)) == "value-too-long"
    assert refused(shop, *fine, *wanted(shop, email="bob@x.org")) == "value-taken"
    with_day = DATASET.replace(
        "          - name: day\n            x_console: {factor",
        "          - name: day\n            data_categories: [user.behavior]\n            x_console: {factor",
    )
    dated = Shop(shop.system.connector, shop.system.url, shop.run, with_day)
    if shop.system.connector != "sqlite":
        assert refused(dated, *wanted(dated, day="[red]")) == "wrong-type"
    assert refused(dated, *wanted(dated, day="2026-02-30")) == "wrong-type"
    assert write_corrections(shop.system, shop.connector, fine, NOW) == 1, "the control"


def test_a_date_is_written_and_read_back_as_a_date(shop: Shop) -> None:
    text = DATASET.replace("data_categories: [user.demographic]", "data_categories: [user.demographic.date_of_birth]")
    dated = Shop(shop.system.connector, shop.system.url, shop.run, text)
    many = wanted(dated, born="1990-05-02")
    assert write_corrections(dated.system, dated.connector, many, NOW) == 1
    assert not_corrected(dated.connector, many) == 0
    assert str(shop.run("SELECT born FROM talk WHERE id = 30")[0][0])[:10] == str(date(1990, 5, 2))


def test_a_row_that_was_changed_or_went_meanwhile_is_left_alone(shop: Shop) -> None:
    many = wanted(shop, name="Ada Love")
    shop.run(f"UPDATE person SET name = 'Countess' WHERE id = {many[0].rows[0][0]}")
    assert refused(shop, *many) == "row-changed"
    gone = wanted(shop, words="Nothing")
    shop.run("DELETE FROM talk WHERE id = 30")
    assert refused(shop, *gone) == "row-changed"


def test_a_row_changed_between_the_look_and_the_write_is_left_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shop.system.connector == "sqlite":
        pytest.skip("nobody else can write there meanwhile: its transaction begins with the lock")
    many = wanted(shop, name="Ada Love")
    before, looked = many[0].rows[0][0], SqlChange.faults

    def faults(self: SqlChange, *changes: Any) -> list[str]:
        found = looked(self, *changes)
        shop.run(f"UPDATE person SET name = 'Countess' WHERE id = {before}")
        return found

    monkeypatch.setattr(SqlChange, "faults", faults)
    with pytest.raises(JobFailed, match="row-changed"):
        write_corrections(shop.system, shop.connector, many, NOW)
    assert shop.run(f"SELECT name FROM person WHERE id = {before}") == [("Countess",)]


def test_a_contact_point_gets_the_day_of_its_change_in_the_same_row(shop: Shop) -> None:
    text = DATASET.replace("x_console: {contact: email}", "x_console: {contact: email, changed_at: name}")
    stamped = Shop(shop.system.connector, shop.system.url, shop.run, text)
    many = wanted(stamped, email="lovelace@y.org")
    write_corrections(stamped.system, stamped.connector, many, NOW)
    days = [str(row[0])[:10] for row in shop.run("SELECT name FROM person ORDER BY id")]
    assert days == ["2026-11-27", "2026-11-27", "Bob"]


def test_a_system_or_a_field_that_is_only_read_comes_back_as_such(shop: Shop, tmp_path: Path) -> None:
    from dataclasses import replace

    many = wanted(shop, name="Ada Love")
    before = shop.all()
    with pytest.raises(JobFailed, match="read-only"):
        write_corrections(replace(shop.system, read_only=True), shop.connector, many, NOW)
    text = DATASET.replace(
        "data_categories: [user.name]", "data_categories: [user.name]\n            fides_meta: {read_only: true}"
    )
    closed = Shop(shop.system.connector, shop.system.url, shop.run, text)
    with pytest.raises(JobFailed, match="read-only"):
        write_corrections(closed.system, closed.connector, many, NOW)
    assert shop.all() == before


def test_a_rule_of_the_system_itself_refuses_whole(shop: Shop) -> None:
    if shop.system.connector == "sqlite":
        shop.run("CREATE TRIGGER no BEFORE UPDATE ON person BEGIN SELECT RAISE(ABORT, 'constraint'); END")
    else:
        shop.run("ALTER TABLE person ADD CONSTRAINT short CHECK (length(name) < 7)")
    many, before = wanted(shop, name="Ada Lovelace"), shop.all()
    with pytest.raises(Unusable) as caught:
        write_corrections(shop.system, shop.connector, many, NOW)
    assert "Lovelace" not in caught.value.reason
    assert shop.all() == before


def test_hostile_values_are_text_and_nothing_else(shop: Shop) -> None:
    for value in ("'; DROP TABLE news; --", "\\", "%s {x} $1 :p", "ÄÖ漢字😀", "=HYPERLINK(1)", "a" * 39):
        many = wanted(shop, name=value)
        write_corrections(shop.system, shop.connector, many, NOW)
        assert not_corrected(shop.connector, many) == 0
        assert value in [row[0] for row in shop.run("SELECT name FROM person")]
    assert len(shop.run("SELECT mail FROM news")) == 2
