"""Corrections and liftings where people work a system: programs do their part, the rest is somebody's by name."""

from services.errors import Refused
from services.types import ItemState, Outcome, Right, Session
from tests.by_hand import answer, waits, with_archive
from tests.centre import LEAD, LEAD_PIN
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make


def called(make_centre: Make, right: Right) -> tuple[WorkerCentre, Call]:
    """A checked call in a centre with an archive that people work."""
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[4], right)
    call.verify()
    return centre, call


def test_a_correction_leaves_an_archive_to_people_and_ends_with_its_letter_when_they_did_it(make_centre: Make) -> None:
    centre, call = called(make_centre, Right.RECTIFICATION)
    desk, session = call.desk, call.session
    (wrong,) = [one for one in desk.rectify.lines(session, call.case) if one.field == "family name"]
    desk.rectify.ask(session, call.case, {wrong: "Neumann"})
    centre.until(lambda: centre.case(call.case).items[0].returned)
    item = centre.case(call.case).items[0]
    assert {one.system: one.state + one.reason for one in item.systems} == {
        "crm": "done",
        "archive": "failedleft-to-people",
    }
    assert ("Neumann",) in centre.rows("crm", "SELECT family_name FROM customer")
    centre.until(lambda: desk.case.state(call.case).items[0].returned)
    assert "people work it" in desk.case.read(session, call.case).items[0].text
    desk.act.resolve(session, call.case, "1", Outcome.DONE)
    centre.until(lambda: "rectification-outcome" in [x.template for x in centre.case(call.case).letters])


def test_a_lifting_frees_what_programs_can_and_says_where_people_must(make_centre: Make) -> None:
    centre, call = called(make_centre, Right.RESTRICTION)
    call.desk.act.restrict(call.session, call.case, "18-1-a")
    answer(call, waits(call, "restrict"), "completed", 1)
    centre.until(lambda: centre.case(call.case).closed)
    desk = centre.desk("desk-2")

    def signed_in() -> Session | None:
        try:
            return desk.sign.sign_in(LEAD, LEAD_PIN)
        except Refused:
            return None

    lead = centre.until(signed_in)
    desk.act.lift(lead, call.case, "lawful")
    centre.until(lambda: len(items := centre.case(call.case).items) == 2 and items[1].returned)
    item = centre.case(call.case).items[1]
    assert (item.state, item.returned) == (ItemState.IN_PROGRESS, "left-to-people")
    states = {one.system: one.state for one in item.systems}
    assert (states["crm"], states["archive"]) == ("done", "failed")
    assert centre.rows("crm", "SELECT count(*) FROM customer WHERE restricted_at IS NOT NULL") == [(0,)]
