"""What an erasure keeps by law is marked as stored only in the same transaction, and read back (ERA-2, rules.md 9)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.catalog.graph import Node
from services.connectors.registry import open_connector
from services.errors import Unusable
from services.fulfilment.change import Applied, apply
from services.fulfilment.found import FoundRow, Whose
from services.fulfilment.kept_marks import Kept, Marking, kept_since, read_back
from services.fulfilment.plan import Plan
from tests.shop import DATABASES, DATASET, SECRET, Shop, open_shop

AT = datetime(2026, 3, 5, 10, tzinfo=UTC)
MARKED = DATASET.replace(
    "years: 8, field: day}}\n        fields:",
    "years: 8, field: day}, restriction: {state: state, restricted: stored, free: free, since: marked_at}}\n"
    "        fields:\n          - name: state\n          - name: marked_at",
)


@pytest.fixture(params=DATABASES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """The small shop, whose bills can say that they are stored only; Ada has two."""
    for plain in open_shop(request, tmp_path):
        plain.run("ALTER TABLE bill ADD COLUMN state VARCHAR(10) DEFAULT 'free'")
        plain.run("ALTER TABLE bill ADD COLUMN marked_at TIMESTAMP NULL")
        plain.run("INSERT INTO bill (id, person, day, state) VALUES (22, 2, '2025-01-02', 'free')")
        yield Shop(plain.system.connector, plain.system.url, plain.run, MARKED)


def erase(shop: Shop, plan: Plan, at: datetime = AT) -> Applied:
    return apply(plan, "s", shop.connector, secret=SECRET, marking=Marking(shop.graph, at))


def read(shop: Shop, plan: Plan) -> Kept:
    return read_back(plan, "s", open_connector(shop.system, None), shop.graph)


def bills(shop: Shop) -> list[tuple[object, ...]]:
    return [tuple(map(str, row)) for row in shop.run("SELECT id, state, marked_at FROM bill ORDER BY id")]


@pytest.mark.rule("ERA-2", "RET-RESTRICT")
def test_ERA_2_what_a_law_keeps_is_marked_and_read_back_and_a_second_run_finds_nothing_new(shop: Shop) -> None:
    plan = shop.plan()
    assert read(shop, plan) == Kept(0, 2, 0), "the control: nothing is marked before"
    done = erase(shop, plan)
    assert (done.deleted, done.masked, done.kept) == (8, 1, 2)
    assert read(shop, plan) == Kept(2, 0, 0)
    there = bills(shop)
    assert [row[:2] for row in there] == [("20", "stored"), ("21", "free"), ("22", "stored")], "and nobody else's"
    assert "2026-03-05 10:00" in str(there[0][2])
    again = erase(shop, plan, datetime(2026, 4, 1, tzinfo=UTC))
    assert (again.deleted, again.masked) == (0, 0)
    assert bills(shop) == there, "since when it is so does not change"
    assert shop.verify(plan) == ()


def test_where_the_system_refuses_the_erasure_nothing_is_marked_either(shop: Shop) -> None:
    plan, before = shop.plan(), bills(shop)
    if shop.system.connector == "sqlite":
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'constraint'); END")
    elif shop.system.connector == "mariadb":
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person FOR EACH ROW SIGNAL SQLSTATE '45000'")
    else:
        shop.run("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END'")
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION no()")
    with pytest.raises(Unusable):
        erase(shop, plan)
    assert bills(shop) == before


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_where_the_mark_cannot_be_written_nothing_is_erased(shop: Shop) -> None:
    plan, before = shop.plan(), shop.all()
    other = Shop("sqlite", shop.system.url, shop.run, MARKED.replace("marked_at", "marked_on"))
    with pytest.raises(Unusable, match="marked_on"):
        erase(other, plan)
    assert shop.all() == before


@pytest.mark.rule("ERA-2")
@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_where_the_catalog_names_no_mark_it_is_kept_and_counted_as_not_marked(shop: Shop) -> None:
    other = Shop("sqlite", shop.system.url, shop.run)
    plan = other.plan()
    assert erase(other, plan).kept == 2
    assert read(other, plan) == Kept(0, 0, 2)
    assert {row[1] for row in bills(other)} == {"free"}


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_what_stays_marked_after_an_erasure_is_what_the_duty_covered_then(shop: Shop) -> None:
    stays = kept_since(shop.graph, date(2026, 3, 5))
    bill, person = Node("d", "bill"), Node("d", "person")

    def row(day: object) -> FoundRow:
        return FoundRow(bill, (1,), {"day": day}, Whose.OWN)

    assert [stays(bill, row(day)) for day in ("2026-03-05", None, "2026-03-06")] == [True, True, False]
    assert not stays(person, row("2020-01-01")), "no law keeps it"
    assert not kept_since(shop.graph, None)(bill, row("2020-01-01")), "the control: nobody was erased"
