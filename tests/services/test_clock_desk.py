"""The clock at the desk: asked, waited for, extended, ended, merged; and what the queue then shows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from db.central import JOB
from services.cases.fold_letters import failed_letters
from services.desk.clock import ACCEPTED, EXTENSIONS
from services.desk.desk import Desk
from services.errors import BadInput, NotFound, Refused
from services.sync.rebuild import differences
from services.types import Band, ItemState, Outcome, QueueRow, QueueView, Right, Session
from tests.centre import COLLEAGUE, COLLEAGUE_PIN, LEAD, LEAD_PIN, Centre, request, sign_in
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make


def logged(desk: Desk, session: Session, days_ago: int = 0, *rights: Right, who: str = "nobody@example.com") -> str:
    """A request that came so many days ago."""
    intake = request(*rights, identifier=who)
    return desk.intake.open(session, replace(intake, received_at=datetime.now(UTC) - timedelta(days=days_ago))).case


def day(desk: Desk, ago: int = 0) -> date:
    return desk._ctx.today("nordlicht") - timedelta(days=ago)


def row(desk: Desk, session: Session, case: str) -> QueueRow:
    return next(one for one in desk.queue.page(session, QueueView(), None, 50).rows if one.case == case)


def dates(desk: Desk, session: Session, case: str) -> dict[str, date]:
    return {one.name: one.day for one in desk.case.read(session, case).dates}


@pytest.mark.rule("SUS-2")
def test_SUS_2_the_hard_date_leads_until_a_lead_accepts_the_pause_with_a_reason(centre: Centre) -> None:
    with centre.desk("desk-1") as desk, centre.desk("desk-2") as two:
        agent, lead = sign_in(desk), sign_in(two, LEAD, LEAD_PIN)
        case = logged(desk, agent, 6, Right.ACCESS)
        desk.clock.ask(agent, case, "identity", "identity-doubt", on=day(desk, 6))
        shown = dates(desk, agent, case)
        view = desk.case.read(agent, case)
        assert view.due.startswith("PAUSED 6d (hard ")
        assert (view.leads, shown["ask again"]) == (shown["legal end"], day(desk, -1))
        assert "no lead accepted it" in next(one.why for one in view.dates if one.name == "with pause")
        centre.settle(desk, two)
        with pytest.raises(Refused, match="for lead only"):
            desk.clock.pause(agent, case, accept=True, reason=ACCEPTED[0])
        with pytest.raises(BadInput, match="a reason is one of"):
            two.clock.pause(lead, case, accept=True, reason="why not")
        before = row(two, lead, case)
        two.clock.pause(lead, case, accept=True, reason=ACCEPTED[0])
        centre.settle(desk, two)
        after = row(two, lead, case)
        assert (before.due_hard, before.without_pause) == (shown["legal end"], shown["legal end"])
        assert (after.due_hard, after.without_pause) == (shown["with pause"], shown["legal end"])
        assert after.due == before.due == view.due, "the light shows the hard date all the same"
        assert (after.band, after.reason) == (Band.PAUSE_ENDS, "the person is to be asked again")
        assert differences(centre.store) == []


@pytest.mark.rule("INT-2")
def test_a_question_is_asked_in_time_on_a_known_ground_or_says_why_the_time_runs_on(centre: Centre) -> None:
    with centre.desk("desk-1") as desk, centre.desk("desk-2") as two:
        agent, lead = sign_in(desk), sign_in(two, LEAD, LEAD_PIN)
        case = logged(desk, agent, 9, Right.ERASURE)
        assert dates(desk, agent, case)["received"] == day(desk, 9), "when it reached us, not when it was logged"
        for what, ground, reason in (("passport", "x", "what was asked"), ("identity", "large-quantity", "a ground")):
            with pytest.raises(BadInput, match=reason):
                desk.clock.ask(agent, case, what, ground)
        with pytest.raises(Refused, match="only a request for access"):
            desk.clock.ask(agent, case, "clarification", "large-quantity")
        for wrong in (day(desk, 10), day(desk, -1)):
            with pytest.raises(BadInput, match="that day cannot be"):
                desk.clock.ask(agent, case, "identity", "identity-doubt", on=wrong)
        desk.clock.ask(agent, case, "identity", "identity-doubt", on=day(desk, 5))
        view = desk.case.read(agent, case)
        assert view.due.endswith(" left")
        assert "with pause" not in dates(desk, agent, case)
        again = next(one.why for one in view.dates if one.name == "ask again")
        assert again == "the time runs on: it was asked 4 days after receipt, more than 3"
        centre.settle(desk, two)
        with pytest.raises(Refused, match="the time runs on"):
            two.clock.pause(lead, case, accept=True, reason=ACCEPTED[0])
        desk.clock.answered(agent, case)
        with pytest.raises(Refused, match="no question to the person is open"):
            desk.clock.answered(agent, case)


@pytest.mark.rule("CLK-2", "CLK-3")
def test_CLK_2_the_key_to_extend_is_dead_after_the_first_month_and_takes_the_reasons_of_the_law(centre: Centre) -> None:
    with centre.desk("desk-1") as desk, centre.desk("desk-2") as two:
        agent, lead = sign_in(desk), sign_in(two, LEAD, LEAD_PIN)
        late, fresh = logged(desk, agent, 40), logged(desk, agent, 1)
        centre.settle(desk, two)
        assert two.case.read(lead, late).key("extend").reason.startswith("the notice had to go out by ")
        with pytest.raises(Refused, match="had to go out"):
            two.clock.extend(lead, late, EXTENSIONS[0])
        with pytest.raises(Refused, match="for lead only"):
            desk.clock.extend(agent, fresh, EXTENSIONS[0])
        for no_reason in ("effort", "big-company", "", "wir sind ueberlastet"):
            with pytest.raises(BadInput, match="a reason is one of"):
                two.clock.extend(lead, fresh, no_reason)
        two.clock.extend(lead, fresh, EXTENSIONS[0])
        assert "extended to" not in dates(two, lead, fresh), "not before the notice left"
        assert two.case.read(lead, fresh).key("extend").reason == "it was extended already, and that is possible once"


@pytest.mark.rule("INT-8", "INT-9")
def test_INT_9_a_duplicate_ends_in_the_first_case_with_its_rights_and_the_earlier_day(centre: Centre) -> None:
    with centre.desk("desk-1") as desk:
        agent = sign_in(desk)
        first, second = logged(desk, agent, 2, Right.ACCESS), logged(desk, agent, 9, Right.ACCESS, Right.ERASURE)
        stranger = logged(desk, agent, 1, Right.ACCESS, who="somebody.else@example.com")
        centre.settle(desk)
        with pytest.raises(Refused, match="a lead decides"):
            desk.clock.merge(agent, second, stranger)
        with pytest.raises(Refused, match="another one of the same controller"):
            desk.clock.merge(agent, second, second)
        for nowhere in ("C-26-999999", "", "x' OR 1=1 --"):
            with pytest.raises(NotFound):
                desk.clock.merge(agent, second, nowhere)
        before = dates(desk, agent, first)
        desk.clock.merge(agent, second, first.lower())
        centre.settle(desk)
        state, ended = desk.case.state(first), desk.case.state(second)
        assert [item.right for item in state.items] == [Right.ACCESS, Right.ERASURE]
        assert {item.outcome for item in ended.items} == {Outcome.MERGED}
        after = dates(desk, agent, first)
        assert after["received"] == before["received"] - timedelta(days=7)
        assert after["legal end"] < before["legal end"]
        assert row(desk, agent, first).due_hard == after["legal end"]
        desk.clock.remind(agent, first)
        assert dates(desk, agent, first) == after
        why = next(one.why for one in desk.case.read(agent, first).dates if one.name == "received")
        assert f"with {second}" in why
        assert "1 reminder: no new clock" in why
        with pytest.raises(Refused, match="is closed"):
            desk.clock.merge(agent, stranger, second)
        assert differences(centre.store) == []


def test_who_does_not_hold_the_case_asks_nothing_and_keeps_a_reminder(centre: Centre) -> None:
    with centre.desk("desk-1") as desk, centre.desk("desk-2") as two:
        agent, other = sign_in(desk), sign_in(two, COLLEAGUE, COLLEAGUE_PIN)
        case = logged(desk, agent)
        centre.settle(desk, two)
        with pytest.raises(Refused, match="held by 0042"):
            two.clock.ask(other, case, "identity", "identity-doubt")
        two.clock.remind(other, case)
        centre.settle(desk, two)
        assert [one.kind for one in desk.case.state(case).receipts] == ["reminder"]


@pytest.mark.rule("CLK-2", "SUS-5")
def test_the_notice_extends_and_who_never_says_who_they_are_gets_one_letter_with_reasons(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[4], Right.ACCESS)
    agent = call.session
    silent = logged(desk, agent, 20, Right.ACCESS, Right.ERASURE, who="silent@example.com")
    nowhere = logged(desk, agent, who="K999999")
    desk.clock.ask(agent, silent, "identity", "identity-doubt", on=day(desk, 20))
    with pytest.raises(Refused, match="asked twice again"):
        desk.clock.unanswered(agent, silent)
    desk.clock.chase(agent, silent, on=day(desk, 13))
    with pytest.raises(BadInput, match="that day cannot be"):
        desk.clock.chase(agent, silent, on=day(desk, 7))
    desk.clock.chase(agent, silent)
    call.step_up()
    desk.clock.unanswered(agent, silent)
    assert desk.synced()
    lead_desk = centre.desk("desk-2")
    lead = centre.until(lambda: _lead(lead_desk))
    lead_desk.clock.extend(lead, call.case, "volume")
    lead_desk.clock.extend(lead, nowhere, "volume")
    centre.until(lambda: centre.case(call.case).noticed_at)
    centre.until(lambda: "not-identified" in [x.template for x in centre.case(silent).letters if x.state == "sent"])
    failed = centre.until(lambda: [e.params for e in centre.entries(nowhere) if e.act == "extension.failed"])
    assert (failed, centre.case(nowhere).extended) == ([{"reason": "no-address"}], False)
    ended = centre.case(silent)
    assert (ended.closed, {item.outcome for item in ended.items}) == (True, {Outcome.NOT_IDENTIFIED})
    mails = [" ".join(mail.split()) for mail in centre.letters()]
    (notice,) = [mail for mail in mails if "bis zu zwei Monate länger" in mail]
    assert "sehr viele Daten müssen durchgesehen werden" in notice
    told = [mail for mail in mails if mail.startswith("To: silent@example.com") and "Ausweiskopie" in mail]
    assert len(told) == 1, "one letter for all of the request"
    assert centre.until(lambda: "extended to" in dates(lead_desk, lead, call.case))
    assert centre.case(call.case).items[0].state is not ItemState.CLOSED


@pytest.mark.rule("SUS-3", "SUS-5")
def test_questions_leave_by_mail_and_one_that_cannot_is_seen_and_stops_no_clock(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    agent = Call(centre, desk, PEOPLE[4], Right.ACCESS).session
    asked, nowhere = logged(desk, agent, 1, Right.ACCESS, who="asked@example.com"), logged(desk, agent, who="K999999")
    moot, known = logged(desk, agent, who="K999998"), logged(desk, agent, who=PEOPLE[4].customer_number)
    for wrong in ({"on": day(desk, 1)}, {"what": "fee", "ground": "further-copy"}):
        with pytest.raises(BadInput):
            desk.clock.ask(agent, asked, **{"what": "identity", "ground": "identity-doubt", "mail": True, **wrong})
    desk.clock.ask(agent, asked, "clarification", "large-quantity", mail=True)
    for case in (nowhere, moot, known):
        desk.clock.ask(agent, case, "identity", "identity-doubt", mail=True)
        assert "asked" in dates(desk, agent, case)
        assert "with pause" not in dates(desk, agent, case)
    assert desk.synced()
    centre.until(lambda: centre.case(asked).questions[0].waits == "")
    assert centre.case(asked).questions[0].on == day(desk).isoformat()
    (mail,) = [one for one in centre.letters() if one.startswith("To: asked@example.com") and "eine Bestellung" in one]
    assert asked in mail
    for case in (nowhere, moot, known):
        (failed,) = centre.until(lambda case=case: failed_letters(centre.case(case)))  # type: ignore[misc]
        assert (failed.template, failed.reason) == ("identity-question", "no-address")
    assert centre.case(known).questions[0].waits, "an address on file is nothing to learn before a check (rules.md 7.6)"
    centre.until(lambda: any(one.failed for one in desk.case.read(agent, nowhere).letters))
    desk.letter.handed(agent, nowhere, failed_letters(centre.case(nowhere))[0].id, "post")
    desk.clock.answered(agent, moot)
    assert desk.synced()
    centre.until(lambda: not centre.case(nowhere).questions[0].waits)
    centre.until(lambda: "with pause" in dates(desk, agent, nowhere))
    centre.until(lambda: centre.journal("parked") and not _begun(centre, moot))
    assert failed_letters(centre.case(moot)) == ()
    assert "with pause" not in dates(desk, agent, moot)


def _begun(centre: WorkerCentre, case: str) -> int:
    """Jobs of the case that are not done."""
    with centre.engine.connect() as conn:
        mine = sa.select(sa.func.count()).where(JOB.c.case_id == case, JOB.c.state != "done")
        return int(conn.execute(mine).scalar_one())


def _lead(desk: Desk) -> Session | None:
    try:
        return desk.sign.sign_in(LEAD, LEAD_PIN)
    except Refused:
        return None
