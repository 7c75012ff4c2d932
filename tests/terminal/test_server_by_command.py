"""From an empty PostgreSQL to a working desk by the commands of docs/operations.md, each in a process of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from tests.conftest import CHECKOUT
from tests.worker_centre import WorkerCentre

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]


class Shell:
    """One machine: its home and a passphrase for its keys."""

    def __init__(self, folder: Path, **more: str) -> None:
        folder.mkdir(mode=0o700)
        self.home = folder / "home"
        secret = folder / "passphrase"
        secret.write_text("a passphrase for tests\n")
        secret.chmod(0o600)
        self.environment = os.environ | {
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "RIGHTSDESK_HOME": str(self.home),
            "RIGHTSDESK_SECRETS_PASSPHRASE_FILE": str(secret),
            **more,
        }

    def run(self, *words: str, given: str = "", exits: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "console", *words], cwd=CHECKOUT, env=self.environment, input=given,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == exits, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@contextmanager
def working(shell: Shell) -> Iterator[str]:
    """`rightsdesk worker run` on that machine, until it is told to stop; where it serves its numbers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "worker", "run", "--metrics", "127.0.0.1:0"],
        cwd=CHECKOUT, env=shell.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        serving, ready = process.stdout.readline(), process.stdout.readline()
        assert "ready" in ready
        yield serving.split()[-1]
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
def test_from_an_empty_database_to_a_working_desk(
    postgres: str, tmp_path: Path, centre_template: Path, whole: bool
) -> None:
    """`whole`: what is told again, other PINs and people who leave, too; tests of services hold these as well."""
    place = sa.make_url(postgres)
    password = tmp_path / "password"
    password.write_text(f"{place.password}\n")
    password.chmod(0o600)
    operator = Shell(tmp_path / "operator", RIGHTSDESK_CENTRAL_PASSWORD_FILE=str(password))
    url = place._replace(password=None, drivername="postgresql").render_as_string()
    said = operator.run(
        "central", "init", url, "--deployment", "desk.example.com", "--controllers", str(centre_template)
    )
    assert "2 controllers: harbour, nordlicht" in said
    if whole:
        assert "already" in operator.run("central", "init", url, "--deployment", "desk.example.com", exits=2)
        assert "what was signed" in operator.run("central", "check")

    added = json.loads(operator.run("agent", "add", "0042", "--name", "Kim", "--role", "nordlicht:agent", "--json"))
    pin = added["pin"]
    if whole:
        assert "there is an agent 0042 already" in operator.run(
            "agent", "add", "0042", "--name", "K", "--role", "nordlicht:agent", exits=1
        )
    operator.run("terminal", "enrol", "desk-1", "--out", str(tmp_path / "desk-1.invitation"))
    assert (tmp_path / "desk-1.invitation").stat().st_mode & 0o777 == 0o600

    desk = Shell(tmp_path / "desk")
    assert "start it with rightsdesk" in desk.run("join", str(tmp_path / "desk-1.invitation"))
    worker = Shell(tmp_path / "worker", RIGHTSDESK_INVITATION_PASSPHRASE_FILE=str(password))
    invites = Shell(tmp_path / "invites", RIGHTSDESK_INVITATION_PASSPHRASE_FILE=str(password))
    invites.environment["RIGHTSDESK_HOME"] = str(operator.home)
    invites.environment["RIGHTSDESK_SECRETS_PASSPHRASE_FILE"] = operator.environment[
        "RIGHTSDESK_SECRETS_PASSPHRASE_FILE"
    ]
    invites.run("worker", "enrol", "worker-1", "--out", str(tmp_path / "worker-1.invitation"))
    assert "rightsdesk worker run" in worker.run("join", str(tmp_path / "worker-1.invitation"))
    shutil.copytree(centre_template / "controllers", worker.home / "controllers", dirs_exist_ok=True)
    with working(worker) as numbers:
        opened = json.loads(
            desk.run("case", "open", "--agent", "0042", "--pin-stdin", "--controller", "nordlicht", "--right", "access",
                     "--identifier", "-", "--json", given=f"{pin}\nada@example.com\n")
        )  # fmt: skip
        listed = desk.run("case", "list", "--agent", "0042", "--pin-stdin", given=f"{pin}\n")
        assert opened["case"] in listed
        assert "ada@example.com" not in listed
        assert "WHOLE" in desk.run("log", "verify")
        with urllib.request.urlopen(numbers, timeout=10) as answer:
            told = answer.read().decode()
        assert float(re.search(r"^rightsdesk_worker_entries_total ([0-9.]+)$", told, re.MULTILINE)[1]) > 3
        assert 'rightsdesk_worker_events_total{event="leads"} 1' in told
        assert opened["case"] not in told

        if whole:
            leaves(operator, desk, pin)

    assert "what was signed" in operator.run("central", "check")
    engine = central.open_engine(postgres, None)
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE case_ SET due = '2099-01-01'")
    engine.dispose()
    found = json.loads(operator.run("central", "check", "--json", exits=1))
    assert any(opened["case"] in sentence and "due" in sentence for sentence in found["found"])

    operator.run("terminal", "revoke", "desk-1")
    assert "does not let this terminal in" in desk.run("log", "verify", exits=2)
    machines = json.loads(operator.run("terminal", "list", "--json"))
    assert [(m["name"], m["state"]) for m in machines] == [
        ("operator-1", "joined"), ("desk-1", "revoked"), ("worker-1", "joined"),
    ]  # fmt: skip


def leaves(operator: Shell, desk: Shell, pin: str) -> None:
    """The agent gets another PIN, then is shut out: the desk knows both at once."""
    words = ("case", "list", "--agent", "0042", "--pin-stdin")
    fresh = json.loads(operator.run("agent", "reset-pin", "0042", "--json"))["pin"]
    assert "do not fit" in desk.run(*words, given=f"{pin}\n", exits=1)
    desk.run(*words, given=f"{fresh}\n")
    operator.run("agent", "disable", "0042")
    assert "do not fit" in desk.run(*words, given=f"{fresh}\n", exits=1)


@pytest.mark.parametrize(
    "place",
    [
        "init.after-tables",
        *(pytest.param(f"init.{p}", marks=pytest.mark.long) for p in ("after-keys", "after-engine", "before-settings")),
    ],
)
def test_an_init_that_was_killed_goes_on_when_it_is_said_again(
    postgres: str, tmp_path: Path, centre_template: Path, place: str
) -> None:
    where = sa.make_url(postgres)
    password = tmp_path / "password"
    password.write_text(f"{where.password}\n")
    password.chmod(0o600)
    operator = Shell(tmp_path / "operator", RIGHTSDESK_CENTRAL_PASSWORD_FILE=str(password))
    url = where._replace(password=None, drivername="postgresql").render_as_string()
    words = ("central", "init", url, "--deployment", "desk.example.com", "--controllers", str(centre_template))
    operator.environment["RIGHTSDESK_KILL_AT"] = place
    operator.run(*words, exits=-signal.SIGKILL)
    del operator.environment["RIGHTSDESK_KILL_AT"]
    assert "other words" in operator.run(*words[:3], "--deployment", "other.example.com", exits=2)
    assert "2 controllers" in operator.run(*words)
    assert "what was signed" in operator.run("central", "check")
    assert "already" in operator.run(*words, exits=2), "it is through"
    other = Shell(tmp_path / "other", RIGHTSDESK_CENTRAL_PASSWORD_FILE=str(password))
    for _ in range(2):  # refused, it leaves nothing that would be gone on with
        assert "another deployment stands" in other.run(*words, exits=2)
    assert "what was signed" in operator.run("central", "check"), "nothing of it was touched"


@pytest.mark.parametrize("url", ["mysql://admin@db/x", "postgresql://admin:hunter2@db/x", "sqlite:///central.db", ""])
def test_a_url_that_will_not_do_is_refused_before_a_password_is_asked(tmp_path: Path, url: str) -> None:
    said = Shell(tmp_path / "operator").run("central", "init", url, "--deployment", "d", exits=2)
    assert "URL" in said
    assert "hunter2" not in said


def test_sync_says_whether_central_has_everything(tmp_path: Path, centre_template: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(centre_template, home)
    environment = os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "RIGHTSDESK_HOME": str(home)}
    words = [sys.executable, "-m", "console", "sync", "--wait", "1", "--json"]
    done = subprocess.run(words, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr  # no worker: what opened the log waits
    assert json.loads(done.stdout)["sent"] is False
    worker = WorkerCentre(home)
    worker.start()
    try:
        done = subprocess.run(
            [*words[:-2], "20", "--json"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"sent": True, "fetched": True, "state": json.loads(done.stdout)["state"]}
    finally:
        worker.close()
