"""Which checklist leads: it follows from right, requester, data, delivery and flags (rules.md 6, 7.4, 7.6)."""

import pytest

from services.identity.choose import aim, aim_for
from services.identity.needs import NOTED, Facts, facts_of, not_a_subject
from services.types import Requester, Right, Tier


@pytest.mark.rule("TIER-MAX", "THIRD-LAWYER", "THIRD-PARENT", "THIRD-POA", "THIRD-EMPLOYEE")
@pytest.mark.parametrize(
    ("right", "requester", "facts", "wanted"),
    [
        ("access", "self", "", "CL-ACC-STD T2"),
        ("access", "self", "oral", "CL-ACC-ORAL T2"),
        ("access", "self", "special", "CL-ACC-SENS T3"),
        ("access", "self", "finance", "CL-ACC-SENS T3"),
        ("access", "self", "recording", "CL-ACC-SENS T3"),
        ("access", "self", "minor", "CL-ACC-SENS T3"),
        ("access", "self", "oral special", "CL-ACC-SENS T3"),
        ("access", "self", "new-address", "CL-ACC-SENS T3"),
        ("access", "self", "contact-changed", "CL-ACC-SENS T3"),
        ("access", "self", "urgency", "CL-ACC-STD T3"),
        ("portability", "self", "", "CL-PORT T2"),
        ("portability", "self", "third-party", "CL-PORT-DIR T3"),
        ("portability", "self", "special", "CL-PORT T3"),
        ("erasure", "self", "", "CL-ERA-STD T2"),
        ("erasure", "self", "value-loss", "CL-ERA-HIGH T3"),
        ("erasure", "self", "dispute", "CL-ERA-HIGH T3"),
        ("erasure", "self", "fraud", "CL-ERA-HIGH T3"),
        ("erasure", "self", "minor", "CL-ERA-HIGH T3"),
        ("erasure", "self", "special", "CL-ERA-STD T3"),
        ("rectification", "self", "", "CL-RECT T1"),
        ("rectification", "self", "grave-correction", "CL-RECT-CRIT T3"),
        ("restriction", "self", "", "CL-RESTR T1"),
        ("objection-other", "self", "", "CL-OBJ T1"),
        ("adm-review", "self", "", "CL-ADM T1"),
        ("consent-give", "self", "", "CL-CON-G T1"),
        ("consent-give", "self", "authority", "CL-CON-G T2"),
        ("consent-withdraw", "parent", "special", "CL-CON-W T0"),
        ("objection-marketing", "unknown", "fraud", "CL-OBJ-MKT T0"),
        ("objection-marketing", "company", "", "CL-OBJ-MKT T0"),
        ("unknown", "self", "", "CL-INFO T0"),
        ("complaint", "self", "leaked", "CL-BREACH T0"),
        ("access", "representative", "", "CL-REP-LAW T3"),
        ("consent-give", "representative", "", "CL-REP-LAW T3"),
        ("access", "parent", "", "CL-REP-PAR T3"),
        ("erasure", "guardian", "", "CL-REP-POA T3"),
        ("access", "heir", "", "CL-DECEASED T0"),
        ("access", "employee", "", "CL-EMP T3"),
        ("erasure", "authority", "", "CL-AUTH T0"),
        ("objection-marketing", "authority", "", "CL-AUTH T0"),
        ("access", "unknown", "", "CL-UNID TX"),
        ("access", "company", "", "CL-UNID TX"),
    ],
)
def test_rules_7_6_the_checklist_follows_from_the_facts(right: str, requester: str, facts: str, wanted: str) -> None:
    found = aim(Right(right), Requester(requester), facts_of(facts.split()))
    assert f"{found.template.id} {found.tier}" == wanted


def test_all_24_are_reached_by_some_facts_and_nobody_is_left_without() -> None:
    led = set()
    for right in Right:
        for requester in Requester:
            for facts in (*([one] for one in (*NOTED, "grave-correction")), []):
                led.add(aim(right, requester, facts_of(facts)).template.id)
    assert len(led) == 24


def test_nothing_that_comes_to_light_lowers_the_aim() -> None:
    for right in Right:
        for requester in Requester:
            plain = aim(right, requester).tier
            assert all(aim(right, requester, facts_of([fact])).tier >= plain for fact in NOTED)


@pytest.mark.rule("CL-RECT-CRIT")
def test_several_rights_take_the_strictest_that_can_be_passed() -> None:
    assert aim_for([Right.OBJECTION_MARKETING, Right.ACCESS]).template.id == "CL-ACC-STD"
    both = aim_for([Right.ACCESS, Right.ERASURE], facts=facts_of(["dispute"]))
    assert (both.tier, both.template.tier) == (Tier.T3, Tier.T3)
    assert aim_for([Right.UNKNOWN, Right.OBJECTION_MARKETING]).tier is Tier.T0
    assert aim_for([]).template.id == "CL-INFO"
    grave = facts_of(["grave-correction"])
    assert aim_for([Right.RECTIFICATION, Right.ACCESS], facts=grave).template.id == "CL-RECT-CRIT"
    assert aim_for([Right.ACCESS], facts=grave).template.id == "CL-ACC-STD", "nothing else is asked for more"


def test_rules_6_whoever_is_no_data_subject_is_sent_elsewhere_and_told_so() -> None:
    elsewhere = {one for one in Requester if not_a_subject(one)}
    assert elsewhere == {Requester.HEIR, Requester.COMPANY, Requester.AUTHORITY}
    assert aim(Right.ACCESS, Requester.HEIR, Facts()).tier is Tier.T0, "and nothing opens at T0"
