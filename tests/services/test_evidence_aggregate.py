"""An export from central: its aggregate proves what was accepted, for a program without us and for Go."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from console.commands.log import app
from console.commands.witness import app as witness_app
from db import central
from db.central import AGGREGATE
from tests.centre import Centre, request, sign_in
from tests.evidence import checked, cut_line, edit, listed_again, swap

WITNESS = "witness.example"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def case(centre: Centre) -> str:
    """A case that central knows."""
    with centre.desk() as desk:
        found = desk.intake.open(sign_in(desk), request()).case
        centre.settle(desk)
    return found


@pytest.fixture
def accepted(centre: Centre, case: str, tmp_path: Path) -> tuple[Path, str]:
    """An export with central's aggregate and a witness's note of it, and the folder of the log in it."""
    state, home = tmp_path / "witness", ("--home", centre.home.path)
    key = CliRunner().invoke(witness_app, ["init", "--state", str(state), "--name", WITNESS]).output.strip()
    assert CliRunner().invoke(witness_app, ["check", "--state", str(state), *map(str, home)]).exit_code == 0
    with centre.desk() as desk:  # the aggregate goes on beyond what the witness saw
        desk.intake.open(sign_in(desk), request())
        centre.settle(desk)
    saw = ("--witness", state / "notes", "--witness-key", key)
    result = run("export", "--out", tmp_path / "out", "--case", case, *home, "--central", *saw)
    assert result.exit_code == 0, result.output
    (proved,) = (tmp_path / "out" / "logs").glob("*/accepted-*.tlog-proof")
    return tmp_path / "out", proved.with_suffix("").relative_to(tmp_path / "out").as_posix()


def test_an_export_from_central_proves_what_central_accepted_and_a_witness_saw_of_all(
    accepted: tuple[Path, str],
) -> None:
    out, name = accepted
    done = checked(out)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("aggregate witness-") and WITNESS in line for line in lines)
    assert any(f"{name.rpartition('/')[2]}.txt cosigned: by nobody; place " in line for line in lines)


ACCEPTED: dict[str, Callable[[str], Callable[[Path], object]]] = {
    "place": lambda name: edit(f"{name}.tlog-proof", swap(b"\nindex ", b"\nindex 1")),
    "a hash less": lambda name: edit(f"{name}.tlog-proof", cut_line(3)),
    "another checkpoint": lambda name: (
        lambda out: shutil.copy(out / name.rpartition("/")[0] / "checkpoint.txt", out / "aggregate" / "checkpoint.txt")
    ),
    "the aggregate's signature": lambda name: edit("aggregate/checkpoint.txt", cut_line(4)),
    "the aggregate's key": lambda name: edit("keys.txt", swap(b"/aggregate+", b"/aggregat+")),
    "no key": lambda name: lambda out: (out / "aggregate" / "checkpoint.txt").unlink(),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_the_program_finds_what_was_changed_in_the_aggregate(accepted: tuple[Path, str], what: str) -> None:
    out, name = accepted
    ACCEPTED[what](name)(out)
    assert checked(listed_again(out)).returncode == 1


def test_an_aggregate_that_is_not_what_was_signed_is_not_exported(centre: Centre, case: str, tmp_path: Path) -> None:
    with central.writing(centre.engine).begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER leaves_not_changed")
        conn.execute(sa.update(AGGREGATE).values(nodes=bytes(320)))
    result = run("export", "--out", tmp_path / "out", "--case", case, "--home", centre.home.path, "--central")
    assert result.exit_code == 1
    assert "aggregate is not what central signed" in result.stderr
    assert not (tmp_path / "out").exists()
