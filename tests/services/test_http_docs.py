"""docs/http-connector.md can be followed: its commands run, on a real Roundup, and its YAML is read."""

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.commands.catalog import app
from services import strict_yaml
from services.connectors.http_declared import Declared
from tests.conftest import CHECKOUT
from tests.datasystems.roundup_server import ADMIN, Roundup, roundup_server

PAGE = CHECKOUT / "docs" / "http-connector.md"
EXAMPLE = CHECKOUT / "docs" / "examples" / "roundup"


def blocks(language: str) -> list[str]:
    """The code of the page in that language."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(code) for _, code in found]


@pytest.fixture
def desk(roundup_template: Path) -> Iterator[Roundup]:
    with roundup_server(roundup_template) as server:
        server.make("user", username="ada", address="Ada@example.org", realname="Ada")
        yield server


def test_the_commands_run_as_they_stand(desk: Roundup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = desk.folder(tmp_path / "controllers" / "acme" / "systems" / "desk")
    (tmp_path / "password").write_text(f"{ADMIN}\n")
    (tmp_path / "password").chmod(0o600)
    monkeypatch.setenv("RIGHTSDESK_SYSTEM_PASSWORD_FILE", str(tmp_path / "password"))  # as nobody types here
    lines = [line for block in blocks("sh") for line in block.splitlines() if line]
    assert len(lines) == 5
    said = []
    for line in lines:
        words = shlex.split(line.replace("HOME", str(tmp_path)))
        assert words[:2] == ["rightsdesk", "catalog"]
        done = CliRunner().invoke(app, words[2:])
        assert done.exit_code == 0, done.output
        said.append(done.output)
    assert said.pop(0) == "desk is in the vault\n"
    assert said[:2] == ["desk: 4 collections, valid\n", "desk: 4 collections, as described\n"]
    assert "user                                 1" in said[2]
    assert "An erasure today would" in said[3]
    assert folder.is_dir()
    assert desk.call("GET", "/data/user/3")["attributes"]["realname"] == "Ada", "nothing was changed"


def test_the_page_tells_the_truth_about_the_file() -> None:
    (page,) = blocks("yaml")
    read = strict_yaml.parse(page, Declared)
    example = strict_yaml.parse((EXAMPLE / "http.yml").read_text("utf-8"), Declared)
    assert read.collections["msg"].delete == example.collections["msg"].delete
    assert (read.auth, read.probe, read.headers) == (example.auth, example.probe, example.headers)
    assert read.limits == example.limits, "the limits shown are the defaults"


def test_control_a_line_that_is_no_command_is_seen() -> None:
    assert CliRunner().invoke(app, ["chekc"]).exit_code == 2
