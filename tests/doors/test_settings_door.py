"""The settings door: whatever stands in rightsdesk.toml or the environment is taken, or named with its line."""

import os
import re
import string
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from console import __main__ as start
from console.settings import Settings, default_home, keymap, load, passphrase, resolve_home
from console.settings_reader import line_of
from services.errors import BadInput
from tests.conftest import CHECKOUT


def written(home: Path, text: str | bytes) -> Path:
    home.mkdir(exist_ok=True)
    (home / "rightsdesk.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return home


def refused(home: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load(home)
    return caught.value


def test_no_file_gives_defaults_in_this_home(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings == Settings(
        home=tmp_path, packages=tmp_path / "packages", mail=type(settings.mail)(outbox=tmp_path / "outbox")
    )
    assert settings.central_url == f"sqlite:///{tmp_path.as_posix()}/central.db"
    assert (settings.lock.idle_seconds, settings.lock.warning_seconds, settings.lock.checklist_seconds) == (
        180,
        30,
        600,
    )


def test_what_the_documentation_shows_are_the_defaults(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", (CHECKOUT / "docs" / "configuration.md").read_text("utf-8"), re.DOTALL)
    shown, defaults = load(written(tmp_path, block)), load(tmp_path / "none")
    assert dict(shown.keys.map) == {"export": "f2", "note": "off"}
    assert keymap(shown)["export"] == "f2"
    elsewhere = dict.fromkeys(("home", "keys", "packages", "mail"))
    assert replace(shown, **elsewhere) == replace(defaults, **elsewhere)
    assert replace(shown.mail, outbox=defaults.mail.outbox) == defaults.mail
    for table in (Settings, *(type(getattr(shown, f.name)) for f in fields(Settings) if is_dataclass(f.type))):
        assert [f.name for f in fields(table) if f.name not in ("home", "map") and f.name not in block] == []


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    settings = load(
        written(
            tmp_path,
            """
            deployment = "nord.example"
            terminal = "0a1b2c3d"
            packages = "/srv/packages"
            [screen]
            theme = "high-contrast"
            mouse = true
            [lock]
            idle_seconds = 300
            [central]
            url = "postgresql://desk@db.example/central"
            [mail]
            host = "mail.example"
            port = 465
            tls = "tls"
            sender = "privacy@nord.example"
            [secrets]
            store = "passphrase"
            passphrase_file = "pass"
            [keys]
            set = "ctrl"
            export = "f2"
            """,
        )
    )
    assert settings.central_url == "postgresql+psycopg://desk@db.example/central"
    assert settings.packages == Path("/srv/packages")
    assert settings.screen.mouse
    assert settings.mail.port == 465
    assert settings.secrets.passphrase_file == tmp_path / "pass"
    assert keymap(settings)["export"] == "f2"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('\n[lock]\nidle_secnds = 200\n', 3, "unknown key 'idle_secnds' (did you mean 'idle_seconds'?)"),
        ('[lok]\nidle_seconds = 200\n', 1, "unknown key 'lok' (did you mean 'lock'?)"),
        ('theme = "dark"\n', 1, "unknown key 'theme'"),
        ('home = "/elsewhere"\n', 1, "unknown key 'home'"),
        ('[screen]\n# theme = 1\ntheme = "darc"\n', 3, "one of dark, high-contrast, no-colour (did you mean 'dark'?)"),
        ('[screen]\nmouse = 1\n', 2, "true or false"),
        ('[screen]\nmouse = "yes"\n', 2, "true or false"),
        ('[lock]\nidle_seconds = 901\n', 2, "from 30 to 900"),
        ('[lock]\nidle_seconds = true\n', 2, "whole number"),
        ('[lock]\nidle_seconds = 60.5\n', 2, "whole number"),
        ('[lock]\nidle_seconds = 60\n\nwarning_seconds = 60\n', 4, "less than idle_seconds"),
        ('lock.idle_seconds = 5\n', 1, "from 30 to 900"),
        ('lock = { idle_seconds = 5 }\n', 1, "from 30 to 900"),
        ('demo = false\nlock = 3\n', 2, "must be a table"),
        ('[central]\nurl = "mysql://x/y"\n', 2, "sqlite:/// or postgresql://"),
        ('[central]\n\nurl = "postgresql://desk:hunter2@db/x"\n', 3, "must not hold a password"),
        ('[mail]\nhost = "mail.example"\n', 1, "sender must be a mail address"),
        ('deployment = "Nord Versand"\n', 1, "deployment must match"),
        ('deployment = "a\\nb"\n', 1, "one line of text"),
        ('deployment = "a\\u202eb"\n', 1, "one line of text"),
        ('terminal = "Desk 1"\n', 1, "terminal must match"),
        ('packages = ""\n', 1, "must name a folder"),
        ('[keys]\nset = "alt"\n', 2, "single, ctrl, function, off"),
        ('[keys]\nset = "single"\nexport = 3\n', 3, "name of a key"),
        ('[keys]\nexport = ""\n', 2, "name of a key"),
        ('demo = false\nmore = = 3\n', 2, "Invalid value"),
        ('demo = false\n\ndemo = true\n', 3, ""),
        ('[lock]\n[lock]\n', 2, ""),
        ('demo = "\x00"\n', 1, ""),
        ("a=" + "[" * 5000, 1, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    error = refused(written(tmp_path, text))
    assert error.place == f"{tmp_path / 'rightsdesk.toml'}:{line}", error
    assert said in error.reason
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"demo = true\n# \xff\n", "UTF-8"), (b"#" * (1024 * 1024 + 1), "larger than")],
)
def test_bytes_that_are_no_settings(tmp_path: Path, raw: bytes, said: str) -> None:
    assert said in refused(written(tmp_path, raw)).reason


def test_a_folder_in_the_files_place_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "rightsdesk.toml").mkdir()
    assert "cannot be read" in refused(tmp_path).reason


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[keys]\nset = "single"\nexprt = "x"\n', 3, "there is no action 'exprt'"),
        ('[keys]\n"erase" = "e"\n', 2, "too easy"),
        ('[keys]\nexport = "c"\n', 1, "would mean both"),
    ],
)
def test_a_key_that_cannot_be_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    settings = load(written(tmp_path, text))
    with pytest.raises(BadInput) as caught:
        keymap(settings)
    assert caught.value.place.endswith(f"rightsdesk.toml:{line}")
    assert said in caught.value.reason


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, '[lock]\nidle_seconds = 300\n[screen]\ntheme = "not one, and never looked at"\n')
    monkeypatch.setenv("RIGHTSDESK_LOCK_IDLE_SECONDS", "240")
    monkeypatch.setenv("RIGHTSDESK_SCREEN_THEME", "high-contrast")
    monkeypatch.setenv("RIGHTSDESK_SCREEN_MOUSE", "true")
    monkeypatch.setenv("RIGHTSDESK_KILL_AT", "somewhere")
    settings = load(tmp_path)
    assert (settings.lock.idle_seconds, settings.screen.theme, settings.screen.mouse) == (240, "high-contrast", True)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RIGHTSDESK_LOCK_IDLE", "1", "did you mean 'RIGHTSDESK_LOCK_IDLE_SECONDS'"),
        ("RIGHTSDESK_LOCK_IDLE_SECONDS", "soon", "whole number"),
        ("RIGHTSDESK_LOCK_IDLE_SECONDS", "9" * 5000, "whole number"),
        ("RIGHTSDESK_SCREEN_MOUSE", "maybe", "true or false"),
        ("RIGHTSDESK_SCREEN_THEME", "pink", "one of dark"),
        ("RIGHTSDESK_DEPLOYMENT", "\x1b]52;c;aGk=\x07", "one line"),
    ],
)
def test_a_wrong_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    error = refused(tmp_path)
    assert error.place == name
    assert said in error.reason


def test_no_color_of_the_environment_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    assert load(tmp_path).screen.theme == "dark"
    monkeypatch.setenv("NO_COLOR", "1")
    assert load(tmp_path).screen.theme == "no-colour"


@given(st.text(alphabet=string.printable + "äß\x00\u202e[]=\"'", max_size=200))
def test_any_text_is_read_or_refused_with_a_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    home = written(tmp_path_factory.getbasetemp() / "any", text)
    try:
        load(home)
    except BadInput as error:
        assert error.place.rpartition(":")[2].isdigit()  # noqa: PT017


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c.d", '"e f"']), st.sampled_from("klm")), unique=True, max_size=8
    ).map(lambda pairs: sorted(pairs, key=lambda pair: pair[0])),
    st.integers(0, 3),
)
def test_the_line_of_a_key_is_where_it_was_written(pairs: list[tuple[str, str]], gap: int) -> None:
    lines, expected, table = [], {}, None
    for name, key in pairs:
        if name != table:
            lines += ["# note"] * gap + [f"[{name}]"]
            table = name
        lines.append(f"{key} = 1")
        expected[(*name.replace('"', "").split("."), key)] = len(lines)
    for keys, number in expected.items():
        assert line_of("\n".join(lines), keys) == number


def test_the_home_is_the_option_then_the_variable_then_the_usual_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert resolve_home() == default_home()
    assert default_home().name == "rightsdesk"
    monkeypatch.setenv("RIGHTSDESK_HOME", str(tmp_path / "named"))
    assert resolve_home() == tmp_path / "named"
    assert resolve_home("here") == Path.cwd() / "here"
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_passphrase_file_is_read_only_when_it_is_private(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[secrets]\npassphrase_file = "words"\n'))
    file = tmp_path / "words"
    for text, mode, said in [(None, 0, "cannot be read"), ("x\n", 0o644, "chmod 600"), ("", 0o600, "empty")]:
        if text is not None:
            file.write_text(text)
            file.chmod(mode)
        with pytest.raises(BadInput, match=said):
            passphrase(settings)
    file.write_text("correct horse\nsecond line\n")
    assert passphrase(settings) == "correct horse"
    assert passphrase(load(tmp_path / "other")) is None


@pytest.mark.parametrize(
    ("arguments", "home"),
    [
        ([], ""), (["--home", "x"], "x"), (["--home=x"], "x"), (["--home"], None), (["--home", "x", "case"], None),
        (["case", "list"], None), (["--help"], None), (["--home="], None), (["--home", ""], None),
    ],
)  # fmt: skip
def test_only_a_home_opens_the_console(arguments: list[str], home: str | None) -> None:
    assert start.home_option(arguments) == home


def console(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console", "--home", str(home)],
        cwd=CHECKOUT, env=os.environ | environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_the_program_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    done = console(written(tmp_path, "[lock]\nidle_secnds = 1\n"))
    assert done.returncode == 2
    assert done.stderr == (
        f"rightsdesk: {tmp_path / 'rightsdesk.toml'}:2: unknown key 'idle_secnds' (did you mean 'idle_seconds'?)\n"
    )
    done = console(tmp_path / "nowhere")
    assert done.returncode == 2
    assert "rightsdesk demo" in done.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither umask nor core files")
def test_the_program_starts_in_a_clean_environment() -> None:
    probe = (
        "import os, resource; from console.__main__ import harden; harden();"
        "print(sorted(n for n in os.environ if n.startswith('TEXT')), oct(os.umask(0)), "
        "resource.getrlimit(resource.RLIMIT_CORE))"
    )
    switches = {"TEXTUAL": "devtools", "TEXTUAL_LOG": "x", "TEXTUAL_SCREENSHOT": "1", "TEXTUALITY": "kept"}
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=CHECKOUT,
        env=os.environ | switches,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['TEXTUALITY'] 0o77 (0, 0)"
