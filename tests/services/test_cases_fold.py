"""The fold: total, pure, and strict about who may do what (design.md 7)."""

import pytest
from hypothesis import given, settings, strategies as st

from services.action_log import acts
from services.action_log.act import Act
from services.cases.case import Case, from_json, to_json
from services.cases.fold import fold
from services.cases.fold_check import CHECK_US, verified_tier
from services.types import ItemState, Outcome, Right, Tier
from tests.entries import (
    AGENT,
    DIGEST,
    LEAD,
    LEAD_SESSION,
    OTHER,
    OTHER_SESSION,
    SESSION,
    T0,
    WORKER,
    after,
    entry,
    opened,
)

CHECK = "0123456789abcdef0123456789abcdef"
PLAN = "abcdef0123456789abcdef0123456789"


def started(tier: str = "T2", check: str = CHECK) -> Act:
    return acts.CheckStarted(template="CL-ERA-STD", version="1", tier=tier, check=check)


def passed(factor: str, method: str = "compared") -> Act:
    return acts.FactorPassed(check=CHECK, factor=factor, method=method, ask=None)


def failed(factor: str, reason: str = "wrong") -> Act:
    return acts.FactorFailed(check=CHECK, factor=factor, method="compared", ask=None, reason=reason)


def verified(case: Case) -> Case:
    """KBS and PIN compared by a worker: T2."""
    return after(
        case,
        entry(started()),
        entry(passed("KBS"), actor=WORKER, as_="worker"),
        entry(passed("PIN"), actor=WORKER, as_="worker"),
    )


def planned(case: Case) -> Case:
    plan = acts.PlanMade(plan=PLAN, digest=DIGEST, systems=("crm",), deletes=(3,), masks=(0,), keeps=(1,))
    return after(case, entry(plan, actor=WORKER, as_="worker", item="1"))


def asked_for() -> Act:
    return acts.EraseAsked(plan=PLAN, digest=DIGEST, ground="17-1-a", language="de")


def in_review() -> Case:
    return after(planned(verified(opened(Right.ERASURE))), entry(asked_for(), item="1"))


def test_a_case_opens_with_its_rights_on_one_receipt_date() -> None:
    case = opened(Right.ACCESS, Right.ERASURE)
    assert [i.right for i in case.items] == [Right.ACCESS, Right.ERASURE]
    assert (case.received_on, case.holder, case.fence, case.state) == ("2026-02-02", AGENT, 1, ItemState.NEW)


def test_nothing_folds_before_a_case_is_opened() -> None:
    assert fold(None, entry(acts.ItemAdded(right="access"), item="1"), T0) is None


def test_state_is_that_of_the_least_advanced_open_item() -> None:
    case = opened(Right.ACCESS, Right.OBJECTION_MARKETING)
    case = after(case, entry(acts.ItemResolved(outcome="done", ground=None), actor=AGENT, item="2"))
    assert case.items[1].state is ItemState.CLOSED
    assert case.state is ItemState.NEW


@pytest.mark.parametrize("factor", ["KBS", "KBD", "PIN", "OTP", "SES"])
def test_a_compared_factor_from_an_agent_is_a_conflict(factor: str) -> None:
    case = after(opened(Right.ACCESS), entry(started()), entry(passed(factor)))
    assert case.check is not None
    assert case.check.passed == ()
    assert "only a worker" in case.conflicts[0].reason


def test_two_strong_steps_reach_t2_and_move_the_item_on() -> None:
    case = verified(opened(Right.ACCESS))
    assert verified_tier(case, SESSION, T0) is Tier.T2
    assert case.items[0].state is ItemState.IN_PROGRESS


@pytest.mark.rule("G10")
def test_G10_a_check_holds_for_its_session_and_thirty_minutes_only() -> None:
    case = verified(opened(Right.ACCESS))
    assert verified_tier(case, OTHER_SESSION, T0) is Tier.T0
    assert verified_tier(case, SESSION, T0 + CHECK_US) is Tier.T2
    assert verified_tier(case, SESSION, T0 + CHECK_US + 1) is Tier.T0


@pytest.mark.rule("G4")
def test_G4_two_wrong_answers_of_any_factor_end_in_TX_and_count_on_in_the_contact() -> None:
    wrong = [entry(failed(f), actor=WORKER, as_="worker") for f in ("KBS", "PIN")]
    case = after(opened(Right.ACCESS), entry(started()), *wrong)
    assert verified_tier(case, SESSION, T0) is Tier.TX
    again = after(case, entry(started(check="f" * 32)))
    assert "two wrong answers" in again.conflicts[-1].reason


def test_a_strike_cannot_be_dealt_by_an_agent() -> None:
    case = after(opened(Right.ACCESS), entry(started()), entry(failed("PIN")), entry(failed("KBS")))
    assert case.check is not None
    assert case.check.strikes == 0


@pytest.mark.rule("G6")
def test_G6_pressure_raises_the_tier_once() -> None:
    pressed = acts.FactorFailed(check=CHECK, factor="g6", method="agent", ask=None, reason="denied")
    case = after(opened(Right.ACCESS), entry(started()), entry(pressed), entry(pressed))
    assert case.check is not None
    assert case.check.tier_needed is Tier.T3


@pytest.mark.rule("G9")
def test_G9_telling_the_date_acknowledges_the_request() -> None:
    case = after(opened(Right.ACCESS), entry(started()), entry(passed("g1", "agent")))
    assert not case.acknowledged
    assert after(case, entry(passed("g9", "agent"))).acknowledged


@pytest.mark.rule("SUP")
def test_the_second_colleague_is_another_person() -> None:
    by_self = after(opened(Right.ACCESS), entry(started()), entry(passed("SUP", "vouched")))
    assert by_self.check is not None
    assert by_self.check.passed == ()
    by_other = after(opened(Right.ACCESS), entry(started()), entry(passed("SUP", "vouched"), actor=OTHER))
    assert by_other.check is not None
    assert by_other.check.passed == (("SUP", "vouched"),)


@pytest.mark.rule("T2")
def test_an_export_below_its_tier_is_a_conflict() -> None:
    order = acts.ExportAsked(format="json", language="de", delivery="on-file")
    case = after(opened(Right.ACCESS), entry(order, item="1"))
    assert case.items[0].state is ItemState.NEW
    assert "needs T2" in case.conflicts[0].reason
    assert after(verified(opened(Right.ACCESS)), entry(order, item="1")).items[0].state is ItemState.RUNNING


def test_an_erasure_never_answers_an_access_request() -> None:
    case = after(planned(verified(opened(Right.ACCESS))), entry(asked_for(), item="1"))
    assert "does not answer access" in case.conflicts[0].reason


def test_four_eyes_compares_persons_not_roles() -> None:
    own = after(in_review(), entry(acts.EraseApproved(digest=DIGEST), as_="lead", item="1"))
    assert own.items[0].state is ItemState.REVIEW
    assert "four eyes" in own.conflicts[0].reason
    other = after(in_review(), entry(acts.EraseApproved(digest=DIGEST), actor=LEAD, as_="lead", item="1"), at=T0 + 5)
    assert (other.items[0].state, other.items[0].approved_at) == (ItemState.READY, T0 + 5)


def test_approval_is_for_the_plan_that_was_shown() -> None:
    case = after(in_review(), entry(acts.EraseApproved(digest="0" * 64), actor=LEAD, as_="lead", item="1"))
    assert "changed since" in case.conflicts[0].reason


def test_an_agent_does_not_approve() -> None:
    case = after(in_review(), entry(acts.EraseApproved(digest=DIGEST), actor=OTHER, as_="agent", item="1"))
    assert "a lead approves" in case.conflicts[0].reason


def test_withdrawing_in_the_waiting_period_takes_the_approval_back() -> None:
    ready = after(in_review(), entry(acts.EraseApproved(digest=DIGEST), actor=LEAD, as_="lead", item="1"))
    case = after(ready, entry(acts.EraseWithdrawn(reason="asked"), item="1"))
    assert (case.items[0].state, case.items[0].approved_by) == (ItemState.IN_PROGRESS, "")


def test_results_are_a_workers_alone() -> None:
    ready = after(in_review(), entry(acts.EraseApproved(digest=DIGEST), actor=LEAD, as_="lead", item="1"))
    for act in (acts.EraseStarted(plan=PLAN), acts.EraseVerified(left=0)):
        forged = after(ready, entry(act, item="1"))
        assert forged.items[0] == ready.items[0]
        assert "only a worker" in forged.conflicts[-1].reason


def test_rows_left_send_an_erasure_back() -> None:
    ready = after(in_review(), entry(acts.EraseApproved(digest=DIGEST), actor=LEAD, as_="lead", item="1"))
    worker = {"actor": WORKER, "as_": "worker", "item": "1"}
    case = after(ready, entry(acts.EraseStarted(plan=PLAN), **worker), entry(acts.EraseVerified(left=2), **worker))
    assert (case.items[0].state, case.items[0].returned) == (ItemState.IN_PROGRESS, "2 rows were left")
    whole = after(ready, entry(acts.EraseStarted(plan=PLAN), **worker), entry(acts.EraseVerified(left=0), **worker))
    assert whole.items[0].state is ItemState.SENT


@pytest.mark.rule("ART-22")
def test_art_22_a_worker_never_refuses() -> None:
    case = after(
        opened(Right.ACCESS),
        entry(acts.ItemResolved(outcome="refused", ground=None), actor=WORKER, as_="worker", item="1"),
    )
    assert "only a person refuses" in case.conflicts[0].reason


@pytest.mark.rule("ART-21-2")
def test_marketing_stops_without_any_check() -> None:
    case = after(opened(Right.OBJECTION_MARKETING), entry(acts.MarketingStopped(channels=("all",)), item="1"))
    assert case.items[0].state is ItemState.RUNNING
    assert case.conflicts == ()


def test_a_stale_fence_changes_nothing() -> None:
    case = after(opened(Right.ACCESS), entry(acts.CaseClaimed(until=T0 + 9), actor=OTHER, fence=2))
    assert (case.holder, case.fence) == (OTHER, 2)
    stale = after(case, entry(started(), fence=1))
    assert stale.check is None
    assert "the hold it was done under is over" in stale.conflicts[0].reason
    late = after(case, entry(acts.CaseClaimed(until=T0 + 9), actor=AGENT, fence=2))
    assert late.holder == OTHER


def test_a_fence_counts_for_its_holder_alone() -> None:
    """A central restored from a backup may give a fence again: who is heard first has it."""
    case = after(opened(Right.ACCESS), entry(acts.CaseClaimed(until=T0 + 9), actor=OTHER, fence=2))
    late = after(case, entry(acts.CaseClaimed(until=T0 + 9), actor=AGENT, fence=2))
    added = after(late, entry(acts.ItemAdded(right=Right.ERASURE), actor=AGENT, item="2", fence=2))
    assert (added.holder, len(added.items), len(added.conflicts)) == (OTHER, 1, 2)
    assert "hold 2 is 0017's" in added.conflicts[-1].reason
    control = after(late, entry(acts.ItemAdded(right=Right.ERASURE), actor=OTHER, item="2", fence=2))
    assert (len(control.items), control.conflicts) == (2, late.conflicts)
    released = after(control, entry(acts.CaseReleased(reason="hand-over"), actor=OTHER, fence=2))
    again = after(released, entry(acts.CaseReleased(reason="x"), actor=AGENT, fence=2))
    assert "hold 2 is nobody's" in again.conflicts[-1].reason


def test_a_repeated_step_of_a_worker_is_skipped() -> None:
    found = entry(
        acts.FindDone(ask="1" * 32, systems=("crm",), counts=(2,), others=0, outcome="found"),
        actor=WORKER,
        as_="worker",
        item="1",
    )
    once = after(opened(Right.ACCESS), found)
    assert fold(once, found, T0) is once


def test_a_case_ends_with_its_last_item() -> None:
    case = after(opened(Right.ACCESS), entry(acts.ItemWithdrawn(reason=None), item="1"), at=T0 + 7)
    assert (case.closed, case.closed_at, case.items[0].outcome) == (True, T0 + 7, Outcome.WITHDRAWN)


def test_imports_carry_states_and_outcomes() -> None:
    act = acts.CaseImported(
        number="C-26-000001",
        channel="mail",
        regime="UK",
        requester="self",
        received_at=T0,
        received_on="2026-02-02",
        rights=("access", "erasure"),
        states=("closed", "in-progress"),
        outcomes=("done", None),
        source="older-tool",
        key=None,
    )
    case = fold(None, entry(act, actor="import:older-tool", as_="import"), T0)
    assert case is not None
    assert (case.holder, case.fence, case.closed, case.acknowledged) == ("", 0, False, True)
    assert case.items[0].outcome is Outcome.DONE


ANY_ACT = st.sampled_from(
    [
        started(),
        passed("PIN"),
        passed("KBS"),
        failed("PIN"),
        passed("g1", "agent"),
        acts.CheckEnded(check=CHECK, tier="T2", reason="done"),
        acts.PlanMade(plan=PLAN, digest=DIGEST, systems=("crm",), deletes=(1,), masks=(0,), keeps=(0,)),
        asked_for(),
        acts.EraseApproved(digest=DIGEST),
        acts.EraseReturned(reason="check-again"),
        acts.EraseWithdrawn(reason=None),
        acts.EraseStarted(plan=PLAN),
        acts.EraseSystemDone(system="crm", deleted=1, masked=0, kept=0, reason=None, stored_only=0, not_marked=0),
        acts.EraseVerified(left=0),
        acts.ExportAsked(format="json", language="de", delivery="on-file"),
        acts.ExportBuilt(package="2" * 32, manifest=DIGEST, archive=DIGEST, systems=("crm",), counts=(1,)),
        acts.ExportDelivered(package="2" * 32, letter=None),
        acts.ItemAdded(right="access"),
        acts.ItemResolved(outcome="done", ground=None),
        acts.ConsentGiven(purpose="newsletter", text="v1", language="de"),
        acts.MarketingStopped(channels=("all",)),
        acts.CaseClaimed(until=T0 + 1),
        acts.CaseReleased(reason=None),
        acts.LetterMade(letter="3" * 32, template="access", version="1", language="de"),
        acts.LetterSent(letter="3" * 32, medium="mail"),
        acts.SubjectShredded(details=2),
    ]
)
WHO = st.sampled_from([(AGENT, "agent", SESSION), (LEAD, "lead", LEAD_SESSION), (WORKER, "worker", None)])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(ANY_ACT, WHO, st.sampled_from(["1", "2", "3", None]), st.sampled_from([None, 1, 2, 3]))))
def test_the_fold_is_total_and_its_state_survives_json(steps: list[tuple[Act, tuple[str, str, str], str, int]]) -> None:
    case = opened(Right.ERASURE, Right.ACCESS)
    for act, (actor, as_, session), item, fence in steps:
        one = entry(act, actor=actor, as_=as_, item=item, session=session, fence=fence)
        folded = fold(case, one, T0)
        assert folded is not None
        assert folded == fold(from_json(to_json(case)), one, T0)
        case = folded
        assert from_json(to_json(case)) == case
    for item in case.items:
        if item.state in (ItemState.READY, ItemState.RUNNING) and item.right is Right.ERASURE:
            assert item.approved_by not in ("", item.asked_by)


def test_an_entry_with_unknown_words_is_a_conflict_not_an_exception() -> None:
    odd = entry(acts.ItemResolved(outcome="done", ground=None), item="1")._replace(params={"outcome": 3})
    assert "no rule knows" in after(opened(Right.ACCESS), odd).conflicts[0].reason


def test_only_a_worker_shreds() -> None:
    case = opened(Right.ERASURE)
    done = acts.SubjectShredded(details=2)
    refused = after(case, entry(done))
    assert not refused.shredded
    assert "only a worker" in refused.conflicts[0].reason
    assert after(case, entry(done, actor=WORKER, as_="worker", session=None)).shredded, "the control"
