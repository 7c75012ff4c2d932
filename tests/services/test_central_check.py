"""What a database administrator changes is found and named: rows on both databases, guards on the server."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from db import central
from db.central_roles import TRIGGERS
from services import agents
from services.central_check import guards, rows
from services.types import Right, Role
from tests.centre import Centre, copy_of, request, sign_in
from tests.once import BOTH, SQLITE, Once
from tests.server_centre import ServerCentre


def make(template: Path) -> Callable[[Path, str], Centre]:
    """A centre with two cases and a claim."""

    def made(folder: Path, url: str) -> Centre:
        if url.startswith("sqlite"):
            centre = copy_of(template, folder / "home")
            with centre.desk() as desk:
                work(centre, desk)
        else:
            served = ServerCentre(folder, url, template)
            with served.joined("terminal", "desk-1").desk() as desk:
                work(served, desk)
            centre = served
        centre.engine.dispose()
        return centre

    return made


@pytest.fixture(scope="module")
def once(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, centre_template: Path
) -> Iterator[Once[Centre]]:
    made = Once(tmp_path_factory.mktemp("worked"), request, make(centre_template))
    yield made
    made.close()


@pytest.fixture(params=BOTH)
def worked(request: pytest.FixtureRequest, once: Once[Centre], tmp_path: Path, no_keyring: None) -> Iterator[Centre]:
    """A centre of the test's own, as `make` says, in each of the two databases."""
    made, url = once.copy(request.param, tmp_path)
    centre = Centre(tmp_path / "home") if request.param == SQLITE else made.moved(tmp_path, url)
    yield centre
    centre.engine.dispose()
    once.forget(url)


def work(centre: Centre, desk: object) -> None:
    session = sign_in(desk)  # type: ignore[arg-type]
    for rights in ((Right.ACCESS,), (Right.ERASURE,)):
        case = desk.intake.open(session, request(*rights)).case  # type: ignore[attr-defined]
        desk.act.note(session, case, "said in passing")  # type: ignore[attr-defined]
    centre.settle(desk)  # type: ignore[arg-type]


def found(centre: Centre) -> list[str]:
    return [*guards(centre.engine), *rows(centre.engine)]


def attack(centre: Centre, *statements: str) -> None:
    """As whoever owns the database: guards are off while it lasts, and stand again afterwards as they did."""
    with central.writing(centre.engine).begin() as conn:
        sqlite = conn.dialect.name == "sqlite"
        off = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = list(conn.exec_driver_sql(off)) if sqlite else []
        for name, _ in triggers:
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
        for table, name in () if sqlite else TRIGGERS:
            conn.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        for statement in statements:
            assert conn.exec_driver_sql(statement.replace("%", "%%")).rowcount != 0, statement
        for _, sql in triggers:
            conn.exec_driver_sql(sql)
        for table, name in () if sqlite else TRIGGERS:
            conn.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


OPENED = "(SELECT min(pos) FROM entry WHERE case_id IS NOT NULL)"
ROWS = {
    "an edited entry": (
        "UPDATE entry SET body = (SELECT o.body FROM entry o WHERE o.seq = 0 AND o.log = entry.log) "
        f"WHERE pos = {OPENED}", "reordered (entry 2)"),
    "a deleted entry": (f"DELETE FROM entry WHERE pos = {OPENED}", "missing-entry (entry 2)"),
    "a deleted tail": ("DELETE FROM entry WHERE pos = (SELECT max(pos) FROM entry)", "tail-cut (entry 9)"),
    "an entry filed under another case": (
        f"UPDATE entry SET case_id = 'C-26-999998' WHERE pos = {OPENED}", "is filed under C-26-999998"),
    "an earlier time": ("UPDATE entry SET accepted_at = 5 WHERE pos = 2", "earlier time"),
    "a head set back": ("UPDATE log_head SET size = size - 1 WHERE size > 0", "bad-checkpoint"),
    "a receipt taken away": ("UPDATE log_head SET receipt = '' WHERE size > 0", "bad-receipt"),
    "another key": ("UPDATE log SET public_key = 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk'", "foreign-key"),
    "a case moved to somebody": ("UPDATE case_ SET who = '0099'", "case C-"),
    "a case made due later": ("UPDATE case_ SET due = '2099-01-01'", "due"),
    "a deleted case": ("DELETE FROM case_ WHERE id = (SELECT min(id) FROM case_)", "missing"),
    "a case that nobody logged": (
        "INSERT INTO case_ SELECT 'C-26-999999', controller, subject, body, revision, rev, rights, person, state, "
        "who, tier, due, is_open, acknowledged, breach, approval, conflicts, on_hold, hard, paused, wakes, extended "
        "FROM case_ "
        "WHERE id = (SELECT min(id) FROM case_)",
        "C-26-999999: not in the logs"),
    "a sealed detail changed": ("UPDATE detail SET blob = 'x' WHERE kind = 'words'", "not what was sealed"),
    "a sealed detail deleted": ("DELETE FROM detail WHERE kind = 'key'", "was not shredded"),
    "an accepted checkpoint edited": ("UPDATE aggregate SET note = 'x' WHERE idx = 0", "aggregate: bad-checkpoint"),
    "accepted checkpoints moved": (
        "UPDATE aggregate SET note = (SELECT note FROM aggregate WHERE idx = 0) WHERE idx = 1",
        "aggregate: rolled-back (entry 1)"),
    "the last accepted checkpoint deleted": (
        "DELETE FROM aggregate WHERE idx = (SELECT max(idx) FROM aggregate)", "aggregate: tail-cut"),
    "hashes of the aggregate changed": (
        "UPDATE aggregate SET nodes = (SELECT nodes FROM aggregate WHERE idx = 1) WHERE idx = 0",
        "the hashes stored with entry 0"),
    "the aggregate's head set back": ("UPDATE aggregate_head SET size = size - 1", "aggregate: bad-checkpoint"),
    "the aggregate's head deleted": ("DELETE FROM aggregate_head", "aggregate: surplus-entry"),
    "the aggregate's frontier changed": (
        "UPDATE aggregate_head SET frontier = (SELECT nodes FROM aggregate WHERE idx = 0)",
        "aggregate: its frontier"),
    "the frontier of a log changed": (
        "UPDATE log_head SET frontier = (SELECT nodes FROM aggregate WHERE idx = 0) WHERE size > 0",
        "what its next entries are held against"),
    "the key in force changed": (
        "UPDATE log_head SET key = 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk' WHERE size > 0",
        "what its next entries are held against"),
    "a fence set back": ("UPDATE claim SET fence = 0", "has fence 0"),
}  # fmt: skip


def test_control_an_untouched_central_is_whole(worked: Centre) -> None:
    assert found(worked) == []


@pytest.mark.parametrize("name", ROWS)
def test_a_row_changed_by_the_administrator_is_found_and_named(worked: Centre, name: str) -> None:
    statement, words = ROWS[name]
    attack(worked, statement)
    sentences = found(worked)
    assert any(words in sentence for sentence in sentences), sentences


PEOPLE = {
    "a role given": ('UPDATE agent SET roles = \'{"nordlicht":["agent","lead"]}\' WHERE id = \'0555\'', "other roles"),
    "roles that are none": ("UPDATE agent SET roles = 'x' WHERE id = '0555'", "other roles"),
    "somebody let in": ("UPDATE agent SET disabled = NOT disabled WHERE id = '0555'", "shut out or let in"),
    "an earlier PIN": ("UPDATE agent SET pin_rev = pin_rev - 1 WHERE id = '0555'", "something else"),
    "somebody taken out": ("DELETE FROM agent WHERE id = '0555'", "is gone from the table"),
}


def test_people_whom_no_operator_changed_are_named(worked: Centre) -> None:
    agents.add(worked.home, worked.vault, "0555", "Kim Weber", {"nordlicht": [Role.AGENT]})
    agents.reset_pin(worked.home, worked.vault, "0555")
    agents.set_disabled(worked.home, worked.vault, "0555", True)
    while worked.ingest.run_once():
        pass
    assert found(worked) == [], "the control"
    for statement, words in PEOPLE.values():
        with central.writing(worked.engine).begin() as conn:
            before = conn.execute(sa.select(central.AGENT).where(central.AGENT.c.id == "0555")).mappings().one()
            conn.exec_driver_sql(statement)
        (sentence,) = found(worked)
        assert sentence.startswith("agent 0555 ")
        assert words in sentence
        with central.writing(worked.engine).begin() as conn:
            conn.execute(sa.delete(central.AGENT).where(central.AGENT.c.id == "0555"))
            conn.execute(sa.insert(central.AGENT), [dict(before)])
    agents.set_disabled(worked.home, worked.vault, "0555", False)
    assert found(worked) == [], "an act that waits for a worker is no alarm"


def test_one_letter_in_an_entry_is_found(worked: Centre) -> None:
    with worked.engine.connect() as conn:
        pos, body = conn.execute(
            sa.select(central.ENTRY.c.pos, central.ENTRY.c.body).where(central.ENTRY.c.case_id.is_not(None)).limit(1)
        ).one()
    changed = bytes(body).replace(b"agent:0042", b"agent:0017")
    assert changed != bytes(body)
    attack(worked, f"UPDATE entry SET body = {literal(worked, changed)} WHERE pos = {pos}")
    assert any("root-mismatch" in words for words in found(worked))


def test_an_aggregate_that_was_emptied_is_found(worked: Centre) -> None:
    attack(worked, "DELETE FROM aggregate", "DELETE FROM aggregate_head")
    assert any("not-in-aggregate" in words for words in found(worked))


def literal(centre: Centre, data: bytes) -> str:
    return f"X'{data.hex()}'" if centre.engine.dialect.name == "sqlite" else f"'\\x{data.hex()}'::bytea"


def test_triggers_that_are_gone_are_named_on_sqlite(centre_template: Path, tmp_path: Path, no_keyring: None) -> None:
    centre = copy_of(centre_template, tmp_path / "home")
    with central.writing(centre.engine).begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER entries_not_changed")
        conn.exec_driver_sql("CREATE TRIGGER mine AFTER INSERT ON entry BEGIN SELECT 1; END")
    assert guards(centre.engine) == ["trigger entries_not_changed is gone", "trigger mine was added"]
    centre.engine.dispose()


GUARDS = {
    "ALTER TABLE entry DISABLE TRIGGER entries_stay": "trigger entries_stay on entry is switched off",
    "DROP TRIGGER entries_not_emptied ON entry": "trigger entries_not_emptied on entry is gone",
    "ALTER TABLE entry ENABLE TRIGGER entries_stay": "trigger entries_stay on entry is switched off",
    "CREATE TRIGGER mine AFTER INSERT ON case_ FOR EACH ROW EXECUTE FUNCTION desk.entries_stay()":
        "trigger mine on case_",
    "GRANT UPDATE ON entry TO rightsdesk_worker": "UPDATE on entry was granted to rightsdesk_worker",
    "GRANT SELECT ON detail TO PUBLIC": "SELECT on detail was granted to PUBLIC",
    "GRANT UPDATE (public_key) ON log TO rightsdesk_worker": "UPDATE on column log.public_key was granted",
    "REVOKE SELECT ON entry FROM rightsdesk_auditor": "SELECT on entry was taken from rightsdesk_auditor",
    "CREATE OR REPLACE FUNCTION desk.me() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER "
    "SET search_path = public, pg_temp AS $$ SELECT 'x'::text $$": "function desk.me() was changed",
    "ALTER FUNCTION desk.claim(text, text, bigint) SECURITY INVOKER": "function desk.claim",
    "ALTER FUNCTION desk.me() RESET search_path": "function desk.me() was changed",
    "GRANT EXECUTE ON FUNCTION desk.claim(text, text, bigint) TO PUBLIC": "function desk.claim",
    "CREATE FUNCTION desk.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$": "function desk.mine() was added",
    "DROP FUNCTION desk.renew(text, text, int, bigint)": "function desk.renew",
    "CREATE OR REPLACE VIEW desk.agent AS SELECT id, name, roles, disabled, pin_rev, pin_hash FROM public.agent":
        "view desk.agent was changed",
    "ALTER VIEW desk.entry RESET (security_barrier)": "view desk.entry was changed",
    "GRANT INSERT ON desk.entry TO rightsdesk_terminal": "view desk.entry was changed",
    "ALTER TABLE entry OWNER TO CURRENT_USER": "table entry belongs to",
    "CREATE TABLE copies (a int)": "table copies was added",
    "GRANT rightsdesk_worker TO rd_{owner}": "login rd_{owner} is in rightsdesk_terminal, rightsdesk_worker",
    "ALTER ROLE rd_{owner} CREATEROLE": "login rd_{owner} has rights over the server",
    "CREATE RULE mine AS ON INSERT TO case_ DO ALSO SELECT 1": "rule mine on case_ was added",
    "ALTER TABLE case_ ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON case_ USING (false)": "policy mine on case_",
    "GRANT CREATE ON SCHEMA desk TO PUBLIC": "schema desk was changed",
}  # fmt: skip


@pytest.mark.postgres
def test_a_guard_that_was_changed_is_found_and_named(
    postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None
) -> None:
    served = ServerCentre(tmp_path, postgres, centre_template)
    owner = served.joined("terminal", "desk-1").owner
    assert guards(served.engine) == []
    for statement, words in GUARDS.items():
        with served.engine.connect() as conn:  # taken back after each, so that one does not hide another
            conn.exec_driver_sql(statement.replace("{owner}", owner))
            sentences = in_transaction(conn)
            conn.rollback()
        assert any(words.replace("{owner}", owner) in sentence for sentence in sentences), (statement, sentences)
    assert guards(served.engine) == []
    served.engine.dispose()


def in_transaction(conn: sa.Connection) -> list[str]:
    from db.central_guards import changed_on

    return changed_on(conn)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def open_centre(
    request: pytest.FixtureRequest, tmp_path: Path, centre_template: Path, no_keyring: None
) -> Iterator[tuple[Centre, Any]]:
    """A centre and a desk of it, in each of the two databases."""
    if request.param == "sqlite":
        centre = copy_of(centre_template, tmp_path / "home")
        with centre.desk() as desk:
            yield centre, desk
    else:
        centre = ServerCentre(tmp_path, request.getfixturevalue("postgres"), centre_template)
        with centre.joined("terminal", "desk-1").desk() as desk:
            yield centre, desk
    centre.engine.dispose()


AT_WORK, LOOKS = 30, 10
"""Batches that are ingested, and looks at central meanwhile, at least."""


def test_a_centre_at_work_is_whole_at_every_moment(open_centre: tuple[Centre, Any]) -> None:
    """Heads, entries, cases and claims are read in one view: what is ingested meanwhile raises no alarm."""
    centre, desk = open_centre
    session = sign_in(desk)
    over = threading.Event()
    ingested = 0

    def work_on() -> None:
        nonlocal ingested
        while not over.is_set():
            desk.act.note(session, desk.intake.open(session, request(Right.ACCESS)).case, "said in passing")
            ingested += centre.ingest.run_once()

    busy = threading.Thread(target=work_on)
    busy.start()
    try:
        found, looks = [], 0
        while ingested <= AT_WORK or looks < LOOKS:
            found += rows(centre.engine)
            looks += 1
            assert busy.is_alive(), "the control: it is at work"
    finally:
        over.set()
        busy.join()
    assert found == []
