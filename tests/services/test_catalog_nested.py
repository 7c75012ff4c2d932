"""JSON columns with nested fields, and rings of tables: in SQLite, PostgreSQL and MariaDB."""

import pytest

from services.connectors.base import Delete, Lookup, Rewrite
from services.errors import Unusable
from services.fulfilment.find import find
from services.fulfilment.found import shown
from tests.shop import DATABASES, Shop, open_shop

shop = pytest.fixture(params=DATABASES)(open_shop)
DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: profile
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: doc
            fides_meta: {data_type: object}
            fields:
              - name: mail
                fides_meta: {identity: email}
              - name: ref
              - name: tags
                fides_meta: {data_type: "object[]"}
                fields:
                  - name: no
                    fides_meta: {references: [{dataset: d, field: tag.no, direction: to}]}
      - name: tag
        fields:
          - name: no
            fides_meta: {primary_key: true}
          - name: owner
            fides_meta: {references: [{dataset: d, field: profile.doc.ref, direction: to}]}
"""


ADA = '{"mail": "Ada@x.org", "ref": "r1", "tags": [{"no": 7}, {"no": 8, "x": 1}], "y": 2}'
NOBODY, BOB = '{"mail": null, "ref": "r2"}', '{"mail": "bob@x.org", "ref": 3}'


def nested(shop: Shop) -> Shop:
    """The shop's database with a JSON column that leads to rows and is led to."""
    kind = "JSONB" if shop.system.connector == "postgresql" else "JSON"
    shop.run(f"CREATE TABLE profile (id INTEGER PRIMARY KEY, doc {kind})")
    shop.run("CREATE TABLE tag (no INTEGER PRIMARY KEY, owner TEXT)")
    shop.run(f"INSERT INTO profile VALUES (1, '{ADA}'), (2, '{NOBODY}'), (3, '{BOB}'), (4, NULL)")
    shop.run("INSERT INTO tag VALUES (7, 'r2'), (8, '3'), (9, 'r1')")
    return Shop(shop.system.connector, shop.system.url, shop.run, DATASET)


def test_references_lead_out_of_and_into_json(shop: Shop) -> None:
    one = nested(shop)
    found = find(one.graph, {"s": one.connector}, {"email": ["ADA@x.org"]})
    assert found.complete, found.systems[0].reason
    rows = {(c.node.collection, row.key[0]): shown(row) for c in found.collections() for row in c.rows}
    assert set(rows) == {("profile", 1), ("tag", 7), ("tag", 8), ("profile", 2), ("profile", 3)}
    # y and x are not declared
    assert rows["profile", 1]["doc"] == {"mail": "Ada@x.org", "ref": "r1", "tags": [{"no": 7}, {"no": 8}]}
    assert found.others == 1, "bob, by way of a tag"


def test_tables_that_refer_to_each_other(shop: Shop) -> None:
    shop.run("CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER)")
    shop.run("CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id))")
    if shop.system.connector == "sqlite":
        shop.run("DROP TABLE a")
        shop.run("CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id))")
    else:
        shop.run("ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b (id)")
    for statement in ("INSERT INTO a VALUES (1, NULL)", "INSERT INTO b VALUES (1, 1)", "UPDATE a SET b = 1"):
        shop.run(statement)
    deletes = [Delete("a", ("id",), ((1,),)), Delete("b", ("id",), ((1,),))]
    if shop.system.connector == "postgresql":
        with shop.connector.change() as change:
            assert any("refer to each other and cannot go in one step" in fault for fault in change.faults(deletes, []))
        shop.run("ALTER TABLE a ALTER CONSTRAINT ab DEFERRABLE")
        shop.run("ALTER TABLE b ALTER CONSTRAINT b_a_fkey DEFERRABLE")
    if shop.system.connector == "mariadb":  # nothing can wait for the commit there: a reference is emptied first
        shop.run("ALTER TABLE a MODIFY b INTEGER NOT NULL")
        shop.run("ALTER TABLE b MODIFY a INTEGER NOT NULL")
        with shop.connector.change() as change:
            assert any("refer to each other and cannot go in one step" in fault for fault in change.faults(deletes, []))
        shop.run("ALTER TABLE a MODIFY b INTEGER NULL")
    with shop.connector.change() as change:
        assert change.faults(deletes, []) == []
        change.defer()
        assert [change.delete(one) for one in change.in_order(deletes)] == [1, 1]
    assert shop.run("SELECT count(*) FROM a") == shop.run("SELECT count(*) FROM b") == [(0,)]


@pytest.mark.parametrize(
    ("rewrite", "words"),
    [
        (Rewrite("person", ("id",), ("id",), ((1,),), ((5,),)), "person.id is part of the key"),
        (Rewrite("orders", ("id",), ("person",), ((10,),), ((3,),)), "orders.person refers to another table"),
        (Rewrite("orders", ("id",), ("person",), ((10,),), ((None,),)), "orders.person cannot be empty"),
        (Rewrite("orders", ("id",), ("nothing",), ((10,),), ((None,),)), "there is no column orders.nothing"),
        (Rewrite("nothing", ("id",), ("x",), ((10,),), ((None,),)), "there is no table nothing"),
        (Rewrite("orders", ("nothing",), ("day",), ((10,),), ((None,),)), "there is no column orders.nothing"),
        (Rewrite("news", ("version",), ("sms",), (("v1",),), (("many",),)), "cannot hold that text"),
        (Rewrite("talk", ("id",), ("mail",), ((30,), (31,)), (("x",), ("x",))), "would hold its mask twice"),
    ],
    ids=range(8),
)
def test_a_change_that_does_not_fit_is_told_before_it_is_made(shop: Shop, rewrite: Rewrite, words: str) -> None:
    with shop.connector.change() as change:
        assert words in "; ".join(change.faults([], [rewrite]))


def test_a_key_that_names_more_rows_than_the_plan(shop: Shop) -> None:
    shop.run("INSERT INTO news VALUES ('x', NULL, NULL, 'v1', 1)")
    with shop.connector.change() as change:
        (fault,) = change.faults([Delete("news", ("version",), (("v1",),))], [])
    assert "names more rows than the plan" in fault


def test_a_connector_looks_again_on_a_new_connection(shop: Shop) -> None:
    (rows,) = shop.connector.verify([Lookup("person", ("id",), ("email",), (("bob@x.org",),), "email")])
    assert rows == [{"id": 3}]
    assert set(shop.connector.describe()["item"].key) == {"orders", "line"}
    with pytest.raises(Unusable, match=r"has no column 'person\.nope'"):
        shop.connector.verify([Lookup("person", ("nope",), ("email",), (("x",),))])
