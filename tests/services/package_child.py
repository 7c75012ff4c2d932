"""A process of its own that finds and packs an answer of so many MB and says what memory it took: MB OUT HOME ROOM."""

import json
import resource
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Node, build as graph_of
from services.catalog.system import System
from services.connectors.registry import open_connector
from services.controllers import load_controllers
from services.fulfilment import spill
from services.fulfilment.find import find
from services.fulfilment.package import Heading, build
from services.fulfilment.package_tables import part_of
from services.fulfilment.redactions import Redactions
from services.letters.compose import Letter

ROW = 10_000
WHO = "ada@example.com"
DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: person
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
      - name: message
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: person, fides_meta: {references: [{dataset: d, field: person.id, direction: from}]}}
          - {name: body, data_categories: [user.content.private]}
"""


def bodies(megabytes: int) -> Iterator[tuple[int, int, str]]:
    """Messages of about ten kilobytes, no two alike."""
    for n in range(megabytes * 1_000_000 // ROW):
        yield n, 1, f"No. {n}: " + "so it went on, and on, and on. " * (ROW // 31)


def fill(file: Path, megabytes: int) -> None:
    """A person with that many MB of messages."""
    with sqlite3.connect(file) as conn:
        conn.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT)")
        conn.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, person INTEGER, body TEXT)")
        conn.execute("INSERT INTO person VALUES (1, ?)", (WHO,))
        conn.executemany("INSERT INTO message VALUES (?, ?, ?)", bodies(megabytes))
    conn.close()


def main(megabytes: int, out: Path, home: Path) -> None:
    """Finds, looks for others, builds the package; what is printed is JSON: peak memory in MB, bytes of the archive."""
    out.mkdir()
    fill(out / "desk.db", megabytes)
    dataset = strict_yaml.parse(DATASET, DatasetFile).dataset
    system = System("desk", "harbour", "sqlite", f"sqlite:///{out / 'desk.db'}", dataset)
    graph = graph_of({"desk": system.datasets})
    found = find(graph, {"desk": open_connector(system, None)}, {"email": [WHO]}, disk=out)
    held = Redactions(graph, found, "GB", b"k" * 32)
    assert not held.undecided
    controller = load_controllers(home)["harbour"]
    heading = Heading("C-26-000001", controller, "en", datetime(2026, 11, 24, 9, tzinfo=UTC), date(2026, 12, 8))
    parts = [part_of("desk", dataset[0], graph.nodes[one.node], held.rows(one), "en") for one in found.collections()]
    built = build(out, "1" * 32, heading, parts, lambda n: Letter("1" * 32, "access-answer", "1", "en", "s", f"{n}\n"))
    rows = found.collection(Node("d", "message"))
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    print(json.dumps({"peak": peak, "rows": rows.count if rows else 0, "bytes": built.archive.stat().st_size}))


if __name__ == "__main__":
    for room in sys.argv[4:]:  # bytes that an answer may keep in memory
        spill.Room.__init__.__defaults__ = (int(room),)
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
