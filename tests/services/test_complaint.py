"""A complaint to the controller: confirmed within 30 days in the UK (DPA 2018 s 164A), kept and confirmed elsewhere."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.action_log import acts
from services.cases.fold_letters import CONFIRMATION, failed_letters
from services.cases.queue import columns, dates_of, first_due, to_confirm
from services.clock.calendar import calendar_for
from services.clock.complaint import confirm_by
from services.clock.rules import RULES
from services.controllers import Controller, load_controllers
from services.demo.people import make_people
from services.demo.systems import make_systems
from services.errors import BadInput
from services.sync.rebuild import differences
from services.types import Regime, Right
from tests.centre import AGENT, AGENT_PIN, request
from tests.entries import WORKER, after, entry, opened
from tests.services.test_clock_command import run
from tests.worker_centre import PEOPLE, Call, _signed_in
from tests.worker_fixtures import Make

ENG = calendar_for("GB", "ENG")


@pytest.mark.rule("UK-164A")
@pytest.mark.parametrize(
    ("received", "end"),
    [
        ("2026-06-19", "2026-07-20"),  # Sunday 19 July
        ("2026-09-01", "2026-10-01"),  # day 1 is 2 September, day 30 is Thursday 1 October
        ("2026-11-25", "2026-12-29"),  # 25 December, then Boxing Day on Saturday with its substitute on Monday
        ("2026-11-27", "2026-12-29"),
        ("2027-02-24", "2027-03-30"),  # Good Friday to Easter Monday
    ],
)
def test_UK_164A_day_1_is_the_day_after_receipt_and_the_end_is_a_working_day(received: str, end: str) -> None:
    assert confirm_by(date.fromisoformat(received), ENG, Regime.UK) == date.fromisoformat(end)


def test_UK_164A_every_day_against_a_slow_count() -> None:
    day = date(2026, 6, 19)
    while day < date(2030, 1, 1):
        slow = day
        for _ in range(30):
            slow += timedelta(days=1)
        while not ENG.is_working(slow):
            slow += timedelta(days=1)
        assert confirm_by(day, ENG, Regime.UK) == slow
        day += timedelta(days=1)


def test_no_other_law_and_no_earlier_day_names_an_end() -> None:
    assert confirm_by(date(2026, 6, 18), ENG, Regime.UK) is None, "the day before the section was in force"
    assert confirm_by(date(2026, 9, 1), calendar_for("DE"), Regime.EU) is None
    assert confirm_by(date(2026, 9, 1), calendar_for("DE"), Regime.OTHER) is None
    assert [r.confirm_days for r in RULES if r.regime is Regime.UK] == [None, None, 30]
    with pytest.raises(BadInput):
        confirm_by(date(2100, 1, 1), ENG, Regime.UK)


def test_the_command_says_the_day_and_what_moved_it() -> None:
    code, out, _ = run("--received 2026-11-27 --country GB --subdivision ENG --complaint --json")
    found = json.loads(out)
    assert (code, found["confirm_by"], found["rules"]) == (0, "2026-12-29", ["UK-164A"])
    assert [one["day"] for one in found["moved_by"]] == ["2026-12-27", "2026-12-28"]
    text = run("--received 2026-11-27 --country GB --subdivision ENG --complaint")[1]
    assert text.startswith("Confirm the complaint by Tuesday 29 December 2026.")
    assert run("--received 2026-11-27 --country DE --complaint")[1].startswith(
        "Received Friday 27 November 2026: no law"
    )
    assert run("--received soon --country GB --subdivision ENG --complaint")[0] == 2


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    home = tmp_path_factory.mktemp("home")
    make_systems(home, "harbour", make_people(1, 2), 1)
    return load_controllers(home)["harbour"]


@pytest.mark.rule("UK-164A")
def test_the_day_leads_in_the_queue_until_the_person_was_told(harbour: Controller) -> None:
    case = replace(opened(Right.COMPLAINT, Right.ACCESS), regime=Regime.UK, received_on="2026-07-01")
    due, confirm = dates_of(case, harbour).due, date(2026, 7, 31)
    assert to_confirm(case, harbour) == first_due(case, harbour) == confirm < due
    assert columns(case, harbour)["due"] == confirm.isoformat()
    letter = "f" * 32
    made = acts.LetterMade(letter=letter, template=CONFIRMATION, version="2026-11", language="en")
    failed = acts.LetterFailed(letter=letter, reason="no-address")
    case = after(case, entry(made, actor=WORKER, item="1"), entry(failed, actor=WORKER, item="1"))
    assert first_due(case, harbour) == confirm, "nobody was told"
    assert failed_letters(case)
    case = after(case, entry(acts.LetterHanded(letter=letter, medium="phone"), item="1"))
    assert to_confirm(case, harbour) is None
    assert columns(case, harbour)["due"] == due.isoformat()
    assert first_due(replace(opened(Right.ACCESS), regime=Regime.UK), harbour), "the control: no complaint, no such day"
    assert to_confirm(replace(opened(Right.ACCESS), regime=Regime.UK), harbour) is None


@pytest.mark.rule("UK-164A")
def test_a_complaint_is_confirmed_by_its_own_letter_and_by_phone_people_say_so(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
    wanted = request(Right.COMPLAINT, identifier=PEOPLE[1].email, controller="harbour")
    case = desk.intake.open(session, wanted).case
    assert desk.synced()
    centre.until(lambda: [x for x in centre.case(case).letters if x.state == "sent"])
    (mail,) = centre.letters()
    assert "We have received your complaint" in mail
    assert "section 164A" in mail
    assert "The law gives us one month" not in mail
    assert "Information Commissioner" in mail
    assert desk.caught_up()
    assert "confirm by" not in {one.name for one in desk.case.read(session, case).dates}
    centre.until(lambda: centre.case(case).acknowledged)

    phoned = desk.intake.open(session, replace(wanted, identifier=PEOPLE[2].phone)).case
    assert desk.synced()
    (letter,) = centre.until(lambda: failed_letters(centre.case(phoned)))
    assert (letter.template, letter.reason) == (CONFIRMATION, "no-address")
    assert desk.caught_up()
    shown = {one.name: one for one in desk.case.read(session, phoned).dates}
    assert shown["confirm by"].day >= datetime.now(UTC).date() + timedelta(days=29)
    assert "s 164A" in shown["confirm by"].why
    desk.letter.handed(session, phoned, letter.id, "phone")
    assert desk.synced()
    centre.until(lambda: centre.case(phoned).acknowledged)
    assert desk.caught_up()
    assert "confirm by" not in {one.name for one in desk.case.read(session, phoned).dates}

    call = Call(centre, desk, PEOPLE[3], Right.COMPLAINT)
    centre.until(lambda: centre.case(call.case).acknowledged)
    german = next(one for one in centre.letters() if "Beschwerde ist eingegangen" in one)
    assert "section 164A" not in german
    assert "Behörde:" in german
    assert differences(centre.store) == []
