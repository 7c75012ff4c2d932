"""The command line: every command says what it does, shows an example that parses, and is documented."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from console import cli
from console.examples import EXAMPLES
from console.plain import exit_code, plain, sentence
from services import errors
from tests.conftest import CHECKOUT
from tests.test_house import imported_by, late_ones

DOCS = CHECKOUT / "docs" / "cli.md"
GROUP_OPTIONS = ("--install-completion", "--show-completion", "--help")


def commands() -> Iterator[tuple[str, Any]]:
    """(words after `rightsdesk`, command) of every command that does something."""
    for name, found in get_command(cli.command()).commands.items():  # type: ignore[attr-defined]
        if hasattr(found, "commands"):
            yield from ((f"{name} {inner}", command) for inner, command in found.commands.items())
        else:
            yield name, found


COMMANDS = dict(commands())


def options(command: Any) -> list[str]:
    return [p.opts[0] for p in command.params if p.opts[0].startswith("--") and p.opts[0] not in GROUP_OPTIONS]


def section(name: str) -> str:
    """What docs/cli.md says about a command; empty when it says nothing."""
    found = re.search(rf"^### `rightsdesk {name}`\n(.*?)(?=^##|\Z)", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def test_the_commands_are_those_of_the_examples() -> None:
    assert set(COMMANDS) == set(EXAMPLES)
    assert {"case open", "log verify", "clock", "catalog try", "worker run", "demo", "doctor"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_for_itself_and_each_option(name: str) -> None:
    command = COMMANDS[name]
    assert len(command.help.split()) > 3
    for parameter in command.params:
        if parameter.opts[0] not in GROUP_OPTIONS:
            assert getattr(parameter, "help", ""), f"{name} {parameter.opts[0]} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_parses_and_stands_in_the_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*name.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert EXAMPLES[name]
    for line in EXAMPLES[name]:
        assert line in told
        words = shlex.split(line)
        assert words[0] == "rightsdesk"
        assert " ".join(words[1:]).startswith(name)
        COMMANDS[name].make_context(name, words[1 + len(name.split()) :], resilient_parsing=False)


def test_control_an_example_that_does_not_parse_is_seen() -> None:
    with pytest.raises(Exception, match="No such option"):
        COMMANDS["clock"].make_context("clock", ["--recieved", "2026-03-05"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    told = section(name)
    assert len(told.split()) > 5, f"docs/cli.md has no section on {name}"
    assert [option for option in options(COMMANDS[name]) if f"`{option}`" not in told] == []


def test_control_an_undocumented_command_is_seen() -> None:
    assert section("case burn") == ""


def test_no_option_takes_a_pin() -> None:
    taking = [(n, p.opts) for n, c in COMMANDS.items() for p in c.params if "pin" in p.opts[0] and not p.is_flag]
    assert taking == []


def test_the_command_line_imports_no_work_until_it_is_called() -> None:
    loaded = imported_by("from console import cli; cli.command()")
    assert late_ones(loaded) == ["typer"]
    assert "textual" not in loaded


def test_a_shell_can_ask_what_may_follow() -> None:
    asked = {"_RIGHTSDESK_COMPLETE": "complete_bash", "COMP_WORDS": "rightsdesk case ", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "console"],
        env=os.environ | asked | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["open", "list", "show"]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.Refused("no", next_key="ask"), 1, "no; next: ask"),
        (errors.NotFound("no such case."), 1, "no such case"),
        (errors.Conflict("it moved on"), 1, "it moved on"),
        (errors.BadInput("is wrong", place="a.yml:3"), 2, "a.yml:3: is wrong"),
        (errors.Unusable("damaged", kept="the log"), 2, "damaged; kept: the log"),
        (errors.Unavailable("away"), 3, "away"),
    ],
)
def test_an_error_is_one_line_and_a_code(
    error: errors.DeskError, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_home: object) -> None:
        raise error

    monkeypatch.setattr("console.settings.load", fail)
    assert cli.main(["doctor"]) == code == exit_code(error)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"rightsdesk: {line}\n")


def test_an_unforeseen_fault_shows_neither_traceback_nor_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_home: object) -> None:
        raise RuntimeError("ada@example.com")

    monkeypatch.setattr("console.settings.load", fail)
    monkeypatch.setenv("RIGHTSDESK_HOME", str(tmp_path))
    assert cli.main(["doctor"]) == 2
    told = capsys.readouterr().err
    kept = (tmp_path / "logs" / "console.log").read_text()
    reference = re.search(r"reference ([0-9A-F]{6})", told)
    assert reference
    assert reference[1] in kept
    assert "RuntimeError" in kept
    for text in (told, kept):
        assert "ada@" not in text
        assert "Traceback" not in text


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_home: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("console.settings.load", interrupt)
    assert cli.main(["doctor"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_plain_text_cannot_move_a_terminal() -> None:
    assert plain("a\x1b[2Jb\x07c\u202ed\ne") == "a\ufffd[2Jb\ufffdc\ufffdd\ufffde"
    assert plain("Müller, 日本") == "Müller, 日本"
    assert "\x1b" not in sentence(errors.NotFound("no case \x1b]52;c;AAAA\x07"))
