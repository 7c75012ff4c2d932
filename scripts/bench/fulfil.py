"""How fast a person is found and erased on PostgreSQL, beside the plain SQL that a person would write for it.

`python scripts/bench/fulfil.py [--rounds N] [--rows N]`. Starts a PostgreSQL of its own and ends with one line of JSON.
Every figure is the median of `--rounds`, each beside the same work in plain SQL on a connection of its own. The catalog
is read and the system opened before, as a worker has them; `cold` opens it anew each time, as a command does. `small`
finds 21 rows in 11 collections, `each` is the time of one collection more (5, 50, 200 of them), `large` finds `--rows`
rows in 11 collections, `erase` plans, erases and verifies 2,000 rows of them. `_ms` are ours, `_floor_ms` plain SQL's,
`_ratio` the one by the other.
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

sys.path.pop(0)  # this folder: `queue` is a library's name too
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psycopg

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Graph, build
from services.catalog.system import System
from services.connectors.registry import open_connector
from services.fulfilment.change import apply, verify
from services.fulfilment.find import find
from services.fulfilment.plan import make_plan
from tests.servers import postgres_server

WHO = "ada@example.com"
TODAY = date(2026, 3, 5)
SECRET = b"k" * 32
SMALL = (1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2)
"""Rows of the person in each collection: 21 in 11."""
STEPS = (5, 50, 200)
ERASED = 2000


class Store:
    """Tables `t0 … tn`, each of which refers to the one two before it, the first found by the address."""

    def __init__(self, url: str, rows: Sequence[int]) -> None:
        self.rows = rows
        self.url = url.replace("postgresql+psycopg", "postgresql")
        text = self._dataset()
        self.system = System("s", "c", "postgresql", url, strict_yaml.parse(text, DatasetFile).dataset)
        self.graph: Graph = build({"s": self.system.datasets})
        self.connector = open_connector(self.system, None)
        self.fill()

    def _dataset(self) -> str:
        """The tables in the format of the catalog."""
        lines = ["dataset:", "  - fides_key: d", "    collections:"]
        for n in range(len(self.rows)):
            at = f"t{max(0, n - 2)}.id"
            link = "identity: email" if n == 0 else f"references: [{{dataset: d, field: {at}, direction: from}}]"
            lines += [
                f"      - name: t{n}", "        x_console: {erase: delete}", "        fields:",
                "          - name: id", "            fides_meta: {primary_key: true}",
                f"          - name: {'email' if n == 0 else 'up'}", f"            fides_meta: {{{link}}}",
                "          - name: words", "            data_categories: [user.content]",
            ]  # fmt: skip
        return "\n".join(lines)

    def fill(self) -> None:
        """The person's rows, and as many of others."""
        with psycopg.connect(self.url) as conn:
            for n in reversed(range(len(self.rows))):
                conn.execute(f"DROP TABLE IF EXISTS t{n}")
            for n, count in enumerate(self.rows):
                link = "email text" if n == 0 else f"up int REFERENCES t{max(0, n - 2)} (id)"
                conn.execute(f"CREATE TABLE t{n} (id int PRIMARY KEY, {link}, words text)")
                name = "email" if n == 0 else "up"
                conn.execute(f"CREATE INDEX ON t{n} ({name})")
                mine, other = ("%(me)s", "'bob' || i || '@example.com'") if n == 0 else ("0", "1")
                make = "INSERT INTO t{n} SELECT {id}, {link}, repeat('words ', 12) FROM generate_series(0, %(last)s) i"
                for link, first in ((mine, "i * 2"), (other, "i * 2 + 1")):
                    conn.execute(make.format(n=n, id=first, link=link), {"me": WHO, "last": count - 1})
            conn.execute("ANALYZE")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each measure")
    parser.add_argument("--rows", type=int, default=33_000, help="rows of the large answer")
    options = parser.parse_args()
    result: dict[str, float] = {}
    gc.collect()
    gc.freeze()  # as a worker does
    with postgres_server(fsync=True, connections=50) as server:
        store = Store(server.fresh(), SMALL)
        result |= beside("small", lambda: found(store), lambda: selected(store), options.rounds)
        result |= beside("cold", lambda: found(store, cold=True), lambda: selected(store), options.rounds)
        result |= each_further(server.fresh, options.rounds)
        large = Store(server.fresh(), (1, *[options.rows // 10] * 10))
        result |= beside("large", lambda: found(large), lambda: selected(large), max(3, options.rounds // 3))
        result |= erased(Store(server.fresh(), (1, *[ERASED // 10] * 10)), max(3, options.rounds // 3))
    print(json.dumps(result))


def each_further(fresh: Callable[[], str], rounds: int) -> dict[str, float]:
    """Milliseconds of one collection more, between the smallest and the largest number of them."""
    ours: list[float] = []
    for count in STEPS:
        store = Store(fresh(), (1, *[1] * (count - 1)))
        ours.append(beside("x", lambda store=store: found(store), lambda store=store: selected(store), rounds)["x_ms"])
    each = [(b - a) / (n - m) for (m, a), (n, b) in pairwise(zip(STEPS, ours, strict=True))]
    named = {f"of_{count}_ms": ms for count, ms in zip(STEPS, ours, strict=True)}
    return {**named, "each_ms": round(max(each), 2)}


def beside(name: str, ours: Callable[[], int], floor: Callable[[], int], rounds: int) -> dict[str, float]:
    """Both by turns, so that they meet the same machine; they must agree on the number of rows."""
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        seen = []
        for times, work in zip(took, (ours, floor), strict=True):
            began = time.perf_counter()
            seen.append(work())
            if turn:  # the first warms up
                times.append(time.perf_counter() - began)
        if seen[0] != seen[1]:
            sys.exit(f"{name}: found {seen[0]} rows, plain SQL {seen[1]}")
    mine, theirs = (statistics.median(times) * 1000 for times in took)
    return {
        f"{name}_ms": round(mine, 1),
        f"{name}_floor_ms": round(theirs, 1),
        f"{name}_ratio": round(mine / theirs, 1),
    }


def found(store: Store, *, cold: bool = False) -> int:
    """Rows that a search finds; connections are its own."""
    connector = open_connector(store.system, None) if cold else store.connector
    answer = find(store.graph, {"s": connector}, {"email": [WHO]})
    return sum(len(collection.rows) for collection in answer.collections())


def selected(store: Store) -> int:
    """The same rows by statements that were written for these tables."""
    count = 0
    with psycopg.connect(store.url) as conn:
        keys: list[list[int]] = []
        for n in range(len(store.rows)):
            if n == 0:
                rows = conn.execute("SELECT id, email, words FROM t0 WHERE email = %s", (WHO,)).fetchall()
            else:
                query = f"SELECT id, up, words FROM t{n} WHERE up = ANY (%s)"
                rows = conn.execute(query, (keys[max(0, n - 2)],)).fetchall()
            keys.append([row[0] for row in rows])
            count += len(rows)
    return count


def erased(store: Store, rounds: int) -> dict[str, float]:
    """A whole erasure: find, plan, one transaction, verification on a new connection."""

    def ours() -> int:
        connector = store.connector
        answer = find(store.graph, {"s": connector}, {"email": [WHO]}, whole=False)
        plan = make_plan(answer, store.graph, TODAY, "c")
        done = apply(plan, "s", connector, secret=SECRET)
        left = verify(plan, "s", open_connector(store.system, None), store.graph, secret=SECRET)
        if left:
            sys.exit(f"erase: {len(left)} left")
        return done.deleted

    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for times, work in zip(took, (ours, lambda: deleted(store)), strict=True):
            store.fill()
            began = time.perf_counter()
            if work() != sum(store.rows):
                sys.exit("erase: not every row went")
            if turn:
                times.append(time.perf_counter() - began)
    mine, theirs = (statistics.median(times) * 1000 for times in took)
    return {"erase_ms": round(mine, 1), "erase_floor_ms": round(theirs, 1), "erase_ratio": round(mine / theirs, 1)}


def deleted(store: Store) -> int:
    """The same rows by statements that were written for these tables, children first."""
    with psycopg.connect(store.url) as conn:
        keys: list[list[int]] = []
        for n in range(len(store.rows)):
            where = ("email = %s", WHO) if n == 0 else ("up = ANY (%s)", keys[max(0, n - 2)])
            keys.append([r[0] for r in conn.execute(f"SELECT id FROM t{n} WHERE {where[0]}", (where[1],))])
        return sum(
            conn.execute(f"DELETE FROM t{n} WHERE id = ANY (%s)", (keys[n],)).rowcount
            for n in reversed(range(len(store.rows)))
        )


if __name__ == "__main__":
    main()
