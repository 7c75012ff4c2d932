"""Settling in the fold: once, by who may, and told in the history as it was folded."""

import pytest
from hypothesis import given, settings, strategies as st

from services.action_log import acts
from services.action_log.act import ACTS
from services.action_log.entry import Entry
from services.cases.case import Case, from_json, to_json
from services.cases.fold import fold, fold_all
from services.cases.fold_settle import again_op
from services.cases.policy import RULES, may, may_settle
from services.cases.repeating import REPEATS, why_not
from services.cases.timeline import LATE, TWICE, marks
from services.types import ItemState, Right, Role
from tests.entries import AGENT, LEAD, OTHER, T0, WORKER, after, entry, opened
from tests.services.test_policy import LEAD as LEAD_MOMENT, moment

STOP = acts.MarketingStopped(channels=("all",))


def stale() -> tuple[Case, Entry]:
    """A case that 0017 holds now, and a marketing stop of 0042's under the hold of before."""
    late = entry(STOP, item="1", fence=1)
    case = after(opened(Right.OBJECTION_MARKETING), entry(acts.CaseClaimed(until=T0 + 9), actor=OTHER, fence=2), late)
    assert [(c.log, c.seq, c.op) for c in case.conflicts] == [(late.log, late.seq, late.op)]
    return case, late


def settled(late: Entry, how: str, *, actor: str = AGENT, as_: str = "agent") -> Entry:
    act = acts.ConflictSettled(how=how, log=late.log, seq=late.seq, op=late.op, reason=None)
    return entry(act, actor=actor, as_=as_)


def repeat(late: Entry, *, actor: str = AGENT, as_: str = "agent") -> Entry:
    return entry(STOP, item="1", actor=actor, as_=as_, op=again_op(late.log, late.seq))


@pytest.mark.parametrize(("actor", "as_"), [(AGENT, "agent"), (LEAD, "lead")])
def test_who_did_it_or_a_lead_settles_it(actor: str, as_: str) -> None:
    case, late = stale()
    done = after(case, settled(late, "repeated", actor=actor, as_=as_), repeat(late, actor=actor, as_=as_))
    assert done.conflicts == ()
    assert done.items[0].state is ItemState.RUNNING


@pytest.mark.parametrize(("actor", "as_"), [(OTHER, "agent"), (WORKER, "worker")])
def test_nobody_else_does(actor: str, as_: str) -> None:
    case, late = stale()
    tried = after(case, settled(late, "dropped", actor=actor, as_=as_))
    assert tried.conflicts[0] == case.conflicts[0]
    assert "or a lead" in tried.conflicts[1].reason


def test_a_repeat_counts_once_whoever_repeats_it() -> None:
    case, late = stale()
    once = after(case, settled(late, "repeated"), repeat(late))
    again = after(once, settled(late, "repeated", actor=LEAD, as_="lead"))
    assert again.conflicts == ()
    second = repeat(late, actor=LEAD, as_="lead")
    assert fold(again, second, T0) is again


def test_a_drop_stands_against_a_later_repeat_which_is_then_a_conflict_of_its_own() -> None:
    case, late = stale()
    dropped = after(case, settled(late, "dropped"))
    assert dropped.conflicts == ()
    tried = after(dropped, settled(late, "repeated", actor=LEAD, as_="lead"), repeat(late, actor=LEAD, as_="lead"))
    assert [c.reason for c in tried.conflicts] == ["it was dropped before it was repeated"]
    assert tried.items[0].state is ItemState.NEW


def test_an_agent_cannot_forbid_what_a_lead_may_yet_repeat_out_of_a_closed_log() -> None:
    case = opened(Right.OBJECTION_MARKETING)
    elsewhere = entry(STOP, item="1")._replace(log="7f3a90c1/9")
    for actor, as_, open_ in ((OTHER, "agent", True), (LEAD, "lead", False)):
        ruled = after(case, settled(elsewhere, "dropped", actor=actor, as_=as_), repeat(elsewhere, actor=LEAD))
        assert (ruled.items[0].state is ItemState.RUNNING) is open_


def test_the_history_tells_what_the_fold_did() -> None:
    late, elsewhere = entry(STOP, item="1", fence=1), entry(STOP, item="1", op=again_op("7f3a90c1/1", 999))
    claim = entry(acts.CaseClaimed(until=T0 + 9), actor=OTHER, fence=2)
    result = entry(acts.ExportFailed(reason="away"), actor=WORKER, as_="worker")
    history = [claim, late, result, settled(late, "repeated"), repeat(late), repeat(late, actor=LEAD, as_="lead")]
    told = marks(((e, T0, e is result) for e in history), opened(Right.OBJECTION_MARKETING))
    assert told == {
        (late.log, late.seq): "not taken; repeated by 0042",
        (result.log, result.seq): LATE,
        (history[-1].log, history[-1].seq): TWICE,
    }
    assert marks([(elsewhere, T0, False)], opened(Right.OBJECTION_MARKETING)) == {}, "the control"
    unsettled = marks(((e, T0, False) for e in history[:2]), opened(Right.OBJECTION_MARKETING))
    assert "the hold it was done under is over" in unsettled[(late.log, late.seq)]


def test_a_settlement_of_what_counted_marks_nothing() -> None:
    taken = entry(STOP, item="1")
    history = [taken, settled(taken, "dropped")]
    assert marks(((e, T0, False) for e in history), opened(Right.OBJECTION_MARKETING)) == {}


@pytest.mark.parametrize("act", sorted(ACTS))
def test_every_act_has_a_row_that_judges_its_repeat_or_a_sentence_why_it_has_none(act: str) -> None:
    assert (REPEATS.get(act) in RULES) != bool(why_not(act, AGENT))
    assert why_not(act, WORKER)


def test_a_lead_needs_no_claim_to_repeat_and_needs_it_else() -> None:
    case, _ = stale()
    assert may("marketing", case, LEAD_MOMENT, again=True).allowed
    assert "held by 0017" in may("marketing", case, LEAD_MOMENT).reason
    assert "held by 0017" in may("marketing", case, moment(), again=True).reason


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (moment(), ""),
        (moment(agent="0017"), "0042 did it"),
        (LEAD_MOMENT, ""),
        (moment(Role.TRAINER), "for agent or lead only"),
        (moment(online=False), "waits until it does"),
    ],
)
def test_who_may_settle(who: object, words: str) -> None:
    no = may_settle(AGENT, "nordlicht", who)  # type: ignore[arg-type]
    assert (no == "") == (words == "")
    assert words in no
    assert "not yours" in may_settle(AGENT, "albion", who) or words.startswith("for")  # type: ignore[arg-type]


STEPS = st.lists(
    st.tuples(st.sampled_from(["repeated", "dropped"]), st.sampled_from([(AGENT, "agent"), (LEAD, "lead")])),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_however_many_settle_it_is_done_once_at_most_and_never_lost(steps: list[tuple[str, tuple[str, str]]]) -> None:
    case, late = stale()
    history: list[Entry] = []
    for how, (actor, as_) in steps:
        history.append(settled(late, how, actor=actor, as_=as_))
        if how == "repeated":
            history.append(repeat(late, actor=actor, as_=as_))
    ran = 0
    for one in history:
        before, folded = case, fold(case, one, T0)
        assert folded is not None
        ran += before.items[0].state is ItemState.NEW and folded.items[0].state is ItemState.RUNNING
        case = from_json(to_json(folded))
    assert case == fold_all(stale_again(late), [(one, T0) for one in history])
    assert ran == (steps[0][0] == "repeated")
    late_repeat = steps[0][0] == "dropped" and any(how == "repeated" for how, _ in steps)
    assert [c.reason for c in case.conflicts] == (["it was dropped before it was repeated"] if late_repeat else [])


def stale_again(late: Entry) -> Case:
    claim = entry(acts.CaseClaimed(until=T0 + 9), actor=OTHER, fence=2)
    return after(opened(Right.OBJECTION_MARKETING), claim, late)
