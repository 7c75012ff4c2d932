"""Entries: the canonical profile of action-log.md 2, held against an independent RFC 8785 writer."""

from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, strategies as st

from services.action_log import acts, canonical
from services.action_log.entry import KEYS, Entry, decode, decode_each, encode, from_raw, lint, new_id, prepare
from services.action_log.moment import Moment, boot_id, now, stepped
from services.errors import BadInput
from tests.log_samples import LOG, MICROS, draft

INSIDE = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.MAX_WHOLE, canonical.MAX_WHOLE) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def entry(**more: Any) -> Entry:
    raw = prepare(draft()) | {"log": LOG, "seq": 5, "ts": MICROS, "mono": 7, "boot": "ab" * 16, "training": False}
    return from_raw(raw)._replace(**more)


@given(INSIDE)
def test_inside_the_profile_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    body = canonical.dump(value)
    assert body == rfc8785.dumps(value)
    assert canonical.load(body) == value


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, -(2**53), {"é": 0}, {1: 2}, "\ud800", b"x", {"a": {1, 2}}, "x" * 65_536, draft()],
)
def test_outside_the_profile_is_refused(value: Any) -> None:
    with pytest.raises(BadInput):
        canonical.dump(value)


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    value: Any = 1
    for _ in range(5000):
        value = [value]
    with pytest.raises(BadInput):
        canonical.dump(value)
    with pytest.raises(BadInput):
        canonical.load(b"[" * 5000 + b"]" * 5000)


def test_an_entry_has_exactly_the_keys_of_v1_in_order() -> None:
    body = encode(entry())
    assert tuple(orjson.loads(body)) == KEYS == tuple(sorted(KEYS))
    assert len(KEYS) == 20
    assert decode(body) == entry(op=decode(body).op)


@given(
    st.builds(
        entry,
        params=st.dictionaries(st.from_regex("[a-z_]{1,8}", fullmatch=True), INSIDE, max_size=5),
        seq=st.integers(0, 2**53 - 1),
        fence=st.none() | st.integers(0, 99),
        item=st.none() | st.text(max_size=9),
    )
)
def test_what_is_encoded_comes_back(given_entry: Entry) -> None:
    body = encode(given_entry)
    assert decode(body) == given_entry
    assert encode(decode(body)) == body


CHANGES: tuple[Any, ...] = (
    lambda b: b + b" ",
    lambda b: b" " + b,
    lambda b: b.replace(b'"v":1', b'"v": 1'),
    lambda b: b.replace(b'"v":1', b'"v":2'),
    lambda b: b.replace(b'"v":1', b'"v":true'),
    lambda b: b.replace(b'"v":1', b'"v":1,"w":1'),
    lambda b: b.replace(b'"seq":5', b'"seq":5.0'),
    lambda b: b.replace(b'"seq":5', b'"seq":-5'),
    lambda b: b.replace(b'"seq":5', b'"seq":"5"'),
    lambda b: b.replace(b'"seq":5', b'"seq":5,"seq":5'),
    lambda b: b.replace(b'"training":false', b'"training":0'),
    lambda b: b.replace(b'"until":1764000000000000', b'"until":1.5'),
    lambda b: b.replace(b"nordlicht", b"nord\\u006cicht"),
    lambda b: b.replace(b"nordlicht", b"nord\xffcht"),
    lambda b: b.replace(b'"details":[]', b'"details":[1]'),
    lambda b: b'{"a":1}',
    lambda b: b"[]",
    lambda b: b"",
)
"""Ways to write an entry otherwise than `encode` does."""


@pytest.mark.parametrize("change", CHANGES)
def test_other_bytes_than_encode_writes_are_refused(change: Any) -> None:
    body = encode(entry())
    assert change(body) != body
    with pytest.raises(BadInput):
        decode(change(body))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", [0, 5, 99])
def test_entries_decoded_together_are_those_decoded_one_by_one(change: Any, place: int) -> None:
    bodies = [encode(entry(seq=5, mono=n)) for n in range(100)]
    assert list(decode_each(bodies)) == [decode(body) for body in bodies]
    bodies[place] = change(bodies[place])
    together = decode_each(bodies)
    assert [next(together).mono for _ in range(place)] == list(range(place))
    with pytest.raises(BadInput):
        next(together)


def test_two_bodies_that_are_one_json_text_together_are_refused() -> None:
    whole = encode(entry())
    with pytest.raises(BadInput):
        list(decode_each([whole[:200], whole[200:]]))
    with pytest.raises(BadInput):
        list(decode_each([whole + b"," + whole]))
    assert canonical.read_all([whole, whole]) is not None  # control


@pytest.mark.parametrize(
    "more",
    [
        {"actor": "ada@example.com"}, {"actor": "Ada"}, {"as_": "a b"}, {"session": "Ada"}, {"case": "ada"},
        {"subject": "psn:ada@example.com"}, {"subject": "49309018201"}, {"item": "4111111111111111"},
        {"controller": "Nord Licht"}, {"details": ("ab",)}, {"details": "ab" * 32}, {"op": "x"}, {"base": -1},
        {"fence": True}, {"base": 1.0}, {"session": 5},
    ],
)  # fmt: skip
def test_the_lint_refuses_a_draft_before_it_reaches_the_log(more: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        prepare(draft(**more))


def test_the_lint_holds_for_entries_of_others_too() -> None:
    lint(entry())
    with pytest.raises(BadInput):
        lint(entry(actor="ada@example.com"))
    with pytest.raises(BadInput):
        lint(entry(log="mine"))


def test_ids_are_128_random_bits_and_an_op_given_is_kept() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert len(new_id()) == 32
    assert prepare(draft(op="ab" * 16))["op"] == "ab" * 16
    assert prepare(draft())["op"] != prepare(draft())["op"]


def test_the_clock_is_read_twice_and_a_step_shows() -> None:
    one, two = now(), now()
    assert two.mono >= one.mono
    assert len(boot_id()) == 32
    assert stepped(Moment(100, 10, "a"), Moment(5_000_120, 30, "a")) == 5_000_000
    assert stepped(Moment(100, 10, "a"), Moment(120, 30, "a")) == 0
    assert stepped(Moment(100, 10, "a"), Moment(120, 30, "b")) is None


def test_an_act_cannot_be_made_without_its_fields() -> None:
    with pytest.raises(TypeError):
        acts.CaseClaimed()  # type: ignore[call-arg]
