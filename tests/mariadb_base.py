"""An empty database in a real MariaDB, and short words for what tests do in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.system import Limits, System
from services.connectors.base import Connector, Delete, Rewrite
from services.connectors.registry import open_connector
from tests.datasystems.mariadb_server import MariaDb

DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: person
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: email
            fides_meta: {identity: email}
"""


@dataclass
class Base:
    """An empty database: its server, and what runs a statement in it."""

    server: MariaDb
    url: str
    run: Callable[..., list[tuple[object, ...]]]

    def system(self, url: str = "", limits: Limits | None = None, text: str = DATASET) -> System:
        datasets = strict_yaml.parse(text, DatasetFile).dataset
        return System("s", "c", "mariadb", url or self.url, datasets, limits=limits or Limits())

    def open(self, url: str = "", limits: Limits | None = None) -> Connector:
        return open_connector(self.system(url, limits), None)

    def person(self, more: str = "") -> None:
        self.run(f"CREATE TABLE person (id INT PRIMARY KEY, email VARCHAR(60)) {more}")
        self.run("INSERT INTO person VALUES (1, 'ada@x.org'), (2, 'Bob@x.org')")

    def faults(self, *changes: Delete | Rewrite, url: str = "") -> str:
        deletes = [one for one in changes if isinstance(one, Delete)]
        with self.open(url).change() as change:
            return "; ".join(change.faults(deletes, [one for one in changes if isinstance(one, Rewrite)]))


def open_base(mariadb: str, mariadb_server: MariaDb) -> Iterator[Base]:
    """A database with a connection beside it: a fixture."""
    with mariadb_server.connect(mariadb) as ask:
        yield Base(mariadb_server, mariadb, ask)


def gone(table: str, *ids: object) -> Delete:
    """A delete by `id`."""
    return Delete(table, ("id",), tuple((one,) for one in ids))  # type: ignore[misc]
