"""Killing the console and the ingest: nothing that was said to be done is lost, nothing is done twice.

The controls make one mistake each; killed at its point, they fail every time.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from db.log import LogReader
from db.log_check import check_file
from services.action_log.entry import decode
from services.action_log.known import Known
from services.central_check import rows
from services.home import owner_of
from services.sync.rebuild import differences
from services.types import Right
from tests.centre import Centre, copy_of, request, sign_in
from tests.conftest import CHECKOUT

POINTS = (
    "log.before-commit:6", "log.after-commit:6", "log.before-ack:7", "up.after-submit:2", "down.before-commit:2",
)  # fmt: skip
CASES = 8


def start(child: str, home: Path, kind: str = "real", at: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.faults.{child}", str(home), kind],
        cwd=CHECKOUT, env={**os.environ, "RIGHTSDESK_KILL_AT": at}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def killed(child: "subprocess.Popen[str]") -> list[str]:
    """What the killed child said. A last line cut in half was not yet said."""
    out, err = child.communicate(timeout=60)
    assert child.returncode in (-9, 137), err
    assert err == ""
    return out.split("\n")[:-1]


# ── the console ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path, no_keyring: None) -> Centre:
    """A centre without its data systems, which no console reaches."""
    shutil.copytree(centre_template, tmp_path / "bare", ignore=shutil.ignore_patterns("data"))
    return copy_of(tmp_path / "bare", tmp_path / "home")


def lost_or_broken(centre: Centre, said: list[str]) -> str:
    """Why the terminal's log does not hold what was said; empty when it does."""
    owner = owner_of(centre.home, "terminal", "desk-1")
    file = centre.home.log("terminal", owner)
    log = f"{owner}/1"
    known = Known(public_key=centre.port(owner).public_key(log), origin=f"demo.rightsdesk.example/{log}")
    report = check_file(file, known)
    if report.state != "whole":
        return str(report.kind)
    with LogReader(file) as reader:
        held = [e.case for e in reader.entries() if e.act == "case.opened"]
    if len(held) != len(set(held)):
        return "a case number was used twice"
    return "" if set(said) <= set(held) else "lost"


def brought_up(centre: Centre) -> list[str | None]:
    """Open the desk again until central has everything; the cases that central's entries open."""
    with centre.desk() as desk:
        centre.settle(desk)
        assert desk.alarms() == ()
    assert differences(centre.store) == []
    with centre.engine.connect() as conn:
        entries = [decode(b) for b in conn.execute(sa.select(central.ENTRY.c.body)).scalars()]
    assert len({(e.log, e.seq) for e in entries}) == len(entries)
    return [e.case for e in entries if e.act == "case.opened"]


def run_until_killed(centre: Centre, child: "subprocess.Popen[str]") -> list[str]:
    """The console's life with an ingest beside it."""
    until = time.monotonic() + 60
    while child.poll() is None:
        assert time.monotonic() < until, "the point was never reached"
        if not centre.ingest.run_once():
            time.sleep(0.01)
    return killed(child)


@pytest.mark.parametrize("point", POINTS)
def test_a_console_killed_at_a_named_point_loses_nothing_it_acknowledged(centre: Centre, point: str) -> None:
    said = run_until_killed(centre, start("console_child", centre.home.path, at=point))
    assert lost_or_broken(centre, said) == ""
    opened = brought_up(centre)
    assert set(said) <= set(opened)
    assert len(opened) == len(set(opened))


@pytest.mark.parametrize("attempt", range(3))
def test_the_control_that_says_done_before_the_commit_fails_every_time(centre: Centre, attempt: int) -> None:
    said = killed(start("console_child", centre.home.path, "early", f"console.before-late-commit:{attempt + 1}"))
    assert len(said) == attempt + 1
    assert lost_or_broken(centre, said) == "lost"


def random_console_kills(centre: Centre, count: int, seed: int) -> int:
    """Kills one terminal's consoles at random moments; how many cases they said were logged."""
    chance, said = random.Random(seed), []
    for _ in range(count):
        child = start("console_child", centre.home.path)
        assert child.stdout is not None
        first = child.stdout.readline().strip()
        assert first, child.communicate()[1]
        until = time.monotonic() + chance.uniform(0.0, 0.25)
        while time.monotonic() < until:
            centre.ingest.run_once()
        child.kill()
        said += [first, *killed(child)]
        assert lost_or_broken(centre, said) == ""
    opened = brought_up(centre)
    assert set(said) <= set(opened)
    assert len(opened) == len(set(opened))
    return len(said)


def test_a_console_killed_at_random_loses_nothing_it_acknowledged(centre: Centre) -> None:
    assert random_console_kills(centre, 6, seed=5) >= 6


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_a_console_killed_at_random_a_hundred_times_loses_nothing_it_acknowledged(centre: Centre) -> None:
    assert random_console_kills(centre, 100, seed=13) >= 100


# ── the ingest ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def full_inbox(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose inbox holds many batches: a terminal wrote while no worker was there."""
    folder = tmp_path_factory.mktemp("inbox")
    shutil.copytree(centre_template, folder / "bare", ignore=shutil.ignore_patterns("data"))
    made = copy_of(folder / "bare", folder / "home")
    with made.desk() as desk:
        session = sign_in(desk)
        for _ in range(CASES):
            case = desk.intake.open(session, request(Right.ACCESS)).case
            handed_in(made, desk._ctx.book.log, desk._ctx.book.writer.size)
            desk.act.note(session, case, "said in passing")
            handed_in(made, desk._ctx.book.log, desk._ctx.book.writer.size)
    made.engine.dispose()
    return folder / "home"


def handed_in(centre: Centre, log: str, size: int) -> None:
    until = time.monotonic() + 20
    while centre.port(log.partition("/")[0]).hello(log).pending < size:
        assert time.monotonic() < until, "the terminal did not hand in"
        time.sleep(0.01)


@pytest.fixture
def waiting(full_inbox: Path, tmp_path: Path, no_keyring: None) -> Centre:
    """A copy of that home."""
    return copy_of(full_inbox, tmp_path / "home")


def wrong_after_ingest(centre: Centre) -> str:
    """Why central is not what the logs say once the rest is ingested; empty when it is."""
    while centre.ingest.run_once():
        pass
    with centre.engine.connect() as conn:
        problems = [p for p in conn.execute(sa.select(central.LOG.c.problem)).scalars() if p]
        jobs = list(conn.execute(sa.select(central.JOB.c.case_id, central.JOB.c.kind)).all())
        claims = conn.execute(sa.select(sa.func.count()).select_from(central.CLAIM)).scalar_one()
        left = conn.execute(sa.select(sa.func.count()).select_from(central.INBOX)).scalar_one()
    if problems:
        return problems[0]
    apart = rows(centre.engine)  # the aggregate's leaves too
    if apart:
        return apart[0]
    if len(jobs) != len(set(jobs)) or (len(jobs), claims, left) != (CASES, CASES, 0):
        return f"{len(jobs)} jobs, {claims} claims, {left} batches left"
    return ""


@pytest.mark.parametrize("point", ["ingest.before-commit:1", "ingest.before-commit:5"])
def test_an_ingest_killed_before_its_commit_is_gone_on_with(waiting: Centre, point: str) -> None:
    killed(start("ingest_child", waiting.home.path, at=point))
    assert differences(waiting.store) == []
    assert wrong_after_ingest(waiting) == ""


@pytest.mark.parametrize("attempt", range(3))
def test_the_control_with_entries_and_fold_apart_fails_every_time(waiting: Centre, attempt: int) -> None:
    killed(start("ingest_child", waiting.home.path, "apart", f"ingest.between-commits:{attempt + 2}"))
    assert wrong_after_ingest(waiting) != ""


def random_ingest_kills(full_inbox: Path, folder: Path, count: int, seed: int) -> int:
    """Kills ingests at random; how many of them had something left to do. A drained home is changed for a full one."""
    chance, cut, home = random.Random(seed), 0, 0
    centre = copy_of(full_inbox, folder / "home0")
    for _ in range(count):
        child = start("ingest_child", centre.home.path)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        child.kill()
        child.communicate()
        assert differences(centre.store) == []
        if centre.store.next_batch() is not None:
            cut += 1
            continue
        assert wrong_after_ingest(centre) == ""
        centre.engine.dispose()
        home += 1
        centre = copy_of(full_inbox, folder / f"home{home}")
    assert wrong_after_ingest(centre) == ""
    return cut


@pytest.mark.long
def test_an_ingest_killed_at_random_is_gone_on_with(full_inbox: Path, tmp_path: Path, no_keyring: None) -> None:
    assert random_ingest_kills(full_inbox, tmp_path, 6, seed=3) > 0


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_an_ingest_killed_at_random_a_hundred_times_is_gone_on_with(
    full_inbox: Path, tmp_path: Path, no_keyring: None
) -> None:
    assert random_ingest_kills(full_inbox, tmp_path, 100, seed=17) > 20
