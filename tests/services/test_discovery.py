"""A draft of the catalog: valid at once, bounded, read only, hostile names, and never a copied value."""

import json
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlcipher3 import dbapi2

from console.cli import main
from services.catalog import taxonomy
from services.catalog.system import Limits, System, load_system, undescribed_system
from services.connectors.base import Column, Table
from services.connectors.registry import open_connector
from services.connectors.sampling import SLICES, Sampler
from services.discovery.discover import Bounds, discover
from services.discovery.draft import dataset_text
from services.discovery.evidence import THRESHOLD, judge
from services.discovery.name_words import words
from services.discovery.names import about, says, words_of
from services.discovery.values import look
from services.errors import Unusable
from tests.labelled_schema import Schema, write

SURE = THRESHOLD


@pytest.fixture(scope="module")
def tricky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labelled schema in a file."""
    file = tmp_path_factory.mktemp("tricky") / "tricky.db"
    write(Schema(), file)
    return file


def database(file: Path, *statements: str) -> str:
    """A new SQLite file of these statements; its url."""
    with closing(dbapi2.connect(str(file))) as store:
        for statement in statements:
            store.execute(statement)
        store.commit()
    return f"sqlite:///{file}"


def at(url: str) -> System:
    return undescribed_system("s", "c", url)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["catalog", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("column", "table", "category"),
    [
        ("e-mail", "kunden", "user.contact.email"),
        ("KundenMail", "x", "user.contact.email"),
        ("telefon_privat", "x", "user.contact.phone_number"),
        ("prénom", "x", "user.name.first"),
        ("Straße", "x", "user.contact.address.street"),
        ("date_de_naissance", "x", "user.demographic.date_of_birth"),
        ("name", "customer", "user.name"),
        ("customerName", "invoice", "user.name"),
        ("last_login_ip", "x", "user.device.ip_address"),
    ],
)
def test_a_name_says_what_is_there(column: str, table: str, category: str) -> None:
    said = says(column, about(table))
    assert said is not None
    assert (said.category, said.confidence >= SURE) == (category, True)


@pytest.mark.parametrize(
    ("column", "table"),
    [
        ("mail_sent", "customer"), ("phone_model", "customer"), ("iban_checked", "customer"), ("name", "product"),
        ("has_phone", "customer"), ("email_count", "users"), ("type_adresse", "clients"),
        ("date_envoi_mail", "clients"),
        ("telefon_modell", "kunden"), ("title", "product"), ("ort", "filiale"), ("street_lamp_status", "city"),
    ],
)  # fmt: skip
def test_a_name_about_something_else_says_nothing_sure(column: str, table: str) -> None:
    said = says(column, about(table))
    assert said is None or said.confidence < 0.3


def test_every_word_is_of_a_category_that_there_is_and_of_one_only() -> None:
    assert [c for c in (*words().sure, *words().unsure) if taxonomy.fault(c)] == []
    phrases = [words_of(p) for table in (words().sure, words().unsure) for ps in table.values() for p in ps]
    assert sorted({p for p in phrases if phrases.count(p) > 1}) == []


# ── values ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("email", "ada@example.com", "ada at example.com"),
        ("phone", "+49 30 23125 100", "2026-11-24"),
        ("phone", "030 23125 100", "4711000"),
        ("iban", "DE02 1203 0000 0000 2020 51", "DE03 1203 0000 0000 2020 51"),
        ("card", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("ip", "2001:db8::1", "1.2"),
        ("hash", "$2b$12$abcdefghijklmnopqrstuv", "$20.00"),
    ],
)
def test_values_are_told_by_shape_and_check_digits(kind: str, right: str, wrong: str) -> None:
    assert look([right] * 4).share(kind) == 1
    assert look([wrong] * 4).share(kind) == 0


def test_birthdays_spread_over_lives_and_days_of_orders_do_not() -> None:
    assert look([f"{year}-03-07" for year in range(1940, 2005, 5)]).share("birth") == 1
    assert look([f"2025-{month:02}-07" for month in range(1, 13)]).share("birth") == 0


def test_what_was_looked_at_is_kept_nowhere() -> None:
    assert "ada" not in repr(look(["ada@example.com"] * 5))


def test_values_overrule_a_name_that_says_otherwise() -> None:
    table = Table("t", {name: Column(name, "text", True) for name in ("email", "x1")}, ())
    found = judge(
        table, {"email": look(["yes", "no", "maybe", "no"]), "x1": look([f"a{n}@example.com" for n in range(9)])}
    )
    assert "email" not in found
    assert found["x1"].holds


# ── a draft ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_passes_the_check_at_once_and_the_check_says_what_waits(
    tricky: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "crm"
    code, out, _ = run(
        capsys, "discover", f"sqlite:///{tricky}", "--out", str(folder), "--controller", "muster", "--json"
    )
    whole = json.loads(out)
    assert (code, whole["collections"]) == (0, 20)
    assert whole["waiting"] > 0
    code, out, _ = run(capsys, "check", str(folder), "--live")
    assert (code, out) == (0, f"crm: 20 collections, as described, {whole['waiting']} fields wait for review\n")


def test_what_waits_does_not_hold(tricky: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "discover", f"sqlite:///{tricky}", "--out", str(tmp_path / "crm"))
    (dataset,) = load_system(tmp_path / "crm").datasets
    fields = [field for collection in dataset.collections for field in collection.fields]
    for field in fields:
        for evidence in field.console.evidence:
            assert evidence.review == (evidence.confidence < THRESHOLD)
            assert evidence.because
            if evidence.of == "category":
                assert (str(evidence.said) in (field.data_categories or ())) is not evidence.review
    assert sum(field.waits for field in fields) > 0


def test_no_value_stands_in_any_file_or_on_the_screen(
    tricky: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [run(capsys, "discover", f"sqlite:///{tricky}", "--out", str(tmp_path / name), *more)
            for name, more in (("a", ()), ("b", ("--json",)))]  # fmt: skip
    said.append(run(capsys, "check", str(tmp_path / "a"), "--live"))
    written = "\n".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    written += "\n".join(out + err for _, out, err in said)
    assert values_in(written) == []


def values_in(text: str) -> list[str]:
    """Made-up values of the labelled schema that stand in `text`."""
    schema = Schema()
    there = {str(value) for table in schema.columns for row in schema.rows(table) for value in row}
    telling = {value for value in there if len(value) > 5 and value not in schema.columns}
    return sorted(value for value in telling if value in text)


def test_control_a_value_that_is_written_is_seen() -> None:
    assert values_in(f"because: such as {Schema().rows('kunden')[3][4]}") != []


def test_names_that_are_hostile_are_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [
        "[red]x[/]",
        "=cmd()",
        'say "hi"',
        "it's: {a}",
        "\x1b[2J",
        "no",
        "012",
        "- x",
        "#y",
        "x" * 900,
        "Ümläut",
        "a.b",
        "🎲",
    ]
    columns = ", ".join('"' + name.replace('"', '""') + '" TEXT' for name in names)
    url = database(tmp_path / "h.db", f"CREATE TABLE \"[b]t: '1'\" ({columns})", 'CREATE TABLE "a.b" (x TEXT)')
    code, out, err = run(capsys, "discover", url, "--out", str(tmp_path / "h"))
    assert code == 0
    assert "\x1b" not in out + err
    assert "left out, as a dataset cannot name it: a.b" in out
    (dataset,) = load_system(tmp_path / "h").datasets
    assert [str(f.name) for f in dataset.collections[0].fields] == [name for name in names if name != "a.b"]
    assert run(capsys, "check", str(tmp_path / "h"), "--live")[0] == 0


def test_a_password_in_the_address_is_refused_and_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "discover", "postgresql://me:hunter22@db.example/x", "--out", str(tmp_path / "x"))
    assert code == 2
    assert "hunter22" not in out + err
    assert "password" in err


@pytest.mark.parametrize(
    "url", ["sqlite:///gone.db", "sqlite://", "nonsense", "postgresql://nobody@127.0.0.1:1/x", "s3://b"]
)
def test_what_cannot_be_read_is_one_line_and_writes_nothing(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "discover", url, "--out", str(tmp_path / "x"))
    assert code in (2, 3)
    assert (out, err.count("\n")) == ("", 1)
    assert not (tmp_path / "x").exists()


def test_a_system_that_is_described_is_left_alone(
    tricky: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "discover", f"sqlite:///{tricky}", "--out", str(tmp_path / "x"))
    before = {path: path.read_bytes() for path in (tmp_path / "x").iterdir()}
    code, _, err = run(capsys, "discover", f"sqlite:///{tricky}", "--out", str(tmp_path / "x"))
    assert code == 2
    assert "described here already" in err
    assert {path: path.read_bytes() for path in (tmp_path / "x").iterdir()} == before


def test_the_database_is_left_as_it_was(tricky: Path) -> None:
    before = tricky.read_bytes()
    discover(at(f"sqlite:///{tricky}"), None)
    assert tricky.read_bytes() == before


def test_without_time_tables_are_judged_by_their_names(tricky: Path) -> None:
    found = discover(at(f"sqlite:///{tricky}"), None, Bounds(whole_s=0.0))
    assert len(found.unsampled) == 20
    assert found.findings["kunden"]["emailadresse"].category == "user.contact.email"
    assert "misc" not in found.findings or "f2" not in found.findings["misc"]
    assert "dataset" in dataset_text(found)


def test_a_database_without_tables_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="no tables"):
        discover(at(database(tmp_path / "e.db")), None)


# ── samples ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY", "id TEXT PRIMARY KEY", "id INTEGER"])
def test_a_sample_is_small_and_from_all_over_the_table(tmp_path: Path, key: str) -> None:
    url = database(
        tmp_path / "b.db",
        f"CREATE TABLE big ({key}, n INTEGER, long TEXT)",
        "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 20000) "
        "INSERT INTO big SELECT n, n, printf('%.5000c', 'x') FROM c WHERE n % 2 = 0",
    )
    with open_connector(at(url), None).read() as reader:
        assert isinstance(reader, Sampler)
        rows = reader.sample("big", ("n", "long"), 160, 5.0)
    assert 100 <= len(rows) <= 160
    assert {int(str(row["n"])) * SLICES // 20_001 for row in rows} == set(range(SLICES))
    assert max(len(str(row["long"])) for row in rows) == 2000


def test_a_sparse_or_small_table_is_sampled_too(tmp_path: Path) -> None:
    url = database(
        tmp_path / "s.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "INSERT INTO t VALUES (-5, 'a'), (7, 'b'), (9000000000, 'c')", "CREATE TABLE e (id INTEGER PRIMARY KEY)",
    )  # fmt: skip
    with open_connector(at(url), None).read() as reader:
        assert sorted(str(row["x"]) for row in reader.sample("t", ("x",), 160, 5.0)) == ["a", "b", "c"]
        assert reader.sample("e", ("id",), 160, 5.0) == []


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server(postgres: str) -> tuple[str, str]:
    """The labelled schema on a server: its address without the password, and that."""
    schema = Schema()
    with psycopg.connect(postgres.replace("+psycopg", "")) as connection:
        for statement in schema.sql():
            connection.execute(statement.encode())
        for table, columns in schema.columns.items():
            marks = ", ".join(["%s"] * len(columns))
            with connection.cursor() as cursor:
                cursor.executemany(f'INSERT INTO "{table}" VALUES ({marks})'.encode(), schema.rows(table))
        connection.execute(
            b"CREATE TABLE odd (id uuid PRIMARY KEY, tags text[], doc jsonb, money money, ip inet, c char(8))"
        )
        connection.execute(
            b"INSERT INTO odd SELECT gen_random_uuid(), '{a}', '{}', 1, '10.0.0.1', 'x' FROM generate_series(1, 50)"
        )
    address = urlsplit(postgres.replace("+psycopg", ""))
    bare = address._replace(netloc=f"{address.username}@{address.hostname}:{address.port}").geturl()
    return bare, str(address.password)


@pytest.mark.postgres
def test_a_server_is_drafted_as_a_file_is(server: tuple[str, str], tricky: Path) -> None:
    found = discover(at(server[0]), server[1].encode())
    file = discover(at(f"sqlite:///{tricky}"), None)
    assert found.unsampled == ()
    assert found.findings["odd"]["ip"].holds
    del found.findings["odd"]  # type: ignore[attr-defined]
    assert {t: {c: f.category for c, f in some.items() if f.holds} for t, some in found.findings.items()} == {
        t: {c: f.category for c, f in some.items() if f.holds} for t, some in file.findings.items()
    }


@pytest.mark.postgres
def test_a_password_is_asked_for_once_and_kept_in_the_vault_and_nowhere_else(
    server: tuple[str, str], centre_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import shutil

    home, (url, password) = tmp_path / "home", server
    shutil.copytree(centre_template, home)
    monkeypatch.setenv("RIGHTSDESK_HOME", str(home))
    typed = tmp_path / "typed"
    typed.write_text(password + "\n")
    typed.chmod(0o600)
    monkeypatch.setenv("RIGHTSDESK_SYSTEM_PASSWORD_FILE", str(typed))
    controller = sorted((home / "controllers").iterdir())[0]
    folder = controller / "systems" / "erp"
    code, out, err = run(capsys, "discover", url, "--out", str(folder), "--password-from", f"{controller.name}/erp")
    assert (code, password in out + err) == (0, False), err
    typed.unlink()
    assert run(capsys, "check", str(folder), "--live")[0] == 0
    assert load_system(folder).controller == controller.name
    files = [p for p in folder.iterdir() if password in p.read_text()]
    assert files == []


@pytest.mark.postgres
def test_a_table_that_this_login_may_not_read_is_judged_by_its_names(server: tuple[str, str]) -> None:
    url, password = server
    address = urlsplit(url)
    with psycopg.connect(url, password=password) as connection:
        connection.execute(b"DROP ROLE IF EXISTS few_rights")
        connection.execute(f"CREATE ROLE few_rights LOGIN PASSWORD '{password}'".encode())
        connection.execute(b"GRANT SELECT ON users TO few_rights")
    try:
        few = address._replace(netloc=f"few_rights@{address.hostname}:{address.port}").geturl()
        found = discover(System("s", "c", "postgresql", few, (), limits=Limits(2, 2)), password.encode())
        assert "users" not in found.unsampled
        assert "kunden" in found.unsampled
        assert found.findings["kunden"]["emailadresse"].because.endswith("no value was seen")
    finally:
        with psycopg.connect(url, password=password) as connection:
            connection.execute(b"REVOKE ALL ON users FROM few_rights; DROP ROLE few_rights")


def test_a_key_is_made_of_the_name_and_a_bad_one_is_refused(
    tricky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "discover", f"sqlite:///{tricky}")[0] == 0
    assert load_system(tmp_path / "tricky").key == "tricky"
    assert run(capsys, "discover", f"sqlite:///{tricky}", "--key", "../x")[0] == 2
    assert not (tmp_path / "x").exists()


def test_a_controllers_system_lies_in_a_folder_of_its_key(
    tricky: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "controllers" / "muster" / "systems" / "Big Shop"
    code, _, err = run(capsys, "discover", f"sqlite:///{tricky}", "--out", str(out))
    assert (code, "big_shop" in err, out.exists()) == (2, True, False)
