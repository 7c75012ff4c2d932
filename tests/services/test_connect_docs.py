"""`docs/connect.md`: every command of it is run, in its order, on a real file and a real server."""

import io
import re
import shlex
import shutil
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlcipher3 import dbapi2

from console.cli import main
from console.examples import EXAMPLES
from services.discovery.review import Draft
from tests.conftest import CHECKOUT
from tests.shop import SCHEMA

PAGE = (CHECKOUT / "docs" / "connect.md").read_text("utf-8")
COMMANDS = [
    shlex.split(line)[1:] for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
TABLES = SCHEMA.replace("x.org", "example.com")


@pytest.fixture
def home(centre_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home to type in, with a shop in a file beside it."""
    shutil.copytree(centre_template, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("RIGHTSDESK_HOME", str(tmp_path / "home"))
    with closing(dbapi2.connect("shop.db")) as store:
        store.executescript(TABLES)
    return tmp_path / "home"


def test_each_command_does_what_the_page_says(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for words in COMMANDS:
        if words[1] == "discover" and words[2].startswith("postgresql"):
            continue
        monkeypatch.setattr("sys.stdin", io.StringIO("1\n" * 50))
        assert main(words) == 0, (words, capsys.readouterr().err)
        said.append(capsys.readouterr().out)
    drafted, checked, reviewed, found, plan = said
    assert "6 tables" in drafted
    assert "as described" in checked
    assert "nothing waits for review" in reviewed
    assert re.search(r"person +2\b", found)
    assert "An erasure today would" in plan
    assert Draft(home / "controllers/muster/systems/shop").view().open == 0


@pytest.mark.postgres
def test_a_server_is_connected_as_the_page_says(
    home: Path, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(postgres.replace("+psycopg", "")) as connection:
        connection.execute(TABLES.encode())
    address = urlsplit(postgres.replace("+psycopg", ""))
    bare = address._replace(netloc=f"{address.username}@{address.hostname}:{address.port}").geturl()
    typed = tmp_path / "typed"
    typed.write_text(f"{address.password}\n")
    typed.chmod(0o600)
    monkeypatch.setenv("RIGHTSDESK_SYSTEM_PASSWORD_FILE", str(typed))
    (words,) = [words for words in COMMANDS if words[2].startswith("postgresql")]
    assert main([words[0], words[1], bare, *words[3:]]) == 0
    typed.unlink()
    assert main(["catalog", "check", words[words.index("--out") + 1], "--live"]) == 0
    assert "6 collections, as described" in capsys.readouterr().out


def test_every_command_that_the_page_names_in_a_sentence_is_one_there_is() -> None:
    named = {" ".join(name.split()[:2]) for name in re.findall(r"`rightsdesk ([a-z ]+)", PAGE)}
    assert len(COMMANDS) == 6
    assert named == {"catalog status"}
    assert named <= set(EXAMPLES)
