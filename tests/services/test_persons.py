"""Whom an address names when it names several, and that nothing of whoever was left out is given out or erased."""

import random
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlcipher3 import dbapi2

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Graph, build
from services.catalog.system import System
from services.connectors.registry import open_connector
from services.errors import Refused
from services.fulfilment.consent import write_consent
from services.fulfilment.find import find
from services.fulfilment.found import Found, Whose
from services.fulfilment.persons import Choice, Facts
from services.fulfilment.plan import make_plan
from services.fulfilment.redactions import Redactions
from services.fulfilment.restriction import write_restriction

KEY = b"p" * 32
MAIL = "family@x.org"
DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: home
        x_console: {erase: delete}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: city, data_categories: [user.contact.address.city]}
      - name: customer
        x_console:
          erase: delete
          consent: [{purpose: mail, state: ok, given: "1", withdrawn: "0"}]
          restriction: {state: shut, restricted: "1", free: "0"}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: number, data_categories: [user.unique_id], fides_meta: {identity: customer_number}}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
          - {name: name, data_categories: [user.name]}
          - {name: born, data_categories: [user.demographic.date_of_birth]}
          - name: home
            fides_meta: {references: [{dataset: d, field: home.id WAY}]}
          - {name: ok, data_categories: [user.privacy_preferences]}
          - {name: shut, data_categories: [user.privacy_preferences]}
      - name: address
        x_console: {erase: delete}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - name: customer
            fides_meta: {references: [{dataset: d, field: customer.id}]}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
      - name: orders
        x_console: {erase: delete}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - name: customer
            fides_meta: {references: [{dataset: d, field: customer.id, direction: from}]}
          - {name: what, data_categories: [user.behavior.purchase_history]}
      - name: news
        x_console: {erase: delete}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
          - {name: what, data_categories: [user.behavior]}
"""
COLUMNS = {
    "home": "id city",
    "customer": "id number email name born home ok shut",
    "address": "id customer email",
    "orders": "id customer what",
    "news": "id email what",
}
Rows = Mapping[str, Sequence[tuple[object, ...]]]


@dataclass
class Store:
    graph: Graph
    system: System

    def find(self, choice: Choice | None = None, **identities: str) -> Found:
        known = {kind: [value] for kind, value in (identities or {"email": MAIL}).items()}
        sources = {"s": open_connector(self.system, None)}
        return find(self.graph, sources, known, region="DE", choice=choice or Choice(KEY))


def store(folder: Path, rows: Rows, way: str = ", direction: to") -> Store:
    """The rows in a real SQLite file."""
    path = folder / "s.db"
    path.unlink(missing_ok=True)
    with closing(dbapi2.connect(str(path), isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        for table, columns in COLUMNS.items():
            names = columns.split()
            db.execute(f"CREATE TABLE {table} ({', '.join(names)}, PRIMARY KEY (id))")
            for row in rows.get(table, ()):
                db.execute(
                    f"INSERT INTO {table} ({','.join(names[: len(row)])}) VALUES ({','.join('?' * len(row))})", row
                )
    datasets = tuple(strict_yaml.parse(DATASET.replace(" WAY", way), DatasetFile).dataset)
    system = System("s", "c", "sqlite", f"sqlite:///{path}", datasets)
    return Store(build({"s": datasets}), system)


def said(found: Found, chosen: Sequence[int]) -> Choice:
    """The choice of those whose customer rows have these ids, everybody else left."""
    words = {}
    for one in found.people:
        of = {at[0] for node, at in one.places if node.collection == "customer"}
        words |= dict.fromkeys(one.ids, "chosen" if of & set(chosen) else "left")
    return Choice(KEY, words)


def own(found: Found) -> set[tuple[str, object]]:
    return {(p.node.collection, row.key[0]) for p in found.collections() for row in p.own}


def customers(*rows: tuple[object, ...]) -> Rows:
    """Rows (id, number, name, born) under one address."""
    return {"customer": [(id, number, MAIL, name, born, None) for id, number, name, born in rows]}


# ── who is told apart ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rows", "people", "asked"),
    [
        ([(1, "N1", "Ada Lo", "1990-01-01")], 1, False),
        ([(1, "N1", "Ada Lo", None), (2, "N2", "Ada Lo", None)], 2, True),
        ([(1, None, "Ada Lo", None), (2, None, "Bo Lo", None)], 2, True),
        ([(1, None, "Ada Lo", "1990-01-01"), (2, None, "Ada Lo", "1960-01-01")], 2, True),
        ([(1, None, "Ada Lo", None), (2, None, "Lo, ADA", None), (3, None, "A. Lo", None)], 1, False),
        ([(1, "N1", "Ada Lo", None), (2, "N1", "Ada Berg", None)], 1, False),  # married: the number says so
        ([(1, None, None, None), (2, None, None, None)], 0, False),
        ([(1, "N1", "Ada Lo", None), (2, "N2", "Bo Lo", None), (3, None, "Ada Lo", None)], 2, True),
        ([(1, "N1", "Ada Lo", None), (2, "N2", "Ada Lo", None), (3, None, "Ada Lo", None)], 3, True),
    ],
)
def test_people_are_told_apart_by_number_birth_and_name(
    tmp_path: Path, rows: list[tuple[object, ...]], people: int, asked: bool
) -> None:
    found = store(tmp_path, customers(*rows)).find()
    assert (len(found.people), found.undecided) == (people, asked)
    random.Random(4).shuffle(rows)
    again = store(tmp_path, customers(*[(9 - int(str(r[0])), *r[1:]) for r in rows])).find()
    assert (len(again.people), again.undecided) == (people, asked), "whatever the order"


def test_a_row_without_facts_belongs_to_whom_it_leads_to_or_to_nobody(tmp_path: Path) -> None:
    rows = {
        "customer": [(1, "N1", None, "Ada Lo", None, None), (2, "N2", None, "Bo Lo", None, None)],
        "address": [(1, 1, MAIL), (2, 2, MAIL)],
        "news": [(1, MAIL, "weekly")],
    }
    shop = store(tmp_path, rows)
    found = shop.find()
    assert found.undecided, "the address leads to two customers"
    after = shop.find(said(found, [1]))
    assert own(after) == {("customer", 1), ("address", 1)}
    whose = {(p.node.collection, r.key[0]): r.whose for p in after.collections() for r in p.rows}
    assert whose["address", 2] is Whose.LEFT
    assert whose["news", 1] is Whose.SHARED, "it is the address's, and that is both's"


def test_one_known_by_a_number_is_one_whoever_shares_the_address(tmp_path: Path) -> None:
    shop = store(tmp_path, customers((1, "N1", "Ada Lo", None), (2, "N2", "Bo Lo", None)))
    assert not shop.find(customer_number="N1").undecided
    assert shop.find().undecided, "the control: by the address they are two"


def test_until_it_is_said_there_is_no_plan(tmp_path: Path) -> None:
    shop = store(tmp_path, customers((1, "N1", "Ada Lo", None), (2, "N2", "Bo Lo", None)))
    found = shop.find()
    with pytest.raises(Refused, match=r"\(P\)"):
        make_plan(found, shop.graph, date(2026, 3, 5), "c")
    plan = make_plan(shop.find(said(found, [1])), shop.graph, date(2026, 3, 5), "c")
    assert plan.count("delete") == 1


def test_a_newcomer_under_the_address_is_asked_about_and_not_taken(tmp_path: Path) -> None:
    first = customers((1, "N1", "Ada Lo", None), (2, "N2", "Bo Lo", None))
    choice = said(store(tmp_path, first).find(), [1])
    assert not store(tmp_path, first).find(choice).undecided
    grown = customers((1, "N1", "Ada Lo", None), (2, "N2", "Bo Lo", None), (3, "N3", "Cy Lo", None))
    found = store(tmp_path, grown).find(choice)
    assert found.undecided
    assert ("customer", 3) not in own(found)
    gone = customers((2, "N2", "Bo Lo", None))
    assert own(store(tmp_path, gone).find(choice)) == set(), "who was left stays left when the other is gone"


def test_ids_of_records_need_the_key(tmp_path: Path) -> None:
    shop = store(tmp_path, customers((1, "N1", "Ada Lo", None), (2, "N2", "Bo Lo", None)))
    ids = {one.id for one in shop.find().people}
    assert ids.isdisjoint(one.id for one in shop.find(Choice(b"q" * 32)).people)
    assert ids == {one.id for one in shop.find().people}


def test_facts_that_differ_in_nothing_both_have_are_no_difference() -> None:
    ada, born = Facts(names=frozenset([("ada", "lo")])), Facts(born=frozenset(["1990-01-01"]))
    assert list(ada.differs(born)) == []
    assert list(ada.differs(Facts(names=frozenset([("bo", "lo")])))) == ["name"]


def test_a_choice_of_consent_and_a_restriction_are_written_for_the_one_who_was_chosen(tmp_path: Path) -> None:
    shop = store(tmp_path, customers((1, "N1", "Ada Lo", None), (2, "N2", "Bo Lo", None)))
    connector, known, now = open_connector(shop.system, None), {"email": [MAIL]}, datetime(2026, 3, 5, tzinfo=UTC)
    choice = said(shop.find(), [2])

    def held() -> list[tuple[object, ...]]:
        with closing(dbapi2.connect(str(tmp_path / "s.db"))) as db:
            return list(db.execute("SELECT id, ok, shut FROM customer ORDER BY id"))

    with pytest.raises(Refused, match=r"\(P\)"):
        write_consent(shop.system, connector, "mail", True, known, now)
    assert held() == [(1, None, None), (2, None, None)]
    assert write_consent(shop.system, connector, "mail", True, known, now, choice=choice) == 1
    (found,) = shop.find(choice).systems
    assert write_restriction(found, shop.graph, connector, True, now) == 1
    assert held() == [(1, None, None), (2, "1", "1")]
    assert write_consent(shop.system, connector, "mail", False, known, now) == 2, "a withdrawal holds for the address"


# ── nothing of whoever was left out ───────────────────────────────────────────────────────────────────────────

_HOSTILE = ["Ada Lo", "A. Lo", "", "' OR 1=1", "Özge \x00Lo", "[red]Bo[/]", "Lo\u202eAda", "李", "x" * 300]


@st.composite
def families(draw: st.DrawFn) -> tuple[dict[str, list[tuple[object, ...]]], int, list[int], str]:
    """Two to four people under one address: rows, how many they are, who is chosen, and the way of the home."""
    count = draw(st.integers(2, 4))
    names = draw(st.lists(st.sampled_from(_HOSTILE), min_size=count, max_size=count))
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}
    rows["home"] = [(9000 + n, "X") for n in range(2)]
    for n in range(1, count + 1):
        direct = draw(st.booleans())
        home = draw(st.sampled_from([9000, 9000, 9001, None]))
        rows["customer"].append((n * 100, f"N{n}", MAIL if direct else None, names[n - 1], None, home))
        for k in range(draw(st.integers(0 if direct else 1, 1))):
            rows["address"].append((n * 100 + k, n * 100, MAIL))
        rows["orders"] += [(n * 100 + k, n * 100, f"what{n}") for k in range(draw(st.integers(0, 2)))]
    rows["news"] += [(9100 + n, MAIL, "weekly") for n in range(draw(st.integers(0, 1)))]
    chosen = draw(st.lists(st.integers(1, count), unique=True, max_size=count))
    return rows, count, [n * 100 for n in chosen], draw(st.sampled_from(["", "", ", direction: to"]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(family=families())
def test_nothing_of_whoever_was_left_out_is_given_out_or_erased(
    tmp_path: Path, family: tuple[dict[str, list[tuple[object, ...]]], int, list[int], str]
) -> None:
    rows, count, chosen, way = family
    shop = store(tmp_path, rows, way)
    found = shop.find()
    assert found.undecided
    choice = said(found, chosen)
    after = shop.find(choice)
    assert not after.undecided
    left = {n * 100 for n in range(1, count + 1)} - set(chosen)
    homes = {row[5] for row in rows["customer"] if row[0] in left} - {None}
    foreign = {
        (t, r[0]) for t in ("customer", "address", "orders") for r in rows[t] if int(str(r[0])) // 100 * 100 in left
    }
    foreign |= {("home", home) for home in homes}
    if left:
        foreign |= {("news", row[0]) for row in rows["news"]}
    assert own(after).isdisjoint(foreign)
    plan = make_plan(after, shop.graph, date(2026, 3, 5), "c")
    touched = {(a.collection, r[0]) for s in plan.systems for a in s.actions if a.act != "leave" for r in a.rows}
    assert touched.isdisjoint(foreign)
    given_out = Redactions(shop.graph, after, "DE", KEY)
    out = {(p.node.collection, row["id"]) for p in after.collections() for row in given_out.rows(p)}
    assert out.isdisjoint(foreign)
    assert sum(given_out.counts().values()) == len(out)
    parts = {(part.node.collection, part.row) for group in given_out.groups for part in group.parts}
    alone = {(p.node.collection, r.id) for p in after.collections() for r in p.rows if r.whose is Whose.LEFT}
    assert parts.isdisjoint(alone), "nobody is asked to give out what is somebody else's alone"
    theirs = {(t, r[0]) for t in ("customer", "orders") for r in rows[t] if int(str(r[0])) // 100 * 100 in chosen}
    if chosen and (not left or way):
        assert theirs <= touched & out, "the control: what is theirs is"
