"""Reading dataset files: what is right is kept, what is wrong is named with its line and the nearest valid word."""

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from services.catalog import taxonomy
from services.catalog.dataset import Dataset, load_dataset
from services.catalog.strategies import FormatPreservation, Mask, MaskSettings, fault
from services.errors import BadInput

GOOD = """\
dataset:
  - fides_key: shop
    name: Shop
    x_console:
      purpose: {en: To sell, de: Verkauf}
      basis: contract
    collections:
      - name: person
        x_console: {erase: mask, purpose: To know who buys}
        fields:
          - name: id
            data_categories: [user.unique_id]
            fides_meta: {primary_key: true, data_type: integer}
          - name: email
            data_categories: [user.contact.email]
            fides_meta:
              identity: email
              data_type: string
              length: 40
              masking_strategy_override:
                strategy: random_string_rewrite
                configuration: {length: 20, format_preservation: {suffix: "@x.org"}}
          - name: address
            fields:
              - name: city
                data_categories: [user.contact.address.city]
      - name: bill
        x_console:
          retention: {law: § 147 AO, years: 8, field: day}
        fields:
          - name: no
            fides_meta: {primary_key: true}
          - name: day
          - name: person_id
            fides_meta:
              references:
                - dataset: shop
                  field: person.id
                  direction: from
"""


SUFFIX = FormatPreservation("@x.org")


def load(path: Path, text: str) -> Dataset:
    """The only dataset of a file with `text`."""
    file = path / "shop.yml"
    file.write_text(text, encoding="utf-8")
    (dataset,) = load_dataset(file)
    return dataset


def test_a_good_file_is_kept_whole(tmp_path: Path) -> None:
    dataset = load(tmp_path, GOOD)
    person, bill = dataset.collections
    assert (person.key, person.columns) == (("id",), ("id", "email", "address"))
    assert [path for path, _ in person.walk()] == ["id", "email", "address", "address.city"]
    email = person.field("email")
    assert email is not None
    assert email.mask == Mask("random_string_rewrite", MaskSettings(length=20, format_preservation=SUFFIX))
    assert email.personal
    retention = dataset.rules(bill).retention
    assert retention is not None
    assert (retention.law, retention.years, retention.starts) == ("§ 147 AO", 8, "end-of-calendar-year")


def test_the_nearer_level_of_x_console_wins(tmp_path: Path) -> None:
    dataset = load(tmp_path, GOOD)
    person, bill = dataset.collections
    assert dataset.facts(person).purpose == "To know who buys"
    assert dataset.facts(bill).purpose == {"en": "To sell", "de": "Verkauf"}
    assert dataset.facts(person, person.fields[0]).basis == "contract"
    assert (dataset.rules(person).erase, dataset.rules(bill).erase) == ("mask", None)


WRONG = [
    ("fides_key: shop", "fides_keys: shop", 2, "unknown key 'fides_keys' (did you mean 'fides_key'?)"),
    ("[user.contact.email]", "[user.contakt.email]", 15, "unknown data category 'user.contakt.email' (did you mean 'user.contact'?)"),  # noqa: E501
    ("[user.unique_id]", "[usr.unique_id]", 12, "(did you mean 'user.unique_id'?)"),
    ("direction: from", "direction: form", 39, "'form' is not one of from, to (did you mean 'from'?)"),
    ("strategy: random_string_rewrite", "strategy: random_string", 21, "(did you mean 'random_string_rewrite'?)"),
    ("field: person.id", "field: persn.id", 38, "no collection 'persn' (did you mean 'person'?)"),
    ("field: person.id", "field: person.idd", 38, "no field 'idd' (did you mean 'id'?)"),
    ("field: person.id", "field: person", 38, "must be 'collection.field'"),
    ("strategy: random_string_rewrite", "strategy: aes_encrypt", 21, "erases nothing"),
    ("data_type: string\n", "data_type: integer\n", 21, "does not fit data_type 'integer'"),
    ("configuration: {length: 20", "configuration: {length: 39", 21, "writes 45 characters, the field holds 40"),
    ("data_type: integer}", "data_type: integr}", 13, "(did you mean 'integer'?)"),
    ("field: day}", "field: dya}", 29, "there is no field of 'bill' called 'dya' (did you mean 'day'?)"),
    ("years: 8, ", "", 29, "either 'years' or 'months'"),
    ("years: 8, ", "years: 0, ", 29, "longer than nothing"),
    ("name: bill", "name: person", 27, "collection 'person' stands twice"),
    ("- name: day", "- name: no", 33, "field 'no' stands twice"),
    ("erase: mask", "erase: keep", 8, "say under which 'retention'"),
    ("erase: mask", "erase: burn", 9, "'burn' is not one of delete, mask, keep"),
    ("- name: address\n", "- name: address\n            fides_meta: {data_type: string}\n", 24, "cannot be of data_type 'string'"),  # noqa: E501
    ("primary_key: true, data", "masking_strategy_override: {strategy: blank}, primary_key: true, data", 13, "cannot be masked"),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "line", "words"), WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, line: int, words: str) -> None:
    assert right in GOOD
    with pytest.raises(BadInput) as refused:
        load(tmp_path, GOOD.replace(right, wrong, 1))
    assert words in refused.value.reason
    assert refused.value.place == f"{tmp_path / 'shop.yml'}:{line}"


def test_a_reference_into_a_file_that_is_not_here_is_left_for_later(tmp_path: Path) -> None:
    dataset = load(
        tmp_path,
        GOOD.replace("dataset: shop\n                  field: person.id", "dataset: crm\n                  field: a.b"),
    )
    assert dataset.collections[1].fields[2].meta.references


@pytest.mark.parametrize(
    "category", ["user", "system.operations", "user.contact.email", "user.name.first", "user.custom.x_y"]
)
def test_known_categories(category: str) -> None:
    assert taxonomy.fault(category) == ""


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_other_category_is_a_fault_or_begins_with_known_words(text: str) -> None:
    known = text.split(".")[0] in ("user", "system")
    assert bool(taxonomy.fault(text)) or known


@pytest.mark.parametrize(
    "strategy",
    ["string_rewrite", "hmac", "email_rewrite", "phone_rewrite", "identifiers_rewrite", "random_string_rewrite"],
)
@pytest.mark.parametrize("data_type", ["integer", "boolean", "float", "object", "string[]"])
def test_a_strategy_that_writes_text_fits_text_only(strategy: str, data_type: str) -> None:
    mask = Mask(strategy, MaskSettings(rewrite_value="x"))  # type: ignore[arg-type]
    assert "does not fit" in fault(mask, data_type, None)
    assert fault(mask, "string", None) == fault(mask, None, None) == ""


def test_null_and_blank_fit_anything() -> None:
    assert [fault(Mask(s), t, 1) for s in ("null_rewrite", "blank") for t in ("integer", "string", None)] == [""] * 6  # type: ignore[arg-type]
