"""Patterns of keys: one reading of a key, whatever stands in its fields."""

import pytest
from hypothesis import given, strategies as st

from services.connectors.key_pattern import parse

ANY = st.text(alphabet="ab:/*[]?\\{}\n", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("pattern", "key", "fields"),
    [
        ("c/{n}/{f}", "c/7/a/b.pdf", {"n": "7", "f": "a/b.pdf"}),
        ("c/{n*}/{f}", "c/7/a/b.pdf", {"n": "7/a", "f": "b.pdf"}),
        ("c/{n}/{f}.json", "c/7/a.json.json", {"n": "7", "f": "a.json"}),
        ("s:{id}", "s:a:b*[c]\nd", {"id": "a:b*[c]\nd"}),
        ("{{{id}}}:x", "{7}:x", {"id": "7"}),
        ("c/{n}/{f}", "c/7/", None),
        ("c/{n}/{f}", "c//x", None),
        ("c/{n}/{f}", "d/7/x", None),
        ("s:{id}", "s:", None),
    ],
)
def test_a_key_is_read_in_one_way(pattern: str, key: str, fields: dict[str, str] | None) -> None:
    assert parse(pattern).match(key) == fields


@given(n=ANY, f=ANY, pattern=st.sampled_from(["c/{n}/{f}", "c/{n*}/{f}", "{n}:{f}", "{f}/{n*}"]))
def test_what_a_pattern_holds_is_read_back_and_nothing_else_is(n: str, f: str, pattern: str) -> None:
    made = parse(pattern)
    known = {"n": n, "f": f}
    key = made.key(known)
    assert key is not None
    fits = made.holds("n", n) and made.holds("f", f)
    assert (made.match(key) == known) == fits


@given(n=ANY)
def test_a_beginning_is_that_of_every_key_with_the_field(n: str) -> None:
    made = parse("c/{n*}/{f}")
    assert str(made.key({"n": n, "f": "x"})).startswith(made.prefix({"n": n}))
    assert made.prefix({"f": "x"}) == "c/", "a later field alone gives no beginning"


def test_glob_characters_of_values_and_of_the_pattern_stand_for_themselves() -> None:
    assert parse("a*:{n}:{f}").glob({"n": "[x]?\\"}) == "a\\*:\\[x\\]\\?\\\\:*"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("all", "no field"), ("a{", "alone"), ("a}", "alone"), ("{}", "not a field's name"), ("{a b}", "not a field's"),
        ("{a}{b}", "between two fields"), ("{a}/{a}", "twice"), ("{a*}/{b*}", "two open fields"),
        ("{a**}", "not a field"),
    ],
)  # fmt: skip
def test_a_pattern_that_could_mix_people_up_is_refused(pattern: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(pattern)
