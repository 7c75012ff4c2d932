"""Tiers by factors (rules.md 7.4) and the tier a request needs."""

from itertools import chain, combinations

import pytest

from services.identity.engine import COMPARED, STRONG, TICKED, channel, tier_reached
from services.identity.needs import (
    PRESSURE,
    Data,
    Delivery,
    Facts,
    Flag,
    facts_of,
    no_change_because,
    raised,
    tier_needed,
)
from services.types import Factor, Requester, Right, Role, Tier

T0_RIGHTS = (Right.OBJECTION_MARKETING, Right.CONSENT_WITHDRAW, Right.COMPLAINT, Right.UNKNOWN)


def reached(*factors: str) -> Tier:
    """`OTP:sms` is a code by that method; a bare code went by e-mail."""
    return tier_reached((f.split(":")[0], f.split(":")[1] if ":" in f else "email") for f in factors)


@pytest.mark.rule("IDV-9", "KBS", "T1", "T2")
@pytest.mark.parametrize(
    ("factors", "tier"),
    [
        ("", "T0"),
        ("KBS", "T0"),
        ("KBD", "T0"),
        ("ANI KBD", "T0"),
        ("KBS ANI", "T1"),
        ("KBS KBD", "T1"),
        ("KBS KBD KBD ANI", "T1"),
        ("OTP", "T1"),
        ("KBS OTP", "T2"),
        ("KBS CBK", "T2"),
        ("KBS PIN", "T2"),
        ("KBS SES", "T2"),
        ("KBS LTR", "T2"),
        ("KBS LTR PIN SUP", "T3"),
        ("KBS LTR LTR SUP", "T2"),
        ("KBS ANI KBD PIN", "T2"),
        ("KBS ANI KBD SUP", "T1"),
        ("KBS DOC", "T0"),
        ("KBS DOC SUP", "T2"),
        ("KBS REP SUP", "T0"),
        ("KBS OTP PIN", "T2"),
        ("KBS OTP PIN SUP", "T3"),
        ("KBS OTP CBK SUP", "T3"),
        ("KBS OTP:sms CBK SUP", "T2"),
        ("KBS OTP:sms OTP:email SUP", "T3"),
        ("KBS OTP OTP SUP", "T2"),
        ("KBS OTP DOC SUP", "T3"),
        ("OTP PIN SUP", "T1"),
    ],
)
def test_tier_reached(factors: str, tier: str) -> None:
    assert reached(*factors.split()) == tier


@pytest.mark.rule("IDV-1", "IDV-8")
def test_more_factors_never_lower_the_tier_and_weak_ones_never_reach_T2() -> None:
    every = list(Factor)
    for some in chain.from_iterable(combinations(every, n) for n in range(5)):
        tier = reached(*some)
        assert all(reached(*some, more) >= tier for more in every)
        if not set(some) & (STRONG | {Factor.DOC}):
            assert tier <= Tier.T1


def test_every_factor_is_either_vouched_for_or_compared() -> None:
    assert not TICKED & COMPARED
    assert set(Factor) == TICKED | COMPARED
    assert {Factor.KBS, Factor.KBD, Factor.PIN, Factor.OTP} <= COMPARED


def test_a_code_by_an_unknown_way_counts_as_the_phone() -> None:
    assert channel(Factor.OTP, "email") != channel(Factor.OTP, "sms") == channel(Factor.CBK, "")
    assert channel(Factor.OTP, "") == "phone"


@pytest.mark.rule("T0")
@pytest.mark.parametrize("right", T0_RIGHTS)
def test_a_T0_right_needs_no_factor_whatever_else_is_so(right: Right) -> None:
    for requester in Requester:
        everything = Facts(frozenset(Data), Delivery.NEW_ADDRESS, frozenset(Flag))
        assert tier_needed(right, requester, everything) is Tier.T0


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY, Right.ERASURE])
def test_the_tier_is_the_highest_of_type_data_delivery_and_flags(right: Right) -> None:
    assert tier_needed(right) is Tier.T2
    for grave in Data:
        assert tier_needed(right, facts=facts_of([grave])) is Tier.T3
    for where in (Delivery.NEW_ADDRESS, Delivery.THIRD_PARTY):
        assert tier_needed(right, facts=facts_of([where])) is Tier.T3
    assert tier_needed(right, facts=facts_of([Delivery.ORAL])) is Tier.T2
    for flag in set(Flag) - {Flag.LEAKED, Flag.GRAVE_CORRECTION}:
        assert tier_needed(right, facts=facts_of([flag])) is Tier.T3
    for requester in set(Requester) - {Requester.SELF}:
        assert tier_needed(right, requester) is Tier.T3


def test_a_case_keeps_facts_as_codes_and_codes_of_a_later_version_do_no_harm() -> None:
    read = facts_of(["special", "oral", "third-party", "dispute", "of-a-later-version"])
    assert read == Facts(frozenset({Data.SPECIAL}), Delivery.THIRD_PARTY, frozenset({Flag.DISPUTE}))
    assert facts_of(()).delivery is Delivery.ON_FILE


def test_G6_pressure_raises_by_one() -> None:
    for flag in PRESSURE:
        assert tier_needed(Right.CONSENT_GIVE, facts=facts_of([flag])) is Tier.T2
    assert tier_needed(Right.CONSENT_GIVE, facts=facts_of(PRESSURE)) is Tier.T2
    assert [raised(t) for t in Tier] == [Tier.T0, Tier.T2, Tier.T3, Tier.T3, Tier.TX]


def test_anyone_may_raise_the_tier_and_only_a_lead_may_lower_it() -> None:
    assert no_change_because(Tier.T2, Tier.T3, Role.AGENT) == ""
    assert "lead" in no_change_because(Tier.T3, Tier.T2, Role.AGENT)
    assert no_change_because(Tier.T3, Tier.T2, Role.LEAD) == ""
    assert no_change_because(Tier.T2, Tier.TX, Role.LEAD) != ""
    assert no_change_because(Tier.TX, Tier.T0, Role.LEAD) != ""
