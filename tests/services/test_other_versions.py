"""A terminal of another version than central hands in its log all the same, and says who must be updated."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central_engine
from db.central_engine import SCHEMA
from services.desk.desk import Desk
from services.errors import Unavailable
from tests.centre import cases_in, request, sign_in
from tests.lone_terminal import wait_until
from tests.server_centre import Machine, ServerCentre

pytestmark = pytest.mark.postgres
NEWER = f"{int(SCHEMA) + 1:04d}"
CHANGED = (
    "DROP VIEW desk.case_", "DROP VIEW desk.agent", "DROP VIEW desk.controller",
    "DROP FUNCTION desk.claim(text, text, bigint)", "DROP FUNCTION desk.ask(text, text, bytea)",
    "ALTER TABLE public.case_ ADD COLUMN brand_new text", "ALTER TABLE public.entry ADD COLUMN brand_new text",
)  # fmt: skip
"""What a later version may do to everything but the few calls by which a log is handed in."""


@pytest.fixture
def made(postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None) -> tuple[ServerCentre, Machine]:
    """A centre with a terminal that has worked: its people and a block of numbers are there."""
    centre = ServerCentre(tmp_path / "centre", postgres, centre_template)
    machine = centre.joined("terminal", "desk-1")
    with machine.desk() as desk:
        wait_until(lambda: desk.caught_up(0.1))
        desk.intake.open(sign_in(desk), request())
        centre.settle(desk)
    return centre, machine


def become(centre: ServerCentre, version: str, statements: tuple[str, ...] = ()) -> None:
    with centre.engine.begin() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)
        conn.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def drained(centre: ServerCentre, desk: Desk) -> bool:
    """Whether central takes all that stands in the log, in twenty tries."""
    for _ in range(20):
        while centre.ingest.run_once():
            pass
        if desk.synced(0.2):
            return True
    return False


def alarms_of(desk: Desk) -> Callable[[], bool]:
    return lambda: any("this terminal" in sentence for sentence in desk.alarms())


def test_todays_terminal_hands_in_its_log_to_tomorrows_central(made: tuple[ServerCentre, Machine]) -> None:
    centre, machine = made
    become(centre, NEWER, CHANGED)
    with machine.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request()).case
        assert drained(centre, desk)
        assert case in cases_in(centre.store)
        assert desk.alarms() == (
            f"central has schema {NEWER}, this terminal knows {SCHEMA}: update this terminal; "
            "its log is handed in meanwhile",
        )
        with pytest.raises(Unavailable, match="update this terminal"):
            desk.find.search(session, "nordlicht", "a@example.com")
        desk.act.note(session, case, "said in passing")
        assert drained(centre, desk)


def test_a_desk_that_runs_while_central_is_upgraded_goes_on_handing_in(made: tuple[ServerCentre, Machine]) -> None:
    centre, machine = made
    with machine.desk() as desk:
        session = sign_in(desk)
        wait_until(lambda: desk.status().central == "reached")
        become(centre, NEWER, CHANGED)
        case = desk.intake.open(session, request()).case
        assert drained(centre, desk)
        assert case in cases_in(centre.store)
        wait_until(alarms_of(desk))


def test_a_central_that_was_not_upgraded_yet_takes_the_log_of_a_newer_terminal(
    made: tuple[ServerCentre, Machine],
) -> None:
    centre, machine = made
    become(centre, "0001")
    with machine.desk() as desk:
        desk.intake.open(sign_in(desk), request())
        assert drained(centre, desk)
        assert "an operator upgrades central" in desk.alarms()[0]


def test_control_a_terminal_that_wants_its_own_version_keeps_its_log(
    made: tuple[ServerCentre, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    centre, machine = made
    become(centre, NEWER, CHANGED)
    strict = lambda url, key, **more: (central_engine.open_engine(url, key, **more), "")  # noqa: E731
    monkeypatch.setattr(central_engine, "open_for_upload", strict)
    with machine.desk() as desk:
        desk.intake.open(sign_in(desk), request())
        assert not drained(centre, desk)
