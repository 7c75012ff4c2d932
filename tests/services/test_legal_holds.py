"""Legal holds (rules.md 9): who sets and lifts them, whom they hold across cases, and what they keep from erasure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from db import central, central_holds
from services.action_log import acts
from services.action_log.act import Act
from services.cases.hold import FLAG, PART_FLAG, Hold, latest_review
from services.central_check import rows as changed_rows
from services.desk.desk import Desk
from services.errors import BadInput, Refused
from services.fulfilment import hold_answers
from services.types import ItemState, Outcome, Right, Session
from tests.centre import AGENT, LEAD, LEAD_PIN, Centre, request, sign_in
from tests.own_room import room_of
from tests.worker_centre import CASE, ME, Call, WorkerCentre
from tests.worker_fixtures import Make

TODAY = date.today()
SOON = TODAY + timedelta(days=90)
MATTER = "Klage Az. 3 O 112/26, Schreiben der Gegenseite"
OFFICER, OFFICER_PIN = "0003", "8642"


def lead_at(desk: Desk) -> Session:
    session = sign_in(desk, LEAD, LEAD_PIN)
    desk.sign.step_up(session, LEAD_PIN)
    return session


def write(centre: Centre, desk: Desk, session: Session, act: Act, agent: str = "") -> None:
    """An act about a hold, by whom it says, without the desk's own checks: the fold's stand behind them."""
    who = replace(session, agent=agent or session.agent)
    desk._ctx.write([desk.hold._draft(who, "nordlicht", act)])
    centre.settle(desk)


def flags(desk: Desk, session: Session, case: str) -> tuple[str, ...]:
    return desk.case.read(session, case).flags


def the_hold(centre: Centre) -> Hold:
    with centre.engine.connect() as conn:
        (body,) = central_holds.holds(conn).values()
    return Hold.from_json(body)


def opened(centre: Centre, desk: Desk, session: Session, who: str = "ada@example.com") -> str:
    case = desk.intake.open(session, request(Right.ERASURE, identifier=who)).case
    centre.settle(desk)
    return case


@pytest.mark.rule("HOLD")
def test_a_hold_is_over_the_person_in_every_case_before_and_after_and_no_other_person(centre: Centre) -> None:
    with centre.desk() as desk:
        agent = sign_in(desk)
        first, other = opened(centre, desk, agent), opened(centre, desk, agent, "bob@example.com")
        again = opened(centre, desk, agent, "Ada@Example.com ")
        lead = lead_at(desk)
        hold = desk.hold.set(lead, MATTER, "court", SOON, case=first)
        centre.settle(desk)
        later = opened(centre, desk, agent)
        assert [flags(desk, agent, case) for case in (first, again, later, other)] == [(FLAG,)] * 3 + [()]
        seen = desk.case.read(agent, first)
        assert MATTER not in repr(seen), "the agent sees that a hold exists, not why"
        assert not seen.key("hold").allowed
        assert desk.case.read(lead, first).key("hold").allowed
        write(centre, desk, lead, acts.HoldLiftAsked(hold, "matter-over"))
        write(centre, desk, lead, acts.HoldLifted(hold))
        assert the_hold(centre).stands, "who asked cannot agree"
        write(centre, desk, lead, acts.HoldLifted(hold), agent=OFFICER)
        assert not the_hold(centre).stands
        assert flags(desk, agent, first) == flags(desk, agent, later) == ()
    assert changed_rows(centre.engine) == [], "folded from nothing it is the same"


def test_people_are_held_by_sealed_identifiers_before_they_ever_called(centre: Centre) -> None:
    with centre.desk() as desk:
        lead = lead_at(desk)
        desk.hold.set(
            lead,
            MATTER,
            "legal",
            SOON,
            controller="nordlicht",
            identifiers=["+49 30 1234567"],
            collections=["shop.invoice"],
        )
        centre.settle(desk)
        agent = sign_in(desk)
        assert flags(desk, agent, opened(centre, desk, agent, "030 1234567")) == (PART_FLAG,)
        assert flags(desk, agent, opened(centre, desk, agent, "030 7654321")) == ()
        with desk._ctx.book.reader() as reader:
            bodies = b"".join(body for _, body in reader.bodies(0))
        assert b"1234567" not in bodies
        assert MATTER.encode() not in bodies


def test_only_lead_and_officer_set_one_with_the_pin_and_a_review_within_twelve_months(centre: Centre) -> None:
    with centre.desk() as desk:
        agent = sign_in(desk)
        case = opened(centre, desk, agent)
        with pytest.raises(Refused, match="for lead or officer only"):
            desk.hold.set(agent, MATTER, "court", SOON, case=case)
        lead = lead_at(desk)
        too_late = latest_review(desk._ctx.today("nordlicht")) + timedelta(days=1)
        for bad in (
            {"review_on": too_late},
            {"review_on": TODAY - timedelta(days=2)},
            {"matter": " "},
            {"issuer": "x"},
        ):
            with pytest.raises(BadInput):
                desk.hold.set(lead, **{"matter": MATTER, "issuer": "court", "review_on": SOON, **bad}, case=case)  # type: ignore[arg-type]
        with pytest.raises(BadInput, match="name a person"):
            desk.hold.set(lead, MATTER, "court", SOON, controller="nordlicht")
        with pytest.raises(BadInput, match="unknown data category"):
            desk.hold.set(lead, MATTER, "court", SOON, controller="nordlicht", categories=["user.x"])
        with pytest.raises(Refused, match="not yours"):
            desk.hold.set(lead, MATTER, "court", SOON, controller="elsewhere", collections=["a.b"])
        assert desk.hold.set(lead, MATTER, "court", SOON, case=case), "the control"
        centre.settle(desk)
        hold = the_hold(centre)
        beyond = (latest_review(TODAY) + timedelta(days=3)).isoformat()
        write(centre, desk, lead, acts.HoldReviewed(hold.id, beyond))
        write(centre, desk, agent, acts.HoldReviewed(hold.id, SOON.replace(day=1).isoformat()))
        assert the_hold(centre) == hold, "neither too late a day nor an agent's word counts"


def test_a_worker_shows_holds_and_their_matter_to_whom_central_knows_as_lead_or_officer(centre: Centre) -> None:
    with centre.desk() as desk:
        agent = sign_in(desk)
        case = opened(centre, desk, agent)
        hold = desk.hold.set(lead_at(desk), MATTER, "court", SOON, case=case)
        centre.settle(desk)
    room = room_of(centre)
    assert [one["id"] for one in hold_answers.listed(room, LEAD)] == [hold]
    assert hold_answers.matter(room, LEAD, hold) == MATTER
    assert hold_answers.listed(room, AGENT) == []
    with pytest.raises(Exception, match="no such hold for you"):
        hold_answers.matter(room, AGENT, hold)
    with central.writing(centre.engine).begin() as conn:
        conn.execute(sa.update(central_holds.HOLD).values(body=replace(the_hold(centre), case="").to_json()))
    assert changed_rows(centre.engine) == [f"hold {hold}: it is not what the logs say"]


# ── what is not erased ────────────────────────────────────────────────────────────────────────────────────────


def hold_now(path: WorkerCentre, **scope: object) -> None:
    """A lead's hold, folded before any worker looks."""
    own = Centre(path.home.path)
    with own.desk("desk-2") as desk:
        lead = lead_at(desk)
        desk.hold.set(lead, MATTER, "court", SOON, **scope)  # type: ignore[arg-type]
        own.settle(desk)
    own.engine.dispose()


def desk_wide(desk: Desk, collection: str) -> str:
    """A hold over a collection, by a lead at that desk."""
    return desk.hold.set(lead_at(desk), MATTER, "legal", SOON, controller="nordlicht", collections=[collection])


def customer(centre: WorkerCentre) -> list[tuple[object, ...]]:
    return centre.rows("crm", f"SELECT 1 FROM customer WHERE customer_number='{ME.customer_number}'")


@pytest.mark.rule("HOLD")
def test_ERA_7_a_hold_set_in_the_waiting_period_stops_the_erasure_and_the_letter_names_17_3_e(make_due: Make) -> None:
    centre = make_due()
    hold_now(centre, controller="nordlicht", identifiers=[ME.customer_number])
    centre.start()
    centre.until(lambda: "erase.failed" in centre.acts(CASE))
    item = centre.case(CASE).items[0]
    assert (item.returned, item.state, item.plan) == ("legal-hold", ItemState.IN_PROGRESS, "")
    assert customer(centre)
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.ERASURE)
    call.verify()
    call.ask_to_erase()
    assert desk.case.state(call.case).items[0].counts[:2] == (0, 0), "all of it stays"
    leads = centre.desk("desk-2")
    call.approve(leads)
    centre.until(lambda: centre.case(call.case).closed)
    assert centre.case(call.case).items[0].outcome is Outcome.REFUSED
    with pytest.raises(BadInput, match=r"no collection 'shop.invoices' \(did you mean 'shop.invoice'"):
        desk_wide(leads, "shop.invoices")
    assert desk_wide(leads, "shop.invoice"), "the control"
    letter = next(text for text in centre.letters() if "erasure-outcome" in text or "Was wir gelöscht haben" in text)
    assert "17 Abs. 3 Buchst. e" in " ".join(letter.split())
    kept = f"SELECT 1 FROM customer WHERE customer_number='{ME.customer_number}' AND restricted_at IS NOT NULL"
    assert centre.rows("crm", kept), "stored only, from now on (ERA-2)"
    assert centre.store.count_details(call.case) > 0
    again = Call(centre, desk, ME, Right.RESTRICTION)
    again.verify()
    desk.act.restrict(again.session, again.case, "18-1-a")
    centre.until(lambda: centre.case(again.case).closed)
    leads.act.lift(sign_in(leads, LEAD, LEAD_PIN), again.case, "lawful")
    centre.until(lambda: len(centre.case(again.case).items) == 2 and centre.case(again.case).closed)
    assert centre.rows("crm", kept), "and another case that lifts its restriction does not lift that"
    assert [e.params for e in centre.entries(again.case) if e.act == "restriction.kept"] == [{"case": call.case}]


def test_a_hold_set_between_two_systems_keeps_what_is_left(make_due: Make) -> None:
    centre = make_due()
    centre.start(kill_at="erase.after-system-done")
    centre.wait_dead()
    hold_now(centre, case=CASE)
    centre.start()
    centre.until(lambda: centre.case(CASE).closed)
    states = {one.system: (one.reason, one.deleted + one.masked) for one in centre.case(CASE).items[0].systems}
    held = {system for system, (reason, _) in states.items() if reason == "legal-hold"}
    assert len(held) == 3
    assert all(states[system][1] == 0 for system in held)
    assert "subject.shredded" not in centre.acts(CASE)
    assert centre.case(CASE).items[0].outcome is Outcome.PARTLY
    letter = next(text for text in centre.letters() if "Was wir gelöscht haben" in text)
    assert "17 Abs. 3 Buchst. e" in " ".join(letter.split())
    assert "nicht erreichbar" not in letter
