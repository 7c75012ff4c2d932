"""The search: held against a closure that somebody else could have written, on made-up systems of every shape."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlcipher3 import dbapi2

from services import strict_yaml
from services.catalog.dataset import Dataset, DatasetFile
from services.catalog.graph import Node, build
from services.catalog.system import System
from services.connectors.registry import open_connector
from services.errors import BadInput, Unavailable
from services.fulfilment.find import find
from services.fulfilment.found import Found, Reach, Whose, shown

Rows = dict[str, list[dict[str, object]]]


@dataclass
class World:
    """Tables with rows, and references as (table, columns, table, columns, direction)."""

    columns: dict[str, list[str]]
    rows: Rows
    references: list[tuple[str, tuple[str, ...], str, tuple[str, ...], str]]
    identities: list[tuple[str, str]]
    keys: dict[str, list[str]] = field(default_factory=dict)
    types: dict[tuple[str, str], str] = field(default_factory=dict)

    def dataset(
        self, name: str = "w", tables: Sequence[str] | None = None, place: dict[str, str] | None = None
    ) -> Dataset:
        """The tables as a dataset; `place` says which dataset another table is in."""
        where = place or dict.fromkeys(self.columns, name)
        lines = ["dataset:", f"  - fides_key: {name}", "    collections:"]
        for table in tables or self.columns:
            lines.append(f"      - name: {table}")
            composite = [r for r in self.references if r[0] == table and len(r[1]) > 1]
            if composite:
                lines += ["        x_console:", "          references:"]
                lines += [f"            - {_composite(a, where[t], t, b, d)}" for _, a, t, b, d in composite]
            lines.append("        fields:")
            for column in self.columns[table]:
                meta = [f"identity: {k}" for t, k in self.identities if (t, column) == (table, k)]
                meta += ["primary_key: true"] if column in self.keys.get(table, []) else []
                to = [
                    f"{{dataset: {where[t]}, field: {t}.{b[0]}{_way(d)}}}"
                    for s, a, t, b, d in self.references
                    if s == table and a == (column,)
                ]
                meta += [f"references: [{', '.join(to)}]"] if to else []
                lines += [f"          - name: {column}"] + (
                    [f"            fides_meta: {{{', '.join(meta)}}}"] if meta else []
                )
        (dataset,) = strict_yaml.parse("\n".join(lines), DatasetFile).dataset
        return dataset

    def sql(self) -> Iterator[str]:
        """Statements that make the tables; no constraint but the primary key."""
        for table, columns in self.columns.items():
            kinds = [f"{c} {self.types.get((table, c), 'TEXT')}" for c in columns]
            key = self.keys.get(table)
            yield f"CREATE TABLE {table} ({', '.join(kinds + ([f'PRIMARY KEY ({chr(44).join(key)})'] if key else []))})"


def _composite(fields: tuple[str, ...], dataset: str, to: str, on: tuple[str, ...], direction: str) -> str:
    start = f"fields: [{', '.join(fields)}], dataset: {dataset}, to: {to}, on: [{', '.join(on)}]"
    return f"{{{start}{_way(direction)}}}"


def _way(direction: str) -> str:
    return f", direction: {direction}" if direction else ""


def oracle(world: World, kind: str, value: str) -> dict[str, Counter[str]]:
    """The closure, the naive way: look at every pair of rows again and again until nothing is added."""

    def text(v: object) -> str | None:
        return None if v is None else str(v)

    def joined(a: dict[str, object], ca: Sequence[str], b: dict[str, object], cb: Sequence[str]) -> bool:
        return all(text(a[x]) is not None and text(a[x]) == text(b[y]) for x, y in zip(ca, cb, strict=True))

    inside = {
        (t, i)
        for t, k in world.identities if k == kind
        for i, row in enumerate(world.rows[t])
        if (str(row[k]).lower() == value.lower() if kind == "email" else text(row[k]) == value) and row[k] is not None
    }  # fmt: skip
    grown = True
    while grown:
        before = len(inside)
        for source, a, target, b, direction in world.references:
            for s, i in list(inside):
                if s == source and direction != "from":
                    inside |= {
                        (target, j) for j, r in enumerate(world.rows[target]) if joined(world.rows[s][i], a, r, b)
                    }
                if s == target and direction != "to":
                    inside |= {
                        (source, j) for j, r in enumerate(world.rows[source]) if joined(world.rows[s][i], b, r, a)
                    }
        grown = len(inside) > before
    return {t: Counter(_stable(world.rows[t][i]) for s, i in inside if s == t) for t in {s for s, _ in inside}}


def _stable(row: dict[str, object]) -> str:
    return repr(sorted((k, str(v) if v is not None else None) for k, v in row.items()))


def answer(found: Found) -> dict[str, Counter[str]]:
    """What the search gave, in the oracle's form."""
    return {
        part.node.collection: Counter({_stable(dict(row.values)): row.count for row in part.rows})
        for part in found.collections()
    }


def sqlite_system(path: Path, world: World, dataset: Dataset, tables: Sequence[str] | None = None) -> System:
    """The world as a real SQLite file."""
    path.unlink(missing_ok=True)
    with closing(dbapi2.connect(str(path), isolation_level=None)) as store:
        store.execute("PRAGMA synchronous=OFF")
        store.execute("BEGIN")
        for statement in world.sql():
            if tables is None or statement.split()[2] in tables:
                store.execute(statement)
        for table, rows in world.rows.items():
            if tables is None or table in tables:
                columns = world.columns[table]
                marks = ",".join("?" * len(columns))
                store.executemany(f"INSERT INTO {table} VALUES ({marks})", [[r[c] for c in columns] for r in rows])
        store.execute("COMMIT")
    return System(str(dataset.fides_key), "c", "sqlite", f"sqlite:///{path}", (dataset,))


def search(system: System, kind: str, value: str, **more: object) -> Found:
    """One search in one system."""
    graph = build({system.key: system.datasets})
    return find(graph, {system.key: open_connector(system, None)}, {kind: [value]}, **more)  # type: ignore[arg-type]


_VALUES = st.one_of(st.none(), st.integers(-1, 4), st.sampled_from(["", "0", "1", "2", "03", "a", "A"]))
_MAILS = st.sampled_from(["ada@x.org", "Ada@X.org", "bob@x.org", "", None])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to five tables with up to six rows, joined any way: self references, cycles, two columns, every direction."""
    names = [f"t{i}" for i in range(draw(st.integers(1, 5)))]
    columns = {name: ["email", "a", "b", "c"] for name in names}
    mailed = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    pairs = st.sampled_from(["a", "b", "c"])
    references = []
    for _ in range(draw(st.integers(0, 6))):
        width = draw(st.integers(1, 2))
        left = tuple(draw(st.lists(pairs, min_size=width, max_size=width, unique=True)))
        right = tuple(draw(st.lists(pairs, min_size=width, max_size=width, unique=True)))
        references.append(
            (
                draw(st.sampled_from(names)),
                left,
                draw(st.sampled_from(names)),
                right,
                draw(st.sampled_from(["", "to", "from"])),
            )
        )
    row = st.fixed_dictionaries({"email": _MAILS, "a": _VALUES, "b": _VALUES, "c": _VALUES})
    rows = {name: draw(st.lists(row, max_size=6)) for name in names}
    types = {(n, c): draw(st.sampled_from(["TEXT", "INTEGER", "", "NUMERIC"])) for n in names for c in "abc"}
    world = World(columns, rows, references, [(name, "email") for name in mailed], types=types)
    for (table, column), kind in types.items():  # as the database itself will hold them
        for one in world.rows[table]:
            one[column] = _held(one[column], kind)
    return world


def _held(value: object, kind: str) -> object:
    """SQLite's own rule: numbers in a text column become text, numeric text in a numeric column becomes a number."""
    if kind == "TEXT" and isinstance(value, int):
        return str(value)
    if kind in ("INTEGER", "NUMERIC") and isinstance(value, str) and value.isdigit():
        return int(value)
    return value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_every_row_that_any_reference_reaches_is_found(tmp_path: Path, world: World) -> None:
    system = sqlite_system(tmp_path / "w.db", world, world.dataset())
    assert answer(search(system, "email", "ADA@x.org")) == oracle(world, "email", "ada@x.org")


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_a_long_campaign_of_made_up_systems(tmp_path: Path, world: World) -> None:
    test_every_row_that_any_reference_reaches_is_found.hypothesis.inner_test(tmp_path, world)  # type: ignore[attr-defined]


def test_control_a_search_of_one_round_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset())
    assert answer(search(system, "email", "ada@x.org")) == oracle(SHOP, "email", "ada@x.org")
    monkeypatch.setattr("services.fulfilment.find._Search._next", lambda *_: [])
    assert answer(search(system, "email", "ada@x.org")) != oracle(SHOP, "email", "ada@x.org")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds(), data=st.data())
def test_the_same_across_two_systems(tmp_path: Path, world: World, data: st.DataObject) -> None:
    place = {table: data.draw(st.sampled_from(["w", "v"])) for table in world.columns}
    systems = {}
    for name in sorted(set(place.values())):
        tables = [t for t in world.columns if place[t] == name]
        systems[name] = sqlite_system(tmp_path / f"{name}.db", world, world.dataset(name, tables, place), tables)
    graph = build({key: system.datasets for key, system in systems.items()})
    connectors = {key: open_connector(system, None) for key, system in systems.items()}
    assert answer(find(graph, connectors, {"email": ["ada@x.org"]})) == oracle(world, "email", "ada@x.org")


def _rows(names: str, *rows: tuple[object, ...]) -> list[dict[str, object]]:
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


@pytest.mark.postgres
def test_postgresql_joins_numbers_texts_and_pairs_like_the_oracle(postgres: str) -> None:
    world = World(
        {"p": ["id", "email"], "q": ["no", "p", "k"], "r": ["q", "k", "x"], "s": ["x", "up"]},
        {
            "p": _rows("id email", (0, "ADA@x.org"), (1, "bob@x.org")),
            "q": _rows("no p k", ("", "0", 1), ("n", "00", 1), (None, "0", 2), ("m", "1", 9)),
            "r": _rows("q k x", ("", "1", "5"), ("", "2", "6"), (None, "2", "7")),
            "s": _rows("x up", (5, 8), (8, None), (6, 1), (99999, 5)),
        },
        [
            ("q", ("p",), "p", ("id",), "from"),
            ("r", ("q", "k"), "q", ("no", "k"), "from"),
            ("r", ("x",), "s", ("x",), ""),
            ("s", ("up",), "s", ("x",), ""),
        ],
        [("p", "email")],
        {"p": ["id"]},
        {("p", "id"): "SMALLINT", ("q", "k"): "BIGINT", ("s", "x"): "INT", ("s", "up"): "NUMERIC(10,2)"},
    )
    with psycopg.connect(postgres.replace("+psycopg", "")) as connection:
        for statement in world.sql():
            connection.execute(statement.encode())
        for table, rows in world.rows.items():
            for row in rows:
                marks = ",".join(["%s"] * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({marks})".encode(), list(row.values()))
    dataset = world.dataset()
    found = search(System("w", "c", "postgresql", postgres, (dataset,)), "email", "ada@X.org")
    wanted = {name: sum(rows.values()) for name, rows in oracle(world, "email", "ada@x.org").items()}
    assert {name: sum(rows.values()) for name, rows in answer(found).items()} == wanted
    assert wanted == {"p": 1, "q": 2, "r": 1, "s": 3}


SHOP = World(
    {"person": ["id", "email", "phone", "home"], "home": ["id", "city"], "note": ["person", "text"], "lonely": ["x"]},
    {
        "person": [
            {"id": 1, "email": "ada@x.org", "phone": "030 / 1234567", "home": 7},
            {"id": 2, "email": "bob@x.org", "phone": "+49 30 7654321", "home": 7},
        ],
        "home": [{"id": 7, "city": "Berlin"}],
        "note": [{"person": "1", "text": "hi"}, {"person": "1", "text": "hi"}, {"person": "2", "text": "yo"}],
        "lonely": [{"x": 1}],
    },
    [("person", ("home",), "home", ("id",), ""), ("note", ("person",), "person", ("id",), "from")],
    [("person", "email"), ("person", "phone")],
    {"person": ["id"], "home": ["id"]},
    {("person", "id"): "INTEGER", ("person", "home"): "INTEGER", ("home", "id"): "INTEGER"},
)


def test_rows_of_another_person_are_found_and_marked(tmp_path: Path) -> None:
    found = search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "email", "ada@x.org")
    whose = {(r.node.collection, r.key): r.whose for c in found.collections() for r in c.rows}
    assert whose["person", (1,)] is Whose.OWN
    assert whose["person", (2,)] is Whose.OTHER
    assert whose["home", (7,)] is Whose.OWN
    assert whose["note", ("1", "hi")] is Whose.OWN
    assert whose["note", ("2", "yo")] is Whose.OTHER, "reached only through the other person"
    assert (found.others, found.path) == (1, ("w.person", "w.home", "w.person"))


def test_equal_rows_of_a_table_without_a_key_are_counted(tmp_path: Path) -> None:
    found = search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "email", "ada@x.org")
    part = found.collection(Node("w", "note"))
    assert part is not None
    assert (part.exact_key, [row.count for row in part.rows], part.count) == (False, [2, 1], 3)


@pytest.mark.parametrize("phone", ["+49 30 1234567", "0049301234567", "030-1234567", "(030) 123 45 67"])
def test_telephone_numbers_meet_in_any_way_of_writing(tmp_path: Path, phone: str) -> None:
    found = search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "phone_number", phone, region="DE")
    part = found.collection(Node("w", "person"))
    assert part is not None
    assert [row.key for row in part.own] == [(1,)]


def test_a_number_of_another_country_is_not_taken_for_the_same(tmp_path: Path) -> None:
    found = search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "phone", "+43 30 1234567", region="DE")
    assert found.systems[0].reach is Reach.NOTHING


def test_what_cannot_be_reached_is_said(tmp_path: Path) -> None:
    found = search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "email", "ada@x.org")
    assert found.unreachable == (Node("w", "lonely"),)
    nothing = search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "email", "eve@x.org")
    assert (nothing.systems[0].reach, nothing.complete) == (Reach.NOTHING, True)
    other = search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "loyalty", "77")
    assert other.systems[0].reach is Reach.NOT_APPLICABLE


def test_one_system_down_does_not_stop_the_others(tmp_path: Path) -> None:
    place = {"person": "w", "note": "w", "lonely": "w", "home": "v"}
    there = ["person", "note", "lonely"]
    up = sqlite_system(tmp_path / "w.db", SHOP, SHOP.dataset("w", there, place), there)
    down = System("v", "c", "sqlite", f"sqlite:///{tmp_path}/none.db", (SHOP.dataset("v", ["home"], place),))
    graph = build({"w": up.datasets, "v": down.datasets})
    connectors = {"w": open_connector(up, None), "v": open_connector(down, None)}
    found = find(graph, connectors, {"email": ["ada@x.org"]})
    assert {s.key: s.reach for s in found.systems} == {"v": Reach.FAILED, "w": Reach.FOUND}
    assert "does not answer" in found.systems[0].reason
    assert not found.complete
    left_out = find(graph, connectors, {"email": ["ada@x.org"]}, excluded={"v": "leased"})
    assert (left_out.systems[0].reach, left_out.systems[0].reason) == (Reach.EXCLUDED, "leased")
    assert left_out.complete


def test_a_failure_in_the_middle_is_a_failure_of_that_system_alone(tmp_path: Path) -> None:
    system = sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset())

    class Breaks:
        @contextmanager
        def read(self) -> Iterator[object]:
            with open_connector(system, None).read() as reader:

                class Half:
                    tables = staticmethod(reader.tables)

                    def rows(self, lookup: object) -> Iterator[object]:
                        raise Unavailable("system 'w' took longer than its limit")

                yield Half()

    found = find(build({"w": system.datasets}), {"w": Breaks()}, {"email": ["ada@x.org"]})  # type: ignore[dict-item]
    assert (found.systems[0].reach, found.systems[0].reason) == (Reach.FAILED, "system 'w' took longer than its limit")
    assert found.collections() == ()


def test_a_declared_key_that_is_none_is_refused(tmp_path: Path) -> None:
    wrong = World(SHOP.columns, SHOP.rows, SHOP.references, SHOP.identities, {}, SHOP.types)
    dataset = World(SHOP.columns, SHOP.rows, SHOP.references, SHOP.identities, {"note": ["person"]}).dataset()
    found = search(sqlite_system(tmp_path / "s.db", wrong, dataset), "email", "ada@x.org")
    assert found.systems[0].reach is Reach.FAILED
    assert "is not a key of 'note'" in found.systems[0].reason


def test_nobody_to_look_for(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="at least one identity"):
        search(sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset()), "email", "  ")


def test_keys_alone_find_the_same_rows(tmp_path: Path) -> None:
    system = sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset())
    whole, keys = search(system, "email", "ada@x.org"), search(system, "email", "ada@x.org", whole=False)
    assert [[r.key for r in c.rows] for c in whole.collections()] == [
        [r.key for r in c.rows] for c in keys.collections()
    ]
    assert "city" in shown(whole.collection(Node("w", "home")).rows[0])  # type: ignore[union-attr]
    assert "city" not in shown(keys.collection(Node("w", "home")).rows[0])  # type: ignore[union-attr]


def test_the_answer_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    system = sqlite_system(tmp_path / "s.db", SHOP, SHOP.dataset())
    program = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; import tests.services.test_find as t\n"
        "s = t.System('w', 'c', 'sqlite', sys.argv[1], (t.SHOP.dataset(),)); print(t.search(s, 'email', 'ada@x.org'))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program, system.url, str(Path(__file__).parents[2])],
            env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, check=True,
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert [bool(run) for run in runs] == [True]
