"""The ingest: whole batches or none, results a worker's alone, every log checked against its enrolled key."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from db.central import AGGREGATE_HEAD, CASE, ENTRY, INBOX, JOB, SUBJECT
from db.central_shapes import pack_details
from db.central_witness import CentralView
from db.log import LogWriter
from services.action_log import acts
from services.action_log.act import Act
from services.action_log.checkpoint import verify
from services.action_log.entry import Draft, decode, encode
from services.action_log.sealing import seal
from services.desk.desk import Desk
from services.errors import Conflict, NotFound, Unusable
from services.home import enrol, key
from services.sync.logbook import Logbook
from services.sync.rebuild import differences
from services.sync.up import Uplink
from services.types import Right
from tests.centre import Centre, cases_in, request, sign_in
from tests.lone_terminal import wait_until


def opened_case(centre: Centre, desk: Desk) -> str:
    session = sign_in(desk)
    case = desk.intake.open(session, request(Right.ACCESS, Right.ERASURE)).case
    centre.settle(desk)
    return case


def scalar(centre: Centre, query: sa.Select[tuple[int]]) -> int:
    with centre.engine.connect() as conn:
        return conn.execute(query).scalar_one()


def test_what_a_terminal_wrote_is_folded_and_findable(centre: Centre) -> None:
    with centre.desk() as desk:
        case = opened_case(centre, desk)
        state = desk.case.state(case)
        assert [i.right for i in state.items] == [Right.ACCESS, Right.ERASURE]
    with centre.engine.connect() as conn:
        row = conn.execute(sa.select(CASE.c.person, CASE.c.rights).where(CASE.c.id == case)).one()
        masked = conn.execute(sa.select(SUBJECT.c.masked)).scalar_one()
    assert tuple(row) == ("n•••@ex•••.com", "Access+Erasure")
    assert masked == "n•••@ex•••.com"


def test_folding_from_nothing_gives_the_live_tables_and_notices_an_edit(centre: Centre) -> None:
    with centre.desk() as desk:
        case = opened_case(centre, desk)
        assert differences(centre.store) == []
    with central.writing(centre.engine).begin() as conn:
        conn.execute(sa.update(CASE).where(CASE.c.id == case).values(who="0017"))
    assert differences(centre.store) == [f"{case}: who"]


def test_an_acknowledged_batch_has_a_receipt_by_central(centre: Centre) -> None:
    with centre.desk() as desk:
        opened_case(centre, desk)
        with desk._ctx.book.reader() as reader:
            receipts = reader.receipts()
            assert receipts[-1][0] == desk._ctx.book.writer.size
            assert reader.details() == []  # accepted by central: gone here


def alone(centre: Centre, owner: str) -> tuple[Logbook, Uplink]:
    """A terminal's logbook and uplink without a desk."""
    port = centre.port(owner)
    book = Logbook(centre.home, "terminal", owner, centre.vault, "demo.rightsdesk.example")
    return book, Uplink(port, book, "demo.rightsdesk.example/central", bytes.fromhex(port.facts()["cosigner-key"]))


def push(centre: Centre, uplink: Uplink) -> None:
    for _ in range(20):
        uplink.run_once()
        centre.ingest.run_once()


def test_each_accepted_batch_is_a_leaf_of_the_aggregate_and_a_refused_one_is_not(centre: Centre) -> None:
    with centre.desk() as desk:
        opened_case(centre, desk)
        with CentralView.of(centre.engine) as view:
            leaves, heads = list(view.leaves()), {one.log: one.checkpoint for one in view.logs()}
            signed = verify(view.aggregate().checkpoint, view.aggregate().origin, view.aggregate().public_key)
        assert signed.size == len(leaves) > 1
        assert leaves[-1][1].decode() == heads[desk._ctx.book.log]
        desk.act.note(sign_in(desk), cases_in(centre.store).pop(), "said in passing")
        wait_until(lambda: centre.store.next_batch() is not None)
        with central.writing(centre.engine).begin() as conn:
            conn.execute(sa.update(INBOX).values(checkpoint="nothing"))
        assert centre.ingest.run_once()
    with CentralView.of(centre.engine) as view:
        assert list(view.leaves()) == leaves


def test_nothing_is_accepted_on_an_aggregate_that_was_changed_and_all_of_it_afterwards(centre: Centre) -> None:
    with centre.desk() as desk:
        case = opened_case(centre, desk)
        desk.act.note(sign_in(desk), case, "said in passing")
        wait_until(lambda: centre.store.next_batch() is not None)
        with central.writing(centre.engine).begin() as conn:
            size = conn.execute(sa.select(AGGREGATE_HEAD.c.size)).scalar_one()
            conn.execute(sa.update(AGGREGATE_HEAD).values(size=size + 2))
        before = scalar(centre, sa.select(sa.func.count()).select_from(ENTRY))
        with pytest.raises(Unusable, match="aggregate"):
            centre.ingest.run_once()
        assert scalar(centre, sa.select(sa.func.count()).select_from(ENTRY)) == before
        with central.writing(centre.engine).begin() as conn:
            conn.execute(sa.update(AGGREGATE_HEAD).values(size=size))
        centre.settle(desk)
    assert scalar(centre, sa.select(sa.func.count()).select_from(ENTRY)) > before


def test_a_terminal_cannot_write_a_workers_results(centre: Centre) -> None:
    owner = enrol(centre.home, centre.vault, "terminal", "forger")
    book, uplink = alone(centre, owner)
    push(centre, uplink)
    forged = Draft(act=acts.EraseVerified(left=0), actor="worker:7f3a90c1", as_="worker", case="C-26-000001")
    book.append([forged])
    before = scalar(centre, sa.select(sa.func.count()).select_from(ENTRY))
    push(centre, uplink)
    assert book.log == f"{owner}/2"  # the log was refused: a successor is open
    with book.reader() as reader:
        assert [e.act for e in reader.entries(0, 3)] == ["log.opened", "log.recovered"]
    with centre.engine.connect() as conn:
        bodies = conn.execute(sa.select(ENTRY.c.body).where(ENTRY.c.pos > before)).scalars().all()
    assert {decode(b).actor for b in bodies} == {f"log:{owner}/2"}
    book.close()


def test_a_log_signed_with_another_key_is_refused(centre: Centre, tmp_path: Path) -> None:
    owner = enrol(centre.home, centre.vault, "terminal", "resigned")
    stranger = LogWriter(
        tmp_path / "log-1.db", log=f"{owner}/1", origin=f"demo.rightsdesk.example/{owner}/1", seed=b"s" * 32
    )
    with stranger.reader() as reader:
        bodies = [b for _, b in reader.bodies()]
    centre.port(owner).submit(f"{owner}/1", 0, bodies, b"", stranger.checkpoint)
    centre.ingest.run_once()
    assert "enrolled key" in centre.port(owner).hello(f"{owner}/1").problem
    stranger.close()


@pytest.mark.parametrize("harm", ["edit", "drop", "swap", "repeat", "blank"])
def test_a_changed_batch_is_refused_whole_and_an_unchanged_one_is_not(centre: Centre, harm: str) -> None:
    owner = enrol(centre.home, centre.vault, "terminal", "harmed")
    book, _ = alone(centre, owner)
    book.append([Draft(act=acts.Heartbeat(), actor=f"log:{owner}/1", as_="log") for _ in range(3)])
    with book.reader() as reader:
        bodies = [b for _, b in reader.bodies()]
    harmed = {
        "edit": [*bodies[:2], encode(decode(bodies[2])._replace(ts=1)), bodies[3]],
        "drop": [*bodies[:2], bodies[3]],
        "swap": [bodies[0], bodies[2], bodies[1], bodies[3]],
        "repeat": [*bodies, bodies[3]],
        "blank": [*bodies[:3], bodies[3] + b" "],
    }[harm]
    port = centre.port(owner)
    port.submit(book.log, 0, harmed, b"", book.writer.checkpoint)
    centre.ingest.run_once()
    assert port.hello(book.log).size == 0
    assert port.hello(book.log).problem
    other = enrol(centre.home, centre.vault, "terminal", "control")
    good, uplink = alone(centre, other)
    push(centre, uplink)
    assert centre.port(other).hello(good.log).size == good.writer.size
    good.close()
    book.close()


def test_a_wrong_start_is_a_conflict_with_the_size(centre: Centre) -> None:
    owner = enrol(centre.home, centre.vault, "terminal", "ahead")
    with pytest.raises(Conflict, match="holds 0 entries, not 5"):
        centre.port(owner).submit(f"{owner}/1", 5, [b"{}"], b"", "")


def test_a_terminal_submits_to_its_own_log_only(centre: Centre) -> None:
    mine = enrol(centre.home, centre.vault, "terminal", "mine")
    yours = enrol(centre.home, centre.vault, "terminal", "yours")
    with pytest.raises(NotFound, match="not enrolled for this terminal"):
        centre.port(mine).submit(f"{yours}/1", 0, [b"{}"], b"", "")


def test_jobs_come_from_accepted_actions_only(centre: Centre) -> None:
    with centre.desk() as desk:
        case = opened_case(centre, desk)
        state = desk.case.state(case)
        session = sign_in(desk)
        early: Act = acts.ExportAsked(format="json", language="de", delivery="on-file")
        desk._ctx.record(session, early, state, "1")  # past the desk's table, as a changed program would
        centre.settle(desk)
        assert "needs T2" in desk.case.state(case).conflicts[0].reason
    assert scalar(centre, sa.select(sa.func.count()).select_from(JOB).where(JOB.c.kind == "export")) == 0
    assert scalar(centre, sa.select(sa.func.count()).select_from(JOB).where(JOB.c.kind == "acknowledge")) == 1


def test_a_requester_sealed_for_another_case_is_refused(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        drafts, details = desk.intake._drafts(
            session,
            request(Right.ACCESS),
            desk._ctx.controller("nordlicht"),
            desk.intake._now(),
            desk.intake._dates(desk._ctx.controller("nordlicht"), desk.intake._now()),
            "C-26-000777",
        )
        moved = [replace(d, owner="C-26-000777") for d in details]
        public = bytes.fromhex(str(drafts[0].act.key))  # type: ignore[attr-defined]
        blob = seal(public, b"{}", deployment="demo.rightsdesk.example", owner="C-26-000001", kind="requester")
        import hashlib

        bad = replace(moved[1], blob=blob, hash=hashlib.sha256(blob).hexdigest())
        named = replace(drafts[0], details=(moved[0].hash, bad.hash, *drafts[0].details[2:]))
        desk._ctx.write([named, *drafts[1:]], [moved[0], bad, *moved[2:]])
        for _ in range(40):
            centre.ingest.run_once()
            time.sleep(0.02)
            if desk._ctx.book.alarms:
                break
        assert "does not open" in desk._ctx.book.alarms[0].sentence


@pytest.mark.rule("ART-32")
def test_central_and_its_wal_hold_no_plain_text(centre: Centre) -> None:
    with centre.desk() as desk:
        opened_case(centre, desk)
    for file in centre.home.path.glob("central.db*"):
        data = file.read_bytes()
        for word in (b"nobody@example.com", b"as said", b"nordlicht", b"SQLite format"):
            assert word not in data
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(centre.home.path / "central.db").execute("SELECT * FROM log")


def test_details_pack_and_unpack() -> None:
    from db.central_shapes import unpack_details

    packed = pack_details([("h", "C-26-000001", "key", b"\x00\xff")])
    assert unpack_details(packed) == [{"hash": "h", "owner": "C-26-000001", "kind": "key", "blob": b"\x00\xff"}]
    assert unpack_details(b"") == []


def test_the_vault_holds_what_the_ingest_needs(centre: Centre) -> None:
    assert len(key(centre.vault, "lookup-key")) == 32
