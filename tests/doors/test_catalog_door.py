"""The catalog's door: files and words that people give, right and wrong, and what the shell shows of a system."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2
from typer.testing import CliRunner

from console.commands.catalog import app

GOOD = """\
dataset:
  - fides_key: d
    collections:
      - name: person
        x_console: {erase: delete}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A dataset file beside its database."""
    with closing(dbapi2.connect(str(tmp_path / "d.db"))) as store:
        store.executescript("CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT);"
                            "INSERT INTO person VALUES (1, 'ada@x.org'), (2, 'ada@x.org\x1b[2J')")  # fmt: skip
    (tmp_path / "d.yml").write_text(GOOD)
    return tmp_path / "d.yml"


def run(*words: str) -> tuple[int, str]:
    """Exit code and everything said."""
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output + (result.stderr if result.stderr not in result.output else "")


def tried(file: Path, *words: str, identity: str = "email=ADA@x.org") -> tuple[int, str]:
    """`catalog try` on the file's database."""
    return run("try", "--catalog", str(file), "--url", f"sqlite:///{file.parent}/d.db", "--identity", identity, *words)


def test_a_valid_file_is_said_to_be_valid(file: Path) -> None:
    assert run("check", str(file)) == (0, "d: 1 collections, valid\n")
    assert run("check", str(file), "--live", "--url", f"sqlite:///{file.parent}/d.db") == (
        0,
        "d: 1 collections, as described\n",
    )


def test_a_schema_that_differs_is_exit_1(file: Path) -> None:
    file.write_text(GOOD.replace("name: email", "name: mail"))
    code, said = run("check", str(file), "--live", "--url", f"sqlite:///{file.parent}/d.db")
    assert (code, said) == (1, "d.person: there is no column 'mail' (did you mean 'email'?)\n")


def test_a_search_is_text_for_people_and_json_for_programs(file: Path) -> None:
    code, said = tried(file)
    assert (code, said.split()[:3]) == (0, ["d:", "found", "1"])
    assert "ada@x.org" not in said, "rows only with --json"
    code, said = tried(file, "--json")
    answer = json.loads(said)
    assert answer["systems"] == {"d": {"person": [{"id": 1, "email": "ada@x.org"}]}}
    assert answer["counts"] == {"d": {"person": 1}}


def test_the_plan_is_shown_and_nothing_is_changed(file: Path) -> None:
    code, said = tried(file, "--erase")
    assert code == 0
    assert "delete person" in said
    assert tried(file, "--json", "--erase") == tried(file, "--json", "--erase")
    assert json.loads(tried(file, "--json")[1])["total"] == 1


def test_control_characters_of_a_row_do_not_reach_the_terminal(file: Path) -> None:
    code, said = tried(file, "--json", identity="email=ada@x.org\x1b[2J")
    assert (code, json.loads(said)["total"]) == (0, 1)
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"", 1, "is empty"),
        (b"dataset: {}", 1, "must be a list"),
        (b"dataset:\n  - 5\n", 2, "must be a mapping"),
        (b"\xff\xfe", 0, "is not UTF-8"),
        (b"dataset: [\x00]", 0, ""),
        (b"a: &x [*x]", 0, ""),
        (b"dataset: &a [&b [*a, *b]]", 0, ""),
        (b"[" * 500, 0, ""),
        (b"dataset:\n" + b" " * 5_000_000, 0, "is larger than 4 MiB"),
        (GOOD.replace("name: id", "nam: id").encode(), 7, "unknown key 'nam' (did you mean 'name'?)"),
        (GOOD.replace("name: email", "name: id").encode(), 9, "field 'id' stands twice"),
        (GOOD.replace("          - name: email", "         - name: email").encode(), 9, ""),
        (GOOD.replace("name: person", "name: [person]").encode(), 4, "must be a single value"),
        (GOOD.replace("primary_key: true", "primary_key: yes").encode(), 8, "'yes' is neither true nor false"),
    ],
    ids=range(14),
)
def test_a_file_that_is_wrong_is_exit_2_with_its_line(file: Path, text: bytes, line: int, words: str) -> None:
    file.write_bytes(text)
    code, said = run("check", str(file))
    assert code == 2, said
    assert words in said
    assert f"{file}{f':{line}:' if line else ''}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("identity", ["email", "=x", "email=", "email= ", "", "ada@x.org"])
def test_an_identity_that_is_none(file: Path, identity: str) -> None:
    code, said = tried(file, identity=identity)
    assert (code, "--identity" in said) == (2, True)


@pytest.mark.parametrize(
    "identity", ["email=\x00", "email=" + "x" * 100_000, "email=‮ada", "phone=++", "loyalty=1"], ids=range(5)
)
def test_an_identity_that_nobody_has(file: Path, identity: str) -> None:
    code, said = tried(file, "--json", identity=identity)
    assert (code, json.loads(said)["total"]) == (0, 0)


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("sqlite:////no/such/file.db", 3, "does not answer"),
        ("oracle://x", 2, "there is no connector 'oracle'"),
        ("nonsense", 2, "there is no connector 'nonsense'"),
        ("postgresql://me:pw-not-shown@127.0.0.1:1/x", 3, "does not answer"),
        ("postgresql://[broken", 3, "d: failed"),
    ],
)
def test_a_system_that_cannot_be_reached_is_exit_2_or_3(file: Path, url: str, code: int, words: str) -> None:
    got, said = run("try", "--catalog", str(file), "--url", url, "--identity", "email=a@x.org")
    assert (got, words in said) == (code, True), said
    assert "pw-not-shown" not in said


def test_a_folder_that_is_no_system(tmp_path: Path) -> None:
    code, said = run("check", str(tmp_path))
    assert (code, "there is no system.yml" in said) == (2, True)
    assert run("check", str(tmp_path / "none.yml"))[0] == 2


def test_help_does_not_load_a_database() -> None:
    program = (
        "import sys; from console.commands import catalog\n"
        "assert not {'sqlalchemy', 'yaml', 'textual'} & set(sys.modules)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, env=dict(os.environ), check=True)
