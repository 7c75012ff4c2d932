"""The command-line door: whatever is typed is done, or refused in one line with a code; secrets stay put."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from console import cli
from services.demo.make import DEPLOYMENT, make_home
from services.types import Tier
from tests.answering import answering
from tests.centre import Centre
from tests.conftest import CHECKOUT

AGENT, PIN = "0042", "2580"
MAIL = "someone.unknown@example.org"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demo home without people's systems in use: cases are opened in it, and a worker answers sign-ins only."""
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        place = tmp_path_factory.mktemp("cli") / "home"
        make_home(place, cases=12, people=12, seed=3)
        centre = Centre(place)
    finally:
        keyring.set_keyring(before)
    with answering(centre.engine, centre.vault, DEPLOYMENT):
        yield place
    centre.engine.dispose()


def run(home: Path, *words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with `given` on standard input."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "RIGHTSDESK_HOME": str(home)} | more
    return subprocess.run(
        [sys.executable, "-m", "console", *words],
        input=given,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("rightsdesk")
    assert "Traceback" not in done.stderr
    return done.stderr


OPEN = ("case", "open", "--agent", AGENT, "--pin-stdin", "--identifier", "-", "--right", "access", "--right", "erasure")


def test_a_request_logged_from_a_script_is_listed_and_shown(home: Path) -> None:
    done = run(home, *OPEN, "--controller", "nordlicht", "--words", "-", "--json", given=f"{PIN}\n{MAIL}\nmy data\n")
    assert (done.returncode, done.stderr) == (0, "")
    opened = json.loads(done.stdout)
    assert opened["due_hard"] >= opened["due_nominal"]
    shown = run(
        home, "case", "show", opened["case"].lower(), "--agent", AGENT, "--pin-stdin", "--json", given=f"{PIN}\n"
    )
    case = json.loads(shown.stdout)
    assert [item["right"] for item in case["items"]] == ["access", "erasure"]
    assert (case["channel"], case["verification"]["tier"]) == ("phone", Tier.T0)
    assert {line["act"] for line in case["history"]} >= {"case.opened", "item.added", "contact.started"}
    for told in (done.stdout, shown.stdout):
        assert "someone" not in told
        assert "my data" not in told


def test_the_list_is_the_queue(home: Path, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)
    done = run(home, "case", "list", "--view", "all", "--json", RIGHTSDESK_AGENT=AGENT, RIGHTSDESK_PIN_FILE=str(pin))
    listed = json.loads(done.stdout)
    bands = [row["band"] for row in listed["cases"]]
    assert listed["total"] == len(listed["cases"]) > 0
    assert bands == sorted(bands)


def test_a_wrong_pin_opens_nothing_and_stands_nowhere(home: Path) -> None:
    done = run(home, *OPEN, "--controller", "nordlicht", given=f"8173\n{MAIL}\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "number and PIN do not fit" in one_line(done)
    assert "8173" not in done.stderr
    assert MAIL not in done.stderr


def test_a_foreign_controller_is_refused(home: Path) -> None:
    done = run(home, *OPEN, "--controller", "elsewhere", given=f"{PIN}\n{MAIL}\n")
    assert done.returncode == 1
    assert "not yours" in one_line(done)


@pytest.mark.parametrize(
    ("given_in", "words"),
    [("", "no line with the PIN"), (f"{PIN}\n", "no line with what belongs to --identifier")],
)
def test_standard_input_that_ends_too_soon(home: Path, given_in: str, words: str) -> None:
    done = run(home, *OPEN, "--controller", "nordlicht", given=given_in)
    assert done.returncode == 2
    assert words in one_line(done)


def test_without_a_terminal_a_pin_is_not_asked(home: Path) -> None:
    done = run(home, "case", "list", "--agent", AGENT, given=f"{PIN}\n")
    assert done.returncode == 2
    assert "no terminal to ask on" in one_line(done)


@pytest.mark.parametrize(("mode", "text", "words"), [(0o644, "2580\n", "chmod 600"), (0o600, "", "is empty")])
def test_a_pin_file_that_is_open_or_empty(home: Path, tmp_path: Path, mode: int, text: str, words: str) -> None:
    pin = tmp_path / "pin"
    pin.write_text(text)
    pin.chmod(mode)
    done = run(home, "case", "list", "--agent", AGENT, RIGHTSDESK_PIN_FILE=str(pin))
    assert done.returncode == 2
    assert words in one_line(done)
    assert PIN not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("case", "list", "--view", "theirs", "--agent", AGENT),
        ("case", "open", "--controller", "x", "--right", "oblivion", "--identifier", "-"),
        ("case", "open", "--right", "access", "--identifier", "-"),
        ("case", "list"),
        ("case", "burn"),
        ("burn",),
        ("demo", "--cases", "-1"),
        ("demo", "--cases", "many"),
        ("demo", "--cases", "1000001"),
        ("clock", "--received", "yesterday", "--country", "DE"),
        ("log", "prove", "first"),
        ("--home",),
    ],
)
def test_what_does_not_fit_is_named(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIGHTSDESK_HOME", str(tmp_path))
    assert cli.main(list(words)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("case", "list", "--agent", AGENT), ("doctor",), ("worker", "status"), ("log", "show")]
)
def test_a_home_that_is_none_is_said(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["--home", str(tmp_path / "none"), *words])
    told = capsys.readouterr()
    assert code in (1, 2)
    assert "none" in told.out + told.err or "no logs" in told.err
    assert not (tmp_path / "none").exists()
    os.environ.pop("RIGHTSDESK_HOME", None)


def test_settings_that_are_wrong_are_named_with_their_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rightsdesk.toml").write_text("demo = false\nlok = 3\n")
    assert cli.main(["doctor", "--home", str(tmp_path)]) == 2
    assert "rightsdesk.toml:2" in capsys.readouterr().err


@given(st.lists(st.text(max_size=40), max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_words_at_all_end_in_a_line_and_a_code(words: list[str]) -> None:
    """Groups and options only: a command that would do something is never reached by chance."""
    import contextlib
    import io

    err = io.StringIO()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        code = cli.main(["case", *words])
    assert code in (0, 2)
    assert "Traceback" not in err.getvalue()
    assert "\x1b" not in err.getvalue()


def test_a_demo_never_takes_the_place_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "central.db").write_text("somebody's")
    for words in (["demo", "--make-only"], ["demo", "--reset", "--make-only"]):
        assert cli.main([*words, "--home", str(tmp_path)]) == 2
        assert "not a demo home" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["central.db"]


def test_a_made_demo_is_not_made_again_by_chance(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (home / "central.db").stat().st_mtime_ns
    assert cli.main(["demo", "--home", str(home), "--cases", "5", "--make-only"]) == 2
    assert "--reset" in capsys.readouterr().err
    assert cli.main(["demo", "--home", str(home), "--make-only"]) == 0
    assert (home / "central.db").stat().st_mtime_ns == before


def test_agents_are_shown_with_their_pins(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--agents"]) == 0
    told = capsys.readouterr().out
    for role in ("agent", "lead", "officer", "trainer", "operator"):
        assert role in told
    assert f"{AGENT}  {PIN}" in told


def test_the_console_needs_a_terminal_and_says_so(home: Path) -> None:
    done = run(home, "demo", "--home", str(home))
    assert done.returncode == 2
    assert "--play needs none" in one_line(done)
