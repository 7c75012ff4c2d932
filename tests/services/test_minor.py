"""Who consents for a minor (Art 8): the age by country, and the child or who holds parental responsibility."""

from dataclasses import replace
from datetime import date

import pytest

from services.action_log import acts
from services.cases.case import Case, from_json, to_json
from services.cases.fold import fold
from services.clock.rules import RULES
from services.errors import Refused
from services.identity.consent_age import HIGHEST, LOWEST, consent_age, table
from services.sync.rebuild import differences
from services.types import Right, Tier
from tests.entries import T0, after, entry
from tests.services.test_cases_fold import verified
from tests.worker_centre import PEOPLE, Call
from tests.worker_fixtures import Make

TODAY = date(2026, 11, 27)
GIVEN = acts.ConsentGiven(purpose="newsletter", text="2025-11", language="de")


@pytest.mark.rule("ART-8")
def test_the_age_is_that_of_the_country_on_that_day() -> None:
    ages = {country: consent_age(country, TODAY).age for country in ("DE", "AT", "FR", "GB", "DK", "IE", "XX")}
    assert ages == {"DE": 16, "AT": 14, "FR": 15, "GB": 13, "DK": 15, "IE": 16, "XX": 16}
    assert consent_age("DK", date(2023, 12, 31)).age == 13, "before its law was changed"
    assert consent_age("SI", date(2022, 12, 31)).age == 16, "before it had one"
    assert consent_age("DE", TODAY).law == "Art 8(1)"


def test_the_table_is_dated_has_sources_and_no_age_that_art_8_forbids() -> None:
    rows = table().rows
    assert all(
        LOWEST <= row.age < HIGHEST and row.law and row.valid_from >= min(r.valid_from for r in RULES) for row in rows
    )
    assert len({(row.country, row.valid_from) for row in rows}) == len(rows)
    assert table().as_of >= max(row.valid_from for row in rows)


def asking(requester: str = "self", *facts: str) -> Case:
    act = acts.CaseOpened(
        number="C-26-000001", channel="phone", regime="EU", requester=requester, received_at=T0,
        received_on="2026-02-02", role="controller", key="e" * 64, line=None, read_back=None,
    )  # fmt: skip
    case = fold(None, entry(act), T0)
    assert case is not None
    case = after(case, entry(acts.ItemAdded(right=Right.CONSENT_GIVE), item="1"))
    return after(case, *(entry(acts.FactNoted(fact=fact)) for fact in facts))


def proven(case: Case) -> Case:
    """Whoever asks is known, and for whom they may."""
    check = verified(case).check
    assert check is not None
    return replace(case, check=replace(check, tier=Tier.T3, passed=(("REP", "vouched"),)))


@pytest.mark.rule("ART-8")
@pytest.mark.parametrize(
    ("requester", "facts", "who", "reason"),
    [
        ("self", ("minor",), "", "nobody said who consents"),
        ("self", ("minor",), "child", ""),
        ("self", ("minor",), "parental", "not who asks here"),
        ("parent", (), "", "nobody said who consents"),
        ("parent", (), "child", "nobody in its place"),
        ("guardian", ("minor",), "parental", ""),
        ("self", ("minor",), "the-neighbour", "holds parental responsibility"),
        ("self", (), "", ""),
    ],
)
def test_a_minor_consents_from_that_age_on_and_below_it_who_holds_parental_responsibility(
    requester: str, facts: tuple[str, ...], who: str, reason: str
) -> None:
    case = proven(asking(requester, *facts))
    named = [entry(acts.ConsenterNamed(who=who, age=16), item="1")] if who else []
    case = after(case, *named)
    assert from_json(to_json(case)) == case
    case = after(case, entry(GIVEN, item="1"))
    assert reason in " ".join(met.reason for met in case.conflicts)
    assert bool(case.conflicts) == bool(reason)
    again = after(case, entry(GIVEN, item="1"))
    if facts and not reason:
        assert "nobody said who consents" in again.conflicts[-1].reason, "it is said each time"


def test_an_age_that_no_law_has_is_not_taken() -> None:
    case = after(asking("self", "minor"), entry(acts.ConsenterNamed(who="child", age=9), item="1"))
    assert [met.reason for met in case.conflicts] == ["no law has that age (Art 8)"]


@pytest.mark.rule("ART-8")
def test_the_desk_refuses_with_the_age_and_keeps_who_consented(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.CONSENT_GIVE)
    assert desk.case.read(call.session, call.case).consent_age == 0
    desk.check.note(call.session, call.case, "minor")
    assert desk.case.read(call.session, call.case).consent_age == 16
    call.verify()
    with pytest.raises(Refused, match="a minor: from 16 on the child consents, below it who holds parental"):
        desk.act.consent(call.session, call.case, "newsletter", given=True)
    with pytest.raises(Refused, match="below 16 who holds parental responsibility consents"):
        desk.act.consent(call.session, call.case, "newsletter", given=True, by="parental")
    assert "consent.given" not in centre.acts(call.case)
    desk.act.consent(call.session, call.case, "newsletter", given=True, by="child")
    assert desk.synced()
    centre.until(lambda: centre.case(call.case).closed)
    done = [e for e in centre.entries(call.case) if e.act in ("consenter.named", "consent.given")]
    assert [e.act for e in done] == ["consenter.named", "consent.given"]
    assert done[0].params == {"who": "child", "age": 16}
    assert centre.case(call.case).conflicts == ()
    assert differences(centre.store) == []
