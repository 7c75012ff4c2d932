"""The check in the log: who may raise, lower, allow, pass on and take up, whatever a changed terminal writes."""

from dataclasses import replace

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.aims import barred, needed
from services.cases.case import Case, from_json, to_json
from services.cases.fold_check import CHECK_US, verified_tier
from services.cases.queue import tier_of
from services.types import Requester, Right, Tier
from tests.entries import AGENT, LEAD, OTHER, OTHER_SESSION, SESSION, T0, WORKER, after, entry, opened

CHECK = "0123456789abcdef0123456789abcdef"
OFFERED = acts.CheckOffered(check=CHECK, to=OTHER)
ACCEPTED = acts.CheckAccepted(check=CHECK)


def passed(factor: str) -> Act:
    return acts.FactorPassed(check=CHECK, factor=factor, method="email", ask=None)


def verified(right: Right = Right.ACCESS, requester: Requester = Requester.SELF) -> Case:
    """KBS and PIN compared by a worker: T2."""
    start = acts.CheckStarted(template="CL-ACC-STD", version="1", tier="T2", check=CHECK)
    proven = [entry(passed(f), actor=WORKER, as_="worker") for f in ("KBS", "PIN")]
    return after(replace(opened(right), requester=requester), entry(start), *proven)


def aimed(tier: str, reason: str = "found") -> Act:
    return acts.CheckAimed(check=CHECK, template="CL-ACC-SENS", version="1", tier=tier, reason=reason)


def found(*facts: str) -> Act:
    return acts.FindDone(ask="1" * 32, systems=("crm",), counts=(2,), others=0, outcome="complete", facts=facts)


def export() -> Act:
    return acts.ExportAsked(format="json", language="de", delivery="on-file")


def refused(case: Case, act: Act, **who: object) -> str:
    """Why the act did not count; empty when it did."""
    reasons = [c.reason for c in after(case, entry(act, **who)).conflicts]  # type: ignore[arg-type]
    return reasons[-1] if len(reasons) > len(case.conflicts) else ""


def test_rules_7_4_what_a_search_finds_raises_the_tier_of_the_act_and_of_the_queue() -> None:
    case = verified()
    assert needed(case, case.items[0], Tier.T2) is Tier.T2
    graver = after(case, entry(found("special"), actor=WORKER, as_="worker"))
    assert graver.facts == ("special",)
    assert tier_of(graver) is needed(graver, graver.items[0], Tier.T2) is Tier.T3
    assert "needs T3, reached T2" in refused(graver, export(), item="1")
    assert refused(case, export(), item="1") == "", "the control"
    assert from_json(to_json(graver)) == graver
    assert after(case, entry(found("dispute", "oral"), actor=WORKER, as_="worker")).facts == (), (
        "no finding of a search"
    )


@pytest.mark.rule("TIER-MAX")
def test_rules_7_4_the_agent_may_raise_and_only_another_persons_lead_may_lower() -> None:
    case = after(verified(), entry(aimed("T3")))
    assert case.check is not None
    assert (case.check.tier_needed, case.check.template, len(case.check.passed)) == (Tier.T3, "CL-ACC-SENS", 2)
    assert "a lead decides" in refused(case, aimed("T2", "dispute-over"))
    assert "a lead decides" in refused(case, aimed("T2"), actor="worker:7f3a90c1", as_="lead")
    assert "four eyes" in refused(case, aimed("T2"), actor=AGENT, as_="lead")
    assert "another session" in refused(case, aimed("T3"), actor=OTHER, session=OTHER_SESSION)
    lower = after(case, entry(aimed("T2", "dispute-over"), actor=LEAD, as_="lead"))
    assert lower.check is not None
    assert (lower.check.tier_needed, lower.check.lowered) == (Tier.T2, "dispute-over")
    for tier in ("T0", "TX"):
        assert tier == "T0" or refused(case, aimed(tier), actor=LEAD, as_="lead")


def test_what_a_lead_lowered_counts_until_something_graver_comes_to_light() -> None:
    facts = entry(found("contact-changed"), actor=WORKER, as_="worker")
    case = after(verified(), facts, entry(aimed("T3")), entry(aimed("T2", "change-confirmed"), actor=LEAD, as_="lead"))
    assert needed(case, case.items[0], Tier.T2) is Tier.T2
    assert needed(case, case.items[0], Tier.T3) is Tier.T3, "never below what the act itself takes"
    again = after(case, facts)
    assert needed(again, again.items[0], Tier.T2) is Tier.T2, "nothing new"
    graver = after(case, entry(acts.FactNoted(fact="fraud")))
    assert needed(graver, graver.items[0], Tier.T2) is Tier.T3


@pytest.mark.parametrize("fact", ["contact-changed", "on-file", "ordinary", "nothing"])
def test_nobody_notes_what_is_no_fact_a_person_can_know(fact: str) -> None:
    assert refused(verified(), acts.FactNoted(fact=fact))


@pytest.mark.rule("G10")
def test_G10_a_warm_transfer_is_taken_up_once_by_the_one_who_was_named_within_its_time() -> None:
    case = after(verified(), entry(OFFERED))
    assert verified_tier(case, SESSION, T0) is Tier.T0, "who gave it away has it no more"
    assert verified_tier(case, "", T0) is Tier.T0, "nor has an entry without a session"
    assert "not handed to you" in refused(case, ACCEPTED, actor=LEAD, as_="lead")
    assert "not handed to you" in refused(case, ACCEPTED, actor=OTHER, session=None)
    late = T0 + CHECK_US + 1
    assert "expired" in refused(case, ACCEPTED, actor=OTHER, session=OTHER_SESSION, ts=late)
    taken = after(case, entry(ACCEPTED, actor=OTHER, session=OTHER_SESSION))
    assert verified_tier(taken, OTHER_SESSION, T0) is Tier.T2
    assert verified_tier(taken, OTHER_SESSION, late) is Tier.T0, "it holds no longer than it would have"
    assert "not handed to you" in refused(taken, ACCEPTED, actor=OTHER, session="9" * 32), "single use"
    assert verified_tier(taken, SESSION, T0) is Tier.T0


def test_G10_nobody_hands_over_anothers_check_nor_one_to_themselves_nor_one_that_is_over() -> None:
    assert "another session" in refused(verified(), OFFERED, actor=OTHER, session=OTHER_SESSION)
    assert "another person" in refused(verified(), acts.CheckOffered(check=CHECK, to=AGENT))
    ended = after(verified(), entry(acts.CheckEnded(check=CHECK, tier="T2", reason="contact-ended")))
    assert "ended" in refused(ended, OFFERED)
    over = after(after(verified(), entry(OFFERED)), entry(acts.CheckEnded(check=CHECK, tier="T2", reason="expired")))
    assert "ended" in refused(over, ACCEPTED, actor=OTHER, session=OTHER_SESSION)
    assert refused(verified(), ACCEPTED, actor=OTHER, session=OTHER_SESSION), "nothing was handed over"


def test_CBK_passes_only_after_the_number_on_file_was_shown_and_there_was_one() -> None:
    case = verified()
    assert "not called" in refused(case, passed("CBK"))
    asked = after(case, entry(acts.FactorAsked(check=CHECK, factor="CBK", ask="2" * 32)))
    assert refused(asked, passed("CBK")) == ""
    none = acts.FactorFailed(check=CHECK, factor="CBK", method="called", ask="2" * 32, reason="no-number")
    assert "not called" in refused(after(asked, entry(none, actor=WORKER, as_="worker")), passed("CBK"))


@pytest.mark.rule("DOC", "IDV-6")
def test_DOC_passes_only_with_another_persons_leave_and_is_a_tick() -> None:
    allow = acts.DocumentAllowed(check=CHECK, reason="no-other-way")
    assert "no lead allowed" in refused(verified(), passed("DOC"))
    assert "a lead decides" in refused(verified(), allow)
    assert "four eyes" in refused(verified(), allow, actor=AGENT, as_="lead")
    allowed = after(verified(), entry(allow, actor=LEAD, as_="lead"))
    assert refused(allowed, passed("DOC")) == ""


@pytest.mark.rule("REP", "THIRD-LAWYER", "THIRD-POA")
def test_rules_6_nothing_is_done_for_a_representative_before_the_authority_was_seen() -> None:
    case = verified(Right.ACCESS, Requester.REPRESENTATIVE)
    assert "not seen" in barred(case)
    assert "scope" in refused(case, passed("REP")), "a tick alone says neither scope nor end"
    seen = acts.AuthoritySeen(check=CHECK, scope="this-request", dated="2026-01-01", until="2026-02-02")
    assert barred(after(case, entry(seen))) == ""
    assert "another session" in refused(case, seen, actor=OTHER, session=OTHER_SESSION)
    assert "expired" in refused(case, replace(seen, until="2026-01-31"))
    assert "future" in refused(case, replace(seen, dated="2026-03-01", until=None))
    assert refused(case, replace(seen, until=None)) == ""
    assert "needs T3" in refused(after(case, entry(seen)), export(), item="1"), "and T3 all the same"


@pytest.mark.rule("THIRD-DECEASED", "THIRD-POLICE", "THIRD-COMPANY")
@pytest.mark.parametrize("requester", [Requester.HEIR, Requester.COMPANY, Requester.AUTHORITY])
def test_rules_6_whoever_is_no_data_subject_gets_nothing_at_any_tier(requester: Requester) -> None:
    case = verified(Right.ACCESS, requester)
    assert case.check is not None
    proven = replace(case, check=replace(case.check, tier=Tier.T3))
    assert barred(proven)
    assert refused(proven, export(), item="1")


@pytest.mark.rule("SAY-NOTHING-HELD")
def test_that_nothing_is_held_is_said_from_the_tier_of_access_on_only() -> None:
    nothing = acts.ItemResolved(outcome="nothing-held", ground=None)
    assert "needs T2" in refused(opened(Right.ACCESS), nothing, item="1")
    assert "needs T2" in refused(opened(Right.RESTRICTION), nothing, item="1")
    assert refused(verified(), nothing, item="1") == ""
    assert refused(opened(Right.ACCESS), nothing, item="1", actor=WORKER, as_="worker") == "", (
        "in a letter to the point"
    )
    unknown = acts.ItemResolved(outcome="not-identified", ground=None)
    assert refused(opened(Right.ACCESS), unknown, item="1") == "", "nobody is kept from the written way"
