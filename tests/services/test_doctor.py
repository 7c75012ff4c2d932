"""The doctor: a healthy home is well, each thing that can be wrong is found and has something to do about it."""

import json
import os
import shutil
import socket
import stat
import time
from collections import namedtuple
from pathlib import Path

import pytest

from console import cli
from console.terminal_abilities import abilities
from db import central
from db.central_store import CentralStore
from services.doctor import place, stores
from services.doctor.examine import Facts, examine
from services.doctor.finding import Finding
from services.home import CENTRAL_KEY, key
from services.secrets import Vault, open_vault
from tests.centre import Centre, sign_in
from tests.lone_terminal import Terminal


def facts(home: Path, **more: object) -> Facts:
    plain: dict[str, object] = {"central_url": "", "mail_host": "", "mail_port": 25, "mail_user": ""}
    return Facts(home=home, outbox=home / "outbox", **(plain | more))  # type: ignore[arg-type]


def found(centre: Centre, **more: object) -> list[Finding]:
    return examine(facts(centre.home.path, **more), lambda: open_vault(centre.home.path, demo=True))


def bad(findings: list[Finding]) -> list[str]:
    assert all(finding.todo for finding in findings if finding.state != "ok"), "each finding says what to do"
    return [finding.subject for finding in findings if finding.state == "bad"]


@pytest.fixture
def used(centre: Centre) -> Centre:
    """A home in which somebody has worked."""
    with centre.desk() as desk:
        centre.settle(desk)
        desk.sign.sign_out(sign_in(desk), "done")
        centre.settle(desk)
    for path in centre.home.path.rglob("*"):  # a copy of files does not copy what a umask was
        path.chmod(0o700 if path.is_dir() else 0o600)
    centre.home.path.chmod(0o700)
    return centre


def test_a_healthy_home_is_well(used: Centre) -> None:
    findings = found(used)
    assert bad(findings) == []
    seen = {finding.subject for finding in findings}
    assert seen == {"disk", "modes", "keys", "central", "catalog", "desk", "log", "clock", "worker", "mail"}
    assert [f.seen for f in findings if f.subject == "worker"] == ["none ever ran: nothing is sent or done"]


def test_a_worker_that_lives_is_seen(used: Centre) -> None:
    (owner,) = (path.name for path in (used.home.path / "workers").iterdir())
    CentralStore(used.engine).heartbeat(owner, os.getpid(), 10_000_000)
    (finding,) = (f for f in found(used) if f.subject == "worker")
    assert finding.state == "ok"
    assert str(os.getpid()) in finding.seen


def test_files_that_others_may_read(used: Centre) -> None:
    (used.home.path / "outbox").chmod(0o755)
    findings = found(used)
    assert bad(findings) == ["modes"]
    assert any("outbox" in f.seen and f.todo.startswith("chmod") for f in findings if f.subject == "modes")


def test_lost_keys(used: Centre) -> None:
    used.vault.delete("lookup-key")
    findings = found(used)
    assert "keys" in bad(findings)
    assert any("lookup-key" in f.seen for f in findings)


def test_a_vault_that_does_not_open(used: Centre) -> None:
    """Then the home is looked at from outside only."""
    findings = examine(facts(used.home.path), lambda: open_vault(used.home.path))
    assert bad(findings) == ["keys"]
    assert {f.subject for f in findings} == {"disk", "modes", "keys"}


def test_a_damaged_central(used: Centre) -> None:
    used.engine.dispose()
    for path in used.home.path.glob("central.db*"):
        path.write_bytes(b"x" * 8192)
        path.chmod(0o600)
    assert "central" in bad(found(used))


def test_a_desk_store_under_another_key(used: Centre) -> None:
    (owner,) = (p.parent.name for p in used.home.path.glob("terminals/*/desk.db"))
    used.vault.put(f"desk-key:{owner}", bytes(32))
    findings = found(used)
    assert bad(findings) == ["desk"]
    assert any("fetched again" in f.todo for f in findings)


def test_a_log_with_a_changed_byte(used: Centre) -> None:
    (path,) = used.home.path.glob("terminals/*/log-1.db")
    path.write_bytes(path.read_bytes().replace(b"session.started", b"session.sTarted", 1))
    assert "log" in bad(found(used))


def test_a_long_log_is_checked_at_its_head(used: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "WHOLE_READ", 0)
    logs = [f for f in found(used) if f.subject == "log"]
    assert {f.state for f in logs} == {"ok"}
    assert all("head only" in f.seen for f in logs)
    (path,) = used.home.path.glob("terminals/*/log-1.db")
    with central.writing(used.engine).begin() as conn:
        conn.execute(central.LOG.update().values(public_key=bytes(32)))
    assert "log" in bad(found(used))
    assert path.exists()


def test_a_key_that_does_not_change_and_a_log_whose_key_did(used: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(used)
    terminal.append(300)
    monkeypatch.setattr(stores, "WHOLE_READ", 0)
    monkeypatch.setattr(stores, "LONG_EPOCH", 256)
    warned = [f for f in found(used) if f.subject == "log" and f.state == "warn"]
    assert [f.seen for f in warned] == [f"{terminal.book.log}: its signing key did not change for 301 entries"]
    terminal.book.tend()
    assert [f.state for f in found(used) if f.subject == "log"] == ["ok"] * 2
    terminal.book.close()


def test_a_clock_behind_the_newest_entry(used: Centre) -> None:
    now = time.time_ns() // 1000
    assert [f.state for f in place.clock(now, 0, now)] == ["ok"]
    assert [f.state for f in place.clock(now + 6_000_000, 0, now)] == ["bad"]
    assert [f.state for f in place.clock(now, 6_000_000, now)] == ["warn"]
    assert [f.state for f in place.clock(now, None, now)] == ["ok"]


def test_a_disk_that_is_nearly_full(used: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    for free, state in ((2 * 1024**3, "ok"), (1024**3 - 1, "warn"), (1024, "bad")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage(1, 1, free))
        assert [f.state for f in place.disk(used.home.path)] == [state]


def test_a_mail_server_that_does_not_answer(used: Centre) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert bad(found(used, mail_host="127.0.0.1", mail_port=port)) == ["mail"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert bad(found(used, mail_host="127.0.0.1", mail_port=port)) == []
        assert bad(found(used, mail_host="127.0.0.1", mail_port=port, mail_user="desk")) == ["mail"]


class Screen:
    """A stream that says what it is."""

    encoding = "utf-8"

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("size", "environment", "encoding", "states"),
    [
        ((80, 24), {"TERM": "xterm-256color"}, "utf-8", ["ok", "ok", "ok", "ok"]),
        ((79, 24), {"TERM": "xterm-256color"}, "UTF-8", ["ok", "warn", "ok", "ok"]),
        ((120, 23), {"TERM": "xterm", "COLORTERM": "truecolor"}, "utf8", ["ok", "warn", "ok", "ok"]),
        ((80, 24), {"TERM": "vt100"}, "utf-8", ["ok", "ok", "warn", "ok"]),
        ((80, 24), {"TERM": "vt100", "NO_COLOR": "1"}, "utf-8", ["ok", "ok", "ok", "ok"]),
        ((80, 24), {"TERM": "dumb"}, "ascii", ["bad", "ok", "warn", "bad"]),
        ((80, 24), {}, "latin-1", ["bad", "ok", "warn", "bad"]),
    ],
)
def test_what_a_terminal_can_do(
    size: tuple[int, int],
    environment: dict[str, str],
    encoding: str,
    states: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size(size))
    found = abilities(environment, Screen(True), encoding)  # type: ignore[arg-type]
    assert [state for state, _, _ in found] == states
    assert all(todo for state, _, todo in found if state != "ok")


def test_without_a_terminal_nothing_is_said_of_it() -> None:
    assert [state for state, _, _ in abilities({}, Screen(False))] == ["ok"]  # type: ignore[arg-type]


def test_the_command_says_it_as_json_and_by_its_exit_code(used: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--home", str(used.home.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is True
    assert {"subject", "state", "seen", "todo"} == set(told["findings"][0])
    (used.home.path / "central.db").chmod(stat.S_IRUSR | stat.S_IWUSR | stat.S_IROTH)
    assert cli.main(["doctor", "--home", str(used.home.path)]) == 1
    assert "to do: chmod" in capsys.readouterr().out


def test_it_changes_nothing(used: Centre) -> None:
    def picture() -> dict[str, int]:
        return {str(p): p.stat().st_size for p in used.home.path.rglob("*") if not p.name.endswith(("-wal", "-shm"))}

    used.engine.dispose()
    before = picture()
    found(used)
    assert picture() == before


def test_the_keys_are_named_by_where_they_are(used: Centre) -> None:
    vault: Vault = open_vault(used.home.path, demo=True)
    assert key(vault, CENTRAL_KEY)
    (finding,) = stores.keys(used.home, vault)
    assert "demo's key file" in finding.seen
