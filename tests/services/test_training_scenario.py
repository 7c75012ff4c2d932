"""The scenarios of the program hold together with each other, with the people on file and with rules.md 11."""

import pytest

from services.training.auto_fail import AUTO_FAILS
from services.training.call import folder_of_scenarios
from services.training.home import people
from services.training.moments import AT_THE_DESK, CODE_OF, codes
from services.training.scenario import ITEMS, PEOPLE, REGIMES, Scenario, scenarios
from services.types import Right, Tier

KNOWN = scenarios(folder_of_scenarios())


def test_three_calls_easiest_first() -> None:
    assert list(KNOWN) == ["plain-access", "delete-everything", "ex-partner"]
    assert [one.level for one in KNOWN.values()] == [1, 2, 3]


@pytest.mark.parametrize("scenario", KNOWN.values(), ids=KNOWN)
def test_a_scenario_is_whole(scenario: Scenario) -> None:
    assert tuple(scenario.scoring) == ITEMS
    assert [scenario.scoring[item] for item in ITEMS] == [15, 5, 15, 15, 15, 10, 10, 10, 5]  # rules.md 11
    assert scenario.path[0].act == "case.opened"
    assert [m.act for m in scenario.path].count("wrap.coded") == 1
    assert scenario.debrief.strip()
    assert scenario.sources
    assert len({line.id for line in scenario.all_lines()}) == len(scenario.all_lines())
    assert scenario.regime is REGIMES[scenario.controller]


@pytest.mark.parametrize("scenario", KNOWN.values(), ids=KNOWN)
def test_what_is_given_instead_of_the_truth_is_not_true(scenario: Scenario) -> None:
    person = people()[scenario.persona.person]
    assert scenario.facts_given.get("pin") != person.pin
    assert person.contact_age_days >= 30  # else no code could go out (G5)


def test_the_caller_who_wants_all_deleted_owes_an_invoice() -> None:
    assert people()[KNOWN["delete-everything"].persona.person].owes
    assert KNOWN["delete-everything"].right is Right.ERASURE


def test_the_ex_partner_knows_every_static_fact_and_has_nothing() -> None:
    scenario = KNOWN["ex-partner"]
    assert set(scenario.facts_true) == {
        "name", "email", "phone", "customer_number", "date_of_birth", "postcode", "city"
    }  # fmt: skip
    assert scenario.tier_expected is Tier.T3  # T2, raised by pressure
    assert {"disclosed", "static-as-proof", "false-vouch"} <= set(scenario.autofail)


def test_people_on_file_are_the_same_ones_each_time() -> None:
    assert len(people()) == PEOPLE
    people.cache_clear()
    assert people()[3].email == people()[3].email


def test_every_code_a_moment_may_carry_is_one_the_desk_writes() -> None:
    from services.action_log.acts import ACTS

    assert set(CODE_OF) <= AT_THE_DESK <= set(ACTS)
    for act in CODE_OF:
        assert isinstance(codes(act), tuple)
    assert codes("find.asked") is None
    assert all(one.words for one in AUTO_FAILS.values())
