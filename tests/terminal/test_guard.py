"""What must not reach or leave the terminal, on a real pseudo-terminal; controls show that each check can fail."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.terminal.pty import Console

HOSTILE = "A\x1b]52;c;UFdORUQ=\x07B\x1b[2JC\x9b31mD\rE\x08F\u202eG\u200bH\x00I\tJ\x7fK\u2066L"
RAW = (b"\x1b]52;", b"\x1b[2J", "\x9b31m".encode(), b"\x08", b"\x00", b"\x7f", "\u202e".encode(), "\u200b".encode(),
       "\u2066".encode())  # fmt: skip

GUARDED = """
import sys
from pathlib import Path
from textual.app import App
from textual.binding import Binding
from textual.content import Content
from textual.widgets import *
from textual.widgets.option_list import Option
from rich.text import Text
from console.guard import GuardedApp
from screens.kit import keys
P = {payload!r}
class Here(GuardedApp, inherit_bindings=False):
    BINDINGS = [*keys.bindings("app"), *keys.bindings("case"), Binding("j", "down", "down")]
    keys = {{}}
    hits = []
    def __init__(self):
        super().__init__(Path({logs!r}))
    def compose(self):
        {body}
        yield Static("READY-MARK", id="ready")
    def note(self, what):
        self.hits.append(what)
        self.query_one("#ready").update("HITS " + ",".join(self.hits))
    def action_down(self): self.note("down")
    def action_export(self): self.note("export")
    def action_erase(self): self.note("erase")
    def action_take(self): self.note("take")
    def action_consent(self): self.note("consent")
    def action_boom(self): pass
    {extra}
app = Here()
app.run()
sys.exit(app.return_code)
"""

WIDGETS = {
    "Static": "yield Static(P, markup=False)",
    "Static(Content)": "yield Static(Content(P))",
    "Static(Text)": "yield Static(Text(P))",
    "Label": "yield Label(P, markup=False)",
    "Input": "yield Input(P)",
    "placeholder": "yield Input(placeholder=P)",
    "OptionList": "yield OptionList(Option(Content(P)))",
    "DataTable": "t = DataTable(); t.add_column(Text(P)); t.add_row(Text(P)); yield t",
    "TextArea": "yield TextArea(P)",
    "border title": "s = Static('x'); s.border_title = Content(P); s.styles.border = ('heavy', 'red'); yield s",
    "notify": "yield Static('x'); self.call_after_refresh(lambda: self.notify(P, title=P, markup=False))",
    "Tree": "yield Tree(Text(P))",
    "Log": "w = Log(); yield w; self.call_after_refresh(lambda: w.write_line(P))",
    "RichLog": "w = RichLog(); yield w; self.call_after_refresh(lambda: w.write(P))",
}


def app(tmp_path: Path, body: str = "pass", *, extra: str = "", payload: str = HOSTILE) -> str:
    return GUARDED.format(payload=payload, logs=str(tmp_path), body=body, extra=extra)


def painted(source: str) -> Console:
    console = Console.of_app(source, cols=110)
    assert console.wait_for("READY-MARK") is not None, console.screen()
    console.settle(0.2, 3)
    return console


def leaks(log: bytes) -> list[bytes]:
    return [raw for raw in RAW if raw in log]


@pytest.mark.parametrize("widget", WIDGETS)
def test_hostile_text_reaches_the_terminal_in_no_widget(tmp_path: Path, widget: str) -> None:
    console = painted(app(tmp_path, WIDGETS[widget]))
    console.close()
    assert leaks(bytes(console.log)) == []


def test_control_without_the_filter_it_does(tmp_path: Path) -> None:
    console = painted(app(tmp_path, WIDGETS["Static"], extra="def get_line_filters(self): return []"))
    console.close()
    assert len(leaks(bytes(console.log))) > 5


def hits_after(console: Console, keys: str | bytes, last: str) -> list[str]:
    """What ran once `last`, which a hand presses after `keys`, has run too; keys are handled in order."""
    console.send(keys)
    console.read_for(0.3)
    console.send(last)
    console.wait_for(r"HITS [a-z,]*(down|export)\s*$", timeout=8)
    console.settle(0.3, 3)
    found = re.findall(r"HITS ([a-z,]+)", console.screen())
    return str(found[-1]).split(",") if found else []


PASTE = "the yearly export and Erase of caxE all data\r"


def test_a_raw_paste_runs_no_action_but_its_first_key(tmp_path: Path) -> None:
    console = painted(app(tmp_path))
    assert hits_after(console, "j" + PASTE, "x") == ["down", "export"]
    console.close()


def test_control_without_the_quiet_guard_the_paste_acts(tmp_path: Path) -> None:
    console = painted(app(tmp_path, extra="QUIET_S = 0"))
    assert "erase" in hits_after(console, "j" + PASTE, "x")
    console.close()


BOOM = """
    def action_down(self):
        passport_number = "SECRET-P-123456"
        raise RuntimeError("about SECRET-M-654321 of " + passport_number)
"""


def test_a_crash_shows_and_keeps_no_value(tmp_path: Path) -> None:
    console = painted(app(tmp_path, extra=BOOM))
    console.send("j")
    assert console.ended(8) == 1
    said = console.text()
    assert re.search(r"reference\s+[0-9A-F]{6}", said)
    assert "SECRET" not in said
    assert "Traceback" not in said
    kept = (tmp_path / "console.log").read_text("utf-8")
    assert "builtins.RuntimeError" in kept
    assert "SECRET" not in kept
    assert (tmp_path / "console.log").stat().st_mode & 0o777 == 0o600


def test_control_the_library_alone_shows_the_value(tmp_path: Path) -> None:
    console = painted(app(tmp_path, extra=BOOM + "    _fatal_error = App._fatal_error"))
    console.send("j")
    console.ended(8)
    assert "SECRET-P-123456" in console.text()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_leaves_in_order(tmp_path: Path, number: signal.Signals) -> None:
    gone = tmp_path / "gone"
    console = painted(app(tmp_path, extra=f"def on_unmount(self): Path({str(gone)!r}).touch()"))
    os.kill(console.pid, number)
    assert console.ended(5) == 0
    assert gone.exists()
    assert b"\x1b[?1049l" in console.log, "the terminal is given back"


def test_a_lost_line_ends_the_program(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    console = painted(app(tmp_path, extra=f"def on_unmount(self): Path({str(gone)!r}).touch()"))
    console.hang_up()
    assert console.ended(5) is not None
    assert gone.exists()


@pytest.mark.rule("TRM-8")
def test_ctrl_z_does_not_give_the_shell_back(tmp_path: Path) -> None:
    console = painted(app(tmp_path))
    assert hits_after(console, b"\x1a", "j") == ["down"]
    assert console.alive()
    console.close()


@pytest.mark.rule("TRM-8")
def test_nothing_writes_the_clipboard_or_a_picture(tmp_path: Path) -> None:
    extra = """
    def action_down(self):
        self.copy_to_clipboard("SECRET")
        self.action_screenshot(path={path!r})
        self.save_screenshot(path={path!r})
        self.deliver_screenshot(path={path!r})
        self.note("down")
    """.format(path=str(tmp_path))
    console = painted(app(tmp_path, extra=extra))
    assert hits_after(console, b"", "j") == ["down"]
    console.close()
    assert b"\x1b]52;" not in console.log
    assert list(tmp_path.glob("*.svg")) == []
