"""The catalog of the small vendor, a SQLite system beside it, and whole runs over both."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from services.catalog.graph import Graph, build
from services.catalog.system import System, load_system
from services.connectors.base import Connector
from services.connectors.registry import open_connector
from services.fulfilment.change import Applied, Left, apply, verify
from services.fulfilment.find import find
from services.fulfilment.found import Found
from services.fulfilment.plan import Plan, make_plan
from tests.datasystems.vendor import SECRET, Vendor, vendor_server

TODAY, MASK_KEY = date(2026, 3, 5), b"k" * 32
SYSTEM = """\
key: vendor
controller: c
connector: http
url: {url}
secret: vendor
datasets: [vendor.yml]
limits: {{connect_s: 2, statement_s: 5}}
"""
DATASET = """\
dataset:
  - fides_key: vendor
    collections:
      - name: people
        x_console: {erase: mask}
        fields:
          - name: id
            fides_meta: {primary_key: true, data_type: string}
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email, data_type: string}
            x_console: {mask: {strategy: email_rewrite}}
          - name: name
            data_categories: [user.name]
            fides_meta: {data_type: string}
      - name: notes
        x_console: {erase: delete}
        fields:
          - name: id
            fides_meta: {primary_key: true, data_type: string}
          - name: person
            fides_meta:
              data_type: string
              references: [{dataset: vendor, field: people.id, direction: from}]
          - name: text
            data_categories: [user.content]
            fides_meta: {data_type: string}
"""
HTTP = """\
probe: {path: /people, query: {email: nobody@example.invalid}}
auth: {kind: bearer}
limits: {per_second: 10000, tries: 3, longest_wait_s: 0.05, answer_mb: 1, pages: 20}
collections:
  people:
    find:
      - by: [email]
        path: /people
        query: {email: "{email}"}
        rows: items
        paging: {kind: cursor, next: next, query: from}
    one: {path: "/people/{id}", row: item, etag: header ETag}
    change:
      method: PATCH
      path: /people/{id}
      body: {email: "{email}", name: "{name}"}
      if_match: true
  notes:
    find:
      - by: [person]
        path: /notes
        query: {person: "{person}"}
        rows: items
        paging: {kind: offset, query: from, total: total}
    one: {path: "/notes/{id}", row: item}
    delete: {method: DELETE, path: "/notes/{id}"}
"""
SHOP = """\
dataset:
  - fides_key: shop
    collections:
      - name: account
        x_console: {erase: delete}
        fields:
          - name: id
            fides_meta: {primary_key: true, data_type: integer}
          - name: email
            fides_meta: {identity: email, data_type: string}
          - name: vendor_id
            fides_meta:
              data_type: string
              references: [{dataset: vendor, field: people.id, direction: to}]
"""
TABLE = """
CREATE TABLE account (id INTEGER PRIMARY KEY, email VARCHAR(60), vendor_id VARCHAR(20));
INSERT INTO account VALUES (1, 'ada@x.org', 'p1'), (2, 'bob@x.org', 'p2');
"""
HOSTILE = "a/../p2?x=1#[red]\x1b[31m=cmd()'\"; --é%2F"


def write_system(folder: Path, url: str, http: str = HTTP, dataset: str = DATASET) -> Path:
    """The vendor's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system.yml").write_text(SYSTEM.format(url=url))
    (folder / "vendor.yml").write_text(dataset)
    (folder / "http.yml").write_text(http)
    return folder


@dataclass
class Place:
    """A vendor and a shop's SQLite file, with the folders that describe them."""

    vendor: Vendor
    folder: Path

    def write(self, http: str = HTTP, dataset: str = DATASET) -> None:
        """Writes both systems' folders."""
        write_system(self.folder / "vendor", self.vendor.url, http, dataset)
        shop = self.folder / "shop"
        shop.mkdir(exist_ok=True)
        (shop / "shop.yml").write_text(SHOP)
        (shop / "system.yml").write_text(
            f"key: shop\ncontroller: c\nconnector: sqlite\nurl: sqlite:///{self.file}\ndatasets: [shop.yml]\n"
        )

    @property
    def file(self) -> Path:
        """The shop's database."""
        return self.folder / "shop.db"

    def systems(self) -> dict[str, System]:
        """Both, as their folders say."""
        return {key: load_system(self.folder / key) for key in ("shop", "vendor")}

    def connectors(self) -> Mapping[str, Connector]:
        """New ones, as a new process would make them."""
        return {key: open_connector(system, SECRET.encode()) for key, system in self.systems().items()}

    def graph(self) -> Graph:
        """Of both systems."""
        return build({key: system.datasets for key, system in self.systems().items()})

    def look(self, email: str = "ada@x.org") -> Found:
        """A search in both systems."""
        return find(self.graph(), self.connectors(), {"email": [email]})

    def plan(self, email: str = "ada@x.org") -> Plan:
        """What an erasure would do."""
        return make_plan(self.look(email), self.graph(), TODAY, "c")

    def erase(self, plan: Plan, connectors: Mapping[str, Connector] | None = None) -> dict[str, Applied]:
        """The plan carried out in both systems."""
        chosen = connectors or self.connectors()
        return {key: apply(plan, key, chosen[key], secret=MASK_KEY) for key in ("shop", "vendor")}

    def left(self, plan: Plan) -> dict[str, tuple[Left, ...]]:
        """What a look afterwards finds."""
        graph = self.graph()
        return {key: verify(plan, key, c, graph, secret=MASK_KEY) for key, c in self.connectors().items()}


@pytest.fixture
def vendored(tmp_path: Path) -> Iterator[Place]:
    """Three people at the vendor, five notes; Ada has three of them."""
    with vendor_server() as vendor:
        made = Place(vendor, tmp_path)
        made.write()
        with closing(dbapi2.connect(str(made.file))) as store:
            store.executescript(TABLE)
        for key, email, name in (
            ("p1", "Ada@x.org", "Ada Lo"),
            ("p2", "bob@x.org", "Bob"),
            (HOSTILE, "eve@x.org", "Eve"),
        ):
            vendor.people[key] = {"id": key, "email": email, "name": name, "version": 1}
        for key, person in (("n1", "p1"), ("n2", "p1"), ("n3", "p1"), ("n4", "p2"), ("n5", HOSTILE)):
            vendor.notes[key] = {"id": key, "person": person, "text": f"about {person}", "version": 1}
        yield made
