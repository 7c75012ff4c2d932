"""Which of several people: what a worker lists, who may say it, and what waits until it is said."""

from dataclasses import replace

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.case import Case, from_json, to_json
from services.cases.fold_check import verified_tier
from services.cases.policy import may
from services.types import ItemState, Right, Role, Tier
from tests.entries import AGENT, SESSION, T0, WORKER, after, entry, opened
from tests.services.test_cases_fold import planned, verified
from tests.services.test_policy import LEAD, moment

ONE, TWO, LIKE, NOBODY = "1" * 32, "2" * 32, "3" * 32, "f" * 32


def listed(*people: str, nearby: tuple[str, ...] = ()) -> Act:
    return acts.PeopleListed(people=people, nearby=nearby)


def said(chosen: tuple[str, ...], left: tuple[str, ...] = (), nearby: tuple[str, ...] = ()) -> Act:
    return acts.PeopleChosen(chosen=chosen, nearby=nearby, left=left, reason="this-one")


def tell(case: Case, act: Act) -> Case:
    return after(case, entry(act, actor=WORKER, as_="worker"))


def asked(*rights: Right) -> Case:
    """Two people may be meant, a third record is like theirs."""
    return tell(verified(opened(*(rights or (Right.ACCESS,)))), listed(ONE, TWO, nearby=(LIKE,)))


def test_until_it_is_said_nothing_is_given_out_erased_corrected_or_restricted() -> None:
    case = asked(Right.ACCESS, Right.ERASURE, Right.RECTIFICATION, Right.RESTRICTION, Right.CONSENT_GIVE)
    for act in ("export", "erase", "rectify", "restrict", "consent-give"):
        assert may(act, case, moment()).reason == "several people are known by this: say which of them it is (P)", act
        assert "(P)" not in may(act, replace(case, people=()), moment()).reason, "the control"
    assert may("find", case, moment()).allowed
    assert may("people", case, moment()).allowed
    order = acts.ExportAsked(format="json", language="en", delivery="on-file")
    assert "(P)" in after(case, entry(order, item="1")).conflicts[0].reason, "a desk that asked all the same"


def test_who_is_chosen_and_who_is_left_is_kept_and_the_check_begins_anew() -> None:
    case = after(asked(), entry(said((ONE,), (TWO,))))
    assert case.conflicts == ()
    assert dict(case.people) == {ONE: "chosen", TWO: "left"}
    assert verified_tier(case, SESSION, T0) is Tier.T0
    assert "what the person you chose knows" in may("export", case, moment()).reason
    assert from_json(to_json(case)) == case


def test_where_nobody_is_left_out_the_check_stands() -> None:
    case = after(asked(), entry(said((ONE, TWO), nearby=(LIKE,))))
    assert dict(case.people) == dict.fromkeys((ONE, TWO, LIKE), "chosen")
    assert verified_tier(case, SESSION, T0) is Tier.T2
    assert may("export", case, moment()).allowed


def test_none_of_them_gives_nothing_out() -> None:
    case = after(asked(), entry(said((), (ONE, TWO))))
    again = replace(case, check=asked().check)
    assert may("export", again, moment()).reason.startswith("none of the people")
    assert may("people", again, moment()).allowed, "it can be said anew"


def test_a_plan_of_before_is_void() -> None:
    case = tell(planned(verified(opened(Right.ERASURE))), listed(ONE, TWO))
    assert case.items[0].plan
    case = after(case, entry(said((ONE,), (TWO,))))
    assert (case.items[0].plan, case.items[0].digest) == ("", "")


def test_listed_again_what_was_said_stands_and_a_newcomer_is_open() -> None:
    case = after(asked(), entry(said((ONE,), (TWO,))))
    case = tell(case, listed(ONE, TWO, NOBODY))
    assert dict(case.people) == {ONE: "chosen", TWO: "left", NOBODY: "open"}
    assert may("export", replace(case, check=asked().check), moment()).reason.endswith("(P)")
    assert dict(tell(case, listed()).people) == {ONE: "chosen", TWO: "left"}, "gone is asked about no more"


@pytest.mark.parametrize(
    ("act", "by", "why"),
    [
        (said((ONE,)), AGENT, "not the one that was shown"),
        (said((ONE,), (TWO, NOBODY)), AGENT, "not the one that was shown"),
        (said((ONE, ONE), (TWO,)), AGENT, "not the one that was shown"),
        (said((ONE,), (ONE, TWO)), AGENT, "not the one that was shown"),
        (said((ONE,), (TWO,)), WORKER, "a person says"),
        (listed(ONE), AGENT, "only a worker"),
    ],
)
def test_what_does_not_fit_changes_nothing(act: Act, by: str, why: str) -> None:
    before = asked()
    case = after(before, entry(act, actor=by, as_={AGENT: "agent", WORKER: "worker"}[by]))
    assert why in case.conflicts[0].reason
    assert (case.people, case.check) == (before.people, before.check)


def test_it_is_not_said_below_T1_nor_while_something_runs() -> None:
    case = tell(opened(Right.ACCESS), listed(ONE, TWO))
    assert "needs T1" in after(case, entry(said((ONE,), (TWO,)))).conflicts[0].reason
    assert may("people", case, moment()).reason.startswith("needs T1")
    busy = asked()
    busy = busy.with_item(replace(busy.items[0], state=ItemState.RUNNING))
    assert "runs" in after(busy, entry(said((ONE,), (TWO,)))).conflicts[0].reason
    assert "runs" in may("people", busy, moment()).reason


def test_the_holder_says_it_and_nobody_else() -> None:
    case = asked()
    assert may("people", case, moment()).allowed
    assert may("people", case, LEAD).reason == "held by 0042"
    assert may("people", case, moment(Role.TRAINER)).reason == "for agent or lead only"
