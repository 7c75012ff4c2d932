"""Carrying out a plan in real databases: whole or not at all, again without harm, and looked at afterwards."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from sqlcipher3 import dbapi2

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import build
from services.catalog.system import System
from services.connectors.registry import open_connector
from services.errors import Refused, Unavailable, Unusable
from services.fulfilment.change import Left, apply, verify
from services.fulfilment.consent import read_consent, write_consent
from services.fulfilment.factors import contact_points, factors
from services.fulfilment.find import find
from services.fulfilment.plan import Plan, make_plan

SECRET = b"k" * 32
TODAY = date(2026, 3, 5)
SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, email VARCHAR(60) NOT NULL, name VARCHAR(40), boss INTEGER REFERENCES person (id));
CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id), day DATE);
CREATE TABLE item (orders INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL, what VARCHAR(20), PRIMARY KEY (orders, line));
CREATE TABLE bill (id INTEGER PRIMARY KEY, person INTEGER, day DATE);
CREATE TABLE talk (id INTEGER PRIMARY KEY, mail VARCHAR(30) NOT NULL UNIQUE, phone VARCHAR(20), words TEXT, born DATE NOT NULL, code VARCHAR(32));
CREATE TABLE news (mail VARCHAR(40), given_at TIMESTAMP, gone_at TIMESTAMP, version VARCHAR(10), sms INTEGER);
INSERT INTO person VALUES (1, 'Ada@x.org', 'Ada Lo', NULL), (2, 'ada@x.org', 'Ada', 1), (3, 'bob@x.org', 'Bob', NULL);
INSERT INTO orders VALUES (10, 1, '2020-01-01'), (11, 2, '2021-01-01'), (12, 3, NULL);
INSERT INTO item VALUES (10, 1, 'pan'), (10, 2, 'pot'), (11, 1, 'cup'), (12, 1, 'jug');
INSERT INTO bill VALUES (20, 1, '2024-02-03'), (21, 3, '2024-02-03');
INSERT INTO talk VALUES (30, 'ada@x.org', '+49 30 1234567', 'This is ADA  LO, mail Ada@x.org', '1990-01-01', 'secret');
INSERT INTO talk VALUES (31, 'bob@x.org', NULL, 'Bob here', '1980-01-01', 'other');
INSERT INTO news VALUES ('ada@x.org', '2025-01-01 10:00:00', NULL, 'v1', 1), ('bob@x.org', NULL, NULL, NULL, 0);
"""  # noqa: E501
DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: person
        x_console: {erase: delete}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: email
            fides_meta: {identity: email}
            x_console: {contact: email}
          - name: name
            data_categories: [user.name]
            x_console: {factor: {kind: KBS, compare: text, question: {en: Name?}}}
          - name: boss
            fides_meta: {references: [{dataset: d, field: person.id}]}
      - name: orders
        x_console: {erase: delete}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: person
            fides_meta: {references: [{dataset: d, field: person.id, direction: from}]}
          - name: day
            x_console: {factor: {kind: KBD, compare: date, question: {en: Last order?}}}
      - name: item
        x_console: {erase: delete}
        fields:
          - name: orders
            fides_meta: {primary_key: true, references: [{dataset: d, field: orders.id, direction: from}]}
          - name: line
            fides_meta: {primary_key: true}
          - name: what
      - name: bill
        x_console: {retention: {law: § 147 AO, years: 8, field: day}}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: person
            fides_meta: {references: [{dataset: d, field: person.id, direction: from}]}
          - name: day
      - name: talk
        x_console: {erase: mask}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: mail
            fides_meta: {identity: email}
            x_console: {mask: {strategy: email_rewrite}}
          - name: phone
            data_categories: [user.contact.phone_number]
            x_console: {mask: {strategy: phone_rewrite}}
          - name: words
            data_categories: [user.content]
            x_console: {mask: {strategy: identifiers_rewrite}}
          - name: born
            data_categories: [user.demographic]
          - name: code
            data_categories: [user.authorization]
            x_console: {mask: {strategy: hmac}}
      - name: news
        x_console:
          erase: delete
          consent:
            - {purpose: mail, given_at: given_at, withdrawn_at: gone_at, text: version}
            - {purpose: sms, state: sms, given: 1, withdrawn: 0}
        fields:
          - name: mail
            fides_meta: {identity: email}
          - name: given_at
          - name: gone_at
          - name: version
          - name: sms
"""
EXTRA = (
    "CREATE TABLE extra (id INTEGER PRIMARY KEY, p INTEGER REFERENCES person (id) ON DELETE CASCADE);"
    "INSERT INTO extra VALUES (1, 1)"
)
FIXED = "{strategy: string_rewrite, configuration: {rewrite_value: bob@x.org}}"
ADA = {"email": ["ADA@x.org"]}
Run = Callable[[str], list[tuple[object, ...]]]


class Shop:
    """One database with the system that describes it, and a way to look into it from the side."""

    def __init__(self, kind: str, url: str, run: Run, text: str = DATASET) -> None:
        self.run = run
        self.system = System("s", "c", kind, url, strict_yaml.parse(text, DatasetFile).dataset)
        self.graph = build({"s": self.system.datasets})
        self.connector = open_connector(self.system, None)

    def plan(self) -> Plan:
        """An erasure plan for Ada."""
        found = find(self.graph, {"s": self.connector}, ADA, region="DE")
        assert found.complete, found.systems
        return make_plan(found, self.graph, TODAY, "c")

    def erase(self, plan: Plan) -> tuple[int, int, int, int]:
        """Carries it out: deleted, masked, gone, kept."""
        done = apply(plan, "s", self.connector, secret=SECRET)
        return done.deleted, done.masked, done.gone, done.kept

    def verify(self, plan: Plan) -> tuple[Left, ...]:
        """The check afterwards, by a connector of its own."""
        return verify(plan, "s", open_connector(self.system, None), self.graph, secret=SECRET)

    def all(self) -> str:
        """Everything in the tables of the schema, as text."""
        return str(
            [self.run(f"SELECT * FROM {t} ORDER BY 1, 2") for t in ("person", "orders", "item", "bill", "talk", "news")]
        )


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """The schema in each kind of database."""
    if request.param == "sqlite":
        path = tmp_path / "shop.db"

        def run(statement: str) -> list[tuple[object, ...]]:
            with closing(dbapi2.connect(str(path), isolation_level=None)) as store:
                return list(store.execute(statement))

        with closing(dbapi2.connect(str(path))) as store:
            store.executescript("PRAGMA synchronous=OFF;" + SCHEMA)
        yield Shop("sqlite", f"sqlite:///{path}", run)
        return
    url = request.getfixturevalue("postgres")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:

        def ask(statement: str) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []

        ask(SCHEMA)
        yield Shop("postgresql", url, ask)


def test_an_erasure_takes_the_person_and_leaves_everybody_else(shop: Shop) -> None:
    plan = shop.plan()
    assert plan.faults == ()
    # persons 1 and 2, orders 10 and 11, three items, one newsletter row; one talk; one bill
    assert shop.erase(plan) == (8, 1, 0, 1)
    assert shop.verify(plan) == ()
    assert [row[0] for row in shop.run("SELECT id FROM person")] == [3]
    assert shop.run("SELECT orders, line FROM item") == [(12, 1)]
    assert [row[0] for row in shop.run("SELECT id FROM bill ORDER BY id")] == [20, 21]
    assert shop.run("SELECT * FROM talk WHERE id = 31")[0][1:4] == ("bob@x.org", None, "Bob here")
    mail, phone, words, born, code = shop.run("SELECT mail, phone, words, born, code FROM talk WHERE id = 30")[0]
    assert str(mail).endswith("@erased.invalid")
    assert str(phone).startswith("+00")
    assert words == "This is […], mail […]"
    assert str(born)[:10] == "1900-01-01", "the column cannot be empty"
    assert (len(str(code)), code) != (32, "secret")
    assert "ada" not in shop.all().lower()


def test_a_second_run_finds_the_plan_and_changes_nothing(shop: Shop) -> None:
    plan = Plan.from_json(shop.plan().to_json())
    shop.erase(plan)
    before = shop.all()
    assert shop.erase(plan) == (0, 0, 8, 1)
    assert shop.all() == before


def test_a_row_planted_after_the_erasure_is_reported(shop: Shop) -> None:
    plan = shop.plan()
    shop.erase(plan)
    assert shop.verify(plan) == ()
    shop.run("INSERT INTO person VALUES (9, 'aDa@X.org', 'Ada', NULL)")
    assert shop.verify(plan) == (Left("person", 1),)
    shop.run("INSERT INTO bill VALUES (29, 1, '2026-01-01')")
    assert shop.verify(plan) == (Left("bill", 1), Left("person", 1)), "it points at a person who is gone"


def test_what_was_not_erased_is_reported_by_key_even_without_its_identity(shop: Shop) -> None:
    plan = shop.plan()
    shop.run("UPDATE person SET email = 'new@x.org' WHERE id = 1")
    shop.run("UPDATE talk SET mail = 'new@x.org' WHERE id = 30")
    left = {one.collection: one.count for one in shop.verify(plan)}
    assert (left["person"], left["talk"], left["item"]) == (2, 1, 3)


def test_a_mask_that_was_undone_is_reported(shop: Shop) -> None:
    plan = shop.plan()
    shop.erase(plan)
    shop.run("UPDATE talk SET code = 'secret' WHERE id = 30")
    assert shop.verify(plan) == (Left("talk", 1),)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (EXTRA, "1 rows of extra refer to rows of person"),
        ("INSERT INTO orders VALUES (13, 1, NULL)", "1 rows of orders refer to rows of person"),
        ("UPDATE person SET boss = 1 WHERE id = 3", "1 rows of person refer to rows of person"),
        ("ALTER TABLE talk DROP COLUMN code", "there is no column talk.code"),
        ("DROP TABLE news", "there is no table news"),
    ],
)  # fmt: skip
def test_what_the_database_would_not_take_is_known_before_the_first_write(
    shop: Shop, statement: str, words: str
) -> None:
    plan = shop.plan()
    for one in statement.split(";"):
        shop.run(one)
    before = shop.run("SELECT count(*) FROM person"), shop.run("SELECT mail FROM talk ORDER BY id")
    with pytest.raises(Unusable, match=words) as refused:
        shop.erase(plan)
    assert refused.value.kept == "nothing was changed"
    assert (shop.run("SELECT count(*) FROM person"), shop.run("SELECT mail FROM talk ORDER BY id")) == before


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("{strategy: email_rewrite}", "{strategy: null_rewrite}", "talk.mail cannot be empty"),
        ("{strategy: hmac}", "{strategy: random_string_rewrite, configuration: {length: 33}}", "holds 32 characters"),
        ("{strategy: email_rewrite}", FIXED, "its mask is taken"),
    ],
)  # fmt: skip
def test_masks_that_do_not_fit_the_live_column_are_refused(shop: Shop, right: str, wrong: str, words: str) -> None:
    other = Shop(shop.system.connector, shop.system.url, shop.run, DATASET.replace(right, wrong))
    before = shop.all()
    with pytest.raises(Unusable, match=words):
        other.erase(other.plan())
    assert shop.all() == before


def test_a_failure_in_the_middle_leaves_nothing_half_done(shop: Shop) -> None:
    plan = shop.plan()
    if shop.system.connector == "sqlite":
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'constraint'); END")
    else:
        shop.run("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END'")
        shop.run("CREATE TRIGGER no BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION no()")
    before = shop.all()
    with pytest.raises(Unusable, match="refused the change by a rule of its own"):
        shop.erase(plan)
    assert shop.all() == before


def test_a_plan_with_faults_is_not_begun(shop: Shop) -> None:
    text = DATASET.replace(
        "- name: mail\n            fides_meta: {identity: email}\n          - name: given_at",
        "- name: mail\n            fides_meta: {identity: email, primary_key: true}\n          - name: given_at",
    )
    other = Shop(
        shop.system.connector,
        shop.system.url,
        shop.run,
        text.replace("erase: delete\n          consent", "erase: mask\n          consent"),
    )
    with pytest.raises(Refused, match=r"news\.mail is part of the key"):
        other.erase(other.plan())


PROGRAM = """
import sys; sys.path.insert(0, sys.argv[1])
from tests.services import test_change as t
from services.fulfilment.plan import Plan
shop = t.Shop(sys.argv[2], sys.argv[3], lambda s: [])
print(shop.erase(Plan.from_json(open(sys.argv[4], 'rb').read())))
"""


@pytest.mark.parametrize(
    ("point", "whole"),
    [("erase.between-statements:3", False), ("erase.before-commit", False), ("erase.after-commit", True)],
)
def test_killed_at_any_point_it_is_whole_or_nothing_and_then_done(
    shop: Shop, tmp_path: Path, point: str, whole: bool
) -> None:
    plan, before = shop.plan(), shop.all()
    (tmp_path / "plan.json").write_bytes(plan.to_json())
    words = [str(Path(__file__).parents[2]), shop.system.connector, shop.system.url, str(tmp_path / "plan.json")]
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], env={**os.environ, "RIGHTSDESK_KILL_AT": point}, check=False
    )
    assert killed.returncode in (-9, 137)
    assert (shop.all() == before) is not whole
    assert shop.erase(plan) == ((0, 0, 8, 1) if whole else (8, 1, 0, 1))
    assert shop.verify(plan) == ()


def test_rows_without_a_key_are_masked_once(shop: Shop) -> None:
    text = DATASET.replace("erase: delete\n          consent", "erase: mask\n          consent")
    other = Shop(shop.system.connector, shop.system.url, shop.run, text)
    shop.run("INSERT INTO news VALUES ('ada@x.org', NULL, NULL, NULL, 1)")
    plan = other.plan()
    assert other.erase(plan) == (7, 3, 0, 1)
    assert shop.run("SELECT count(*) FROM news WHERE mail IS NULL") == [(2,)]
    assert other.erase(plan) == (0, 0, 7, 1)
    assert other.verify(plan) == ()


def test_consent_is_written_and_read_back(shop: Shop) -> None:
    at = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    assert [s.given for s in read_consent(shop.system, shop.connector, "mail", ADA)] == [True]
    assert write_consent(shop.system, shop.connector, "mail", False, ADA, at) == 1
    (state,) = read_consent(shop.system, shop.connector, "mail", ADA)
    assert (state.given, state.since) == (False, "2026-03-05 09:30:00")
    assert write_consent(shop.system, shop.connector, "mail", True, ADA, at, text="v2") == 1
    assert [s.given for s in read_consent(shop.system, shop.connector, "mail", ADA)] == [True]
    assert shop.run("SELECT version FROM news WHERE mail = 'ada@x.org'") == [("v2",)]
    assert write_consent(shop.system, shop.connector, "sms", False, ADA, at) == 1
    assert [s.given for s in read_consent(shop.system, shop.connector, "sms", ADA)] == [False]
    assert shop.run("SELECT given_at, sms FROM news WHERE mail = 'bob@x.org'") == [(None, 0)]
    assert write_consent(shop.system, shop.connector, "post", False, ADA, at) == 0
    assert write_consent(shop.system, shop.connector, "mail", False, {"email": ["eve@x.org"]}, at) == 0


def test_factors_and_contact_points_come_from_the_persons_own_rows(shop: Shop) -> None:
    found = find(shop.graph, {"s": shop.connector}, ADA)
    known = {f.key: f for f in factors(found, shop.graph)}
    assert known["d.person.name"].values == ("Ada", "Ada Lo")
    assert known["d.orders.day"].value == "2021-01-01"
    assert {c.value for c in contact_points(found, shop.graph)} == {"Ada@x.org", "ada@x.org"}
    assert "Ada" not in repr((factors(found, shop.graph), contact_points(found, shop.graph)))


def test_a_system_that_only_is_read_is_never_changed(shop: Shop) -> None:
    closed = System("s", "c", shop.system.connector, shop.system.url, shop.system.datasets, read_only=True)
    with pytest.raises(Unusable, match="can only be read"):
        apply(shop.plan(), "s", open_connector(closed, None), secret=SECRET)


def test_a_locked_database_says_so_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(dbapi2.connect(str(path), isolation_level=None)) as store:
        store.executescript(SCHEMA)
        system = System("s", "c", "sqlite", f"sqlite:///{path}", strict_yaml.parse(DATASET, DatasetFile).dataset)
        quick = open_connector(System(**{**vars(system), "limits": type(system.limits)(1, 0.2)}), None)
        graph = build({"s": system.datasets})
        plan = make_plan(find(graph, {"s": quick}, ADA), graph, TODAY, "c")
        store.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="system 's' is locked by another program"):
            apply(plan, "s", quick, secret=SECRET)
        store.execute("ROLLBACK")
        assert apply(plan, "s", quick, secret=SECRET).deleted == 8
