"""Signing in: central's word where a worker gives it, this desk's own for some hours where none does."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from db import central
from services.action_log.sealing import seal
from services.agents import reset_pin, set_disabled
from services.desk import pins as desk_pins
from services.desk.desk import Desk
from services.errors import BadInput, Refused, Unavailable, Unusable
from services.fulfilment.sign_ins import LOCKED_OUT_US, MAX_TRIES, REMEMBERED, SignIns, Strangers
from services.home import PIN_PEPPER, key
from tests.answering import answering
from tests.centre import AGENT, AGENT_PIN, COLLEAGUE, COLLEAGUE_PIN, DEPLOYMENT, LEAD, LEAD_PIN, Centre, sign_in
from tests.lone_terminal import wait_until


@contextmanager
def away(centre: Centre) -> Iterator[Desk]:
    """A desk for whom no worker answers, and which does not wait for one as long as a real one does."""
    with pytest.MonkeyPatch.context() as patched, centre.desk(answered=False) as desk:
        patched.setattr(desk_pins, "FIRST_S", 0.4)
        patched.setattr(desk_pins, "AWAY_S", 0.2)
        yield desk


@contextmanager
def back(centre: Centre) -> Iterator[None]:
    """A worker answers again, in its own time."""
    with pytest.MonkeyPatch.context() as patched, answering(centre.engine, centre.vault, DEPLOYMENT):
        patched.setattr(desk_pins, "FIRST_S", 30.0)
        yield


def refusals(desk: Desk) -> list[tuple[object, object]]:
    with desk._ctx.book.reader() as reader:
        found = [e.params for e in reader.entries() if e.act == "session.refused"]
    return [(p["agent_ref"], p["reason"]) for p in found]


def once_online(centre: Centre, agent: str = AGENT, pin: str = AGENT_PIN) -> None:
    with centre.desk() as desk:
        desk.sign.sign_out(sign_in(desk, agent, pin), "done")


def answers(centre: Centre) -> SignIns:
    return SignIns(centre.engine, key(centre.vault, PIN_PEPPER))


def started(desk: Desk) -> list[bool]:
    with desk._ctx.book.reader() as reader:
        return [bool(e.params["offline"]) for e in reader.entries() if e.act == "session.started"]


# ── central's word ────────────────────────────────────────────────────────────────────────────────────────────────


def test_five_wrong_pins_at_any_terminals_together_lock_out(centre: Centre) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        for n in range(MAX_TRIES):
            with pytest.raises(Refused, match="do not fit"):
                sign_in((one, two)[n % 2], pin="0000")
        for desk in (one, two):
            with pytest.raises(Refused, match="too many wrong PINs: wait 5 min"):
                sign_in(desk)
        sign_in(two, COLLEAGUE, COLLEAGUE_PIN)  # control: others are not locked out
        assert refusals(one) == [(f"agent:{AGENT}", "wrong")] * 3 + [(f"agent:{AGENT}", "locked-out")]


def test_guesses_that_come_all_at_once_are_counted_one_by_one(centre: Centre) -> None:
    sign_ins = answers(centre)
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: sign_ins.answer(AGENT, f"{n:04}")["answer"], range(40)))
    assert said.count("wrong") == MAX_TRIES
    assert said.count("locked") == 40 - MAX_TRIES


def test_the_right_pin_forgets_the_wrong_ones_before_it(centre: Centre) -> None:
    sign_ins = answers(centre)
    for _ in range(3):
        assert {sign_ins.answer(AGENT, "0000")["answer"] for _ in range(MAX_TRIES - 1)} == {"wrong"}
        assert sign_ins.answer(AGENT, AGENT_PIN)["answer"] == "ok"


def test_a_number_that_nobody_has_is_answered_like_anybody_s(centre: Centre) -> None:
    sign_ins = answers(centre)
    said = {n: [sign_ins.answer(n, "0000")["answer"] for _ in range(MAX_TRIES + 2)] for n in (AGENT, "7777")}
    assert said["7777"] == said[AGENT] == ["wrong"] * MAX_TRIES + ["locked"] * 2


def test_strangers_are_locked_for_as_long_as_anybody_and_do_not_fill_the_memory() -> None:
    clock = [0]
    strangers = Strangers(lambda: clock[0])
    assert [strangers.begin_try("7") for _ in range(MAX_TRIES)] == [0] * MAX_TRIES
    assert strangers.begin_try("7") == LOCKED_OUT_US
    clock[0] += LOCKED_OUT_US - 1
    assert strangers.begin_try("7") == 1
    clock[0] += 1
    assert strangers.begin_try("7") == 0
    for number in range(3 * REMEMBERED):
        strangers.begin_try(str(number))
    assert len(strangers._tries) == REMEMBERED


def test_a_row_copied_over_anothers_opens_nothing(centre: Centre) -> None:
    """Whoever can write central's table but has no pepper puts their own hash into somebody else's row."""
    table, sign_ins = central.AGENT, answers(centre)
    with central.writing(centre.engine).begin() as conn:
        mine = conn.execute(sa.select(table.c.pin_hash).where(table.c.id == AGENT)).scalar_one()
        conn.execute(sa.update(table).where(table.c.id == LEAD).values(pin_hash=mine))
    assert sign_ins.answer(LEAD, AGENT_PIN) == {"answer": "wrong", "locks": False}
    assert sign_ins.answer(AGENT, AGENT_PIN)["answer"] == "ok"  # control: it is a hash of theirs


def test_an_answer_by_somebody_who_could_not_open_the_question_signs_nobody_in(centre: Centre) -> None:
    """Anyone who can write central's tables can seal a `yes` to a terminal: its key is public."""
    yes = orjson.dumps(
        {"answer": "ok", "name": "Mallory", "roles": {"nordlicht": ["lead"]}, "rev": 9, "word": "0" * 32}
    )
    with centre.desk(answered=False) as desk, ThreadPoolExecutor(1) as pool:
        trying = pool.submit(sign_in, desk, LEAD, "0000")
        wait_until(centre.store.waiting_asks)
        ((ask, terminal, _, _),) = centre.store.waiting_asks()
        public = centre.store.ask_key(terminal)
        centre.store.reply(ask, seal(public, yes, deployment=DEPLOYMENT, owner=ask, kind="reply"))
        with pytest.raises(Unusable, match="no worker gave"):
            trying.result()
        assert started(desk) == []


def test_questions_about_pins_are_all_of_one_size(centre: Centre) -> None:
    sizes = []
    with away(centre) as desk, ThreadPoolExecutor(1) as pool:
        for number, pin in ((AGENT, "1"), ("7", "123456789012")):
            trying = pool.submit(sign_in, desk, number, pin)
            wait_until(centre.store.waiting_asks)
            sizes += [len(sealed) for _, _, _, sealed in centre.store.waiting_asks()]
            with pytest.raises(Unavailable):
                trying.result()
            assert centre.store.waiting_asks() == []  # nor is it counted as a try by a worker that comes back
    assert len(sizes) == 2
    assert len(set(sizes)) == 1


@pytest.mark.parametrize(
    ("number", "pin"),
    [("", ""), ("0" * 65, "1"), (AGENT, "2" * 10_000), ("\x00", "\x00"), ("' OR 1=1 --", "x"), ("🙂", "\ud800")],
)
def test_what_is_no_number_or_pin_is_refused_like_a_wrong_one(centre: Centre, number: str, pin: str) -> None:
    with centre.desk() as desk:
        with pytest.raises(Refused, match="do not fit"):
            sign_in(desk, number, pin)
        assert sign_in(desk).agent == AGENT
    with pytest.raises(BadInput, match="no agent's number with a PIN"):
        answers(centre).answer(number, pin)


# ── this desk's own ───────────────────────────────────────────────────────────────────────────────────────────────


def test_who_signed_in_here_signs_in_again_without_a_worker_and_nobody_else(centre: Centre) -> None:
    once_online(centre)
    with away(centre) as desk:
        session = sign_in(desk)
        assert session.offline
        assert session.until is not None
        left = session.until - datetime.now(UTC)
        assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
        with pytest.raises(Unavailable, match="knows your PIN only for 12 hours after central checked it here"):
            sign_in(desk, COLLEAGUE, COLLEAGUE_PIN)
        with pytest.raises(Unavailable, match="knows your PIN only"):  # an unknown number hears the same
            sign_in(desk, "9999", "1111")
        with pytest.raises(Refused, match="do not fit"):
            sign_in(desk, pin="0000")
        assert started(desk) == [False, True]
        assert refusals(desk) == [(f"agent:{AGENT}", "wrong")]


def test_twelve_hours_after_central_checked_it_a_kept_pin_opens_nothing(centre: Centre) -> None:
    once_online(centre)
    with away(centre) as desk:
        real = desk._ctx.now
        checked = desk._ctx.store.rows("SELECT checked_at FROM pin")[0][0]
        desk._ctx.store.set_meta({"people-at": str(checked + 12 * 3600)})  # people were heard of; nobody checked a PIN
        desk._ctx.now = lambda: (checked + 12 * 3600 - 5) * 1_000_000
        sign_in(desk)  # control: five seconds before
        row = desk._ctx.store.rows("SELECT * FROM pin")[0]
        for wrong_time in (checked + 12 * 3600, checked - 3600):  # over; and a clock that was put back
            with desk._ctx.store.writing() as conn:
                conn.execute("INSERT OR REPLACE INTO pin VALUES (?,?,?,?,?,?)", row)
            desk._ctx.now = lambda at=wrong_time: at * 1_000_000  # type: ignore[misc]
            with pytest.raises(Unavailable, match="knows your PIN only"):
                sign_in(desk, COLLEAGUE, COLLEAGUE_PIN)  # whoever tries: it goes, of everybody
            assert desk._ctx.store.rows("SELECT * FROM pin") == []
            with pytest.raises(Unavailable, match="knows your PIN only"):
                sign_in(desk)
        desk._ctx.now = real


def test_five_wrong_pins_without_central_lock_out_here(centre: Centre) -> None:
    once_online(centre)
    with away(centre) as desk:
        for _ in range(5):
            with pytest.raises(Refused, match="do not fit"):
                sign_in(desk, pin="0000")
        with pytest.raises(Refused, match="too many wrong PINs: wait 5 min"):
            sign_in(desk)
        now = desk._ctx.now
        desk._ctx.now = lambda: now() + 301 * 1_000_000
        assert sign_in(desk).offline


@pytest.mark.parametrize(
    "row", ["", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZQ", "x" * 5000, "another's"]
)
def test_what_is_kept_and_was_changed_opens_nothing(centre: Centre, row: str) -> None:
    once_online(centre)
    once_online(centre, COLLEAGUE, COLLEAGUE_PIN)
    with away(centre) as desk:
        store = desk._ctx.store
        theirs = store.rows("SELECT kept FROM pin WHERE agent=?", (COLLEAGUE,))[0][0]
        with store.writing() as conn:
            kept = theirs if row == "another's" else row
            conn.execute("UPDATE pin SET kept=? WHERE agent=?", (kept, AGENT))
        for pin in (AGENT_PIN, COLLEAGUE_PIN):
            with pytest.raises(Refused, match="do not fit"):
                sign_in(desk, AGENT, pin)
        sign_in(desk, COLLEAGUE, COLLEAGUE_PIN)  # control


def test_a_new_pin_or_being_shut_out_ends_what_is_kept_at_the_next_contact(centre: Centre) -> None:
    for agent, pin in ((AGENT, AGENT_PIN), (COLLEAGUE, COLLEAGUE_PIN), (LEAD, LEAD_PIN)):
        once_online(centre, agent, pin)
    new = reset_pin(centre.home, centre.vault, AGENT)
    set_disabled(centre.home, centre.vault, COLLEAGUE, True)
    with away(centre) as desk:
        wait_until(lambda: desk._ctx.store.rows("SELECT agent FROM pin") == [(LEAD,)])
        for agent, pin in ((AGENT, AGENT_PIN), (AGENT, new), (COLLEAGUE, COLLEAGUE_PIN)):
            with pytest.raises(Unavailable, match="knows your PIN only"):
                sign_in(desk, agent, pin)
        sign_in(desk, LEAD, LEAD_PIN)  # control: nothing happened to this one
    with centre.desk() as desk:
        sign_in(desk, AGENT, new)
        for agent, pin in ((AGENT, AGENT_PIN), (COLLEAGUE, COLLEAGUE_PIN)):
            with pytest.raises(Refused, match="do not fit"):
                sign_in(desk, agent, pin)


def test_unlock_and_step_up_ask_nobody_until_the_pin_is_another(centre: Centre) -> None:
    with away(centre) as desk:
        with back(centre):
            session = sign_in(desk)
        desk.sign.lock(session, "key")
        with pytest.raises(Refused, match="not your PIN"):
            desk.sign.unlock(session, "0000")
        desk.sign.unlock(session, AGENT_PIN)
        desk.sign.step_up(session, AGENT_PIN)
        assert centre.store.waiting_asks() == []
        new = reset_pin(centre.home, centre.vault, AGENT)
        desk._ctx.store.replace_people(centre.port("").agents(), centre.port("").controllers())
        with pytest.raises(Unavailable, match="knows your PIN only"):
            desk.sign.step_up(session, AGENT_PIN)
        with back(centre):
            with pytest.raises(Refused, match="not your PIN"):
                desk.sign.step_up(session, AGENT_PIN)
            desk.sign.step_up(session, new)
        desk.sign.step_up(session, new)  # kept again


def test_a_sign_in_that_is_taken_back_ends_at_once_and_opens_nothing(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_pins, "FIRST_S", 60.0)
    with centre.desk(answered=False) as desk:
        asked = time.monotonic()
        with pytest.raises(Unavailable, match="taken back"):
            desk.sign.sign_in(AGENT, AGENT_PIN, None, lambda: time.monotonic() > asked + 0.3)
        assert time.monotonic() - asked < 20
        assert started(desk) == []
