"""The door: sessions opened by secret, the table's reasons, nothing acknowledged before it is durable."""

import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from db import central
from services.errors import BadInput, Conflict, NotFound, Refused
from services.types import Channel, ItemState, QueueView, Right, Role
from tests.centre import AGENT, COLLEAGUE, COLLEAGUE_PIN, LEAD, LEAD_PIN, Centre, request, sign_in


def acts_of(desk: object) -> list[str]:
    with desk._ctx.book.reader() as reader:  # type: ignore[attr-defined]
        return [e.act for e in reader.entries()]


def test_a_wrong_pin_says_neither_which_was_wrong_and_is_an_action(centre: Centre) -> None:
    with centre.desk() as desk:
        for agent, pin in ((AGENT, "0000"), ("9999", "2580"), ("someone@example.com", "1")):
            with pytest.raises(Refused, match="agent number and PIN do not fit"):
                desk.sign.sign_in(agent, pin)
        assert acts_of(desk).count("session.refused") == 3
        with desk._ctx.book.reader() as reader:
            assert all(b"example.com" not in body for _, body in reader.bodies())


def test_five_wrong_pins_lock_out_and_the_right_one_waits(centre: Centre) -> None:
    with centre.desk() as desk:
        for _ in range(5):
            with pytest.raises(Refused):
                desk.sign.sign_in(AGENT, "0000")
        with pytest.raises(Refused, match="too many wrong PINs: wait 5 min"):
            desk.sign.sign_in(AGENT, "2580")
        with central.writing(centre.engine).begin() as conn:
            over = sa.select(central.AGENT.c.locked_until).where(central.AGENT.c.id == AGENT)
            assert conn.execute(over).scalar_one() > time.time_ns() // 1000 + 290 * 1_000_000
            conn.execute(sa.update(central.AGENT).values(locked_until=central.AGENT.c.locked_until - 301 * 1_000_000))
        assert sign_in(desk).agent == AGENT


def test_a_session_made_by_hand_opens_nothing(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        for forged in (replace(session, token=b"x" * 16), replace(session, id="f" * 32)):
            with pytest.raises(Refused, match="nobody is signed in"):
                desk.queue.counts(forged, QueueView())
        assert "token" not in repr(session)


def test_a_locked_desk_does_nothing_until_the_same_persons_pin(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        desk.sign.lock(session, "key")
        with pytest.raises(Refused, match="locked"):
            desk.intake.open(session, request())
        with pytest.raises(Refused):
            desk.sign.unlock(session, COLLEAGUE_PIN)
        desk.sign.unlock(session, "2580")
        assert desk.intake.open(session, request()).case


def test_a_role_that_was_not_granted_is_refused(centre: Centre) -> None:
    with centre.desk() as desk, pytest.raises(Refused, match="not granted that role"):
        sign_in(desk, role=Role.LEAD)


def test_another_role_of_the_same_person_is_another_session(centre: Centre) -> None:
    with centre.desk() as desk:
        before = desk.sign.sign_in("0017", "1397")
        after = desk.sign.work_as(before, Role.LEAD)
        assert (after.role, after.agent, after.id != before.id) == (Role.LEAD, before.agent, True)
        with pytest.raises(Refused):
            desk.queue.next(before)
        with pytest.raises(Refused, match="not granted that role"):
            desk.sign.work_as(after, Role.OFFICER)


@pytest.mark.rule("INT-4", "CLK-9", "ART-12-2")
def test_INT_4_a_request_is_logged_before_any_check_with_its_dates(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        received = datetime(2026, 3, 5, 9, tzinfo=UTC)
        desk._ctx.now = lambda: int((received + timedelta(minutes=1)).timestamp() * 1e6)
        opened = desk.intake.open(session, replace(request(Right.ACCESS), received_at=received))
        assert opened.due_hard.isoformat() == "2026-04-07"  # rules.md 2.4, row 1
        assert "Dienstag, 7. April 2026" in opened.say
        assert "Tuesday, 7 April 2026" in desk.intake.preview(session, "harbour", received).say
        assert desk.case.state(opened.case).items[0].state is ItemState.NEW
        assert acts_of(desk)[-3:] == ["case.opened", "contact.started", "item.added"]


@pytest.mark.rule("INT-5")
def test_INT_5_of_a_request_by_mouth_the_line_and_the_read_back_are_kept_with_the_case(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        assert desk.intake.lines(session, "nordlicht", "en") == (("service", "Customer service"),)
        assert desk.intake.lines(session, "harbour") == (("service", "Customer service"),)
        heard = desk.intake.open(session, replace(request(Right.ACCESS), line="service", read_back=True)).case
        plain = desk.intake.open(session, request(Right.ACCESS)).case
        mailed = desk.intake.open(session, replace(request(Right.ACCESS), channel=Channel.MAIL)).case
        kept = [(one.line, one.read_back) for one in map(desk.case.state, (heard, plain, mailed))]
        assert kept == [("service", True), ("", False), ("", False)]
        with pytest.raises(BadInput, match="declares no such line"):
            desk.intake.open(session, replace(request(Right.ACCESS), line="+4930231250001"))
        why = next(one.why for one in desk.case.read(session, heard).dates if one.name == "received")
        assert why == "in Europe/Berlin; on the line service; read back to them"
        desk.check.start(session, plain)
        desk.check.mark(session, plain, "g1", "y")
        assert desk.case.state(plain).read_back, "the check begins with it (G1)"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rights": ()}, "what the person asks for"),
        ({"identifier": "  "}, "is needed to find the person"),
        ({"identifier": "x" * 201}, "at most 200"),
        ({"words": "x" * 2001}, "at most 200"),
        ({"received_at": datetime(2200, 1, 1, tzinfo=UTC)}, "not in the future"),
        ({"received_at": datetime(2020, 1, 1, tzinfo=UTC)}, "last 400 days"),
    ],
)
def test_intake_says_what_is_missing_and_keeps_nothing(centre: Centre, change: dict[str, object], words: str) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        size = desk._ctx.book.writer.size
        with pytest.raises(BadInput, match=words):
            desk.intake.open(session, replace(request(), **change))  # type: ignore[arg-type]
        assert desk._ctx.book.writer.size == size


def test_case_numbers_are_a_blocks_own_and_never_repeat_between_terminals(centre: Centre) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        first, second = sign_in(one), sign_in(two)
        cases = [d.intake.open(s, request()).case for d, s in ((one, first), (two, second)) * 2]
        assert len(set(cases)) == 4
        assert {c[:5] for c in cases} == {f"C-{datetime.now(UTC).year % 100:02d}-"}


def test_only_one_of_two_takes_a_free_case_and_the_other_is_told(centre: Centre) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        first, second = sign_in(one), sign_in(two, COLLEAGUE, COLLEAGUE_PIN)
        case = one.intake.open(first, request()).case
        one.act.hand_over(first, case)
        centre.settle(one, two)
        fence = two.queue.take(second, case)
        assert fence == 2
        with pytest.raises((Conflict, Refused)):
            one.queue.take(first, case)
        centre.settle(one, two)
        with pytest.raises(Refused, match="held by 0017"):
            one.act.note(first, case, "mine?")


def test_a_case_on_another_terminal_is_found_after_sync(centre: Centre) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        case = one.intake.open(sign_in(one), request(Right.ERASURE)).case
        centre.settle(one, two)
        lead = sign_in(two, LEAD, LEAD_PIN)
        rows = two.queue.page(lead, QueueView(), None, 10).rows
        assert [r.case for r in rows] == [case]
        assert rows[0].person == "n•••@ex•••.com"
        assert two.case.read(lead, case).items[0].right is Right.ERASURE
        with pytest.raises(NotFound):
            two.case.read(lead, "C-26-999999")


def test_leads_assign_agents_do_not(centre: Centre) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        agent, lead = sign_in(one), sign_in(two, LEAD, LEAD_PIN)
        case = one.intake.open(agent, request()).case
        centre.settle(one, two)
        with pytest.raises(Refused, match="for lead only"):
            one.queue.assign(agent, [case], COLLEAGUE)
        assert two.queue.assign(lead, [case], COLLEAGUE) == 1
        centre.settle(one, two)
        assert two.queue.page(lead, QueueView(), None, 1).rows[0].who == COLLEAGUE
        assert dict(two.queue.agents(lead, "nordlicht"))[COLLEAGUE] == "Noor Haddad"


def test_a_note_with_a_card_number_needs_a_reason(centre: Centre) -> None:
    text = "card 4111 1111 1111 1111 was read out"
    with centre.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request()).case
        with pytest.raises(Refused, match="the note holds card"):
            desk.act.note(session, case, text)
        desk.act.note(session, case, text, reason="dispute")
        assert acts_of(desk)[-2:] == ["note.kept", "risk.flagged"]
        with desk._ctx.book.reader() as reader:
            bodies = b"".join(body for _, body in reader.bodies())
        assert b"4111 1111" not in bodies
        assert b"41111111" not in bodies  # a shorter piece can stand in a random id


@pytest.mark.rule("TRM-6")
def test_a_grave_act_needs_the_pin_of_this_minute(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request(Right.ACCESS)).case
        state = desk.case.state(case)
        desk._ctx.live[session.id].pin_at -= 61
        with pytest.raises(Refused, match="needs T2"):
            desk._ctx.permit("export", state, session)
        with pytest.raises(Refused, match="your PIN again"):
            desk._ctx.stepped_up(session)
        desk.sign.step_up(session, "2580")
        desk._ctx.stepped_up(session)


@pytest.mark.rule("TRM-5")
def test_drafts_belong_to_their_agent(centre: Centre) -> None:
    with centre.desk() as desk:
        mine = sign_in(desk)
        desk.draft.keep(mine, "intake", {"identifier": "half@typed"})
        other = sign_in(desk, COLLEAGUE, COLLEAGUE_PIN)
        assert desk.draft.take(other, "intake") == {}
        assert desk.draft.take(mine, "intake") == {"identifier": "half@typed"}
        desk.draft.keep(mine, "intake", {"identifier": ""})
        assert desk.draft.take(mine, "intake") == {}


def test_the_log_page_and_proof_of_one_entry(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        desk.intake.open(session, request())
        centre.settle(desk)
        lines = desk.log.page(session)
        assert lines[0].act == "item.added"
        assert all(line.synced for line in lines)
        detail = desk.log.detail(session, lines[0].seq)
        assert detail.receipt
        assert len(detail.leaf) == 64


def test_with_nothing_ingesting_the_desk_works_on_and_counts_up(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        before = desk.status().waiting
        case = desk.intake.open(session, request()).case
        desk.synced(0.5)
        assert desk.status().waiting >= before + 3
        assert not desk.status().worker_alive
        assert desk.case.read(session, case).items
        centre.settle(desk)
        assert desk.status().waiting == 0


def test_the_log_is_checked_whole_and_an_edit_is_named(centre: Centre) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        desk.intake.open(session, request())
        centre.settle(desk)
        whole, words = desk.log.verify(session)
        assert whole, words
        path = desk._ctx.book.writer.path
        conn = sqlite3.connect(path)
        for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            conn.execute(f"DROP TRIGGER {name}")
        conn.execute("UPDATE log SET body=CAST(replace(CAST(body AS TEXT), 'phone', 'chats') AS BLOB) WHERE seq=2")
        conn.commit()
        conn.close()
        whole, words = desk.log.verify(session)
        assert not whole
        assert words.startswith("tampered")
