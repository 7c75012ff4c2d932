"""One person's e-mail, phone, card and name, told to the desk in full: found in the systems, nowhere else.

The same search finds all four in the demo systems before the erasure, or it would prove nothing.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from services.desk.desk import Desk
from services.errors import DeskError
from services.home import CENTRAL_KEY, ENGINE_KEY, key, owner_of
from services.types import Channel, Intake, Outcome, Requester, Right
from tests.faults.search import Planted, forms, in_bytes, in_database, in_files, rows_in
from tests.worker_centre import ME, Call, WorkerCentre, _signed_in

CARD = "6011 0009 9013 9424"  # a published test number that the demo does not use
PLANTED: Planted = {"email": ME.email, "phone": ME.phone, "card": CARD, "name": ME.name}
WORDS = f"This is {ME.name}, {ME.email}, ring me on {ME.phone}; my card {CARD} was charged. Delete me."


class ToldEverything(Call):
    """A call in which the person says more than is needed."""

    def __init__(self, centre: WorkerCentre, desk: Desk) -> None:
        from tests.centre import AGENT, AGENT_PIN

        self.centre, self.desk, self.person = centre, desk, ME
        self.session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
        desk.draft.keep(self.session, "intake", {"words": WORDS, "identifier": ME.email})
        rights = (Right.ERASURE, Right.ACCESS)
        intake = Intake("nordlicht", Channel.PHONE, Requester.SELF, rights, ME.email, WORDS)
        self.case = desk.intake.open(self.session, intake).case
        desk.draft.forget(self.session, "intake")
        assert desk.synced()


@dataclass
class Told:
    """What was seen while it went on: the sentence of the failure, and by log and WAL what they held."""

    failure: str = ""
    logs: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Story:
    """A home after the whole story, and what was said on standard error meanwhile."""

    centre: WorkerCentre
    case: str
    told: Told
    before: dict[str, set[str]]
    stderr: bytes

    def opened(self, file: Path, secret: str) -> Any:
        db = dbapi2.connect(str(file))
        db.execute("PRAGMA cipher_log_level=NONE")
        db.execute(f"PRAGMA key=\"x'{key(self.centre.vault, secret).hex()}'\"")
        return db


def system_files(home: Path) -> list[Path]:
    return sorted((home / "data" / "nordlicht").glob("*.db"))


def plant_card(home: Path) -> None:
    """The card stands in a transcript of the person's ticket, as cards do."""
    with sqlite3.connect(home / "data" / "nordlicht" / "desk.db") as db:
        ticket = db.execute(
            "SELECT t.id FROM ticket t JOIN requester r ON r.id = t.requester_id WHERE r.email = ?", (ME.email,)
        ).fetchone()
        assert ticket
        db.execute("UPDATE message SET body = ? WHERE ticket_id = ?", (f"Die Karte ist {CARD}.", ticket[0]))


@pytest.fixture(scope="module")
def story(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Intake, check, a search that fails on the way, preview, reveal, export, note, erasure with approval."""
    folder = tmp_path_factory.mktemp("leaks")
    shutil.copytree(centre_template, folder / "home")
    plant_card(folder / "home")
    before = in_files(system_files(folder / "home"), PLANTED)
    said = folder / "stderr"
    kept = os.dup(2)
    with said.open("wb") as file:
        os.dup2(file.fileno(), 2)  # ours and, from its start, the worker's
        try:
            centre = WorkerCentre(folder / "home")
            case, told = play(centre)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    centre.stop()
    yield Story(centre, case, told, before, said.read_bytes())
    centre.close()


def play(centre: WorkerCentre) -> tuple[str, Told]:
    told = Told()
    centre.start()
    desk, lead = centre.desk(), centre.desk("desk-2")
    call = ToldEverything(centre, desk)
    case, session = call.case, call.session
    call.verify()
    desk.find.search(session, "nordlicht", ME.phone)
    told.failure = fail_on_the_way(centre, desk, call)
    desk.find.preview(session, case, "2")
    desk.find.reveal(session, case, "words")
    call.export()
    centre.until(lambda: "export.delivered" in centre.acts(case))
    desk.act.note(session, case, WORDS, reason="dispute")
    desk.find.preview(session, case, "1")
    centre.until(lambda: desk.case.state(case).items[0].plan)
    call.step_up()
    desk.act.erase(session, case, case[-4:])
    assert desk.synced()
    call.approve(lead)
    centre.until(lambda: centre.case(case).items[0].outcome is not Outcome.OPEN, 60)
    centre.until(lambda: "subject.shredded" in centre.acts(case), 60)
    told.logs = {str(f): f.read_bytes() for f in centre.home.path.rglob("log-*.db*")}
    for one in (desk, lead):
        assert one.synced()
        centre.until(lambda one=one: one.caught_up(0.1))  # type: ignore[misc]
        one.close()
    return case, told


def fail_on_the_way(centre: WorkerCentre, desk: Desk, call: Call) -> str:
    """A system that breaks while the person's identifiers are in a query: the worst moment to log an error."""
    shop = centre.home.path / "data" / "nordlicht" / "shop.db"
    whole = shop.read_bytes()
    schema = 4096
    shop.write_bytes(whole[:schema] + b"\xff" * (len(whole) - schema))
    try:
        told = desk.find.preview(call.session, call.case, "2")
        return " ".join([*told.unreachable, *(s.reason for s in told.systems)]).strip()
    except DeskError as exc:
        return f"{exc} {exc.kept}"
    finally:
        shop.write_bytes(whole)


# ── controls ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_control_the_same_search_finds_all_four_in_the_systems_before_the_erasure(story: Story) -> None:
    assert set().union(*story.before.values()) == set(PLANTED)


def test_control_the_search_finds_a_value_in_any_dress(tmp_path: Path) -> None:
    import base64
    from hashlib import sha256

    for what, value in PLANTED.items():
        raw = value.encode()
        for dressed in (
            raw, raw.upper(), value.replace(" ", "").encode(), raw.hex().encode(), sha256(raw).digest(),
            sha256(raw).hexdigest().encode(), value.encode("utf-16-le"), base64.b64encode(b"x" + raw + b"yz"),
            base64.b64encode(b"xx" + raw + b"y"), base64.b64encode(raw),
        ):  # fmt: skip
            assert what in in_bytes(b"before" + dressed + b"after", PLANTED), dressed
    assert in_bytes(b"nothing of the kind", PLANTED) == set()
    (tmp_path / f"{ME.email}.eml").touch()
    assert set(*in_files(tmp_path.iterdir(), PLANTED).values()) == {"email"}
    db = dbapi2.connect(str(tmp_path / "x.db"))
    db.execute("CREATE TABLE odd (a, b)")
    db.execute("INSERT INTO odd VALUES (1, ?)", (ME.name.encode(),))
    assert in_database(db, PLANTED) == {"odd": {"name"}}
    assert all(len(form) >= 8 for value in PLANTED.values() for form in forms(value))


# ── the search ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_story_was_told_to_its_end(story: Story) -> None:
    case = story.centre.case(story.case)
    assert case.shredded
    assert case.conflicts == ()
    assert {i.right for i in case.items if i.ended} >= {Right.ERASURE}
    assert any(act == "export.delivered" for act in story.centre.acts(story.case))


def test_no_log_holds_any_of_it_in_its_bytes_or_its_wal(story: Story) -> None:
    files = list(story.centre.home.path.rglob("log-*.db*"))
    assert len([f for f in files if f.suffix == ".db"]) >= 3  # two terminals, a worker
    assert in_files(files, PLANTED) == {}
    running = story.told.logs
    assert len([name for name, data in running.items() if b"case.opened" in data]) >= 1
    assert {name: in_bytes(data, PLANTED) for name, data in running.items() if in_bytes(data, PLANTED)} == {}


def test_the_engines_tables_hold_none_of_it(story: Story) -> None:
    db = story.opened(story.centre.home.engine_file, ENGINE_KEY)
    assert rows_in(db) > 10
    assert in_database(db, PLANTED) == {}
    db.close()


def test_no_file_is_named_after_a_person(story: Story) -> None:
    home = story.centre.home
    names = [str(f.relative_to(home.path)) for f in home.path.rglob("*")]
    assert any(name.endswith(".eml") for name in names)
    assert any(name.endswith(".zip") for name in names)
    assert in_bytes("\n".join(names).encode(), PLANTED) == set()


def test_what_the_processes_said_of_themselves_holds_none_of_it(story: Story) -> None:
    files = list(story.centre.home.logs.iterdir())
    assert "shop" in story.told.failure
    assert in_files(files, PLANTED) == {}
    assert in_bytes(story.told.failure.encode(), PLANTED) == set()
    assert in_bytes(story.stderr, PLANTED) == set()


def test_desk_stores_and_central_hold_none_of_it_row_by_row_after_the_erasure(story: Story) -> None:
    home = story.centre.home
    searched = {"central.db": story.opened(home.path / "central.db", CENTRAL_KEY)}
    for name in ("desk-1", "desk-2"):
        owner = owner_of(home, "terminal", name)
        searched[name] = story.opened(home.desk(owner), f"desk-key:{owner}")
    for name, db in searched.items():
        assert rows_in(db) > 5, name
        assert in_database(db, PLANTED) == {}, name
        db.close()


def test_nothing_else_in_the_home_holds_any_of_it(story: Story) -> None:
    """Everything but the systems themselves and the mails that wait to be sent to the person."""
    home = story.centre.home
    files = [f for f in home.path.rglob("*") if f.is_file()]
    rest = [f for f in files if f.suffix != ".eml" and not f.is_relative_to(home.path / "data")]
    assert len(rest) > 30
    assert in_files(rest, PLANTED) == {}
