"""Proofs that need more than the talk, over a real worker: codes of a letter and of an account, who calls."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from db.central import CONTROLLER, writing
from services.action_log.entry import new_id
from services.cases.case import Check
from services.cases.fold_letters import failed_letters
from services.catalog.system import secret_name
from services.controllers import Controller
from services.desk.asks import Asks
from services.desk.desk import Desk
from services.errors import Refused
from services.fulfilment.paper import DOTS, _keep, said_letter_code
from services.home import LOOKUP_KEY, key
from services.identity.codes import LETTER_TRIES, LETTER_US, letter_code
from services.identity.session_codes import SessionCodes, shown_now
from services.types import ChecklistView, Right, Tier
from tests.worker_centre import CASE, PEOPLE, Call, WorkerCentre

SECRET = b"0123456789abcdef0123456789abcdef"
STRANGER = replace(PEOPLE[1], email="nobody.there@example.com", customer_number="K999999")


@pytest.fixture(scope="module")
def live(centre_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCentre]:
    """A worker of a controller whose account shows codes."""
    home = tmp_path_factory.mktemp("proofs") / "home"
    shutil.copytree(centre_template, home)
    centre = WorkerCentre(home)
    held = Controller.from_json(centre.store.controllers()["nordlicht"])
    body = replace(held, session=SessionCodes("nordlicht/session")).to_json()
    with writing(centre.engine).begin() as conn:
        conn.execute(sa.update(CONTROLLER).where(CONTROLLER.c.key == "nordlicht").values(body=body))
    centre.vault.put(secret_name("nordlicht/session"), SECRET)
    centre.start()
    yield centre
    centre.close()


@pytest.fixture(scope="module")
def desk(live: WorkerCentre) -> Desk:
    return live.desk()


def step_of(view: ChecklistView, factor: str) -> str:
    return next(step.id for step in view.steps if step.factor == factor)


def begun(call: Call) -> ChecklistView:
    """A check of this call whose record is found: KBS is passed."""
    view = call.desk.check.start(call.session, call.case)
    step = step_of(view, "KBS")
    key = call.desk.check.question(call.session, call.case, step).key
    return call.desk.check.answer(call.session, call.case, step, key, call.answer(key))


def says(call: Call, view: ChecklistView, factor: str, said: str) -> Check:
    """The check after the caller said that to a factor."""
    call.desk.check.answer(call.session, call.case, step_of(view, factor), "", said)
    check = call.centre.case(call.case).check
    assert check is not None
    return check


def printed_code(live: WorkerCentre, case: str) -> str:
    """What stands on the paper, by the key that workers alone hold."""
    job = [e.op for e in live.entries(case) if e.act == "clock.asked"][-1]
    return letter_code(key(live.vault, LOOKUP_KEY), job)


def over(call: Call) -> None:
    """The caller hangs up."""
    call.desk.check.end(call.session, call.case, "contact-ended")


@pytest.mark.rule("ANI", "IDV-9")
def test_ANI_the_number_that_calls_is_a_sign_and_another_one_is_no_wrong_answer(live: WorkerCentre, desk: Desk) -> None:
    call, other = (Call(live, desk, PEOPLE[n], Right.RESTRICTION) for n in (1, 2))
    check = says(call, begun(call), "ANI", f" {PEOPLE[1].phone[:5]} {PEOPLE[1].phone[5:]} ")
    assert (check.passed[-1], check.tier) == (("ANI", "number"), Tier.T1)
    check = says(other, begun(other), "ANI", PEOPLE[1].phone)
    assert (check.failed, check.strikes, check.tier) == ((("ANI", "no-match"),), 0, Tier.T0)
    stranger = Call(live, desk, STRANGER, Right.RESTRICTION)
    view = desk.check.start(stranger.session, stranger.case)
    assert says(stranger, view, "ANI", "+4930231250001").failed == (("ANI", "no-match"),), (
        "the same where nothing is held"
    )
    assert says(stranger, view, "ANI", "()").failed == (("ANI", "no-match"),) * 2
    with pytest.raises(Refused):
        desk.check.mark(stranger.session, stranger.case, step_of(view, "ANI"), "y")


@pytest.mark.rule("SES", "IDV-2")
def test_SES_a_code_of_the_account_proves_once_in_whatever_case(live: WorkerCentre, desk: Desk) -> None:
    call = Call(live, desk, PEOPLE[3], Right.ACCESS)
    shown = next(shown_now(SECRET, "nordlicht", PEOPLE[3].customer_number, 60, desk._ctx.now())).code
    check = says(call, begun(call), "SES", f"{shown[:4]} {shown[4:]}")
    assert (check.passed[-1], check.tier) == (("SES", "account"), Tier.T2)
    again = Call(live, desk, PEOPLE[3], Right.ACCESS)
    check = says(again, begun(again), "SES", shown)
    assert (check.failed, check.strikes, check.tier) == ((("SES", "used"),), 0, Tier.T0)
    theirs = next(shown_now(SECRET, "nordlicht", PEOPLE[1].customer_number, 60, desk._ctx.now())).code
    check = says(again, desk.check.view(again.session, again.case), "SES", theirs)
    assert (check.failed[-1], check.strikes) == (("SES", "wrong"), 1)
    nobody = Call(live, desk, STRANGER, Right.ACCESS)
    assert says(nobody, desk.check.start(nobody.session, nobody.case), "SES", shown).strikes == 1
    with live.engine.connect() as conn:
        kept = conn.execute(sa.text("SELECT blob FROM detail WHERE kind='session-used'")).scalars().all()
    assert [len(blob) for blob in kept] == [32], "a keyed digest of what was used, and nothing else"


@pytest.mark.rule("INT-7", "SES")
def test_INT_7_oral_disclosure_blocked_without_non_oral_factor(live: WorkerCentre, desk: Desk) -> None:
    call = Call(live, desk, PEOPLE[9], Right.ACCESS)
    assert call.verify().tier_reached is Tier.T2
    asks = Asks(desk._ctx)
    reveal = {"case": call.case, "what": "summary"}
    for told in (lambda: desk.find.reveal(call.session, call.case, "summary"), lambda: asks.ask("reveal", reveal)):
        with pytest.raises(Refused, match="its own checklist only"):
            told()
    over(call)
    desk.check.note(call.session, call.case, "oral")
    view = begun(call)
    assert view.template == "CL-ACC-ORAL"
    assert "PIN" not in {step.factor for step in view.steps}
    pin = {"check": view.check, "factor": "PIN", "key": "crm.customer.pin_hash", "answer": PEOPLE[9].pin}
    assert asks.ask("answer", {"case": call.case, **pin}) == {"passed": True}, "a changed terminal asks for it"
    assert live.case(call.case).check.tier is Tier.T2  # type: ignore[union-attr]
    with pytest.raises(Refused, match="other means than the talk"):
        asks.ask("reveal", reveal)
    shown = next(shown_now(SECRET, "nordlicht", PEOPLE[9].customer_number, 60, desk._ctx.now())).code
    says(call, view, "SES", shown)
    with pytest.raises(Refused, match="asks for it by mouth"):
        desk.find.reveal(call.session, call.case, "summary")
    desk.check.mark(call.session, call.case, "asked", "y")
    assert desk.synced()
    text = desk.find.reveal(call.session, call.case, "summary")
    assert "Kundendaten" in text
    assert "Art. 16" in text
    for secret in (PEOPLE[9].email, PEOPLE[9].family_name, PEOPLE[9].street, PEOPLE[9].customer_number):
        assert secret not in text, "categories, counts and purposes, and no value"
    assert desk.synced()
    viewed = [e.params["what"] for e in live.entries(call.case) if e.act == "data.viewed"]
    assert viewed == ["summary"], "logged when it was told, and only then"


@pytest.mark.rule("LTR", "SUS-2")
def test_LTR_a_code_by_letter_proves_in_a_later_contact_and_the_time_may_stand_still(
    live: WorkerCentre, desk: Desk
) -> None:
    call = Call(live, desk, PEOPLE[6], Right.ACCESS)
    view = desk.check.start(call.session, call.case)
    with pytest.raises(Refused, match="find the record first"):
        desk.check.post_code(call.session, call.case, step_of(view, "LTR"))
    view = begun(call)
    closed = next(step.blocked for step in view.steps if step.factor == "LTR")
    assert closed == "no letter with a code has left in this case (s posts one)"
    said = desk.check.post_code(call.session, call.case, step_of(view, "LTR"))
    assert "Postanschrift" in said
    with pytest.raises(Refused, match="on its way"):
        desk.check.post_code(call.session, call.case, step_of(view, "LTR"))
    over(call)
    live.until(lambda: [one for one in live.case(call.case).questions if not one.waits])
    (letter,) = [x for x in live.case(call.case).letters if x.template == "code-letter"]
    assert (letter.state, letter.medium) == ("sent", "post")
    pdf = live.home.outbox / f"{letter.id}.pdf"
    assert pdf.read_bytes().startswith(b"%PDF")
    assert pdf.stat().st_mode & 0o777 == 0o600
    code = printed_code(live, call.case)
    read = desk.letter.read(call.session, call.case, letter.id).text
    assert DOTS in read
    assert code[:4] not in read
    assert "with pause" in {one.name for one in desk.case.read(call.session, call.case).dates}
    live.until(lambda: desk.case.state(call.case).questions[0].waits == "")
    view = begun(call)
    check = says(call, view, "LTR", "00000000")
    assert (check.failed[-1], check.strikes) == (("LTR", "wrong"), 1), "a wrong code is a wrong answer (G4)"
    check = says(call, view, "LTR", f"{code[:4]} {code[4:]}")
    assert (check.passed[-1], check.tier) == (("LTR", "post"), Tier.T2)
    live.until(lambda: live.case(call.case).questions[0].answered)
    assert live.case(call.case).conflicts == ()


class Shelf:
    """Sealed details without a seal."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def own(self, case: str, kind: str) -> dict[str, bytes]:
        return dict(self.kept)

    def seal(self, case: str, kind: str, text: bytes) -> SimpleNamespace:
        return SimpleNamespace(hash=new_id(), blob=text)

    def put_detail(self, digest: str, owner: str, kind: str, blob: bytes) -> None:
        self.kept[digest] = blob

    def drop_detail(self, digest: str) -> None:
        del self.kept[digest]


def shelf_with(code: str) -> SimpleNamespace:
    """A workroom that keeps one code of a letter; its clock is `room.at`."""
    shelf = Shelf()
    room = SimpleNamespace(details=shelf, store=shelf, lookup_key=b"k" * 32, at=1_000_000_000)
    room.now = lambda: room.at
    _keep(room, CASE, "job", code)  # type: ignore[arg-type]
    return room


@pytest.mark.rule("LTR")
def test_LTR_a_code_counts_once_for_three_weeks_and_after_three_wrong_ones_no_more() -> None:
    room: Any = shelf_with("12345678")
    assert said_letter_code(room, CASE, "87654321") == "wrong"
    assert said_letter_code(room, CASE, "1234 5678") == "same"
    assert (said_letter_code(room, CASE, "12345678"), room.details.kept) == ("wrong", {})
    room = shelf_with("12345678")
    assert [said_letter_code(room, CASE, "00000000") for _ in range(LETTER_TRIES)] == ["wrong"] * LETTER_TRIES
    assert (said_letter_code(room, CASE, "12345678"), room.details.kept) == ("wrong", {})
    for late, verdict in ((LETTER_US, "same"), (LETTER_US + 1, "expired")):
        room = shelf_with("12345678")
        room.at += late
        assert said_letter_code(room, CASE, "12345678") == verdict
    assert said_letter_code(shelf_with("12345678"), "C-26-000002", "12345678") == "wrong", "another case's"  # type: ignore[arg-type]
    assert b"12345678" not in b"".join(shelf_with("12345678").details.kept.values())
    assert letter_code(b"k" * 32, "a") == letter_code(b"k" * 32, "a") != letter_code(b"k" * 32, "b")


@pytest.mark.rule("LTR", "IDV-10")
def test_LTR_no_letter_goes_to_an_address_changed_lately_and_nobody_hands_one_over(
    live: WorkerCentre, desk: Desk
) -> None:
    call = Call(live, desk, PEOPLE[8], Right.ACCESS)
    with sqlite3.connect(live.home.path / "data" / "nordlicht" / "crm.db") as crm:
        moved = "UPDATE customer SET address_changed_at=datetime('now') WHERE customer_number=?"
        crm.execute(moved, (PEOPLE[8].customer_number,))
    desk.check.post_code(call.session, call.case, step_of(begun(call), "LTR"))
    (failed,) = live.until(lambda: failed_letters(live.case(call.case)))
    assert failed.reason == "no-address"
    live.until(lambda: any(one.failed for one in desk.case.read(call.session, call.case).letters))
    with pytest.raises(Refused, match="no other way"):
        desk.letter.handed(call.session, call.case, failed.id, "post")
    assert not list(live.home.outbox.glob(f"{failed.id}.*"))
