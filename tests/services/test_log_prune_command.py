"""`rightsdesk log prune`: what may go by date, receipt and case, and that everything else works on afterwards."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.commands.log import app
from db.log import LogReader
from services import pruning
from services.action_log import acts, checkpoint
from services.action_log.moment import Clock, Moment
from services.evidence import LogFile, evidence_of
from services.home import enrol
from services.sync.logbook import Logbook
from services.types import Right
from tests.centre import Centre, request, sign_in
from tests.evidence import checked
from tests.log_samples import CENTRAL, CENTRAL_SEED, LOG, MICROS, numbered, open_log, unguarded
from tests.lone_terminal import DEPLOYMENT, Terminal, beat, copy_log, put_back


def at(micros: int) -> Clock:
    return lambda: Moment(micros, micros, "boot")


def plan_of(folder: Path, *, before: int = MICROS + 10, receipt: int = 700, ended: bool = True) -> pruning.Plan:
    with open_log(folder, clock=at(MICROS)) as writer:
        writer.append_many(numbered(receipt - 1))
        note = checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000)
        writer.append_many(numbered(700 - receipt))
        writer.store_receipt(receipt, note)
    with open_log(folder, clock=at(MICROS + 10)) as writer:
        writer.append_many(numbered(300))
    file = LogFile(LOG, folder / "log-1.db")
    return pruning.plan(file, before, lambda cases: cases if ended else set())


@pytest.mark.parametrize(
    ("how", "cut", "stays", "why"),
    [
        ({}, 512, 700, "not older"),
        ({"before": MICROS}, 0, 0, "not older"),
        ({"before": MICROS + 11}, 512, 700, "no receipt"),
        ({"receipt": 511}, 256, 511, "no receipt"),
        ({"receipt": 512}, 512, 512, "no receipt"),
        ({"ended": False}, 0, 1, "its case C-26-004211 had not ended"),
    ],
)
def test_only_whole_tiles_of_old_accepted_entries_of_ended_cases_go(
    tmp_path: Path, how: dict[str, int], cut: int, stays: int, why: str
) -> None:
    found = plan_of(tmp_path, **how)  # type: ignore[arg-type]
    assert (found.cut, found.stays, found.done) == (cut, stays, 0)
    assert why in found.why


def test_central_says_which_cases_ended_and_when(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        cases = [desk.intake.open(session, request(Right.ACCESS)).case for _ in range(2)]
        centre.settle(desk)
        desk._ctx.record(session, acts.ItemWithdrawn(reason=None), desk.case.state(cases[0]), "1")
        centre.settle(desk)
    hour = 3_600_000_000
    now = time.time_ns() // 1000
    for before, wanted in ((now + hour, {cases[0]}), (now - hour, set())):
        with pruning.ended_before(centre.home, centre.vault, before) as ended:
            assert ended({*cases, "C-26-999999"}) == wanted
            assert ended(set()) == set()


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


OLD = 1_500_000_000_000_000


@pytest.fixture
def old(centre: Centre) -> Terminal:
    """A terminal with 600 entries from 2017 that central has, and a few of today."""
    owner = enrol(centre.home, centre.vault, "terminal", "desk-9")
    with closing(Logbook(centre.home, "terminal", owner, centre.vault, DEPLOYMENT, clock=at(OLD))) as book:
        book.append([beat(owner)] * 600)
    terminal = Terminal(centre, owner)
    terminal.push()
    terminal.append(3)
    return terminal


def test_the_command_says_what_would_go_then_does_it_and_all_else_works_on(
    centre: Centre, old: Terminal, tmp_path: Path
) -> None:
    log, file = f"{old.owner}/1", old.file
    words = ("--before", "2018-01-01", "--log", log, "--home", centre.home.path)
    assert run("prune", *words, "--yes").exit_code == 3  # the terminal is at work
    old.book.close()
    dry = run("prune", *words)
    assert (dry.exit_code, "entries 1 to 511 of" in dry.output) == (0, True), dry.output
    with LogReader(file) as reader:
        assert (reader.cut(), reader.cuts_named()) == (0, set())
    done = json.loads(run("prune", *words, "--yes", "--json").output)
    assert (done["cut"], done["gone"]) == (512, 511)
    assert "nothing to prune" in run("prune", *words, "--yes").output
    verified = run("verify", file, "--home", centre.home.path)
    assert verified.exit_code == 0, verified.output
    assert "below entry 512 were pruned" in verified.output
    assert "log.pruned" in run("show", log, "--home", centre.home.path).output
    assert run("prove", 550, "--log", log, "--home", centre.home.path).exit_code == 0
    assert run("prove", 50, "--log", log, "--home", centre.home.path).exit_code == 2
    assert run("growth", 100, "--log", log, "--home", centre.home.path).exit_code == 0
    old.open()
    assert old.book.alarms == ()
    old.append(2)
    old.push()
    assert len(old.held()) == old.book.writer.size  # what was pruned here is whole in central
    old.book.close()
    words = ("--log", log, "--home", centre.home.path)
    assert run("export", "--out", tmp_path / "a", "--from", 520, "--to", 530, *words).exit_code == 0
    assert checked(tmp_path / "a").returncode == 0
    none = run("export", "--out", tmp_path / "b", "--from", 500, "--to", 530, *words)
    assert (none.exit_code, "were pruned" in none.output) == (2, True)
    assert run("export", "--out", tmp_path / "c", "--from", 500, "--to", 530, *words, "--central").exit_code == 0
    assert checked(tmp_path / "c").returncode == 0


@pytest.mark.parametrize("date", ["2999-01-01", "soon", "2018-13-01"])
def test_the_command_says_what_it_cannot_use(centre: Centre, date: str) -> None:
    assert run("prune", "--before", date, "--home", centre.home.path).exit_code == 2


def test_a_log_that_is_not_whole_is_not_pruned(centre: Centre, old: Terminal) -> None:
    old.book.close()
    with unguarded(old.file) as db:
        db.execute("UPDATE log SET body = CAST(replace(body, 'heartbeat', 'heartbeet') AS BLOB) WHERE seq = 300")
    result = run("prune", "--before", "2018-01-01", "--log", f"{old.owner}/1", "--home", centre.home.path, "--yes")
    assert result.exit_code == 1, result.output
    assert "not whole" in result.output
    assert not list(old.file.parent.glob("log-2.db"))


def test_a_central_put_back_below_the_cut_cannot_be_filled_and_the_agent_goes_on(
    centre: Centre, tmp_path: Path
) -> None:
    owner, file = enrol(centre.home, centre.vault, "terminal", "desk-9"), centre.home.path / "central.db"
    centre.engine.dispose()
    backup = copy_log(file, tmp_path / "backup" / "central.db")
    again = Centre(centre.home.path)
    with closing(Logbook(again.home, "terminal", owner, again.vault, DEPLOYMENT, clock=at(OLD))) as book:
        book.append([beat(owner)] * 600)
    terminal = Terminal(again, owner)
    terminal.push()
    terminal.book.close()
    words = ("--before", "2018-01-01", "--log", f"{owner}/1", "--home", centre.home.path)
    assert "511 texts below entry 512 are gone" in run("prune", *words, "--yes").output
    again.engine.dispose()
    put_back(backup, file)
    restored = Centre(centre.home.path)
    terminal = Terminal(restored, owner)
    terminal.push()
    terminal.append(2)
    terminal.push()
    assert terminal.book.log == f"{terminal.owner}/2"
    assert "pruned here" in terminal.book.alarms[0].sentence
    assert len(terminal.held(terminal.book.log)) == terminal.book.writer.size
    terminal.book.close()
    restored.engine.dispose()


def test_evidence_holds_a_pruned_log_against_what_is_known(centre: Centre, old: Terminal) -> None:
    old.book.close()
    words = ("--before", "2018-01-01", "--log", f"{old.owner}/1", "--home", centre.home.path, "--yes")
    assert run("prune", *words).exit_code == 0
    report = evidence_of(centre.home, centre.vault).check(old.file)
    assert (report.state, report.cut, report.signed_by, report.anchored) == ("whole", 512, "enrolled", True)
    assert report.receipts >= 1
