"""Restriction (Art 18): every system that holds the person is marked, read back, and what is not is said."""

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.demo.people import Person
from services.desk.desk import Desk
from services.errors import BadInput, Refused
from services.sync.rebuild import differences
from services.types import ItemState, Right, Session
from tests.centre import LEAD, LEAD_PIN
from tests.worker_centre import CASE, ME, PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make

MARKED = {"crm": "customer", "desk": "requester", "news": "subscriber", "shop": "account"}


def restricted(centre: WorkerCentre) -> dict[str, int]:
    """Rows that each system marks as stored only."""
    found = {s: centre.rows(s, f"SELECT count(*) FROM {t} WHERE restricted_at IS NOT NULL") for s, t in MARKED.items()}
    return {system: int(str(count)) for system, ((count,),) in found.items()}


@pytest.mark.rule("ART-18")
def test_Art_18_every_system_that_holds_the_person_is_marked_and_read_back(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.RESTRICTION)
    with pytest.raises(Refused, match="T1"):
        desk.act.restrict(call.session, call.case, "18-1-a")
    call.verify()
    assert restricted(centre) == dict.fromkeys(MARKED, 0), "the control"
    desk.act.restrict(call.session, call.case, "18-1-a")
    centre.until(lambda: centre.case(call.case).closed)
    assert restricted(centre) == dict.fromkeys(MARKED, 1)
    written = [e.params for e in centre.entries(call.case) if e.act == "restriction.written"]
    rows = {**dict.fromkeys(MARKED, 1), "shop": 7}  # with three invoices and their payments
    assert {p["system"]: p["rows"] for p in written} == rows
    assert "restriction-set" in [x.template for x in centre.case(call.case).letters]
    assert differences(centre.store) == []


def test_Art_18_where_no_column_can_say_it_the_agent_gets_it_back(make_centre: Make) -> None:
    centre = make_centre()
    for file in centre.home.path.rglob("systems/shop/shop.yml"):
        file.write_text(re.sub(r"(, |\n +)restriction: \{since: restricted_at\}", "", file.read_text()))
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.RESTRICTION)
    call.verify()
    desk.act.restrict(call.session, call.case, "18-1-c")
    centre.until(lambda: centre.case(call.case).items[0].returned)
    item = centre.case(call.case).items[0]
    assert (item.state, item.returned) == (ItemState.IN_PROGRESS, "no-mark")
    assert {s.system: s.state for s in item.systems} == {**dict.fromkeys(MARKED, "done"), "shop": "failed"}
    assert restricted(centre) == {**dict.fromkeys(MARKED, 1), "shop": 0}


def lead_of(centre: WorkerCentre) -> tuple[Desk, Session]:
    """A lead at another desk, the PIN just typed."""
    desk = centre.desk("desk-2")

    def signed_in() -> Session | None:
        try:
            return desk.sign.sign_in(LEAD, LEAD_PIN)
        except Refused:
            return None

    return desk, centre.until(signed_in)


def restricted_case(
    centre: WorkerCentre, ground: str = "18-1-a", person: Person = PEOPLE[1], desk: Desk | None = None
) -> Call:
    """A call after which the person's data are restricted everywhere."""
    call = Call(centre, desk or centre.desk(), person, Right.RESTRICTION)
    call.verify()
    call.desk.act.restrict(call.session, call.case, ground)
    centre.until(lambda: centre.case(call.case).closed)
    assert sum(restricted(centre).values()) > 0
    return call


@pytest.mark.rule("ART-19")
def test_Art_19_who_received_the_data_is_told_of_the_restriction_and_once(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    call = restricted_case(centre)
    told = {one.recipient: (one.state, one.reason) for one in centre.case(call.case).items[0].recipients}
    assert told == {
        "elbkurier-logistik-gmbh": ("told", ""),
        "mailwerk-gmbh": ("told", ""),
        "nordlicht-service": ("impossible", "not-in-controller"),
        "spreebank-ag": ("impossible", "no-address"),
    }
    notices = [mail for mail in centre.letters() if "Verarbeitung eingeschränkt" in " ".join(mail.split())]
    assert sorted(mail.splitlines()[0] for mail in notices) == [
        "To: privacy@elbkurier.example",
        "To: privacy@mailwerk.example",
    ]
    assert "Richtig lauten" not in "".join(notices), "the control: that stands in a notice of a correction only"


@pytest.mark.rule("ART-18")
def test_Art_18_3_the_person_is_told_before_the_mark_is_taken_out_and_it_is_read_back(make_centre: Make) -> None:
    centre = make_centre()
    centre.start(kill_at="post.restriction-lifted")
    call = restricted_case(centre)
    with pytest.raises(Refused, match="lead"):
        call.desk.act.lift(call.session, call.case, "accuracy-checked")
    desk, lead = lead_of(centre)
    with pytest.raises(BadInput):
        desk.act.lift(lead, call.case, "because")
    desk.act.lift(lead, call.case, "accuracy-checked")
    centre.wait_dead()
    assert restricted(centre) == dict.fromkeys(MARKED, 1), "killed before the letter left: nothing was written"
    centre.start()
    centre.until(lambda: len(centre.case(call.case).items) == 2 and centre.case(call.case).closed)
    assert restricted(centre) == dict.fromkeys(MARKED, 0)
    acts = centre.entries(call.case)
    sent = next(
        n for n, e in enumerate(acts) if e.act == "letter.made" and e.params["template"] == "restriction-lifted"
    )
    lifted = [n for n, e in enumerate(acts) if e.act == "restriction.lifted"]
    assert len(lifted) == len(MARKED)
    assert sent < next(n for n, e in enumerate(acts) if e.act == "letter.sent" and n > sent) < min(lifted)
    letter = "Bevor wir das aufheben, sagen wir es Ihnen: Wir heben es jetzt auf"
    assert any(letter in " ".join(mail.split()) for mail in centre.letters())
    centre.until(lambda: desk.case.state(call.case).closed)
    with pytest.raises(Refused, match="nothing is restricted"):
        desk.act.lift(lead, call.case, "lawful")
    assert differences(centre.store) == []


def test_without_an_address_a_letter_stands_failed_until_somebody_says_how_they_were_told(make_centre: Make) -> None:
    """And who cannot be told of a lifting keeps the restriction."""
    centre = make_centre()
    with sqlite3.connect(centre.home.path / "data" / "nordlicht" / "crm.db") as db:
        db.execute("DELETE FROM contact_email")
    centre.start()
    by_number = replace(PEOPLE[1], email=PEOPLE[1].customer_number)
    call = Call(centre, centre.desk(), by_number, Right.RESTRICTION)
    call.verify()
    call.desk.act.restrict(call.session, call.case, "18-1-c")
    centre.until(lambda: any(one.state == "failed" for one in centre.case(call.case).letters))
    (letter,) = (one for one in centre.case(call.case).letters if one.template == "restriction-set")
    assert (letter.state, letter.reason) == ("failed", "no-address")
    assert not centre.case(call.case).closed, "the person is still to be told"
    assert "einschränken" in call.desk.letter.read(call.session, call.case, letter.id).text, "as it could not leave"
    shown = call.desk.case.read(call.session, call.case).letters[-1]
    assert (shown.failed, shown.reason) == (True, "there is no address to write to")
    with pytest.raises(Refused, match="proven by other means"):  # than what they said: the PIN is no such proof (INT-7)
        call.desk.letter.handed(call.session, call.case, letter.id, "phone")
    call.desk.letter.handed(call.session, call.case, letter.id, "post")
    centre.until(lambda: centre.case(call.case).closed)
    assert centre.case(call.case).letters[-1].medium == "post"
    desk, lead = lead_of(centre)
    desk.act.lift(lead, call.case, "claim-over")
    centre.until(lambda: any(item.returned for item in centre.case(call.case).items))
    assert [item.returned for item in centre.case(call.case).items] == ["", "not-told"]
    assert sum(restricted(centre).values()) > 0
    assert "restriction.lifted" not in centre.acts(call.case)


def test_while_restricted_a_consent_can_be_withdrawn_and_a_lifting_leaves_that_as_it_is(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    call = restricted_case(centre)
    call.desk.act.stop_marketing(call.session, call.case)
    centre.until(lambda: len(centre.case(call.case).items) == 2 and centre.case(call.case).closed)
    written = [e.params for e in centre.entries(call.case) if e.act == "consent.written"]
    assert sum(int(str(one["rows"])) for one in written) > 0, "the control: something was written"
    assert restricted(centre) == dict.fromkeys(MARKED, 1), "and the marks stand"
    said = "SELECT id, marketing_stopped_at, newsletter_withdrawn_at FROM subscriber ORDER BY id"
    before = centre.rows("news", said)
    desk, lead = lead_of(centre)
    desk.act.lift(lead, call.case, "lawful")
    centre.until(lambda: len(centre.case(call.case).items) == 3 and centre.case(call.case).closed)
    assert restricted(centre) == dict.fromkeys(MARKED, 0)
    assert centre.rows("news", said) == before


def two_restrictions(centre: WorkerCentre) -> tuple[Call, Call]:
    """Two cases that restrict one person, who gave an address in one and a customer number in the other."""
    first = restricted_case(centre)
    by_number = replace(PEOPLE[1], email=PEOPLE[1].customer_number)
    return first, restricted_case(centre, "18-1-c", by_number, first.desk)


def lifting_told(centre: WorkerCentre, case: str) -> tuple[int, dict[str, str]]:
    """How many letters told the person of the lifting, and what recipients of it were told."""
    seen = centre.case(case)
    letters = [one for one in seen.letters if one.template == "restriction-lifted"]
    return len(letters), {one.recipient: one.state for one in seen.items[-1].recipients if one.state == "told"}


def test_what_another_case_still_restricts_stays_marked_until_that_is_lifted_too(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    first, second = two_restrictions(centre)
    desk, lead = lead_of(centre)
    desk.act.lift(lead, first.case, "accuracy-checked")
    centre.until(lambda: len(centre.case(first.case).items) == 2 and centre.case(first.case).closed)
    assert restricted(centre) == dict.fromkeys(MARKED, 1)
    kept = [e.params for e in centre.entries(first.case) if e.act == "restriction.kept"]
    assert (kept, centre.acts(first.case).count("restriction.lifted")) == ([{"case": second.case}], 0)
    assert lifting_told(centre, first.case) == (0, {}), "nobody is told of what was not done"
    assert second.case in desk.case.read(lead, first.case).items[1].text
    with pytest.raises(Refused, match="nothing is restricted"):
        desk.act.lift(lead, first.case, "lawful")
    desk.act.lift(lead, second.case, "claim-over")
    centre.until(lambda: len(centre.case(second.case).items) == 2 and centre.case(second.case).closed)
    assert restricted(centre) == dict.fromkeys(MARKED, 0)
    assert "restriction.kept" not in centre.acts(second.case)
    told = dict.fromkeys(("elbkurier-logistik-gmbh", "mailwerk-gmbh"), "told")
    assert lifting_told(centre, second.case) == (1, told)
    mails = [" ".join(mail.split()) for mail in centre.letters()]
    assert sum("die Einschränkung ihrer Verarbeitung in unseren Systemen aufgehoben" in mail for mail in mails) == 2
    assert differences(centre.store) == []


@pytest.mark.long
def test_two_restrictions_that_are_lifted_at_once_leave_no_mark(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    cases = two_restrictions(centre)
    desk, lead = lead_of(centre)
    centre.kill()
    for call in cases:
        desk.act.lift(lead, call.case, "lawful")
    centre.start()
    centre.until(lambda: all(len(centre.case(c.case).items) == 2 and centre.case(c.case).closed for c in cases), 60)
    assert restricted(centre) == dict.fromkeys(MARKED, 0)
    assert ["restriction.kept" in centre.acts(call.case) for call in cases] == [True, False]


@pytest.mark.rule("ERA-2")
def test_ERA_2_a_lifting_does_not_lift_what_an_erasure_left_because_a_law_keeps_it(make_due: Make) -> None:
    """Somebody who was erased is a customer again, restricts that, and has it lifted."""
    centre = make_due()
    data = centre.home.path / "data" / "nordlicht"
    for system in ("crm", "desk", "news"):
        shutil.copy(data / f"{system}.db", data / f"{system}.before")
    with closing(sqlite3.connect(data / "shop.db")) as shop:
        account = shop.execute(f"SELECT * FROM account WHERE customer_number='{ME.customer_number}'").fetchone()
    centre.start()
    centre.until(lambda: centre.case(CASE).shredded)
    mine = f"SELECT count(*) FROM invoice WHERE customer_number='{ME.customer_number}' AND restricted_at IS NOT NULL"
    assert centre.rows("shop", mine) == [(3,)]
    for system in ("crm", "desk", "news"):  # the same number again, as a customer of old gets it back
        old, now = sqlite3.connect(data / f"{system}.before"), sqlite3.connect(data / f"{system}.db")
        with closing(old), closing(now):
            old.backup(now)
    with closing(sqlite3.connect(data / "shop.db")) as shop, shop:
        shop.execute(f"INSERT INTO account VALUES ({','.join('?' * len(account))})", account)
        new = (
            "SELECT 990001, 'R990001', 'O990001', customer_number, billing_name, billing_address, ?, NULL, amount, NULL"
        )
        shop.execute(f"INSERT INTO invoice {new} FROM invoice WHERE customer_number=? LIMIT 1",
                     ((datetime.now(UTC) + timedelta(days=2)).date().isoformat(), ME.customer_number))  # fmt: skip
    call = restricted_case(centre, person=ME)
    assert centre.rows("shop", mine) == [(4,)]
    desk, lead = lead_of(centre)
    desk.act.lift(lead, call.case, "accuracy-checked")
    centre.until(lambda: len(centre.case(call.case).items) == 2 and centre.case(call.case).closed)
    assert restricted(centre) == dict.fromkeys(MARKED, 0), "the control: what the law does not keep is free"
    kept = "SELECT id = 990001, restricted_at IS NOT NULL FROM invoice WHERE customer_number="
    assert sorted(centre.rows("shop", f"{kept}'{ME.customer_number}'")) == [(0, 1), (0, 1), (0, 1), (1, 0)]
    assert centre.rows("shop", "SELECT count(*) FROM payment WHERE restricted_at IS NOT NULL") == [(3,)]
