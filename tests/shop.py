"""A small shop in a real SQLite file, a real PostgreSQL and a real MariaDB, with the system that describes it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import psycopg
import pytest
from sqlcipher3 import dbapi2

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import build
from services.catalog.system import System
from services.connectors.registry import open_connector
from services.fulfilment.change import Left, apply, verify
from services.fulfilment.find import find
from services.fulfilment.plan import Plan, make_plan

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres), "mariadb"]
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


def open_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """The schema in each kind of database: a fixture."""
    if request.param == "sqlite":
        path = tmp_path / "shop.db"

        def run(statement: str) -> list[tuple[object, ...]]:
            with closing(dbapi2.connect(str(path), isolation_level=None)) as store:
                return list(store.execute(statement))

        with closing(dbapi2.connect(str(path))) as store:
            store.executescript("PRAGMA synchronous=OFF;" + SCHEMA)
        yield Shop("sqlite", f"sqlite:///{path}", run)
        return
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb")
        with request.getfixturevalue("mariadb_server").connect(url) as ask:
            for statement in SCHEMA.split(";\n"):
                if statement.strip():
                    ask(statement)
            yield Shop("mariadb", url, ask)
        return
    url = request.getfixturevalue("postgres")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:

        def ask(statement: str) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []

        ask(SCHEMA)
        yield Shop("postgresql", url, ask)
