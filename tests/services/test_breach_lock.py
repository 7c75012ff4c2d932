"""A breach stops the work on its case: what a worker has begun or is about to begin waits for the release."""

import pytest

from services.types import BreachRaise, Role
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN, Centre, sign_in
from tests.worker_centre import CASE
from tests.worker_fixtures import Make

pytestmark = pytest.mark.usefixtures("no_keyring")


def test_an_erasure_that_is_due_waits_for_the_release_and_its_shredding_leaves_the_breach(make_due: Make) -> None:
    centre = make_due()
    small = Centre(centre.home.path)
    with small.desk() as desk:
        session = sign_in(desk, AGENT, AGENT_PIN)
        words = "the plan may be of somebody else"
        breach = BreachRaise("nordlicht", CASE, words, None, ("user.name",), None, "unknown", "no")
        number = desk.breach.raise_(session, breach).number
        small.settle(desk)
    small.engine.dispose()
    centre.start()
    centre.until(lambda: centre.journal("parked"))
    lead_desk = centre.desk("desk-2")
    lead = centre.until(lambda: sign_in(lead_desk, LEAD, LEAD_PIN, Role.LEAD))
    centre.until(lambda: lead_desk.breach.read(lead, number).alerts == ("sent",))
    assert "erase.started" not in centre.acts(CASE), "only the word of the breach itself left"
    lead_desk.sign.step_up(lead, LEAD_PIN)
    lead_desk.breach.release(lead, number, "not-concerned")
    centre.until(lambda: centre.case(CASE).shredded)
    assert lead_desk.breach.texts(lead, number).words == words, "what documents it outlives the case"
