"""Saying no with a real worker: proposed at one desk, decided at another, told by mail to the address on file."""

from dataclasses import replace

import pytest

from services.action_log.entry import decode
from services.errors import BadInput, Refused
from services.types import ItemState, Outcome, Proposal, Right, Role, Session
from tests.centre import LEAD, LEAD_PIN, sign_in
from tests.worker_centre import ME, PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make

WORDS = "Die Rechnungen brauchen wir für den Streit vor dem Gericht."
PROPOSAL = Proposal("refused", ("17-3-e",), WORDS)


@pytest.fixture
def centre(make_centre: Make) -> WorkerCentre:
    made = make_centre()
    made.start()
    return made


def lead_at(centre: WorkerCentre) -> tuple[object, Session]:
    desk = centre.desk("desk-2")
    return desk, centre.until(lambda: sign_in(desk, LEAD, LEAD_PIN, Role.LEAD))


@pytest.mark.rule("REF-8", "REF-1")
def test_REF_8_a_refusal_takes_two_desks_and_counts_once_its_letter_left(centre: WorkerCentre) -> None:
    call = Call(centre, centre.desk(), ME, Right.ERASURE)
    desk, session, case = call.desk, call.session, call.case
    desk._ctx.live[session.id].pin_at -= 3600
    letter = desk.decision.preview(session, case, "1", PROPOSAL)
    said = " ".join(letter.text.split())
    assert said.count(WORDS) == 1
    assert "17 Abs. 3 Buchst. e" in said
    with pytest.raises(Refused, match="PIN again"):
        desk.decision.propose(session, case, "1", PROPOSAL)
    call.step_up()
    desk.decision.propose(session, case, "1", PROPOSAL)
    centre.until(lambda: centre.case(case).items[0].state is ItemState.REVIEW)
    other, lead = lead_at(centre)
    (waits,) = centre.until(lambda: other.review.waiting(lead))
    assert waits.decision is not None
    assert (waits.mine, waits.decision.grounds) == (False, ("17-3-e",))
    assert other.decision.read(lead, case, "1").text == letter.text, "exactly what was shown"
    other.sign.step_up(lead, LEAD_PIN)
    with pytest.raises(Refused, match="we are the controller"):
        other.decision.refer(lead, case, "1", waits.decision.id)
    with pytest.raises(Refused, match="another decision"):
        other.decision.approve(lead, case, "1", "f" * 32)
    other.decision.approve(lead, case, "1", waits.decision.id)
    centre.until(lambda: centre.case(case).closed)
    item = centre.case(case).items[0]
    assert (item.outcome, item.asked_by, item.decision.approved_by) == (Outcome.REFUSED, "agent:0042", "agent:0007")
    (mail,) = [text for text in centre.letters() if "Unsere Entscheidung" in text]
    assert mail.startswith(f"To: {ME.email}")
    assert WORDS in " ".join(mail.split())
    everything = b"".join(body for *_, body in centre_entries(centre, case))
    assert b"Gericht" not in everything, "the explanation is sealed, the log has its digest"


def centre_entries(centre: WorkerCentre, case: str) -> list[tuple[object, ...]]:
    from db.central_port import CentralPort

    found = [tuple(one) for one in CentralPort(centre.engine, "").entries_of(case)]
    assert all(decode(one[-1]).case == case for one in found)
    return found


@pytest.mark.rule("REF-3", "REF-5")
def test_REF_3_a_fee_names_an_earlier_case_of_the_same_person_and_lets_them_withdraw(centre: WorkerCentre) -> None:
    desk = centre.desk()
    first, stranger = Call(centre, desk, ME, Right.ACCESS), Call(centre, desk, PEOPLE[3], Right.ACCESS)
    call = Call(centre, desk, ME, Right.ACCESS)
    session = call.session
    centre.until(lambda: desk.caught_up())
    fee = Proposal("fee", ("12-5-repetitive",), "Seit Ihrer letzten Anfrage hat sich nichts geändert.", amount=2_500)
    for earlier, words in (
        ((), "names the earlier case"),
        ((call.case,), "no earlier case"),
        (("C-26-999999",), "there is no case"),
        ((stranger.case,), "not by the same person"),
    ):
        with pytest.raises(BadInput, match=words):
            desk.decision.preview(session, call.case, "1", replace(fee, earlier=earlier))
    call.step_up()
    named = replace(fee, earlier=(first.case.lower(),))
    desk.decision.propose(session, call.case, "1", named)
    other, lead = lead_at(centre)
    (waits,) = centre.until(lambda: other.review.waiting(lead))
    other.sign.step_up(lead, LEAD_PIN)
    other.decision.approve(lead, call.case, "1", waits.decision.id)
    centre.until(lambda: centre.case(call.case).questions)
    (mail,) = [text for text in centre.letters() if "Eine Gebühr" in text]
    assert "25,00\xa0€" in mail
    assert first.case in mail
    assert "nehmen die Anfrage zurück" in " ".join(mail.split())
    item = desk.case.read(session, call.case).items[0]
    assert item.text == "a fee was asked: answer once it is paid"


@pytest.mark.rule("REF-4")
def test_REF_4_an_officer_reads_the_proof_of_an_abuse_and_decides_a_lead_does_not(centre: WorkerCentre) -> None:
    call = Call(centre, centre.desk(), ME, Right.ACCESS)
    call.step_up()
    abuse = Proposal("refused", ("12-5-abuse",), "Sie haben uns geschrieben, dass es Ihnen nur um Geld geht.")
    call.desk.decision.propose(call.session, call.case, "1", abuse)
    other, lead = lead_at(centre)
    (waits,) = centre.until(lambda: other.review.waiting(lead))
    other.sign.step_up(lead, LEAD_PIN)
    with pytest.raises(Refused, match="an officer decides"):
        other.decision.approve(lead, call.case, "1", waits.decision.id)
    other.sign.sign_out(lead, "left")
    officer = centre.until(lambda: sign_in(other, "0003", "8642", Role.OFFICER))
    assert "nur um Geld" in other.decision.read(officer, call.case, "1").text
    other.decision.approve(officer, call.case, "1", waits.decision.id)
    centre.until(lambda: centre.case(call.case).closed)
    assert centre.case(call.case).items[0].outcome is Outcome.REFUSED


def test_nobody_on_file_is_no_reason_to_count_it_as_told(centre: WorkerCentre) -> None:
    """No address that a refusal may go to: it waits for people, and the item does not end."""
    desk = centre.desk()
    call = Call(centre, desk, replace(ME, email="nobody@example.com"), Right.ERASURE)
    call.step_up()
    desk.decision.propose(call.session, call.case, "1", Proposal("refused", ("17-1",), "Es gibt keinen Grund dafür."))
    other, lead = lead_at(centre)
    (waits,) = centre.until(lambda: other.review.waiting(lead))
    other.sign.step_up(lead, LEAD_PIN)
    other.decision.approve(lead, call.case, "1", waits.decision.id)
    letter = centre.until(lambda: [x for x in centre.case(call.case).letters if x.state == "failed"])[0]
    assert (letter.template, letter.reason) == ("refusal", "no-address")
    assert centre.case(call.case).items[0].state is ItemState.RUNNING
    desk.letter.handed(call.session, call.case, letter.id, "post")
    centre.until(lambda: centre.case(call.case).items[0].outcome is Outcome.REFUSED)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"explanation": " "}, "say why"),
        ({"explanation": "x" * 2_001}, "say why"),
        ({"grounds": ()}, "grounds for erasure"),
        ({"grounds": ("15-4",)}, "grounds for erasure"),
        ({"outcome": "denied"}, "it is refused"),
        ({"amount": 5}, "no fee"),
    ],
)
def test_what_cannot_be_decided_is_not_proposed(centre: WorkerCentre, change: dict[str, object], words: str) -> None:
    call = Call(centre, centre.desk(), ME, Right.ERASURE)
    call.step_up()
    with pytest.raises(BadInput, match=words):
        call.desk.decision.propose(call.session, call.case, "1", replace(PROPOSAL, **change))  # type: ignore[arg-type]
