"""One-time codes, and the choice of questions."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from services.identity.ask import Question, pick
from services.identity.codes import LIFE_US, is_late, keep, new_code, same_code
from services.types import Factor

KEY = b"k" * 32
CODES = st.integers(0, 999_999).map("{:06d}".format)


def test_a_code_is_six_digits_and_not_the_same_twice() -> None:
    made = [new_code() for _ in range(2000)]
    assert all(len(c) == 6 and c.isdecimal() for c in made)
    assert max(Counter(made).values()) < 5
    assert any(c.startswith("0") for c in made)


@settings(deadline=None)
@given(CODES, CODES)
def test_only_the_code_itself_is_the_code(code: str, other: str) -> None:
    kept = keep(code, KEY, "ask1", 0)
    assert same_code(code, kept, KEY, "ask1")
    assert same_code(f" {code[:3]} {code[3:]}\n", kept, KEY, "ask1")
    assert same_code(f"{code[:3]}-{code[3:]}", kept, KEY, "ask1")
    assert same_code(other, kept, KEY, "ask1") is (other == code)
    assert not same_code(code + "0", kept, KEY, "ask1")
    assert not same_code(code[:5], kept, KEY, "ask1")
    assert code.encode() not in kept.digest


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=80))
def test_no_text_but_the_code_passes(said: str) -> None:
    assert not same_code(f"x{said}", keep("123456", KEY, "ask1", 0), KEY, "ask1")


def test_a_code_is_bound_to_its_ask_and_key() -> None:
    kept = keep("123456", KEY, "ask1", 0)
    assert not same_code("123456", kept, KEY, "ask2")
    assert not same_code("123456", kept, b"other" * 8, "ask1")
    assert not same_code("1" * 10_000_000, kept, KEY, "ask1")


@pytest.mark.rule("OTP")
def test_a_code_counts_for_five_minutes() -> None:
    kept = keep("123456", KEY, "ask1", 1_000)
    assert [is_late(kept, now) for now in (1_000, 1_000 + LIFE_US, 1_001 + LIFE_US, 999)] == [False, False, True, True]


def question(key: str, factor: Factor) -> Question:
    return Question(key, factor, "text", (("en", f"{key}?"), ("de", f"{key}, bitte?")))


KBS = [question(k, Factor.KBS) for k in ("born", "number", "postcode")]
KBD = [question(f"d{n}", Factor.KBD) for n in range(5)]
PIN = [question("pin", Factor.PIN)]


@pytest.mark.rule("KBD")
def test_one_static_question_and_two_dynamic_ones() -> None:
    for seed in range(50):
        asked = pick(KBS + KBD + PIN, Random(seed))
        assert [q.factor for q in asked] == [Factor.KBS, Factor.KBD, Factor.KBD]
        assert len({q.key for q in asked}) == 3


def test_every_question_has_its_turn_and_pairs_vary() -> None:
    seen = Counter(q.key for seed in range(500) for q in pick(KBS + KBD, Random(seed)))
    assert set(seen) == {q.key for q in KBS + KBD}
    assert min(seen.values()) > 100


def test_fewer_than_five_are_no_choice() -> None:
    assert [q.factor for q in pick(KBS + KBD[:4])] == [Factor.KBS]
    assert pick(PIN) == pick([]) == ()


def test_the_order_given_does_not_matter() -> None:
    assert pick(KBS + KBD, Random(7)) == pick(list(reversed(KBS + KBD)), Random(7))


def test_a_question_is_asked_in_the_language_there_is() -> None:
    assert KBS[0].words("de") == "born, bitte?"
    assert KBS[0].words("fr") == "born?"
