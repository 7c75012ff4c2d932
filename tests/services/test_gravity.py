"""What of a person's own data makes a request graver, by category or by the catalog's word (rules.md 7.4)."""

from datetime import date

import pytest

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Node, build
from services.fulfilment.found import Found, FoundCollection, FoundRow, FoundSystem, Reach, Whose
from services.fulfilment.gravity import facts_in

TODAY = date(2026, 11, 27)
FILE = """
dataset:
  - fides_key: d
    collections:
      - name: person
        x_console: {COLLECTION}
        fields:
          - name: id
            data_categories: [user.unique_id]
            fides_meta: {primary_key: true}
          - name: one
            data_categories: [CATEGORY]
            x_console: {FIELD}
"""


def facts(
    value: str, category: str = "user.name", *, field: str = "{}", collection: str = "{}", whose: str = "own"
) -> str:
    """The facts of a found row that holds `value`, as one line."""
    text = FILE.replace("CATEGORY", category).replace("{FIELD}", field).replace("{COLLECTION}", collection)
    graph = build({"s": strict_yaml.parse(text, DatasetFile).dataset})
    node = Node("d", "person")
    row = FoundRow(node, (1,), {"id": 1, "one": value}, Whose(whose))
    part = FoundCollection(node, ("id",), (row,))
    system = FoundSystem("s", Reach.FOUND, "", (part,))
    return " ".join(facts_in(Found((), "DE", (system,), (), (), 0, ()), graph, TODAY))


@pytest.mark.parametrize(
    ("category", "wanted"),
    [
        ("user.health_and_medical", "special"),
        ("user.biometric", "special"),
        ("user.demographic.religious_belief", "special"),
        ("user.criminal_history", "special"),
        ("user.financial.bank_account", "finance"),
        ("user.financial", ""),
        ("user.payment", ""),
        ("user.demographic.gender", ""),
    ],
)
def test_the_category_says_what_is_special_or_of_money(category: str, wanted: str) -> None:
    assert facts("x", category) == wanted
    assert facts("", category) == "", "a field without a value says nothing"


@pytest.mark.parametrize(
    ("born", "wanted"), [("2008-11-28", "minor"), ("2008-11-27", ""), ("2020-02-29", "minor"), ("?", "")]
)
def test_a_minor_is_who_is_not_eighteen_today(born: str, wanted: str) -> None:
    assert facts(born, "user.demographic.date_of_birth") == wanted


def test_the_catalogs_word_counts_before_the_category_the_nearer_one_first() -> None:
    assert facts("x", collection="{sensitivity: recording}") == "recording"
    assert facts("x", field="{sensitivity: value-loss}") == "value-loss"
    assert facts("x", "user.biometric", field="{sensitivity: ordinary}") == ""


@pytest.mark.parametrize("whose", ["other", "shared"])
def test_rows_of_others_make_nothing_graver(whose: str) -> None:
    assert facts("x", "user.biometric", whose=whose) == ""
    assert facts("x", "user.biometric") == "special", "the control"
