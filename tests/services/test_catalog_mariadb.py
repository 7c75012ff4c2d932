"""MariaDB where its data differ: collations, odd dates, engines that cannot take back, grants, rings, long texts."""

import pytest

from services.catalog.graph import build
from services.catalog.values import plain
from services.connectors.base import Delete, Lookup, Rewrite
from services.errors import Unusable
from services.fulfilment.find import find
from services.fulfilment.found import shown
from tests.datasystems.mariadb_server import HOST
from tests.mariadb_base import DATASET, Base, gone, open_base

base = pytest.fixture(open_base)
TEXTS = ["ada", "Ada", "ADA", "áda", "ada ", "ada\t", "", " ", "ß", "ss", "a\\b", "a'b", "\U0001f600", "07", "7"]
COLLATIONS = ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin", "utf8mb4_uca1400_ai_ci"]


@pytest.mark.parametrize("collation", COLLATIONS)
def test_keys_are_as_exact_as_elsewhere_whatever_the_collation(base: Base, collation: str) -> None:
    base.run(f"CREATE TABLE t (n INT PRIMARY KEY, a VARCHAR(20) COLLATE {collation}, b INT)")
    for number, text in enumerate(TEXTS):
        base.run("INSERT INTO t VALUES (%s, %s, 5)", number, text)
    with base.open().read() as reader:
        for number, text in enumerate(TEXTS):
            one = list(reader.rows(Lookup("t", ("n",), ("a",), ((text,),))))
            two = list(reader.rows(Lookup("t", ("n",), ("a", "b"), ((text, "5"), (text, "6")))))
            three = list(reader.by_key("t", ("n",), ("a",), ((text,),)))
            assert one == two == three == [{"n": number}], repr(text)
    with base.open().change() as change:
        assert change.delete(Delete("t", ("a",), (("ada",),))) == 1
        assert change.rewrite(Rewrite("t", ("a", "b"), ("b",), (("Ada", 5),), ((9,),))) == 1
    assert base.run("SELECT n FROM t WHERE b = 9") == [(1,)]
    assert base.run("SELECT count(*) FROM t") == [(len(TEXTS) - 1,)]
    if not collation.endswith("bin"):
        assert len(base.run("SELECT n FROM t WHERE a = 'ada'")) > 1, "the control: the database itself is not exact"


def test_a_search_by_exact_key_uses_the_index(base: Base) -> None:
    base.run("CREATE TABLE t (a VARCHAR(20), b INT, PRIMARY KEY (a, b))")
    base.run("INSERT INTO t SELECT concat('x', seq), seq FROM seq_1_to_5000")
    base.run("ANALYZE TABLE t")
    for on, key in ((("a",), ("x7",)), (("a", "b"), ("x7", "7"))):
        seen = base.run("SHOW GLOBAL STATUS LIKE 'Handler_read_rnd_next'")
        with base.open().read() as reader:
            reader.tables(["t"])
            before = _scanned(reader)
            assert len(list(reader.rows(Lookup("t", ("b",), on, (key,))))) == 1
            assert _scanned(reader) - before < 500, seen


def _scanned(reader: object) -> int:
    words = "SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'"
    return int(reader.connection.exec_driver_sql(words).all()[0][1])  # type: ignore[attr-defined]


def test_addresses_are_found_in_any_letter_case_and_any_character_set(base: Base) -> None:
    base.run("CREATE TABLE person (id INT PRIMARY KEY, email VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_bin)")
    base.run("INSERT INTO person VALUES (1, 'MÜLLER@x.org'), (2, 'müller@X.org'), (3, 'muller@x.org')")
    one = base.system()
    found = find(build({"s": one.datasets}), {"s": base.open()}, {"email": ["Müller@x.org"]})
    assert [row.key for c in found.collections() for row in c.rows] == [(1,), (2,)]


ODD = """CREATE TABLE odd (d DATE, t DATETIME, s TIMESTAMP NULL, m TIME, y YEAR, bits BIT(9), u BIGINT UNSIGNED,
  f FLOAT, g DOUBLE, n DECIMAL(9,3), j JSON, b VARBINARY(9), e ENUM('a','B'), w SET('x','y'), i UUID, p INET6,
  c CHAR(6), l VARCHAR(9) CHARACTER SET latin1, o BOOLEAN, x TEXT)"""
ROWS = [
    """('0000-00-00', '0000-00-00 00:00:00', '2020-06-01 10:00:00', '-25:00:01', 2020, b'101', 18446744073709551615,
    0.1, 0.1, 1.250, '{"k": [1]}', x'00ff', 'B', 'x,y', '6ccd780c-baba-1026-9564-5b8c656024db', '::1', 'ab', 'é', 1,
    'q')""",
    """('2021-02-31', '9999-12-31 23:59:59', NULL, '838:59:59', 0, b'0', 0, 1e20, 1e300, -1, 'null', '', '', '', NULL,
    NULL, '', '', 0, '')""",
    f"({', '.join(['NULL'] * 20)})",
]


def test_values_of_every_type_are_read_and_found_again_by_key(base: Base) -> None:
    base.run(ODD)
    base.run("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
    for row in ROWS:
        base.run(f"INSERT INTO odd VALUES {row}")
    names = [*"dtsmyufgnjbewipclox", "bits"]
    text = DATASET.replace("- name: person", "- name: odd").replace("            fides_meta: {primary_key: true}\n", "")
    text = text.replace("          - name: id\n", "".join(f"          - name: {name}\n" for name in names))
    text = text.replace("          - name: email\n            fides_meta: {identity: email}\n", "")
    text = text.replace("          - name: x\n", "          - name: x\n            fides_meta: {identity: word}\n")
    one = base.system(text=text)
    connector = base.open()
    found = find(build({"s": one.datasets}), {"s": connector}, {"word": ["q"]})
    assert found.complete, found.systems
    (part,) = found.collections()
    (first,) = [shown(row) for row in part.rows]
    assert (first["d"], first["t"], first["s"]) == ("0000-00-00", "0000-00-00 00:00:00", "2020-06-01 10:00:00")
    assert (first["m"], first["bits"], first["u"], first["n"]) == ("-25:00:01", 5, 2**64 - 1, "1.250")
    assert (first["l"], first["e"], first["w"], first["p"]) == ("é", "B", "x,y", "::1")
    with connector.change() as change:
        every = [tuple(plain(row[n]) for n in part.key) for row in change.reader.every("odd", part.key)]  # type: ignore[attr-defined]
        assert len(every) == 3
        assert change.faults([Delete("odd", part.key, tuple(every))], []) == []
        for key in every:
            assert change.delete(Delete("odd", part.key, (key,))) == 1, key


def test_what_could_not_be_taken_back_is_refused_before_the_first_write(base: Base) -> None:
    base.person("ENGINE=MyISAM")
    base.run("CREATE TABLE past (id INT PRIMARY KEY) WITH SYSTEM VERSIONING")
    base.run("CREATE VIEW seen AS SELECT id FROM past")
    assert "person is kept by MyISAM, which cannot take a change back" in base.faults(gone("person", 1))
    assert "past keeps every former row" in base.faults(gone("past", 1))
    assert "seen is a view" in base.faults(gone("seen", 1))
    base.run("ALTER TABLE person ENGINE=InnoDB")
    assert base.faults(gone("person", 1)) == ""


def test_rights_are_judged_as_the_server_gives_them(base: Base) -> None:
    base.person()
    name = base.url.rpartition("/")[2]
    login = f"only_{name}"
    base.run(f"CREATE USER {login}@'{HOST}' IDENTIFIED BY 'pw'")
    base.run(f"GRANT SELECT ON {name}.* TO {login}@'{HOST}'")
    url = base.server.url(name, login, "pw")
    masked = Rewrite("person", ("id",), ("email",), ((1,),), (("x",),))
    assert base.faults(gone("person", 1), masked, url=url) == (
        "our login may not DELETE in person; our login may not UPDATE in person"
    )
    with pytest.raises(Unusable, match="does not permit this"), base.open(url).change() as change:
        change.delete(gone("person", 1))
    base.run(f"GRANT DELETE, UPDATE (id) ON {name}.person TO {login}@'{HOST}'")
    assert base.faults(gone("person", 1), masked, url=url) == "our login may not UPDATE in person"
    base.run(f"GRANT UPDATE (email) ON {name}.person TO {login}@'{HOST}'")
    assert base.faults(gone("person", 1), masked, url=url) == ""
    with pytest.raises(Unusable, match="refuses the login"), base.open(base.server.url(name, login, "no")).read():
        pass


def test_what_the_database_itself_takes_for_equal_counts_for_its_own_rules(base: Base) -> None:
    base.run("CREATE TABLE person (id VARCHAR(9) PRIMARY KEY, email VARCHAR(60) UNIQUE)")
    base.run(
        "CREATE TABLE pet (id INT PRIMARY KEY, p VARCHAR(9), FOREIGN KEY (p) REFERENCES person (id) ON DELETE CASCADE)"
    )
    base.run("INSERT INTO person VALUES ('k1', 'ada@x.org'), ('k2', 'Bob@x.org')")
    base.run("INSERT INTO pet VALUES (1, 'K1')")
    assert "1 rows of pet refer to rows of person" in base.faults(gone("person", "k1"))
    taken = Rewrite("person", ("id",), ("email",), (("k1",),), (("BOB@x.org",),))
    assert "person.email is unique and its mask is taken" in base.faults(taken)


def test_a_child_in_another_database_is_not_overlooked(base: Base) -> None:
    base.person()
    name = base.url.rpartition("/")[2]
    other = base.server.fresh()
    try:
        with base.server.connect(other) as ask:
            ask(f"CREATE TABLE far (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES {name}.person (id))")
        assert "far, a table of another database, refers to person" in base.faults(gone("person", 1))
    finally:
        base.server.drop(other)


def test_rows_that_refer_to_each_other_go_where_a_reference_may_be_empty(base: Base) -> None:
    base.run("CREATE TABLE t (id INT PRIMARY KEY, up INT NOT NULL, FOREIGN KEY (up) REFERENCES t (id))")
    base.run("INSERT INTO t VALUES (1, 1), (2, 1), (3, 2)")
    assert "rows of t refer to each other and cannot go in one step" in base.faults(gone("t", 1, 2, 3))
    base.run("ALTER TABLE t MODIFY up INT NULL")
    with base.open().change() as change:
        assert change.faults([gone("t", 1, 2, 3)], []) == []
        assert [change.delete(one) for one in change.in_order([gone("t", 1, 2, 3)])] == [3]
    base.run("INSERT INTO t VALUES (1, 1), (2, 1)")
    with pytest.raises(Unusable, match="a rule of its own"), base.open().change() as change:
        change.delete(gone("t", 1, 2))  # the control: without emptying first


def test_masking_the_key_of_a_table_without_one_changes_each_row_once(base: Base) -> None:
    base.run("CREATE TABLE t (a VARCHAR(9), b VARCHAR(9))")
    rows = tuple((f"a{n}", f"b{n}") for n in range(9))
    for row in rows:
        base.run("INSERT INTO t VALUES (%s, %s)", *row)
    values = tuple((f"x{n}", f"y{n}") for n in range(9))
    with base.open().change() as change:
        assert change.faults([], [Rewrite("t", ("a", "b"), ("a", "b"), rows, values)]) == []
        assert change.rewrite(Rewrite("t", ("a", "b"), ("a", "b"), rows, values)) == 9
    assert base.run("SELECT a, b FROM t ORDER BY a") == list(values)


def test_long_texts_are_masked_within_the_servers_packet(base: Base) -> None:
    base.run("CREATE TABLE t (id INT PRIMARY KEY, words MEDIUMTEXT)")
    base.run("INSERT INTO t SELECT seq, repeat('x', 200000) FROM seq_1_to_120")
    keys = tuple((n,) for n in range(1, 121))
    values = tuple((f"{n}" + "y" * 200_000,) for n in range(1, 121))  # 24 MB, and a packet holds 16
    with base.open().change() as change:
        assert change.rewrite(Rewrite("t", ("id",), ("words",), keys, values)) == 120
    assert base.run("SELECT count(*) FROM t WHERE words LIKE '%%y'") == [(120,)]


def test_every_row_is_streamed_and_nothing_is_asked_in_between(base: Base) -> None:
    base.run("CREATE TABLE person (id INT PRIMARY KEY, email VARCHAR(60))")
    base.run("INSERT INTO person SELECT seq, concat(seq, '@x.org') FROM seq_1_to_5000")
    with base.open().read() as reader:
        stream = reader.every("person", ["id"])
        assert next(stream) == {"id": 1}
        with pytest.raises(Unusable, match="while it still gave every row"):
            list(reader.by_key("person", ["id"], ["id"], [(7,)]))
        assert sum(1 for _ in stream) == 4999
        assert list(reader.by_key("person", ["id"], ["id"], [(7,)])) == [{"id": 7}]


def test_a_reader_sees_one_moment(base: Base) -> None:
    base.person()
    with base.open().read() as reader:
        base.run("DELETE FROM person")
        assert len(list(reader.every("person", ["id"]))) == 2


def test_names_of_tables_and_columns_may_be_anything(base: Base) -> None:
    base.run("CREATE TABLE `a``b%s [red]` (`=cmd()%s` INT PRIMARY KEY, `q\"x'` VARCHAR(9) UNIQUE)")
    base.run("INSERT INTO `a``b%s [red]` VALUES (1, 'x')")
    connector = base.open()
    (name,) = connector.describe()
    assert (name, connector.describe()[name].key, connector.describe()[name].unique) == (
        "a`b%s [red]", ("=cmd()%s",), (("q\"x'",),)
    )  # fmt: skip
    with connector.change() as change:
        assert change.faults([], [Rewrite(name, ("=cmd()%s",), ("q\"x'",), ((1,),), (("y",),))]) == []
        assert change.rewrite(Rewrite(name, ("=cmd()%s",), ("q\"x'",), ((1,),), (("y",),))) == 1
        assert change.delete(Delete(name, ("q\"x'",), (("y",),))) == 1
