"""The registry of actions: one meaning a key, grave acts on hard keys, every set without loss."""

import contextlib

import pytest
from hypothesis import given, strategies as st

from screens.kit import key_names, keys
from services.errors import BadInput


@pytest.mark.parametrize("chosen", keys.SETS)
def test_no_screen_has_two_acts_on_one_key_in_any_set(chosen: str) -> None:
    changed = keys.keymap(
        {"set": chosen, "lock": "f8" if chosen == "single" else "f12" if chosen == "off" else "alt+l"}
    )
    assert changed


def test_control_a_clash_is_refused_with_both_words() -> None:
    with pytest.raises(BadInput, match=r"(?s)verify.*export|export.*verify"):
        keys.keymap({"export": "v"})


def test_swapping_two_keys_is_no_clash() -> None:
    assert keys.keymap({"export": "v", "verify": "x"}) == {"export": "v", "verify": "x"}


@pytest.mark.parametrize("key", ["e", "1", "/", "enter", "space"])
def test_a_grave_act_never_lies_on_an_easy_key(key: str) -> None:
    with pytest.raises(BadInput, match="too easy"):
        keys.keymap({"erase": key})


@pytest.mark.parametrize("key", ["T", "ctrl+x", "f8"])
def test_a_grave_act_may_move_to_a_hard_key(key: str) -> None:
    assert keys.keymap({"erase": key}) == {"erase": key}


def test_every_grave_act_is_a_capital_and_every_capital_acts_gravely_or_ends_a_turn() -> None:
    capitals = {a.id for a in keys.REGISTRY if any(len(k) == 1 and k.isupper() for k in a.keys.split(","))}
    grave = {a.id for a in keys.REGISTRY if a.grave}
    assert grave <= capitals
    assert capitals - grave <= {"lock", "switch", "to_last"}


@pytest.mark.parametrize("chosen", ["ctrl", "function", "off"])
def test_WCAG_2_1_4_no_letter_digit_or_symbol_is_left(chosen: str) -> None:
    changed = keys.keymap({"set": chosen})
    left = {a.id: changed.get(a.id, a.keys) for a in keys.REGISTRY}
    assert [id for id, names in left.items() if set(names.split(",")) & key_names.CHARACTER] == []


def test_an_unknown_action_names_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean 'export'"):
        keys.keymap({"exprt": "x"})


@pytest.mark.parametrize("key", sorted(key_names.NEVER))
def test_keys_that_terminals_cannot_send_apart_are_refused(key: str) -> None:
    with pytest.raises(BadInput, match="cannot be used"):
        keys.keymap({"export": key})


def test_no_ctrl_chord_acts_by_default() -> None:
    assert [a.id for a in keys.REGISTRY if a.acts and "ctrl+" in a.keys] == []


@given(st.dictionaries(st.sampled_from(sorted(keys.ACTIONS)), st.text(max_size=12), max_size=4))
def test_any_setting_is_a_keymap_or_a_clear_no(chosen: dict[str, str]) -> None:
    with contextlib.suppress(BadInput):
        assert set(keys.keymap(chosen)) <= set(keys.ACTIONS)
