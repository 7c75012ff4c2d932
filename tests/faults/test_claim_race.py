"""Eight processes race for the same cases: each case has one winner, and an older fence opens nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from db import central
from db.central_server import port_of
from services.home import CENTRAL_KEY, key, owner_of
from tests.centre import Centre, copy_of
from tests.conftest import CHECKOUT
from tests.server_centre import Machine, ServerCentre

RACERS = 8
LEASE_US = 900 * 1_000_000


def put_cases(engine: sa.Engine, count: int) -> None:
    """So many cases that anybody may claim."""
    row: dict[str, Any] = {
        "controller": "nordlicht", "subject": "psn:x", "body": b"{}", "revision": 1, "rights": "A", "person": "-",
        "state": "new", "who": "", "tier": "-", "due": "2026-12-24", "is_open": True, "acknowledged": False,
        "breach": False, "approval": False, "conflicts": 0, "on_hold": 0, "hard": "", "paused": "", "wakes": "",
        "extended": False,
    }  # fmt: skip
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.CASE), [{**row, "id": f"C-26-{n:06}", "rev": n} for n in range(1, count + 1)])


def race(logins: list[tuple[str, bytes, str]], count: int) -> list[dict[str, int]]:
    """What each process won: fences by case. `logins` are (url, secret, owner)."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.claim_child", url, secret.hex(), owner, f"{n:04}", str(count)],
            cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for n, (url, secret, owner) in enumerate(logins, 1)
    ]  # fmt: skip
    try:
        for one in processes:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in processes:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        return [json.loads(one.communicate(timeout=240)[0]) for one in processes]
    finally:
        for one in processes:
            one.kill()
            one.wait()


@pytest.fixture
def served(postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None) -> Iterator[ServerCentre]:
    centre = ServerCentre(tmp_path, postgres, centre_template)
    yield centre
    centre.engine.dispose()


def logins_of(machines: list[Machine]) -> list[tuple[str, bytes, str]]:
    return [(m.home.central_url, key(m.vault, CENTRAL_KEY), m.owner) for m in machines]


@pytest.mark.postgres
@pytest.mark.timeout(400)
def test_of_eight_machines_one_wins_each_of_a_thousand_cases(served: ServerCentre) -> None:
    count = 1000
    put_cases(served.engine, count)
    machines = [served.joined("terminal", f"desk-{n}") for n in range(RACERS)]
    won = race(logins_of(machines), count)
    assert sum(map(len, won)) == count
    assert {case for one in won for case in one} == {f"C-26-{n:06}" for n in range(1, count + 1)}
    assert {fence for one in won for fence in one.values()} == {1}
    assert sum(1 for one in won if one) > 1, "it was a race"

    # Every claim goes on to somebody else: the fences from before renew nothing.
    with central.writing(served.engine).begin() as conn:
        conn.execute(sa.update(central.CLAIM).values(until=1))
    last = port_of(machines[0].engine(), machines[0].owner)
    assert {last.claim(f"C-26-{n:06}", "agent:0099", LEASE_US) for n in range(1, count + 1)} == {2}
    for number, (one, machine) in enumerate(zip(won, machines, strict=True), 1):
        port = port_of(machine.engine(), machine.owner)
        assert not any(port.renew(case, f"agent:{number:04}", fence, LEASE_US) for case, fence in one.items())
        port.close()
    last.close()


@pytest.mark.postgres
@pytest.mark.timeout(400)
def test_control_without_the_where_a_case_has_more_winners_than_one(served: ServerCentre) -> None:
    count = 50
    put_cases(served.engine, count)
    with served.engine.begin() as conn:
        found = "SELECT pg_get_functiondef('desk.claim(text,text,bigint)'::regprocedure)"
        made = conn.exec_driver_sql(found).scalar_one()
        where = "WHERE c.until < now_us OR c.holder = excluded.holder OR c.holder = ''"
        assert where in made
        conn.exec_driver_sql(made.replace(where, ""))
    machines = [served.joined("terminal", f"desk-{n}") for n in range(3)]
    won = race(logins_of(machines), count)
    assert sum(map(len, won)) > count


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path, no_keyring: None) -> Iterator[Centre]:
    made = copy_of(centre_template, tmp_path / "home")
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.timeout(600)
def test_of_eight_processes_one_wins_each_case_on_sqlite(centre: Centre, count: int) -> None:
    put_cases(centre.engine, count)
    owner = owner_of(centre.home, "terminal", "desk-1")
    login = (centre.home.central_url, key(centre.vault, CENTRAL_KEY), owner)
    won = race([login] * RACERS, count)
    assert sum(map(len, won)) == count
    assert {fence for one in won for fence in one.values()} == {1}
