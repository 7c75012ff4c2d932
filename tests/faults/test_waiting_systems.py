"""Systems that wait or fail keep no other from its turn, the case says so while it runs, and a lead decides.

The control of each is the same erasure in which the system answers.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from db.central import JOB, PROGRESS, SLOT
from services.desk.desk import Desk
from services.errors import BadInput, Refused
from services.types import ItemState, Outcome, Right, Session, SystemResult
from tests.centre import LEAD, LEAD_PIN
from tests.faults.test_worker_kills import counts, half_erased
from tests.worker_centre import CASE, ME, Call, WorkerCentre, _signed_in
from tests.worker_child import MOODY
from tests.worker_fixtures import Make

FAR = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
TODAY = datetime.now(UTC).date().isoformat()
PAST = (datetime.now(UTC) - timedelta(days=20)).date().isoformat()


def mood(centre: WorkerCentre, system: str, words: str) -> None:
    """From now on the system answers so; as it should when `words` are empty."""
    folder = centre.home.path / "moods"
    folder.mkdir(exist_ok=True)
    (folder / system).write_text(words)


def asked(centre: WorkerCentre) -> list[str]:
    """Systems that were told to change something, in order."""
    file = centre.home.path / "moods" / "asked"
    return [line.split()[0] for line in file.read_text().splitlines()] if file.is_file() else []


def progress(centre: WorkerCentre) -> dict[str, str]:
    """What the workers say of each system."""
    with centre.engine.connect() as conn:
        return {row[0]: row[1] for row in conn.execute(sa.select(PROGRESS.c.system, PROGRESS.c.state))}


def erase_job(centre: WorkerCentre) -> sa.Row[tuple[object, ...]]:
    with centre.engine.connect() as conn:
        return conn.execute(sa.select(*JOB.c["id", "state", "worker", "fence"]).where(JOB.c.kind == "erase")).one()


def states(centre: WorkerCentre) -> dict[str, str]:
    """What the acts say of each system."""
    return {one.system: one.state for one in centre.case(CASE).items[0].systems}


def shown(desk: Desk, session: Session) -> dict[str, SystemResult]:
    """What the case screen is told of each system."""
    return {one.system: one for one in desk.case.read(session, CASE).items[0].systems}


def lead(centre: WorkerCentre, terminal: str = "desk-2") -> tuple[Desk, Session]:
    desk = centre.desk(terminal)
    session = centre.until(lambda: _signed_in(desk, LEAD, LEAD_PIN))
    return desk, session


def written(centre: WorkerCentre) -> Counter[str]:
    """How often each act of the erasure stands in the case."""
    return Counter(e.act for e in centre.entries(CASE) if e.act.startswith(("erase.s", "erase.v", "system.", "item.r")))


def test_a_vendor_that_answers_later_keeps_no_other_system_waiting_and_no_worker_busy(make_due: Make) -> None:
    centre = make_due()
    mood(centre, "crm", FAR)
    centre.start(MOODY)
    centre.until(lambda: set(states(centre)) == {"desk", "news", "shop"}, 60)
    assert set(states(centre).values()) == {"done"}
    centre.until(lambda: erase_job(centre).state == "queued", 30)
    assert erase_job(centre).worker == "", "nobody holds it while it waits"
    assert progress(centre)["crm"] == "waiting for vendor"
    desk, session = lead(centre)
    waits = shown(desk, session)["crm"]
    assert (waits.state, waits.until is not None and waits.until.date().isoformat()) == ("waiting for vendor", FAR)
    with pytest.raises(Refused, match="no system has failed"):
        desk.work.retry(session, CASE, "1", "crm")
    asked_before = asked(centre).count("crm")
    centre.kill()
    centre.start(MOODY)
    centre.until(lambda: centre.store.workers()[1][0].alive)
    assert (asked(centre).count("crm"), erase_job(centre).state) == (asked_before, "queued"), "it still waits"


def test_the_vendor_is_asked_again_and_then_it_is_done_once(make_due: Make) -> None:
    centre = make_due()
    mood(centre, "crm", TODAY)
    centre.start(MOODY)
    centre.until(lambda: asked(centre).count("crm") > 2, 60)
    assert counts(centre)["crm"][0], "the control: it has not answered"
    mood(centre, "crm", "")
    centre.until(lambda: centre.case(CASE).shredded, 60)
    assert written(centre) == {"erase.started": 1, "erase.system_done": 4, "erase.verified": 1, "item.resolved": 1}
    centre.until(lambda: erase_job(centre).state == "done")
    with centre.engine.connect() as conn:
        assert conn.execute(sa.select(PROGRESS.c.system)).all() == [], "what was said while it ran goes with the job"
        assert conn.execute(sa.select(SLOT.c.job)).all() == []


def test_a_vendor_that_is_too_late_is_a_leads_and_tried_again_it_is_done(make_due: Make) -> None:
    centre = make_due()
    mood(centre, "crm", PAST)
    centre.start(MOODY)
    centre.until(lambda: states(centre).get("crm") == "exception", 60)
    centre.until(lambda: erase_job(centre).state == "queued", 30)
    desk, session = lead(centre)
    told = shown(desk, session)
    assert (told["crm"].state, told["crm"].reason, told["shop"].state) == ("exception", "vendor-late", "done")
    view = desk.case.read(session, CASE)
    assert "a lead decides about crm" in view.items[0].text
    with pytest.raises(Refused, match="shop has not failed"):
        desk.work.retry(session, CASE, "1", "shop")
    desk.work.retry(session, CASE, "1", "crm")  # still too late: the try ends as before, with an act
    centre.until(lambda: written(centre)["system.given_up"] == 2, 60)
    mood(centre, "crm", "")
    centre.until(lambda: shown(desk, session)["crm"].state == "exception")
    desk.work.retry(session, CASE, "1", "crm")
    centre.until(lambda: centre.case(CASE).shredded, 60)
    assert written(centre)["erase.system_done"] == 4
    assert centre.case(CASE).items[0].outcome is Outcome.PARTLY, "by law some rows are kept"


def test_a_skipped_system_is_left_alone_and_the_letter_says_so(make_due: Make) -> None:
    centre = make_due()
    mood(centre, "news", "unusable")  # of which the plan keeps nothing: skipped it makes the difference
    before = counts(centre)
    centre.start(MOODY)
    centre.until(lambda: states(centre).get("news") == "failed", 60)
    desk, session = lead(centre)
    centre.until(lambda: shown(desk, session).get("news") is not None)
    with pytest.raises(BadInput, match="say why"):
        desk.work.skip(session, CASE, "1", "news", "by-hand", " ")
    desk.sign.step_up(session, LEAD_PIN)
    words = "[red]=cmd()\x1b[31m O'Brien \u202e"
    desk.work.skip(session, CASE, "1", "news", "by-hand", words)
    centre.until(lambda: centre.case(CASE).shredded, 60)
    item = centre.case(CASE).items[0]
    assert (item.state, item.outcome) == (ItemState.CLOSED, Outcome.PARTLY)
    assert states(centre)["news"] == "skipped"
    assert counts(centre)["news"] == before["news"], "nothing was done there"
    assert half_erased(before, counts(centre)) == []
    assert written(centre)["erase.system_done"] == 3
    letter = next(text for text in centre.letters() if "Was wir gelöscht haben" in text)
    assert "nicht gelöscht" in letter
    assert "we do it there" not in letter
    assert not any(words.encode() in body for body in bodies(centre)), "the words are sealed, not in the log"
    assert centre.case(CASE).conflicts == ()


@pytest.mark.long
def test_control_nothing_skipped_nothing_left_out(make_due: Make) -> None:
    centre = make_due()
    centre.start(MOODY)
    centre.until(lambda: centre.case(CASE).shredded, 60)
    assert set(states(centre).values()) == {"done"}
    assert not any("nicht gelöscht" in text for text in centre.letters())


def test_an_agent_decides_about_no_system(make_due: Make) -> None:
    centre = make_due()
    mood(centre, "news", "unusable")
    centre.start(MOODY)
    centre.until(lambda: states(centre).get("news") == "failed", 60)
    from tests.centre import AGENT, AGENT_PIN

    desk = centre.desk()
    session = centre.until(lambda: _signed_in(desk, AGENT, AGENT_PIN))
    for act in ("retry", "skip"):
        assert desk.case.read(session, CASE).key(act).reason == "for lead only"
    with pytest.raises(Refused, match="for lead only"):
        desk.work.retry(session, CASE, "1", "news")
    with pytest.raises(Refused, match="for lead only"):
        desk.work.halt(session, "attack")


def access(centre: WorkerCentre) -> Call:
    """A call that asks for a package."""
    call = Call(centre, centre.desk(), ME, Right.ACCESS)
    call.verify()
    return call


def test_an_export_waits_for_a_vendor_and_then_goes_out_complete(make_centre: Make) -> None:
    centre = make_centre()
    centre.start(MOODY)
    call = access(centre)
    mood(centre, "crm.read", TODAY)
    call.step_up()
    call.desk.act.export(call.session, call.case)
    centre.until(lambda: asked(centre).count("crm.read") > 2, 60)
    centre.until(lambda: shown_in(call, "crm") == "waiting for vendor")
    assert shown_in(call, "shop") == "done"
    assert "export.built" not in centre.acts(call.case)
    mood(centre, "crm.read", "")
    call.keep_in()
    centre.until(lambda: "item.resolved" in centre.acts(call.case), 60)
    built = next(e for e in centre.entries(call.case) if e.act == "export.built")
    assert "crm" in built.params["systems"]


@pytest.mark.long
def test_an_export_whose_vendor_is_too_late_fails_with_that_reason(make_centre: Make) -> None:
    centre = make_centre()
    centre.start(MOODY)
    call = access(centre)
    mood(centre, "crm.read", PAST)
    call.step_up()
    call.desk.act.export(call.session, call.case)
    centre.until(lambda: centre.case(call.case).items[0].returned, 60)
    assert centre.case(call.case).items[0].returned == "vendor-late"


def shown_in(call: Call, system: str) -> str:
    """What the case screen is told of a system while the export runs."""
    systems = call.desk.case.read(call.session, call.case).items[0].systems
    return next((one.state for one in systems if one.system == system), "")


def bodies(centre: WorkerCentre) -> list[bytes]:
    from db.central import ENTRY

    with centre.engine.connect() as conn:
        return [row[0] for row in conn.execute(sa.select(ENTRY.c.body))]
