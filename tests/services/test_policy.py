"""Who may do what: one table, a reason for every no."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.cases.case import Case, Item
from services.cases.moment import Moment, run_at
from services.cases.policy import RULES, may
from services.types import Requester, Right, Role, Session
from tests.entries import AGENT, LEAD_SESSION, SESSION, T0, opened
from tests.services.test_cases_fold import in_review, planned, verified


def moment(role: Role = Role.AGENT, *, agent: str = "0042", session: str = SESSION, online: bool = True) -> Moment:
    who = Session(
        id=session,
        agent=agent,
        name="Test",
        role=role,
        roles=(role,),
        controllers=("nordlicht",),
        started_at=datetime.fromtimestamp(T0 / 1e6, UTC),
        offline=not online,
        token=b"",
    )
    return Moment(who, T0, online, 3_000_000)


PLANNED = planned(verified(opened(Right.ERASURE)))
ALSO_ASKED = replace(PLANNED, items=(*PLANNED.items, Item("9", Right.ACCESS)))
LEAD = moment(Role.LEAD, agent="0007", session=LEAD_SESSION)


@pytest.mark.parametrize("act", sorted(RULES))
def test_every_no_has_a_reason_and_every_yes_has_none(act: str) -> None:
    for case in (opened(Right.ACCESS), opened(Right.ERASURE), in_review(), replace(opened(), closed=True)):
        for when in (moment(), moment(online=False), LEAD, moment(Role.TRAINER)):
            answer = may(act, case, when)
            assert answer.allowed == (answer.reason == "")


@pytest.mark.parametrize(
    ("act", "case", "words"),
    [
        ("export", opened(Right.ACCESS), "needs T2: no check yet (v)"),
        ("export", opened(Right.ERASURE), "nobody asked for access or portability"),
        ("erase", verified(opened(Right.ERASURE)), "find the data first (p)"),
        ("erase", in_review(), "it waits for a second person"),
        ("erase", ALSO_ASKED, "asked for too: answer that first (x)"),
        ("erase", replace(PLANNED, flags=("legal-hold",)), "a legal hold exists"),
        ("take", opened(Right.ACCESS), "you hold it already"),
        ("approve", in_review(), "for lead only"),
        ("export", replace(opened(Right.ACCESS), requester=Requester.AUTHORITY), "hand it to legal"),
        ("note", replace(opened(Right.ACCESS), holder=""), "take the case first"),
        ("note", replace(opened(Right.ACCESS), holder="agent:0017"), "held by 0017"),
        ("export", replace(verified(opened(Right.ACCESS)), closed=True), "the case is closed"),
    ],
)
def test_the_reason_says_what_is_missing(act: str, case: Case, words: str) -> None:
    assert words in may(act, case, moment()).reason


def test_control_what_is_planned_may_go_also_where_a_hold_covers_a_part() -> None:
    for case in (PLANNED, replace(PLANNED, flags=("legal-hold-part",))):
        assert may("erase", case, moment()).allowed


def test_what_needs_others_waits_offline_and_what_does_not_goes_on() -> None:
    offline = moment(online=False)
    assert "central does not answer" in may("export", verified(opened(Right.ACCESS)), offline).reason
    for act, case in (
        ("consent-withdraw", opened(Right.CONSENT_WITHDRAW)),
        ("marketing", opened(Right.ACCESS)),
        ("note", opened(Right.ACCESS)),
        ("wrap-up", opened(Right.ACCESS)),
    ):
        assert may(act, case, offline).allowed


@pytest.mark.rule("T0")
def test_T0_a_marketing_stop_needs_no_factor() -> None:
    assert may("marketing", opened(Right.ACCESS), moment()).allowed


def test_a_check_of_another_session_opens_nothing() -> None:
    case = planned(verified(opened(Right.ERASURE)))
    assert may("erase", case, moment()).allowed
    assert "needs T2" in may("erase", case, moment(session="e" * 32)).reason


def test_four_eyes_the_requester_is_told_why() -> None:
    own = moment(Role.LEAD, agent="0042")
    assert "you asked for it" in may("approve", in_review(), own).reason
    assert may("approve", in_review(), LEAD).allowed


@pytest.mark.rule("ERA-7")
def test_ERA_7_nothing_runs_before_the_waiting_period_is_over() -> None:
    item = replace(in_review().items[0], state="ready", approved_by="agent:0007", approved_at=T0)
    case = in_review().with_item(item)
    early = replace(LEAD, now=T0 + 2_999_999)
    assert "waiting period" in may("execute", case, early).reason
    assert may("execute", case, replace(LEAD, now=run_at(item, LEAD.wait_us))).allowed


def test_another_controllers_case_is_not_yours() -> None:
    case = replace(opened(Right.ACCESS), controller="harbour", holder=AGENT)
    assert may("note", case, moment()).reason == "this controller is not yours"
