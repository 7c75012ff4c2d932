"""Sealed details open with the case's key, in their place, and nowhere else."""

import pytest
from hypothesis import given, settings, strategies as st

from services.action_log.sealing import new_key, open_sealed, seal
from services.errors import Unusable

PUBLIC, PRIVATE = new_key()
PLACE = {"deployment": "demo", "owner": "C-26-004211", "kind": "note"}
BLOB = seal(PUBLIC, b"what was said", **PLACE)


@given(st.binary(max_size=2000), st.text(max_size=10), st.text(max_size=10), st.text(max_size=10))
@settings(max_examples=40)
def test_what_is_sealed_opens(text: bytes, deployment: str, owner: str, kind: str) -> None:
    blob = seal(PUBLIC, text, deployment=deployment, owner=owner, kind=kind)
    assert open_sealed(PRIVATE, blob, deployment=deployment, owner=owner, kind=kind) == text
    assert len(text) < 8 or text not in blob


@pytest.mark.parametrize("part", sorted(PLACE))
def test_another_place_does_not_open(part: str) -> None:
    with pytest.raises(Unusable):
        open_sealed(PRIVATE, BLOB, **{**PLACE, part: "other"})


def test_parts_cannot_be_shifted_into_each_other() -> None:
    blob = seal(PUBLIC, b"x", deployment="a", owner="bc", kind="d")
    with pytest.raises(Unusable):
        open_sealed(PRIVATE, blob, deployment="ab", owner="c", kind="d")


@pytest.mark.parametrize("place", range(len(BLOB)))
def test_no_changed_byte_opens(place: int) -> None:
    changed = bytearray(BLOB)
    changed[place] ^= 1
    with pytest.raises(Unusable):
        open_sealed(PRIVATE, bytes(changed), **PLACE)


def test_another_key_does_not_open_and_the_error_holds_no_text() -> None:
    with pytest.raises(Unusable) as caught:
        open_sealed(new_key()[1], BLOB, **PLACE)
    assert "said" not in str(caught.value)
    for blob in (b"", b"short"):
        with pytest.raises(Unusable):
            open_sealed(PRIVATE, blob, **PLACE)
    for key in (b"", bytes(32)):
        with pytest.raises(Unusable):
            seal(key, b"x", **PLACE)


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert seal(PUBLIC, b"x", **PLACE) != seal(PUBLIC, b"x", **PLACE)
