"""Masks: once is for ever, they fit the column, and nothing of the value is left."""

import pytest
from hypothesis import given, settings, strategies as st

from services.catalog.strategies import FormatPreservation, Mask, MaskSettings
from services.connectors.base import Column
from services.fulfilment.masking import REMOVED, Cell, masked, without

SECRET = b"s" * 32
STRATEGIES = [
    "null_rewrite", "string_rewrite", "random_string_rewrite", "hash", "hmac", "email_rewrite", "phone_rewrite",
    "identifiers_rewrite", "blank",
]  # fmt: skip


def cell(*, length: int | None = 40, nullable: bool = True, unique: bool = False, place: str = "p") -> Cell:
    """A text column."""
    return Cell(Column("c", "text", nullable, length), unique, place, SECRET)


def mask(strategy: str, suffix: str = "") -> Mask:
    """A strategy with settings for each."""
    kept = FormatPreservation(suffix) if suffix else None
    return Mask(strategy, MaskSettings(rewrite_value="gone", length=12, format_preservation=kept))  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(deadline=None)
@given(value=st.none() | st.text(max_size=60), suffix=st.sampled_from(["", "-x"]), nullable=st.booleans())
def test_masking_twice_is_masking_once(strategy: str, value: str | None, suffix: str, nullable: bool) -> None:
    once = masked(mask(strategy, suffix), cell(nullable=nullable), value, ["ada"])
    assert masked(mask(strategy, suffix), cell(nullable=nullable), once, ["ada"]) == once


@pytest.mark.parametrize("strategy", ["email_rewrite", "phone_rewrite", "blank", "random_string_rewrite", "hmac"])
@settings(deadline=None)
@given(value=st.text(min_size=1, max_size=200), length=st.integers(34, 80))
def test_masks_fit_the_column(strategy: str, value: str, length: int) -> None:
    assert len(str(masked(mask(strategy), cell(length=length, nullable=False), value, []))) <= length


@pytest.mark.rule("ERA-3")
@pytest.mark.parametrize("strategy", ["email_rewrite", "random_string_rewrite", "phone_rewrite"])
def test_a_mask_does_not_depend_on_what_stood_there_but_on_the_place(strategy: str) -> None:
    one, two = (masked(mask(strategy), cell(), value, []) for value in ("+49 30 1234567", "+49 40 7654321"))
    assert one == two
    assert one != masked(mask(strategy), cell(place="q"), "+49 30 1234567", [])


def test_a_keyed_hash_keeps_equal_values_equal_and_needs_the_key() -> None:
    one = masked(mask("hmac"), cell(place="a"), "ada@x.org", [])
    assert (
        one == masked(mask("hmac"), cell(place="b"), "ada@x.org", []) != masked(mask("hmac"), cell(), "bob@x.org", [])
    )
    assert one != masked(mask("hmac"), Cell(cell().column, False, "a", b"t" * 32), "ada@x.org", [])


def test_a_masked_number_is_nobodys() -> None:
    number = str(masked(mask("phone_rewrite"), cell(), "+49 (30) 123-4567", []))
    assert number.startswith("+00")
    assert sum(char.isdigit() for char in number) == 11


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ada Lovelace rang", f"{REMOVED} rang"),
        ("ADA\n LOVELACE and Adam", f"{REMOVED} and Adam"),
        ("mail ada@x.org.", f"mail {REMOVED}."),
        ("Bob", "Bob"),
        ("Ada-Ada ada", f"{REMOVED}-{REMOVED} {REMOVED}"),
    ],
)
def test_names_are_taken_out_of_free_text(text: str, left: str) -> None:
    assert without(text, ["Ada", "Ada Lovelace", "ada@x.org"]) == left


@pytest.mark.parametrize(
    "kind", ["text", "integer", "number", "boolean", "date", "time", "binary", "json", "uuid", "other"]
)
def test_blank_is_null_where_it_may_be_and_the_emptiest_value_else(kind: str) -> None:
    may, must = (Cell(Column("c", kind, nullable, 8), False, "p", SECRET) for nullable in (True, False))  # type: ignore[arg-type]
    assert masked(Mask("blank"), may, "x", []) is None
    assert masked(Mask("blank"), must, "x", []) is not None
