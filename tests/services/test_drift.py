"""The watch over live schemas: what is gone or looks personal becomes an act, is kept in central, and is told."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlcipher3 import dbapi2

from console.cli import main
from db import central, central_systems
from services import central_check
from services.catalog.seen import DAY_US, PREFIX, Seen, alarms, fold, known_systems
from services.catalog.system import load_controller_systems
from services.connectors.registry import open_connector
from services.discovery.drift import NOT_SHOWN, drift, nameable
from services.errors import BadInput
from tests.demo_home import made_systems
from tests.worker_centre import WorkerCentre

AT = 1_790_000_000_000_000


def looked(outcome: str, personal: int = 0, gone: int = 0) -> dict[str, object]:
    names = {"personal": [f"t.c{n}" for n in range(personal)], "gone": [f"g{n}" for n in range(gone)]}
    return {
        "system": "c/s",
        "outcome": outcome,
        **names,
        "personal_count": personal,
        "gone_count": gone,
        "seen": "0" * 64,
    }


def alter(file: Path, *statements: str) -> None:
    with closing(dbapi2.connect(str(file))) as store:
        for statement in statements:
            store.execute(statement)
        store.commit()


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    """The demo's customer records; the file of the database."""
    made_systems(tmp_path)
    return tmp_path / "data" / "nordlicht" / "crm.db"


def drifted(crm: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    system = load_controller_systems(crm.parents[2] / "controllers" / "nordlicht")["crm"]
    found = drift(open_connector(system, None), system.datasets)
    return found.personal, found.gone


def test_what_is_as_described_is_said_to_be_so(crm: Path) -> None:
    assert drifted(crm) == ((), ())


def test_a_new_column_that_looks_personal_is_seen_by_its_name_or_by_its_values(crm: Path) -> None:
    alter(crm, "ALTER TABLE customer ADD private_email VARCHAR(80)", "ALTER TABLE customer ADD x7 VARCHAR(80)",
          "ALTER TABLE customer ADD mail_count INTEGER", "UPDATE customer SET x7 = 'p' || id || '@example.com'",
          "CREATE TABLE fan (id INTEGER PRIMARY KEY, telefonnummer VARCHAR(30), colour VARCHAR(9))")  # fmt: skip
    assert drifted(crm) == (("customer.private_email", "customer.x7", "fan.telefonnummer"), ())


def test_a_table_or_column_that_is_gone_is_seen(crm: Path) -> None:
    alter(crm, "ALTER TABLE customer DROP COLUMN value_score", "DROP TABLE contact_phone")
    assert drifted(crm) == ((), ("contact_phone", "customer.value_score"))


@pytest.mark.parametrize("name", ["[red]x", "=cmd()", "a b", "\x1b[2J", "x" * 70, "t.4111111111111111", "ada@x.org"])
def test_a_name_that_may_be_anything_stands_in_no_entry(name: str) -> None:
    assert nameable([name]) == (NOT_SHOWN,)
    assert nameable(["customer.e_mail2"]) == ("customer.e_mail2",)


def test_a_system_is_an_alarm_when_it_was_away_for_a_day_and_not_before() -> None:
    seen = fold(fold(None, looked("as-described"), AT), looked("away"), AT + 1)
    assert alarms([seen], AT + DAY_US) == []
    (said,) = alarms([fold(seen, looked("away"), AT + DAY_US + 1)], AT + DAY_US + 1)
    assert said.startswith("system c/s does not answer since 2026-")
    back = fold(seen, looked("as-described"), AT + DAY_US + 2)
    assert alarms([back], AT + DAY_US + 3) == []


def test_a_system_that_never_answered_is_an_alarm_after_a_day_too() -> None:
    seen = fold(fold(None, looked("unusable"), AT), looked("unusable"), AT + 60)
    assert alarms([seen], AT + DAY_US - 1) == []
    assert len(alarms([seen], AT + DAY_US + 1)) == 1


def test_what_was_seen_stays_while_a_system_is_away() -> None:
    seen = fold(fold(None, looked("differs", 12, 1), AT), looked("away"), AT + 1)
    assert (seen.personal_count, seen.gone) == (12, ("g0",))
    assert len(alarms([seen], AT + 2)) == 2


def test_what_central_keeps_reads_back_and_garbage_stops_nobody() -> None:
    seen = fold(None, looked("differs", 2, 1), AT)
    facts = {f"{PREFIX}c/s": seen.to_json(), f"{PREFIX}c/t": "garbage", f"{PREFIX}c/u": "{}", "rev": "0"}
    assert known_systems(facts) == [seen]
    assert Seen.from_json(seen.to_json()) == seen
    assert central_systems.PREFIX == PREFIX


# ── a worker ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path) -> Iterator[WorkerCentre]:
    shutil.copytree(centre_template, tmp_path / "home")
    centre = WorkerCentre(tmp_path / "home")
    yield centre
    centre.close()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not come to be so"
        time.sleep(0.05)


def told(home: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    code = main(["catalog", "status", "--json", "--home", str(home)])
    return code, json.loads(capsys.readouterr().out)


def test_a_worker_looks_at_every_system_and_what_it_saw_reaches_the_desk_and_the_shell(
    centre: WorkerCentre, capsys: pytest.CaptureFixture[str]
) -> None:
    home = centre.home.path
    controller, file = next((p.parent.name, p) for p in sorted(home.glob("data/*/crm.db")))
    alter(file, "ALTER TABLE customer ADD private_email VARCHAR(80)", "ALTER TABLE customer DROP COLUMN value_score")
    (home / "data" / controller / "news.db").rename(home / "away.db")
    centre.start("watch")
    systems = len(list(home.glob("controllers/*/systems/*/system.yml")))
    until(lambda: len(known_systems(centre.store.systems())) == systems)
    code, whole = told(home, capsys)
    outcomes = {one["system"]: one["outcome"] for one in whole["systems"]}  # type: ignore[attr-defined]
    assert outcomes[f"{controller}/news"] == "away"
    assert outcomes[f"{controller}/shop"] == "as-described"
    assert code == 1
    assert whole["alarms"] == [
        f"system {controller}/crm has new columns that look personal: customer.private_email",
        f"system {controller}/crm lacks what the catalog names: customer.value_score",
    ]
    desk = centre.desk()
    until(lambda: desk.status().system_alarms == 2)
    assert desk.system_alarms() == tuple(whole["alarms"])  # type: ignore[arg-type]
    assert desk.status().log_ok


def test_what_somebody_wrote_to_hide_an_alarm_is_found(centre: WorkerCentre) -> None:
    centre.start("watch")
    until(lambda: known_systems(centre.store.systems()))
    until(lambda: centre_is_whole(centre))
    with central.writing(centre.engine).begin() as conn:
        (name, *_) = central_systems.seen_systems(conn)
        central_systems.put_system(conn, name, fold(None, looked("as-described"), AT).to_json())
    sentence = f"system {name.removeprefix(PREFIX)}: what was seen of it last is not what the logs say"
    assert sentence in central_check.rows(centre.engine)


def centre_is_whole(centre: WorkerCentre) -> bool:
    return central_check.rows(centre.engine) == []


def test_no_value_of_a_system_stands_in_the_worker_s_journal_or_in_an_entry(centre: WorkerCentre) -> None:
    file = next(iter(sorted(centre.home.path.glob("data/*/crm.db"))))
    alter(file, "ALTER TABLE customer ADD private_email VARCHAR(80)",
          "UPDATE customer SET private_email = 'canary' || id || '@secret.example'")  # fmt: skip
    centre.start("watch")
    until(lambda: any(seen.personal_count for seen in known_systems(centre.store.systems())))
    centre.stop()
    with centre.engine.connect() as conn:
        bodies = b"\n".join(bytes(row[0]) for row in conn.execute(sa.select(central.ENTRY.c.body)))
    written = bodies + b"".join(path.read_bytes() for path in centre.home.logs.rglob("*") if path.is_file())
    assert b"private_email" in written
    assert b"secret.example" not in written


def test_how_often_is_a_setting_of_the_system(crm: Path) -> None:
    file = crm.parents[2] / "controllers" / "nordlicht" / "systems" / "crm" / "system.yml"
    assert load_controller_systems(file.parents[2])["crm"].check_minutes == 60
    file.write_text(file.read_text() + "check_minutes: 5\n")
    assert load_controller_systems(file.parents[2])["crm"].check_minutes == 5
    file.write_text(file.read_text().replace("check_minutes: 5", "check_minutes: 0"))
    with pytest.raises(BadInput, match="longer than nothing"):
        load_controller_systems(file.parents[2])
