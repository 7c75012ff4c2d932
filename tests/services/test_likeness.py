"""Names, addresses and numbers that may mean one person: what is the same, what is alike, what is neither."""

import pytest
from hypothesis import given, strategies as st

from services.identity.likeness import alike, misspelt, name_of, same_name


@pytest.mark.parametrize(
    ("one", "other", "same", "near"),
    [
        ("Karin Müller", "Mueller, Karin", True, True),
        ("KARIN MÜLLER", "karin muller", False, True),  # how others write it without marks
        ("K. Müller", "Karin Mueller", True, True),
        ("Karin", "Karin Müller", True, True),
        ("Karin Meier", "Karin Mayer", False, True),
        ("Łukasz Żak", "Lukasz Zak", True, True),
        ("Karin Müller", "Klaus Müller", False, False),
        ("Ada Lo", "Bo Lo", False, False),
        ("", "Ada Lo", False, False),
        ("", "", False, False),
        ("\u202e\x00", "[red]", False, False),
    ],
)
def test_names_that_are_one_and_names_that_are_alike(one: str, other: str, same: bool, near: bool) -> None:
    first, second = name_of([one]), name_of([other])
    assert (same_name(first, second), alike(first, second)) == (same, near)
    assert (same_name(second, first), alike(second, first)) == (same, near), "either way round"


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_compared_either_way_round(one: str, other: str) -> None:
    first, second = name_of([one]), name_of([other])
    assert same_name(first, second) == same_name(second, first)
    assert alike(first, second) == alike(second, first)
    assert same_name(first, first) == bool(first)


@pytest.mark.parametrize("slip", ["karn.lo", "kkarin.lo", "kairn.lo", "karim.lo", "karin-lo", "karinlo"])
def test_one_slip_in_an_address_is_met(slip: str) -> None:
    assert f"{slip}@x.org" in misspelt("karin.lo@x.org")


@pytest.mark.parametrize("far", ["karin.lo", "kran.lo", "carim.lo", "lo.karin"])
def test_the_address_itself_and_two_slips_are_not(far: str) -> None:
    assert f"{far}@x.org" not in misspelt("karin.lo@x.org")


@given(st.text(max_size=80))
def test_the_slips_of_any_text_are_few_and_in_order(text: str) -> None:
    found = misspelt(text)
    assert len(found) <= 4_000
    assert list(found) == sorted(set(found))
