"""Retention of our own data (rules.md 8.2): what of a closed case goes when, what stays longer, each run an action."""

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from console.commands.retention import app
from db.central_retention import last_day
from services.action_log.entry import decode
from services.cases.breach import Lock
from services.cases.case import Case, from_json
from services.cases.own_retention import CONTACT, LETTERS, RECORD, OwnRetention, ends
from services.central_check import rows as changed_rows
from services.desk.desk import Desk
from services.evidence import evidence_of
from services.fulfilment import own_retention
from services.fulfilment.workroom import Workroom
from services.types import Channel, DutyRole, Outcome, Regime, Requester, Right, Session
from tests.centre import Centre, request, sign_in
from tests.own_room import room_of
from tests.services.test_legal_holds import MATTER, SOON, lead_at


def closed(day: date, *locks: Lock) -> Case:
    at = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1_000_000)
    who = (Channel.PHONE, Regime.EU, Requester.SELF, DutyRole.CONTROLLER)
    return Case(
        "C-26-000001", "c", "psn:1", *who, at, day.isoformat(), "agent:1", at, closed=True, closed_at=at, locks=locks
    )


@pytest.mark.rule("KEEP-BREACH")
def test_the_defaults_are_those_of_the_rules_and_count_from_the_day_or_the_year_of_closing() -> None:
    kept = OwnRetention()
    assert ends(closed(date(2026, 11, 30)), kept, "Europe/Berlin") == {
        RECORD: date(2030, 1, 1), LETTERS: date(2030, 1, 1), CONTACT: date(2027, 2, 28)
    }  # fmt: skip
    lock = Lock("C-26-000009", "agent:1", 1)
    released = replace(lock, released="contained", released_by="agent:2")
    assert ends(closed(date(2026, 1, 1), released), kept, "Europe/Berlin")[RECORD] == date(2032, 1, 1)
    assert ends(closed(date(2026, 1, 1), lock), kept, "Europe/Berlin") == {}, "an open breach keeps everything"
    assert ends(replace(closed(date(2026, 1, 1)), closed=False), kept, "Europe/Berlin") == {}
    for bad in ({"contact_months": 0}, {"record_years": 11}, {"letters_years": 4}):
        with pytest.raises(ValueError, match=r"letters cannot|is from 1"):
            OwnRetention(**bad)


def in_days(room: Workroom, days: int) -> Workroom:
    """The room so many days from now."""
    room.now = lambda: time.time_ns() // 1000 + days * 86_400_000_000
    return room


def end(centre: Centre, desk: Desk, session: Session, who: str, *, leave_open: bool = False) -> str:
    case = desk.intake.open(session, request(Right.COMPLAINT, identifier=who)).case
    centre.settle(desk)
    if not leave_open:
        desk.act.resolve(session, case, "1", Outcome.WITHDRAWN)
        centre.settle(desk)
    return case


def take_in(centre: Centre, room: Workroom) -> None:
    """What the worker wrote, in central."""
    for _ in range(20):
        room.results.send()
        while centre.ingest.run_once():
            pass


def kinds(centre: Centre, case: str) -> set[str]:
    return {kind for kind in ("key", "requester", "words") if centre.store.details_of(case, kind)}


@pytest.mark.rule("KEEP-CASE", "KEEP-CONTACT", "ACC-7")
def test_what_is_over_goes_once_and_what_is_held_or_asked_for_stays(centre: Centre) -> None:
    with centre.desk() as desk:
        agent = sign_in(desk)
        over, held = end(centre, desk, agent, "a@example.com"), end(centre, desk, agent, "b@example.com")
        asked = end(centre, desk, agent, "c@example.com")
        again = end(centre, desk, agent, "C@example.com", leave_open=True)
        desk.hold.set(lead_at(desk), MATTER, "court", SOON, case=held)
        centre.settle(desk)
    room = room_of(centre)
    assert own_retention.run(in_days(room, 1)) is not None, "a day on nothing is over"
    assert kinds(centre, over) == {"key", "requester", "words"}
    run = own_retention.run(in_days(room, 100))
    assert run is not None
    assert (run.contacts, run.records, run.stayed) == (1, 0, 2)
    own_retention.central_retention.put_day(centre.engine, "")  # killed before it said that it was through
    own_retention.run(room)
    take_in(centre, room)
    assert kinds(centre, over) == {"key", "words"}, "contact data"
    assert kinds(centre, held) == kinds(centre, asked) == kinds(centre, again) == {"key", "requester", "words"}
    done = [decode(body).act for body in centre.store.entries_of(over)]
    assert done.count("details.dropped") == 1, "done again it is the same act"
    assert from_json(centre.store.case_body(over)).reduced == (CONTACT,)
    assert own_retention.run(room) is None, "once a day"
    assert own_retention.run(in_days(room, 366 * 5)) is not None
    take_in(centre, room)
    assert centre.store.count_details(over) == 0
    assert kinds(centre, held) == {"key", "requester", "words"}
    assert changed_rows(centre.engine) == [], "cases folded from nothing are the same, and nothing is missed"
    with centre.desk() as desk:
        assert desk.case.read(sign_in(desk), over).person == "time over"
    evidence = evidence_of(centre.home, centre.vault)
    assert {evidence.check(file.path).state for file in evidence.files} == {"whole"}


def test_the_plan_says_what_goes_until_a_day_and_changes_nothing(centre: Centre) -> None:
    with centre.desk() as desk:
        case = end(centre, desk, sign_in(desk), "a@example.com")
    home = ["--home", str(centre.home.path)]
    assert "nothing goes" in CliRunner().invoke(app, ["plan", *home]).output
    by = (date.today() + timedelta(days=120)).isoformat()
    facts = json.loads(CliRunner().invoke(app, ["plan", "--by", by, "--json", *home]).output)
    assert [(one["case"], one["what"], one["stays"]) for one in facts] == [(case, CONTACT, "")]
    assert kinds(centre, case) == {"key", "requester", "words"}
    assert last_day(centre.engine) == ""
