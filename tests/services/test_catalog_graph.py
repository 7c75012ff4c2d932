"""The graph: which way references lead, and how values of different types meet."""

from datetime import date, datetime
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Edge, Graph, Node, build
from services.catalog.identifiers import forms, normal
from services.catalog.values import join_key, join_keys, order, plain, values_at

A, B = Node("d", "a"), Node("d", "b")


def graph(direction: str, *, skip: bool = False) -> Graph:
    """a.x refers to b.y; only b holds an identity."""
    text = f"""\
dataset:
  - fides_key: d
    collections:
      - name: a
        fields:
          - name: x
            fides_meta: {{references: [{{dataset: d, field: b.y{direction}}}]}}
      - name: b
        fides_meta: {{skip_processing: {str(skip).lower()}}}
        fields:
          - name: y
          - name: mail
            fides_meta: {{identity: email}}
"""
    return build({"s": strict_yaml.parse(text, DatasetFile).dataset})


TO, FROM = Edge(A, ("x",), B, ("y",)), Edge(B, ("y",), A, ("x",))


@pytest.mark.parametrize(
    ("direction", "edges", "reachable"),
    [(", direction: to", (TO,), {B}), (", direction: from", (FROM,), {A, B}), ("", (TO, FROM), {A, B})],
)
def test_a_reference_leads_the_way_it_says(direction: str, edges: tuple[Edge, ...], reachable: set[Node]) -> None:
    made = graph(direction)
    assert made.edges == edges
    assert made.reachable(["email"]) == reachable
    assert made.reachable(["phone"]) == frozenset()


def test_a_collection_that_skips_processing_has_no_edges_and_no_entries() -> None:
    made = graph("", skip=True)
    assert (made.edges, made.entries, set(made.nodes)) == ((), (), {A, B})


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (0, "0"), (7, "7"), (7.0, "7"), (Decimal("7.00"), "7"), (Decimal("7.50"), "7.5"), ("07", "07"), ("", ""),
        (True, "1"), (None, None), ([], None), (float("nan"), None), (date(2026, 3, 5), "2026-03-05"),
        (datetime(2026, 3, 5, 9, 30), "2026-03-05 09:30:00"), (b"\x01", "01"),
        (UUID("12345678123456781234567812345678"), "12345678-1234-5678-1234-567812345678"),
    ],
)  # fmt: skip
def test_values_join_by_their_text(value: object, key: str | None) -> None:
    assert join_key(value) == key


@settings(deadline=None)
@given(st.integers(-(10**18), 10**18))
def test_a_number_joins_alike_in_every_type(number: int) -> None:
    assert join_key(number) == join_key(Decimal(number)) == join_key(str(number))


def test_nested_values_lead_out_of_lists_and_json_text() -> None:
    row: dict[str, object] = {"doc": '{"items": [{"id": 1}, {"id": 2}, {"no": 3}]}', "k": "x"}
    assert list(values_at(row, "doc.items.id")) == [1, 2, None]
    assert join_keys(row, ["k", "doc.items.id"]) == {("x", "1"), ("x", "2")}
    assert join_keys({"a": None}, ["a"]) == set()
    assert list(values_at({"doc": "no json"}, "doc.x")) == []


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.text()), unique_by=repr), st.randoms()
)
def test_any_mixture_of_plain_values_has_one_order(values: list[object], random: Random) -> None:
    ordered = sorted(map(plain, values), key=order)
    mixed = [plain(value) for value in values]
    random.shuffle(mixed)
    assert [order(value) for value in sorted(mixed, key=order)] == [order(value) for value in ordered]


@pytest.mark.parametrize("text", ["ada@x.org", "ADA@X.ORG", " Ada@x.Org "])
def test_mail_without_letter_case(text: str) -> None:
    assert normal("email", text, "") == "ada@x.org"
    assert "ada@x.org" in forms("email", text, "")


def test_mail_with_letters_outside_ascii_is_met_as_lower_and_upper_case() -> None:
    assert {"jörg@x.org", "jÖrg@x.org"} <= set(forms("email", "Jörg@X.org", ""))
    assert normal("email", "strasse@x.org", "") != normal("email", "straße@x.org", "")


def test_telephone_numbers_in_e164() -> None:
    assert normal("phone", "030 1234567", "DE") == normal("phone", "+49 (30) 123-45-67", "GB") == "+49301234567"
    assert normal("phone", "not a number", "DE") == "notanumber"
