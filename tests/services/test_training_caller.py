"""The scripted caller: pure, each line once, at its moment or by the clock."""

from services.action_log import acts
from services.action_log.entry import Entry
from services.training import caller
from services.training.facts import NO_CODE, fact_of, provable
from services.training.home import people
from services.training.scenario import Line
from services.types import Factor
from tests.entries import T0, entry
from tests.training_calls import call_of, in_order, shipped

MINUTE = 60_000_000


def said(call: list[Entry], line: str) -> list[Entry]:
    return in_order([*call, entry(acts.CallerSaid(line=line))])


def test_the_opening_line_comes_first_and_once() -> None:
    scenario = shipped("ex-partner")
    call = call_of(scenario, ["case.opened"])[:1]
    first = caller.next_line(scenario, call, T0)
    assert first is not None
    assert first.text == scenario.opening_line
    assert caller.next_line(scenario, said(call, first.id), T0 + MINUTE) is None


def test_a_line_comes_when_the_agent_acts_and_not_before() -> None:
    scenario = shipped("ex-partner")
    before = said(call_of(scenario, ["case.opened", "check.started CL-ACC-STD"])[:2], "opening")
    assert [line.id for line in spoken(scenario, before)] == ["hurry"]
    after = said(call_of(scenario, ["case.opened", "check.started CL-ACC-STD"])[:3], "opening")
    assert [line.id for line in spoken(scenario, after)] == ["hurry", "check"]


def spoken(scenario: object, call: list[Entry], now: int = T0 + MINUTE) -> list[Line]:
    """What the caller says until there is nothing more."""
    lines = []
    while (line := caller.next_line(scenario, call, now)) is not None:  # type: ignore[arg-type]
        lines.append(line)
        call = said(call, line.id)
    return lines


def test_a_line_with_a_code_waits_for_that_code() -> None:
    scenario = shipped("ex-partner")
    kbs = call_of(scenario, ["case.opened", "factor.asked KBS"])
    assert "pin" not in {line.id for line in spoken(scenario, kbs)}
    pin = call_of(scenario, ["case.opened", "factor.asked PIN"])
    assert "pin" in {line.id for line in spoken(scenario, pin)}


def test_a_line_by_the_clock() -> None:
    scenario = shipped("ex-partner")
    call = call_of(scenario, ["case.opened"])[:2]
    assert "angry" not in {line.id for line in spoken(scenario, call, T0 + 299_000_000)}
    assert "angry" in {line.id for line in spoken(scenario, call, T0 + 300_000_000)}


def test_lines_due_together_come_in_the_order_they_came_due() -> None:
    scenario = shipped("plain-access")
    ids = [line.id for line in spoken(scenario, call_of(scenario, reached="T2"), T0 + 10 * MINUTE)]
    assert ids == ["opening", "logged", "check", "identified", "proof", "ordered", "waiting"]


def test_nothing_is_said_before_the_call() -> None:
    assert caller.next_line(shipped("plain-access"), [], T0) is None


def test_what_was_said_reads_from_the_log_alone() -> None:
    scenario = shipped("plain-access")
    call = said(call_of(scenario, ["case.opened"]), "opening")
    assert [line.text for line, _ in caller.said_lines(scenario, call)] == [scenario.opening_line]
    gone = call[-1]._replace(params={"line": "no-longer-there"})
    assert caller.said_lines(scenario, [*call[:-1], gone]) == []


def test_answers_are_what_is_true_or_what_is_given_instead() -> None:
    scenario, person = shipped("ex-partner"), people()[shipped("ex-partner").persona.person]
    told = caller.answers(scenario, person)
    assert told["date_of_birth"] == person.date_of_birth.isoformat()
    assert told["pin"] == "0000" != person.pin
    owner, own = shipped("plain-access"), people()[shipped("plain-access").persona.person]
    assert caller.answers(owner, own)["pin"] == own.pin
    assert caller.answers(owner, own)["code"] == NO_CODE
    assert caller.answers(owner, own, "482913")["code"] == "482913"


def test_static_facts_prove_nobody() -> None:
    assert provable(shipped("ex-partner").facts_true) == {Factor.KBS}
    assert provable(shipped("plain-access").facts_true) == {Factor.KBS, Factor.PIN, Factor.OTP, Factor.CBK}
    assert provable([]) == frozenset()
    assert fact_of("crm.customer.pin_hash") == "pin"
    assert fact_of("crm.customer.postcode") == "postcode"
