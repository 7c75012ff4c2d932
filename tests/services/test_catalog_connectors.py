"""Systems that are down, slow, closed or changed: a clear sentence, never a value, never a password."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlcipher3 import dbapi2

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import build
from services.catalog.system import Limits, System
from services.connectors.base import Delete, Lookup
from services.connectors.registry import open_connector
from services.errors import BadInput, DeskError, Unavailable, Unusable
from services.fulfilment.find import find
from services.fulfilment.found import Reach, shown
from tests.shop import DATABASES

DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: person
        fields:
          - name: id
            fides_meta: {primary_key: true, data_type: integer}
          - name: email
            fides_meta: {identity: email, data_type: string, length: 40}
"""
TABLE = "CREATE TABLE person (id INTEGER PRIMARY KEY, email VARCHAR(40))"
SECRET = "pw-7f3a-not-to-be-seen"


def system(kind: str, url: str, text: str = DATASET, limits: Limits | None = None) -> System:
    """A system with one table."""
    return System("s", "c", kind, url, strict_yaml.parse(text, DatasetFile).dataset, limits=limits or Limits())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A real SQLite file with one person."""
    path = tmp_path / "s.db"
    with closing(dbapi2.connect(str(path))) as store:
        store.executescript(f"{TABLE}; INSERT INTO person VALUES (1, 'ada@x.org')")
    return path


@pytest.fixture
def server(postgres: str) -> Iterator[psycopg.Connection]:
    """The same in PostgreSQL, with a connection beside it."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(TABLE.encode())
        connection.execute("INSERT INTO person VALUES (1, 'ada@x.org')")
        yield connection


@dataclass
class Live:
    """One person in a database, and a way to look into it from the side."""

    kind: str
    url: str
    run: Callable[[str], object]

    def system(self, text: str = DATASET, limits: Limits | None = None) -> System:
        return system(self.kind, self.url, text, limits)


@pytest.fixture(params=DATABASES)
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    """The same in each kind of database."""
    if request.param == "sqlite":
        path = request.getfixturevalue("file")
        with closing(dbapi2.connect(str(path), isolation_level=None)) as store:
            yield Live("sqlite", f"sqlite:///{path}", store.execute)
    elif request.param == "postgresql":
        server = request.getfixturevalue("server")
        yield Live("postgresql", request.getfixturevalue("postgres"), lambda words: server.execute(words.encode()))
    else:
        url = request.getfixturevalue("mariadb")
        with request.getfixturevalue("mariadb_server").connect(url) as ask:
            ask(TABLE)
            ask("INSERT INTO person VALUES (1, 'ada@x.org')")
            yield Live("mariadb", url, ask)


def sqlite(path: Path, text: str = DATASET, limits: Limits | None = None) -> System:
    """The system over a file."""
    return system("sqlite", f"sqlite:///{path}", text, limits)


def look(one: System) -> tuple[Reach, str]:
    """One search: how it went."""
    found = find(build({"s": one.datasets}), {"s": open_connector(one, None)}, {"email": ["ada@x.org"]})
    return found.systems[0].reach, found.systems[0].reason


def test_what_is_as_described_has_no_faults(live: Live) -> None:
    one = live.system()
    assert open_connector(one, None).check(one.datasets) == []


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("- name: person", "- name: persons", "there is no table 'persons' (did you mean 'person'?)"),
        ("- name: email", "- name: e_mail", "there is no column 'e_mail' (did you mean 'email'?)"),
        ("data_type: integer", "data_type: boolean", ""),
        ("data_type: string, length: 40", "data_type: integer", "column 'email' is declared integer and is text"),
        ("length: 40", "length: 41", "declared 41 long and holds 40"),
        ("primary_key: true, ", "", ""),
        ("identity: email,", "primary_key: true,", ""),
        ("{primary_key: true, data_type: integer}", "{data_type: integer}\n          - name: x", "no column 'x'"),
    ],
)
def test_a_schema_that_differs_is_told(live: Live, right: str, wrong: str, words: str) -> None:
    one = live.system(DATASET.replace(right, wrong))
    faults = open_connector(one, None).check(one.datasets)
    assert (words in " ".join(faults)) if words else faults == []


def test_a_key_that_is_not_the_real_one_is_told(live: Live) -> None:
    text = DATASET.replace("primary_key: true, ", "").replace("identity: email,", "identity: email, primary_key: true,")
    one = live.system(text)
    assert open_connector(one, None).check(one.datasets) == [
        "d.person: the primary key is declared (email) and is (id)"
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert look(sqlite(tmp_path / "no.db")) == (Reach.FAILED, "system 's' does not answer: its file is not there")
    assert not (tmp_path / "no.db").exists(), "asking must not make it"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"no database, but long enough to look like one" * 100)
    reach, reason = look(sqlite(tmp_path / "s.db"))
    assert (reach, reason) == (Reach.FAILED, "system 's' is damaged, or is no database that we can read")


def test_a_table_that_went_away(live: Live) -> None:
    live.run("DROP TABLE person")
    assert look(live.system())[1] == "system 's' has no table 'person': run 'catalog check --live'"


def test_a_column_that_went_away_after_the_first_look(live: Live) -> None:
    one = live.system()
    connector = open_connector(one, None)
    graph = build({"s": one.datasets})
    assert find(graph, {"s": connector}, {"email": ["ada@x.org"]}).systems[0].count == 1
    live.run("ALTER TABLE person RENAME COLUMN email TO mail")
    found = find(graph, {"s": connector}, {"email": ["ada@x.org"]}).systems[0]
    assert (found.reach, "another schema" in found.reason) == (Reach.FAILED, True)
    live.run("ALTER TABLE person RENAME COLUMN mail TO email")
    assert find(graph, {"s": connector}, {"email": ["ada@x.org"]}).systems[0].count == 1


def test_a_read_can_never_write(live: Live) -> None:
    connector = open_connector(live.system(), None)
    with connector.read() as reader, pytest.raises(Exception, match=r"readonly|read-only|READ ONLY"):
        reader.connection.exec_driver_sql("DELETE FROM person")  # type: ignore[attr-defined]


def test_a_file_opened_read_only_refuses_a_change(file: Path) -> None:
    connector = open_connector(system("sqlite", f"sqlite:///{file}?mode=ro"), None)
    with pytest.raises(Unusable, match="system 's' can only be read"), connector.change() as change:
        change.delete(Delete("person", ("id",), ((1,),)))


def test_a_slow_file_is_cut_off(file: Path) -> None:
    view = (
        "CREATE VIEW slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
        "SELECT count(*) AS id, 'ada@x.org' AS email FROM n"
    )
    with closing(dbapi2.connect(str(file))) as store:
        store.execute(view)
    slow = sqlite(file, DATASET.replace("- name: person", "- name: slow"), Limits(1, 0.2))
    assert look(slow) == (Reach.FAILED, "system 's' took longer than its limit")


@pytest.mark.postgres
def test_postgresql_that_is_slow_or_locked(postgres: str, server: psycopg.Connection) -> None:
    server.execute("CREATE VIEW slow AS SELECT 1 AS id, 'ada@x.org' AS email FROM pg_sleep(20)")
    slow = system("postgresql", postgres, DATASET.replace("- name: person", "- name: slow"), Limits(2, 0.3))
    assert look(slow) == (Reach.FAILED, "system 's' took longer than its limit")
    server.execute("BEGIN")
    server.execute("LOCK TABLE person IN ACCESS EXCLUSIVE MODE")
    reach, reason = look(system("postgresql", postgres, limits=Limits(2, 0.3)))
    assert (reach, reason) in [
        (Reach.FAILED, f"system 's' {w}") for w in ("is locked by another program", "took longer than its limit")
    ]


@pytest.mark.postgres
def test_postgresql_that_only_may_be_read(postgres: str, server: psycopg.Connection) -> None:
    server.execute(f"CREATE ROLE looker_{abs(hash(postgres)) % 10**8} LOGIN PASSWORD '{SECRET}'".encode())
    role = f"looker_{abs(hash(postgres)) % 10**8}"
    try:
        server.execute(f"GRANT SELECT ON person TO {role}".encode())
        user = postgres.split("//")[1].split("@")[0]
        connector = open_connector(system("postgresql", postgres.replace(user, role)), SECRET.encode())
        with connector.change() as change:
            assert change.faults([Delete("person", ("id",), ((1,),))], []) == ["our login may not DELETE in person"]
        with pytest.raises(Unusable, match="does not permit this"), connector.change() as change:
            change.delete(Delete("person", ("id",), ((1,),)))
        wrong = open_connector(system("postgresql", postgres.replace(user, role)), b"wrong")
        with pytest.raises(Unusable, match="refuses the login") as refused, wrong.read():
            pass
        assert "wrong" not in str(refused.value)
    finally:
        server.execute(f"DROP OWNED BY {role}".encode())
        server.execute(f"DROP ROLE {role}".encode())


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize("place", ["127.0.0.1:1", "no-such-host.invalid"])
def test_a_server_that_is_down_shows_no_password(kind: str, place: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    connector = open_connector(system(kind, f"{kind}://me@{place}/x", limits=Limits(2, 2)), SECRET.encode())
    with pytest.raises(Unavailable, match="system 's' does not answer") as refused, connector.read():
        pass
    assert refused.value.__cause__ is None
    assert SECRET not in f"{refused.value!r} {caplog.text} {connector!r}"


def test_an_address_that_is_none() -> None:
    with pytest.raises(Unusable, match="has an address that cannot be read"):
        open_connector(system("postgresql", f"::{SECRET}::"), None)
    with pytest.raises(BadInput, match="there is no connector 'mongodb'"):
        open_connector(system("mongodb", "x"), None)


WIDER = "ALTER TABLE person MODIFY email TEXT"
HOSTILE = ["\x1b]52;c;AAAA\x07", "‮evil", "[@click=app.boom]x", "'; DROP TABLE person; --", "ü" * 5000, "a%s{}b"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(6))
def test_whatever_stands_in_a_row_comes_back_as_it_is(live: Live, text: str) -> None:
    if live.kind != "sqlite":
        live.run("ALTER TABLE person ALTER email TYPE TEXT" if live.kind == "postgresql" else WIDER)
    live.run("INSERT INTO person VALUES (2, '{}')".format(text.replace("'", "''")))
    one = live.system()
    found = find(build({"s": one.datasets}), {"s": open_connector(one, None)}, {"email": [text]})
    assert [shown(row) for c in found.collections() for row in c.rows] == [{"id": 2, "email": text}]


def test_bytes_that_are_no_text_do_not_break_the_search(file: Path) -> None:
    with closing(dbapi2.connect(str(file), isolation_level=None)) as store:
        store.execute("INSERT INTO person VALUES (2, CAST(x'616461ff' AS TEXT)), (3, x'00ff')")
    one = sqlite(file)
    with open_connector(one, None).read() as reader:
        rows = list(reader.rows(Lookup("person", ("id", "email"), ("id",), (("2",), ("3",)))))
    assert {row["id"]: row["email"] for row in rows} == {2: "ada\ufffd", 3: b"\x00\xff"}


ODD = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE odd (id UUID, d DATE, t TIMESTAMPTZ, m MONEY, n NUMERIC(9,3), j JSONB, b BYTEA, e mood, i INET,
                  c CHAR(6), a INT[], f DOUBLE PRECISION, o BOOLEAN, email TEXT);
INSERT INTO odd VALUES (gen_random_uuid(), 'infinity', 'infinity', '3.50', 1.250, '{"k": [1]}', '\\x00ff', 'ok',
                        '10.0.0.1', 'ab', '{1,2}', 'NaN', true, 'ada@x.org');
INSERT INTO odd (d, email) VALUES ('0001-01-01 BC', 'ada@x.org');
"""


@pytest.mark.postgres
def test_values_of_every_type_are_read_and_found_again_by_key(postgres: str, server: psycopg.Connection) -> None:
    server.execute(ODD.encode())
    names = ["id", "d", "t", "m", "n", "j", "b", "e", "i", "c", "a", "f", "o"]
    fields = "".join(f"          - name: {name}\n" for name in names)
    text = (
        DATASET.replace("- name: person", "- name: odd")
        .replace("            fides_meta: {primary_key: true, data_type: integer}\n", "")
        .replace("          - name: id\n", fields)
    )
    one = system("postgresql", postgres, text)
    connector = open_connector(one, None)
    found = find(build({"s": one.datasets}), {"s": connector}, {"email": ["ada@x.org"]})
    (part,) = found.collections()
    first = next(shown(row) for row in part.rows if row.values["m"])
    assert (first["d"], first["m"], first["n"], first["j"], first["c"], first["o"]) == (
        "infinity",
        "$3.50",
        "1.250",
        {"k": [1]},
        "ab",
        True,
    )
    assert (part.exact_key, part.count) == (False, 2)
    empty = [row.key for row in part.rows if not row.values["m"]]
    with connector.change() as change:
        assert change.delete(Delete("odd", part.key, tuple(empty))) == 1


def test_two_threads_read_one_system(live: Live) -> None:
    connector = open_connector(live.system(), None)
    seen: list[object] = []

    def run() -> None:
        try:
            with connector.read() as reader:
                seen.append(len(list(reader.rows(Lookup("person", ("id",), ("id",), (("1",),))))))
        except DeskError as exc:
            seen.append(exc)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1, 1, 1, 1]
