"""Who is told of a breach, folded (Art 34): each person by themselves, and nobody by a letter that did not leave."""

from dataclasses import replace
from typing import Any

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.breach import BreachState, missing
from services.cases.case import Case, from_json, to_json
from services.cases.policy import may
from services.sync.jobs import jobs_of
from services.types import DutyRole, Right, Role
from tests.entries import AGENT, LEAD, T0, WORKER, after, entry, opened
from tests.services.test_fold_breach import NOT_TOLD, NUMBER, TOLD, by_lead, of, raised
from tests.services.test_policy import LEAD as LEAD_MOMENT, moment

ONE, TWO = "C-26-000001", "C-26-000002"
NOTICE, LETTER = "ab" * 16, "cd" * 16
WORDS = ("5" * 64,)


def asked(*cases: str, notice: str = NOTICE, reason: str = "high-risk") -> Any:
    act = acts.BreachNoticeAsked(notice, reason, "de", ("user.contact",), cases or (ONE, TWO))
    return by_lead(act, details=WORDS)


def by_worker(act: Act) -> Any:
    return of(act, actor=WORKER, as_="worker")


def told(case: str = ONE, notice: str = NOTICE) -> Any:
    return by_worker(acts.BreachPersonTold(case, notice, LETTER, "smtp"))


def failed(case: str = TWO, notice: str = NOTICE) -> Any:
    return by_worker(acts.BreachPersonFailed(case, notice, LETTER, "no-address"))


def breach(case: Case) -> BreachState:
    assert case.breach is not None
    return case.breach


def states(case: Case) -> dict[str, str]:
    return {one.case: one.state for one in breach(case).people}


def why(case: Case) -> list[str]:
    return [one.reason for one in case.conflicts]


# ── who is told ───────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_told_stands_for_each_person_and_nobody_is_told_by_a_letter_that_failed() -> None:
    case = raised()
    assert states(case) == {ONE: "added"}, "the person of the case that it locks"
    case = after(case, by_lead(TOLD), asked(), told(), failed())
    assert states(case) == {ONE: "told", TWO: "failed"}
    assert missing(breach(case), DutyRole.CONTROLLER) == "1 of 2 persons not told yet (Art 34)"
    assert why(after(case, by_lead(acts.BreachClosed("all-done")))) == ["1 of 2 persons not told yet (Art 34)"]
    assert from_json(to_json(case)) == case
    case = after(case, told(TWO))
    assert missing(breach(case), DutyRole.CONTROLLER) == "", "the control: once all are told it can be closed"
    assert why(case) == []


@pytest.mark.parametrize(
    ("reason", "state"),
    [("public-notice", "public"), ("unreadable", "not-needed"), ("risk-removed", "not-needed")],
)
def test_a_person_who_gets_no_letter_stands_with_the_ground_of_article_34_3(reason: str, state: str) -> None:
    case = after(raised(), by_lead(TOLD), asked(), told(), failed())
    case = after(case, by_lead(acts.BreachPersonSettled(TWO, reason), details=WORDS))
    one = breach(case).person(TWO)
    assert one is not None
    assert (one.state, one.reason, one.by, one.words) == (state, reason, LEAD, WORDS[0])
    assert missing(breach(case), DutyRole.CONTROLLER) == ""
    late = after(case, failed())
    assert why(late) == ["the person does not wait for this letter"], "what an older try says changes nothing"
    assert states(after(case, told(TWO)))[TWO] == "told", "but a letter that did leave has told them"


def test_a_decision_about_all_persons_holds_for_who_is_not_told_yet() -> None:
    case = after(raised(), asked(), told(), failed())
    case = after(case, by_lead(NOT_TOLD, details=WORDS))
    assert states(case) == {ONE: "told", TWO: "not-needed"}
    other = after(raised(), asked(), failed())
    in_person = acts.BreachDecided(whom="persons", told_at=T0, reason="high-risk")
    other = after(other, by_lead(in_person))
    assert states(other) == {ONE: "told", TWO: "told"}
    assert {one.medium for one in breach(other).people} == {"otherwise"}, "by that person's word, not by a letter"


def test_a_new_letter_overtakes_an_older_one_and_nobody_gets_two() -> None:
    other = "ef" * 16
    case = after(raised(), asked(), told(), failed(), asked(notice=other))
    assert states(case) == {ONE: "told", TWO: "asked"}
    assert [one.case for one in breach(case).waiting(other)] == [TWO]
    assert why(after(case, failed())) == ["the person does not wait for this letter"]
    case = after(case, told(TWO, other))
    assert why(after(case, asked(notice="12" * 16))) == ["each of them is told already"]
    assert why(after(case, asked("C-26-000009"))) == ["this letter was asked for already"]


@pytest.mark.parametrize(
    "act",
    [
        acts.BreachNoticeAsked(NOTICE, "high-risk", "de", ("user.name",), (ONE,)),
        acts.BreachPersonAdded(TWO),
        acts.BreachPersonSettled(ONE, "unreadable"),
    ],
    ids=lambda act: act.NAME,
)
@pytest.mark.parametrize(("actor", "as_"), [(AGENT, "agent"), (WORKER, "worker"), (LEAD, "trainer")])
def test_leads_and_the_officer_alone_decide_about_persons(act: Act, actor: str, as_: str) -> None:
    before = raised()
    case = after(before, of(act, actor=actor, as_=as_, details=WORDS))
    assert case.breach == before.breach
    assert why(case) == ["a lead or the officer decides about a breach"]
    assert why(after(before, by_lead(act, "officer", details=WORDS))) == [], "the control"


def test_only_a_worker_says_that_a_letter_told_somebody_and_only_of_a_letter_that_was_asked_for() -> None:
    case = after(raised(), asked())
    lead = by_lead(acts.BreachPersonTold(ONE, NOTICE, LETTER, "smtp"))
    assert why(after(case, lead)) == ["only a worker reports results"]
    assert why(after(raised(), told())) == ["no letter to this person was asked for"]
    assert why(after(case, told("C-26-000077"))) == ["no letter to this person was asked for"]
    assert why(after(case, told(), failed(ONE))) == ["the person does not wait for this letter"]
    closed = replace(case, breach=replace(breach(case), closed="all-done"))
    assert states(after(closed, told()))[ONE] == "told", "also when the breach was closed meanwhile"


def test_a_letter_is_a_job_of_the_persons_own_case_one_for_each() -> None:
    wanted = asked()
    jobs = jobs_of(wanted, after(raised(), wanted), T0, 0)
    assert [(job.kind, job.case, job.item) for job in jobs] == [("breach-notice", one, "") for one in (ONE, TWO)]
    assert len({job.id for job in jobs}) == 2
    again = asked(notice="ef" * 16)
    case = after(raised(), wanted, told(), again)
    assert [job.case for job in jobs_of(again, case, T0, 0)] == [TWO], "who is told gets no other letter"


def test_a_letter_of_a_breach_can_be_sent_again_while_the_case_is_locked_and_nothing_else_can() -> None:
    locked = after(opened(Right.ACCESS), entry(acts.BreachLocked(NUMBER)))
    made = acts.LetterMade(LETTER, "breach-notice", "2026-11", "de")
    case = after(locked, *(entry(act, actor=WORKER, as_="worker") for act in (made, acts.LetterFailed(LETTER, "x"))))
    assert may("breach-letter", case, LEAD_MOMENT).allowed
    assert may("breach-letter", case, moment(Role.OFFICER)).allowed
    assert not may("breach-letter", case, moment()).allowed, "agents decide about no breach"
    assert may("letter", case, LEAD_MOMENT).reason.startswith("a breach is open")
    assert may("breach-letter", locked, LEAD_MOMENT).reason == "no letter of a breach has failed"
