"""An export that waits: who may decide what, and when it goes on."""

from dataclasses import replace

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.case import Case, from_json, to_json
from services.cases.policy import may
from services.sync.jobs import jobs_of
from services.types import ItemState, Right, Role
from tests.entries import AGENT, T0, WORKER, after, entry, opened
from tests.services.test_cases_fold import verified
from tests.services.test_policy import LEAD, moment

ONE, TWO, PART, OTHER = "1" * 32, "2" * 32, "a" * 32, "b" * 32


def held(*counts: int) -> Act:
    return acts.ExportHeld(groups=(ONE, TWO)[: len(counts)], counts=counts)


def decided(group: str, part: str | None = None, decision: str = "redact") -> Act:
    return acts.RedactionDecided(group=group, part=part, decision=decision, reason="others")


def waits(*counts: int) -> Case:
    asked = acts.ExportAsked(format="json", language="fr", delivery="on-file")
    case = after(verified(opened(Right.ACCESS)), entry(asked, item="1"))
    return after(case, entry(held(*counts), actor=WORKER, as_="worker", item="1"))


def test_a_held_export_waits_and_the_last_decision_lets_it_go_on() -> None:
    case = waits(2, 1)
    assert (case.items[0].state, case.items[0].undecided) == (ItemState.REVIEW, 3)
    case = after(case, entry(decided(ONE, PART), item="1"), entry(decided(TWO), item="1"))
    assert (case.items[0].state, case.items[0].undecided) == (ItemState.REVIEW, 1)
    last = entry(decided(ONE, OTHER, "disclose"), item="1")
    case = after(case, last)
    assert case.items[0].state is ItemState.RUNNING
    assert case.conflicts == ()
    (job,) = jobs_of(last, case, T0, 0)
    assert (job.kind, job.params) == ("export", b'{"language":"fr"}')
    assert from_json(to_json(case)) == case


def test_no_job_begins_while_a_part_is_open() -> None:
    first = entry(decided(ONE, PART), item="1")
    assert jobs_of(first, after(waits(2), first), T0, 0) == ()


def test_the_same_part_twice_is_one_decision_and_the_later_word_counts() -> None:
    case = after(waits(2), entry(decided(ONE, PART), item="1"), entry(decided(ONE, PART, "disclose"), item="1"))
    assert case.items[0].undecided == 1
    assert case.items[0].decided == ((ONE, PART, "disclose", "others"),)


def test_what_was_decided_stands_when_the_export_waits_again() -> None:
    case = after(waits(1), entry(decided(ONE), item="1"))
    case = after(case, entry(acts.ExportHeld(groups=(TWO,), counts=(1,)), actor=WORKER, as_="worker", item="1"))
    assert (case.items[0].held, case.items[0].decided[0][0]) == (((TWO, 1),), ONE)


@pytest.mark.parametrize(
    ("act", "by", "why"),
    [
        (decided(OTHER), AGENT, "does not wait"),
        (decided(ONE, decision="perhaps"), AGENT, "no decision"),
        (decided(ONE), WORKER, "a person decides"),
        (held(1), AGENT, "only a worker"),
    ],
)
def test_what_does_not_fit_changes_nothing_and_is_kept_as_a_conflict(act: Act, by: str, why: str) -> None:
    role = {AGENT: "agent", WORKER: "worker"}[by]
    before = waits(1)
    case = after(before, entry(act, actor=by, as_=role, item="1"))
    assert why in case.conflicts[0].reason
    assert case.items == before.items


def test_nothing_is_decided_once_it_went_on() -> None:
    case = after(waits(1), entry(decided(ONE), item="1"), entry(decided(ONE, decision="disclose"), item="1"))
    assert "running" in case.conflicts[0].reason


def test_the_holder_and_a_lead_decide_and_nobody_else() -> None:
    case = waits(1)
    free = replace(case, holder="")
    for act in ("redact", "disclose"):
        assert may(act, case, moment()).allowed
        assert may(act, free, LEAD).allowed
        assert may(act, free, moment()).reason == "take the case first (a)"
        assert may(act, replace(case, holder="agent:0017"), moment()).reason == "held by 0017"
        assert may(act, case, moment(Role.TRAINER)).reason == "for agent or lead only"
        assert may(act, verified(opened(Right.ACCESS)), moment()).reason.startswith("it is ")


def test_the_case_says_why_the_export_cannot_be_ordered_again() -> None:
    assert may("export", waits(1), moment()).reason == "parts of it wait for a decision (e)"


def test_nobody_approves_as_an_erasure_what_waits_to_be_decided() -> None:
    assert may("approve", waits(1), LEAD).reason == "nobody asked for erasure in this case"
