"""Saying no, by its actions: grounds by right, four eyes, a processor that decides nothing, and what a letter ends."""

from dataclasses import replace

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.case import Case, Item, from_json, to_json
from services.cases.decision import ABUSE, GROUNDS, MANIFEST, REPETITIVE, not_repeated, why_not
from services.cases.policy import may
from services.clock.waits import GROUNDS as ASKED_ON
from services.sync.jobs import jobs_of
from services.types import DutyRole, ItemState, Outcome, Right, Role, Wait
from tests.entries import AGENT, LEAD, OTHER, T0, WORKER, after, entry, opened
from tests.services.test_policy import LEAD as LEADS_MOMENT, moment

D = "a" * 32
WORDS = "e" * 64
OFFICER = "agent:0003"


def proposed(outcome: str = "refused", *grounds: str, decision: str = D, **more: object) -> Act:
    fields = {"earlier": (), "amount": None, "language": "de"} | more
    return acts.DecisionProposed(decision=decision, outcome=outcome, grounds=grounds or ("17-3-b",), **fields)  # type: ignore[arg-type]


def said(case: Case, act: Act, actor: str = AGENT, as_: str = "agent", details: tuple[str, ...] = ()) -> Case:
    return after(case, entry(act, actor=actor, as_=as_, item="1", details=details))


def waiting(right: Right = Right.ERASURE, outcome: str = "refused", *grounds: str, **more: object) -> Case:
    return said(opened(right), proposed(outcome, *grounds, **more), details=(WORDS,))


def approved(case: Case, actor: str = LEAD, as_: str = "lead", instruction: str | None = None) -> Case:
    return said(case, acts.DecisionApproved(decision=D, instruction=instruction), actor, as_)


def told(case: Case) -> Case:
    return said(case, acts.DecisionTold(decision=D, on="2026-02-03"), WORKER, "worker")


def why(case: Case) -> str:
    return case.conflicts[-1].reason if case.conflicts else ""


def one(case: Case) -> Item:
    return case.items[0]


@pytest.mark.rule("REF-8")
def test_REF_8_two_people_refuse_and_it_counts_once_the_person_was_told() -> None:
    case = waiting()
    assert (one(case).state, one(case).asked_by) == (ItemState.REVIEW, AGENT)
    assert from_json(to_json(case)) == case
    decided = approved(case)
    assert (one(decided).state, one(decided).outcome) == (ItemState.RUNNING, Outcome.OPEN), "nobody was told yet"
    (job,) = jobs_of(entry(acts.DecisionApproved(decision=D, instruction=None), item="1"), decided, T0, 0)
    assert job.kind == "decide"
    ended = told(decided)
    assert (one(ended).state, one(ended).outcome, ended.closed) == (ItemState.CLOSED, Outcome.REFUSED, True)


@pytest.mark.rule("REF-8")
@pytest.mark.parametrize(
    ("actor", "as_", "reason"),
    [
        (AGENT, "lead", "four eyes"),
        (OTHER, "agent", "a lead or an officer decides"),
        (WORKER, "worker", "only a person"),
        ("bot:desk", "lead", "only a person"),
    ],
)
def test_REF_8_nobody_else_decides(actor: str, as_: str, reason: str) -> None:
    case = approved(waiting(), actor, as_)
    assert reason in why(case)
    assert one(case).state is ItemState.REVIEW


def test_no_refusal_comes_without_a_proposal_of_a_person() -> None:
    refused = acts.ItemResolved(outcome="refused", ground="17-3-b")
    assert "decided by a second person" in why(said(opened(Right.ACCESS), refused, LEAD, "lead"))
    assert "only a person refuses" in why(said(opened(Right.ACCESS), refused, WORKER, "worker"))
    assert "only a person says no" in why(said(opened(Right.ERASURE), proposed(), "bot:desk", "agent", (WORDS,)))
    assert "is explained" in why(said(opened(Right.ERASURE), proposed()))
    assert "nothing of the kind" in why(told(opened(Right.ERASURE).with_item(replace(one(waiting()), state="running"))))
    assert "a decision waits, no erasure" in why(said(waiting(), acts.EraseApproved(digest=WORDS), LEAD, "lead"))


@pytest.mark.rule("REF-7")
def test_REF_7_each_right_has_its_own_grounds_and_marketing_none() -> None:
    for right in Right:
        if right not in GROUNDS:
            assert "cannot be refused" in why_not(right, "refused", ("12-5-unfounded",), (), 0)
            assert f"nobody asked for {' or '.join(GROUNDS)}" in may("refuse", opened(right), moment()).reason
    assert Right.OBJECTION_MARKETING not in GROUNDS
    assert "cannot be refused" in why(waiting(Right.OBJECTION_MARKETING, "refused", "12-5-harassment"))
    of_others = {code for right, codes in GROUNDS.items() if right is not Right.ACCESS for code in codes} - set(
        MANIFEST
    )
    for code in of_others:
        assert "grounds for access are" in why_not(Right.ACCESS, "refused", (code,), (), 0)
    assert "rights of others are no reason to refuse it all" in why_not(Right.ACCESS, "refused", ("15-4",), (), 0)
    assert why_not(Right.ACCESS, "partly", ("15-4",), (), 0) == ""
    assert why_not(Right.ERASURE, "refused", ("17-3-b", "17-3-e"), (), 0) == ""


@pytest.mark.rule("REF-2")
def test_REF_2_a_fee_is_for_the_manifestly_unfounded_or_excessive_alone() -> None:
    assert "only for what is manifestly" in why_not(Right.ERASURE, "fee", ("17-3-b",), (), 2_500)
    assert "has an amount" in why_not(Right.ACCESS, "fee", ("12-5-unfounded",), (), 0)
    assert "no fee is asked" in why_not(Right.ACCESS, "refused", ("12-5-unfounded",), (), 2_500)
    assert why_not(Right.ACCESS, "fee", ("12-5-unfounded",), (), 2_500) == ""
    for outcome, grounds in (("denied", ("17-3-b",)), ("refused", ()), ("refused", ("17-3-b", "17-3-b"))):
        assert why_not(Right.ERASURE, outcome, grounds, (), 0)


@pytest.mark.rule("REF-5", "REF-2")
def test_REF_5_a_fee_is_announced_first_and_the_person_can_take_the_request_back() -> None:
    case = approved(waiting(Right.ACCESS, "fee", REPETITIVE, earlier=("C-26-000009",), amount=2_500))
    assert not case.questions, "nothing waits before it was announced"
    asked = told(case)
    assert (one(asked).state, one(asked).outcome) == (ItemState.IN_PROGRESS, Outcome.OPEN)
    (question,) = asked.questions
    assert (question.what, question.on, question.answered) == (Wait.FEE, "2026-02-03", "")
    assert question.ground in ASKED_ON[Wait.FEE]
    back = said(asked, acts.ItemWithdrawn(reason="fee"))
    assert one(back).outcome is Outcome.WITHDRAWN
    paid = said(asked, acts.ClockAnswered(question=D, on="2026-02-02"))
    assert not paid.questions[0].answered, "the control: paid before it was asked cannot be"


@pytest.mark.rule("REF-3")
def test_REF_3_what_is_repeated_names_the_earlier_case_and_a_year_is_enough() -> None:
    from datetime import date

    assert "names the earlier case" in why_not(Right.ACCESS, "refused", (REPETITIVE,), (), 0)
    assert "for repetition" in why_not(Right.ACCESS, "refused", ("12-5-unfounded",), ("C-26-000009",), 0)
    assert "a year" in not_repeated(date(2025, 2, 2), date(2026, 2, 2))
    assert "later" in not_repeated(date(2026, 2, 3), date(2026, 2, 2))
    assert not_repeated(date(2025, 2, 3), date(2026, 2, 2)) == ""
    never = ("effort", "no-reason", "rude", "litigation")
    assert not any(word in code for codes in GROUNDS.values() for code in codes for word in never)


@pytest.mark.rule("REF-4")
def test_REF_4_abuse_can_be_of_a_first_request_and_an_officer_decides() -> None:
    case = waiting(Right.ACCESS, "refused", ABUSE)
    assert "an officer decides" in why(approved(case))
    assert "an officer decides" in may("decide", case, LEADS_MOMENT).reason
    assert one(approved(case, OFFICER, "officer")).state is ItemState.RUNNING
    assert may("decide", case, moment(Role.OFFICER, agent="0003")).allowed


@pytest.mark.rule("REF-8")
def test_REF_8_a_processor_proposes_and_the_controller_decides() -> None:
    case = said(
        replace(opened(Right.ERASURE), duty=DutyRole.PROCESSOR, instruction="DPA-1"), proposed(), details=(WORDS,)
    )
    assert "only the controller decides" in why(approved(case))
    referred = said(case, acts.DecisionReferred(decision=D), LEAD, "lead")
    decision = one(referred).decision
    assert decision is not None
    assert decision.referred_at
    assert one(referred).state is ItemState.REVIEW, "until the controller answered"
    (job,) = jobs_of(entry(acts.DecisionReferred(decision=D), item="1"), referred, T0, 0)
    assert job.kind == "refer"
    assert one(approved(referred, instruction="DPO-2026-17")).state is ItemState.RUNNING
    ours = said(waiting(), acts.DecisionReferred(decision=D), LEAD, "lead")
    assert "we are the controller" in why(ours)


def test_a_part_that_was_refused_leaves_the_rest_to_be_answered_and_that_ends_partly() -> None:
    case = told(approved(waiting(Right.ACCESS, "partly", "15-4")))
    assert (one(case).state, case.closed) == (ItemState.IN_PROGRESS, False)
    assert may("export", case, moment()).reason.startswith("needs T2"), "the rest goes its way"
    sent = case.with_item(replace(one(case), state=ItemState.SENT))
    ended = said(sent, acts.ItemResolved(outcome="done", ground=None), WORKER, "worker")
    assert one(ended).outcome is Outcome.PARTLY


def test_what_is_proposed_can_be_sent_back_or_taken_back_and_an_old_word_does_not_fit() -> None:
    case = waiting()
    back = said(case, acts.DecisionReturned(decision=D, reason="not-proven"), LEAD, "lead")
    assert (one(back).state, one(back).returned, one(back).decision) == (ItemState.IN_PROGRESS, "not-proven", None)
    assert "four eyes" in why(said(case, acts.DecisionReturned(decision=D, reason="x"), AGENT, "lead"))
    taken = said(case, acts.DecisionWithdrawn(decision=D))
    assert (one(taken).state, one(taken).decision) == (ItemState.IN_PROGRESS, None)
    anew = said(taken, proposed("refused", "17-3-e", decision="b" * 32), details=(WORDS,))
    assert "another decision was proposed" in why(approved(anew))


def test_who_may_do_what() -> None:
    case = waiting()
    assert may("refuse", opened(Right.ERASURE), moment()).allowed
    assert "it waits for a second person" in may("refuse", case, moment()).reason
    assert may("decide", case, LEADS_MOMENT).allowed
    assert "you proposed it" in may("decide", case, moment(Role.LEAD, agent="0042")).reason
    assert "for lead or officer only" in may("decide", case, moment()).reason
    assert may("decide", opened(Right.ERASURE), LEADS_MOMENT).reason == "no decision waits"
    assert may("unrefuse", case, moment()).allowed
    assert may("unrefuse", opened(Right.ERASURE), moment()).reason == "no decision waits"
    assert may("read-decision", case, moment()).allowed
    assert may("read-decision", case, moment(Role.OFFICER, agent="0003")).allowed
    assert "held by 0042" in may("read-decision", case, moment(agent="0017")).reason
    assert "no decision waits" in may("read-decision", opened(Right.ERASURE), LEADS_MOMENT).reason
    for act in ("approve", "return", "withdraw"):
        assert "a decision waits" in may(act, case, LEADS_MOMENT).reason
    of_access = waiting(Right.ACCESS, "refused", "12-5-unfounded")
    for act in ("redact", "disclose"):
        assert "a decision waits" in may(act, of_access, LEADS_MOMENT).reason
