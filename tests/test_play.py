"""The play: a whole one in processes of its own, and one in a broken house, in which it must say so."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlcipher3 import dbapi2

from services.cases import policy
from services.demo import play as play_module
from services.demo.make import make_home
from services.demo.people import make_people
from services.demo.plays import consent_call, erasure_call, export_call, seen
from services.demo.plays.caller import Caller
from services.demo.plays.report import Check, Report
from services.demo.plays.stage import Stage
from services.demo.worker_child import WorkerChild
from services.errors import NotFound, Refused, Unavailable
from services.home import Home
from tests.conftest import CHECKOUT

PERSON = make_people(1, 60)[0]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `rightsdesk demo --play --json` says, as a program of its own. The home stays."""
    home = tmp_path_factory.mktemp("play") / "home"
    keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = subprocess.run(
        [sys.executable, "-m", "console", "demo", "--play", "--json", "--home", str(home)],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | keyring,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_a_whole_play_holds(played: dict[str, Any]) -> None:
    assert played["held"] is True
    assert [c["name"] for c in played["checks"] if not c["held"]] == []
    assert len(played["checks"]) >= 28
    assert [call["name"] for call in played["calls"]] == ["export", "erasure", "consent"]


def test_it_says_what_it_did(played: dict[str, Any]) -> None:
    export, erasure, consent = played["calls"]
    assert all(call["due"] > call["case"][:0] and len(call["steps"]) >= 4 for call in played["calls"])
    assert set(export["counts"]["found"]) == {"crm", "shop", "desk", "news"}
    assert Path(export["package"]).is_file()
    assert sum(erasure["counts"]["kept"].values()) > 0
    assert sum(erasure["counts"]["deleted"].values()) > 0
    assert consent["counts"]["written"] == {"news": 1}
    assert any("verification read" in step for step in erasure["steps"])


def test_every_log_was_verified_and_the_worker_was_another_process(played: dict[str, Any]) -> None:
    assert len(played["logs"]) == 4
    assert set(played["logs"].values()) == {"whole"}
    assert played["worker_pid"] != os.getpid()


def test_the_worker_is_gone_with_the_play(played: dict[str, Any]) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(played["worker_pid"], 0)


def test_control_a_log_with_a_changed_byte_is_not_whole(played: dict[str, Any]) -> None:
    home = Home(Path(played["home"]))
    (path,) = home.path.glob("imports/*/log-1.db")
    original = path.read_bytes()
    path.write_bytes(original.replace(b'"channel":"mail"', b'"channel":"chat"', 1))
    assert path.read_bytes() != original
    found: list[Check] = []
    stage = SimpleNamespace(home=home, say=lambda _: None, check=lambda *check: found.append(Check(*check)))
    states = play_module.verify_logs(cast(Stage, stage))
    path.write_bytes(original)
    assert sorted(states.values()) == ["tampered", "whole", "whole", "whole"]
    assert [check.held for check in found].count(False) == 1


# ── a house in which the rules do not hold ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """No waiting period, and a table that lets people approve what they asked for."""
    with pytest.MonkeyPatch.context() as patch:
        import keyring
        from keyring.backends.fail import Keyring

        before = keyring.get_keyring()
        keyring.set_keyring(Keyring())
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        patch.setitem(policy.RULES, "approve", replace(policy.RULES["approve"], more=None))
        try:
            return play_module.play(tmp_path_factory.mktemp("broken") / "home", waiting_period_s=0)
        finally:
            keyring.set_keyring(before)


@pytest.mark.parametrize(
    "name",
    [
        "erasure: approval by the requester, as lead, is refused",
        "erasure: before the end the job is not due",
        "erasure: before the end the table says no",
    ],
)
def test_control_a_play_in_a_broken_house_fails(broken: Report, name: str) -> None:
    assert [check.held for check in broken.checks if check.name == name] == [False]
    assert broken.held is False


def test_nothing_before_the_end_is_told_in_time_or_not_at_all() -> None:
    rows, fewer = {"crm": {"customer": 2}}, {"crm": {"customer": 1}}
    assert erasure_call.untouched(rows, rows, in_time=True, began=False)[0]
    assert not erasure_call.untouched(rows, rows, in_time=False, began=False)[0]
    assert not erasure_call.untouched(rows, rows, in_time=True, began=True)[0]
    assert not erasure_call.untouched(fewer, rows, in_time=True, began=False)[0]


def test_the_run_comes_after_a_waiting_period_that_is_one() -> None:
    assert erasure_call.waited(0, 3_000_000, 3_000_000)[0]
    assert not erasure_call.waited(0, 2_999_999, 3_000_000)[0]
    assert not erasure_call.waited(0, 3_000_000, 0)[0]


def test_control_what_is_not_broken_holds_there_too(broken: Report) -> None:
    held = {check.name: check.held for check in broken.checks}
    assert held["export: played to its end"]
    assert held["consent: the newsletter system holds it"]
    assert held["erasure: approval by the requester, as agent, is refused"]


# ── each look can fail ────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_without_checks_does_not_hold() -> None:
    assert Report("h", 1, [], {}, [], 0.0).held is False
    assert Report("h", 1, [], {}, [Check("a", True, ""), Check("b", False, "")], 0.0).held is False


def test_an_act_that_goes_through_is_not_refused() -> None:
    found: list[Check] = []
    stage = SimpleNamespace(check=lambda *check: found.append(Check(*check)))
    Stage.refused(cast(Stage, stage), "a", lambda: None)

    def refuse() -> None:
        raise Refused("no")

    Stage.refused(cast(Stage, stage), "b", refuse)
    assert [check.held for check in found] == [False, True]


@pytest.mark.parametrize(
    ("found", "held", "agree"),
    [
        ({"crm": 3}, {"crm": 3}, True),
        ({"crm": 2}, {"crm": 3}, False),
        ({}, {"crm": 1}, False),
        ({"crm": 0}, {"crm": 0}, False),
        ({"crm": 3, "shop": 1}, {"crm": 3}, False),
    ],
)
def test_counts_agree_system_by_system(found: dict[str, int], held: dict[str, int], agree: bool) -> None:
    assert export_call.agrees(found, held)[0] is agree


def test_a_package_must_hold_every_row_the_person_and_the_letter() -> None:
    rows = json.dumps([{"customer_number": PERSON.customer_number}]).encode()
    extra = {"manifest.json": b"{}", "answer_letter.txt": b"", "index.html": b""}
    files = {"data/crm/customer.json": rows, **extra}
    expected = {"crm": {"customer": 1}}
    assert export_call.holds(files, PERSON, expected)[0]
    assert not export_call.holds(files, PERSON, {"crm": {"customer": 2}})[0]
    assert not export_call.holds(files, replace(PERSON, customer_number="K999"), expected)[0]
    assert not export_call.holds({"data/crm/customer.json": rows}, PERSON, expected)[0]


def test_an_archive_opens_with_its_key_only(tmp_path: Path) -> None:
    import pyzipper

    with pyzipper.AESZipFile(tmp_path / "a.zip", "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"KEY")
        archive.writestr("a.txt", b"text")
    assert export_call.open_package(tmp_path / "a.zip", "KEY") == {"a.txt": b"text"}
    assert export_call.open_package(tmp_path / "a.zip", "NOKEY") == {}
    assert export_call.open_package(tmp_path / "none.zip", "KEY") == {}


def test_forgotten_means_all_but_what_the_law_keeps() -> None:
    before = {"crm": {"customer": 1}, "shop": {"orders": 2, "invoice": 2}}
    assert erasure_call.forgotten(before, {"shop": {"invoice": 2}})[0]
    assert not erasure_call.forgotten(before, {"shop": {"invoice": 1}})[0]
    assert not erasure_call.forgotten(before, {"shop": {"invoice": 2}, "desk": {"message": 1}})[0]
    assert not erasure_call.forgotten(before, {})[0]
    assert not erasure_call.forgotten({"shop": {"invoice": 2}}, {"shop": {"invoice": 2}})[0]


def test_a_consent_stands_when_given_not_withdrawn_and_to_that_text() -> None:
    assert consent_call.stands(("2026-01-01", "", "2025-11"), "2025-11")[0]
    assert not consent_call.stands(("", "", "2025-11"), "2025-11")[0]
    assert not consent_call.stands(("2026-01-01", "2026-01-02", "2025-11"), "2025-11")[0]
    assert not consent_call.stands(("2026-01-01", "", "2024-01"), "2025-11")[0]
    assert consent_call.written_back({"rows": 1, "read_back": True})[0]
    assert not consent_call.written_back({"rows": 1, "read_back": False})[0]
    assert not consent_call.written_back({})[0]


def test_a_planted_row_is_seen_wherever_it_is(played: dict[str, Any]) -> None:
    home = Path(played["home"])
    person = make_people(1, 60)[1]
    before = seen.traces_of(home, "nordlicht", person)
    store = dbapi2.connect(str(home / "data" / "nordlicht" / "crm.db"))
    store.execute("INSERT INTO household VALUES (99999, 'x', 'y', ?)", (f"ask {person.email.upper()}",))
    store.commit()
    store.close()
    after = seen.traces_of(home, "nordlicht", person)
    assert after["crm"]["household"] == before.get("crm", {}).get("household", 0) + 1


# ── the worker as a child ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def small_home(tmp_path: Path, no_keyring: None) -> Path:
    make_home(tmp_path / "home", cases=0, people=3)
    return tmp_path / "home"


def test_a_killed_worker_is_told_and_stays_dead(small_home: Path) -> None:
    told: list[int] = []
    heard = threading.Event()
    child = WorkerChild(small_home, "worker-1", died=lambda code: (told.append(code), heard.set())[0])
    child.wait_ready()
    assert child.pid != os.getpid()
    os.kill(child.pid, signal.SIGKILL)
    assert heard.wait(10)
    time.sleep(0.3)
    assert told == [-signal.SIGKILL]
    assert not child.alive
    child.stop()


def test_a_stopped_worker_is_no_death(small_home: Path) -> None:
    told: list[int] = []
    child = WorkerChild(small_home, "worker-1", died=told.append)
    child.wait_ready()
    child.stop()
    assert (child.alive, told) == (False, [])


def test_a_worker_that_cannot_start_is_said(small_home: Path) -> None:
    child = WorkerChild(small_home, "worker-9")
    with pytest.raises(Unavailable, match="did not start"):
        child.wait_ready()
    child.stop()
    assert "worker-9" in (small_home / "logs" / "worker-start.log").read_text()


def test_a_caller_reads_the_code_out_of_their_own_mail_only(tmp_path: Path) -> None:
    def mail(name: str, to: str, text: str) -> None:
        (tmp_path / name).write_text(f"To: {to}\nSubject: x\nContent-Type: text/plain\n\n{text}\n")

    mail("old.eml", PERSON.email, "Your code: 111111")
    caller = Caller(PERSON, tmp_path)
    mail("a.eml", PERSON.email, "Your case C-26-000025 is logged.")
    mail("b.eml", "else@example.com", "Ihr Code: 222222")
    mail("c.eml", PERSON.email, "Ihr Code: 333333")
    assert caller.code() == "333333"
    mail("d.eml", PERSON.email, "Your code: 444444")
    assert caller.code() == "444444"


def test_a_caller_knows_what_people_know_and_nothing_else(tmp_path: Path) -> None:
    caller = Caller(PERSON, tmp_path)
    assert caller.says("crm.customer.pin_hash") == PERSON.pin
    assert caller.says("crm.customer.postcode") == PERSON.postcode
    with pytest.raises(NotFound):
        caller.says("shop.orders.total")
