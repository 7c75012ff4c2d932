"""The erasure plan: what happens to each row, by key, with law and date, the same bytes each time."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from services import strict_yaml
from services.catalog.console_keys import Retention
from services.catalog.dataset import Dataset, DatasetFile, load_dataset
from services.catalog.graph import Graph, Node, build
from services.catalog.retention_law import table
from services.catalog.strategies import Mask
from services.errors import BadInput, Refused, Unusable
from services.fulfilment.found import Found, FoundCollection, FoundRow, FoundSystem, Reach, Whose
from services.fulfilment.keep_until import until
from services.fulfilment.plan import NO_DATE, OTHER_PERSON, SHARED, Action, Plan, make_plan
from services.strict_yaml import Word

DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: person
        x_console: {erase: delete}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: email
            fides_meta: {identity: email}
      - name: bill
        x_console:
          erase: delete
          reason: {en: Tax law, de: Steuerrecht}
          retention: {law: § 147 AO, years: 8, field: day}
        fields:
          - name: id
            fides_meta: {primary_key: true}
          - name: day
          - name: person
            fides_meta: {references: [{dataset: d, field: person.id, direction: from}]}
      - name: talk
        fields:
          - name: id
            data_categories: [user.unique_id]
            fides_meta: {primary_key: true}
          - name: person
            data_categories: [user.unique_id]
            fides_meta: {references: [{dataset: d, field: person.id, direction: from}]}
          - name: words
            data_categories: [user.content]
            x_console: {mask: {strategy: identifiers_rewrite}}
          - name: name
            data_categories: [user.name]
          - name: mood
            data_categories: [system.operations]
      - name: thing
        fields:
          - name: id
            fides_meta: {primary_key: true}
"""
TODAY = date(2026, 3, 5)


@cache
def dataset() -> Dataset:
    """The dataset above."""
    (made,) = strict_yaml.parse(DATASET, DatasetFile).dataset
    return made


def graph() -> Graph:
    """One system with it."""
    return build({"s": (dataset(),)})


def row(collection: str, key: int, whose: Whose = Whose.OWN, **values: object) -> FoundRow:
    """A row that was found."""
    return FoundRow(Node("d", collection), (key,), {"id": key, **values}, whose)


def found(*rows: FoundRow, others: int = 0, reach: Reach = Reach.FOUND) -> Found:
    """An answer with those rows."""
    parts = tuple(
        FoundCollection(node, ("id",), tuple(r for r in rows if r.node == node))
        for node in sorted({r.node for r in rows})
    )
    system = FoundSystem("s", reach, "" if reach is Reach.FOUND else "it is away", parts)
    return Found((("email", ("ada@x.org",)),), "DE", (system,), (), (), others, ("d.person",) * min(others, 1))


def acts(plan: Plan) -> dict[tuple[str, str], Action]:
    """The actions of the only system."""
    return {(a.collection, a.act): a for a in plan.systems[0].actions}


@pytest.mark.rule("ERA-1")
def test_ERA_1_every_category_has_its_own_outcome() -> None:
    plan = make_plan(
        found(
            row("person", 1, email="ada@x.org"),
            row("bill", 1, day="2020-05-01"),
            row("bill", 2, day=date(2011, 1, 1)),
            row("talk", 1, name="Ada Lo", words="hi"),
            row("thing", 1),
        ),
        graph(), TODAY, "muster",
    )  # fmt: skip
    by = acts(plan)
    assert by["person", "delete"].rows == ((1,),)
    kept = by["bill", "keep"]
    assert (kept.rows, kept.law, kept.until, kept.reason) == (
        ((1,),),
        "§ 147 AO",
        "2028-12-31",
        {"en": "Tax law", "de": "Steuerrecht"},
    )
    assert by["bill", "delete"].rows == ((2,),), "the duty ended with 2019"
    assert by["talk", "mask"].fields == (("words", Mask("identifiers_rewrite")), ("name", Mask("blank")))
    assert by["thing", "leave"].reason == "not-personal"
    assert {act: plan.count(act) for act in ("delete", "mask", "keep", "leave")} == {
        "delete": 2,
        "mask": 1,
        "keep": 1,
        "leave": 1,
    }
    assert plan.identifiers == ("Ada Lo", "ada@x.org")


def test_a_row_without_its_date_is_kept_until_a_person_decides() -> None:
    kept = acts(make_plan(found(row("bill", 1, day=None)), graph(), TODAY, "muster"))["bill", "keep"]
    assert (kept.until, kept.reason) == ("", NO_DATE)


@pytest.mark.parametrize(
    ("starts", "years", "months", "value", "last"),
    [
        ("end-of-calendar-year", 8, None, "2017-03-05", date(2025, 12, 31)),
        ("date-field", 8, None, "2017-03-05", date(2025, 3, 5)),
        ("date-field", None, 6, "2025-08-31", date(2026, 2, 28)),
        ("date-field", None, 18, "2024-08-31T10:00:00", date(2026, 2, 28)),
        ("date-field", 4, None, "2024-02-29", date(2028, 2, 29)),
        ("date-field", 1, None, "2024-02-29", date(2025, 2, 28)),
        ("end-of-calendar-year", 9999, None, "2024-02-29", date.max),
        ("date-field", 1, None, "yesterday", None),
    ],
)
def test_the_last_day_of_a_duty(
    starts: str, years: int | None, months: int | None, value: str, last: date | None
) -> None:
    kept = Retention(Word("day"), law="law", starts=starts, years=years, months=months)  # type: ignore[arg-type]
    assert until(kept, value, TODAY) == (last, "law")


@pytest.mark.parametrize(
    ("entry", "value", "today", "last", "year_ends"),
    [
        ("DE.invoices", "2016-03-05", date(2024, 12, 31), date(2026, 12, 31), None),  # before the law of 2025
        ("DE.invoices", "2016-03-05", date(2025, 1, 1), date(2024, 12, 31), None),  # shorter, for older ones too
        ("BE.invoices", "2022-12-31", TODAY, date(2029, 12, 31), None),
        ("BE.invoices", "2023-01-01", TODAY, date(2033, 12, 31), None),  # longer, for newer ones alone
        ("PL.accounting", "2020-06-30", TODAY, date(2026, 12, 31), None),
        ("FR.accounting", "2020-03-31", TODAY, date(2030, 3, 31), "03-31"),
        ("FR.accounting", "2020-04-01", TODAY, date(2031, 3, 31), "03-31"),
        ("GB.tax", "2020-06-30", TODAY, date(2026, 12, 31), None),
        ("IT.accounting", "2020-02-29", TODAY, date(2030, 2, 28), None),
        ("AT.accounting", "none", TODAY, None, None),
    ],
)
def test_section_9_a_catalog_names_a_duty_of_the_table_and_the_law_of_the_day_counts(
    entry: str, value: str, today: date, last: date | None, year_ends: str | None
) -> None:
    found, law = until(Retention(Word("day"), Word(entry), year_ends=year_ends), value, today)
    assert (found, bool(law)) == (last, True)


EVERYWHERE = {
    "warranty", "payment-dispute", "payment-records", "claims", "aml", "patients", "telecom-bills", "recorded-calls",
    "recorded-calls-asked",
}  # fmt: skip
COUNTRIES = ("DE", "AT", "FR", "IT", "ES", "NL", "BE", "PL", "GB")


@pytest.mark.rule("RET-DE", "RET-AT", "RET-FR", "RET-IT", "RET-ES", "RET-NL", "RET-BE", "RET-PL", "RET-UK")
def test_section_9_the_table_names_every_country_with_law_source_and_date() -> None:
    rows = table().rows
    assert {row.key.partition(".")[0] for row in rows} == {"DE", "AT", "FR", "IT", "ES", "NL", "BE", "PL", "GB", "EU"}
    assert all(row.law and row.valid_from <= table().as_of for row in rows)
    assert len({(row.key, row.valid_from) for row in rows}) == len(rows)


@pytest.mark.rule("RET-ALL")
def test_section_9_warranty_limitation_money_laundering_and_sector_rules_stand_in_the_table_as_not_looked_up() -> None:
    rows = [one for one in table().rows if one.key.partition(".")[2] in EVERYWHERE]
    assert {one.key.partition(".")[2] for one in rows} == EVERYWHERE
    assert {one.key.partition(".")[0] for one in rows if one.key.endswith(".claims")} == set(COUNTRIES)
    assert {one.sure for one in rows} == {"K"}, "the specification says so of the whole line"
    assert any(one.sure == "V" for one in table().rows), "the control"
    day = date(2024, 1, 31)
    ends = {
        key: until(Retention(Word("day"), Word(key)), day, TODAY)[0] for key in ("EU.warranty", "EU.payment-dispute")
    }
    assert ends == {"EU.warranty": date(2026, 1, 31), "EU.payment-dispute": date(2025, 2, 28)}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{entry: DE.invoice, field: day}", "no duty to keep called 'DE.invoice'"),
        ("{entry: DE.invoices, years: 3, field: day}", "leave them out"),
        ("{field: day}", "needs an 'entry'"),
        ("{entry: FR.accounting, year_ends: 13-01, field: day}", "a month and a day"),
        ("{entry: DE.invoices, field: day}", ""),
    ],
)
def test_a_catalog_with_a_wrong_duty_says_what_is_wrong(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "d.yml"
    file.write_text(DATASET.replace("{law: § 147 AO, years: 8, field: day}", written))
    if not said:
        assert load_dataset(file)
        return
    with pytest.raises(BadInput) as caught:
        load_dataset(file)
    assert said in str(caught.value)


def test_the_last_day_itself_is_still_kept() -> None:
    bill = found(row("bill", 1, day="2017-07-01"))
    assert ("bill", "keep") in acts(make_plan(bill, graph(), date(2025, 12, 31), "m"))
    assert ("bill", "delete") in acts(make_plan(bill, graph(), date(2026, 1, 1), "m"))


def test_other_persons_and_shared_rows_stay_until_somebody_decides() -> None:
    other, shared = row("person", 2, Whose.OTHER), row("talk", 1, Whose.SHARED)
    answer = found(row("person", 1), other, shared)
    by = acts(make_plan(answer, graph(), TODAY, "m"))
    assert (by["person", "leave"].reason, by["talk", "leave"].reason) == (OTHER_PERSON, SHARED)
    by = acts(make_plan(answer, graph(), TODAY, "m", [shared.id]))
    assert by["talk", "mask"].rows == ((1,),)
    assert by["person", "leave"].rows == ((2,),)
    with pytest.raises(BadInput, match="1 decisions are about rows that were not found"):
        make_plan(answer, graph(), TODAY, "m", ["ffff"])


def test_more_than_five_other_identities_stop_the_plan() -> None:
    assert make_plan(found(row("person", 1), others=5), graph(), TODAY, "m")
    with pytest.raises(Refused, match=r"6 other identities.*by way of d\.person"):
        make_plan(found(row("person", 1), others=6), graph(), TODAY, "m")


def test_no_plan_while_a_system_is_away() -> None:
    with pytest.raises(Refused, match="no plan without system 's': it is away"):
        make_plan(found(reach=Reach.FAILED), graph(), TODAY, "m")


def test_a_read_only_system_is_left_and_says_so() -> None:
    by = acts(make_plan(found(row("person", 1)), graph(), TODAY, "m", read_only=["s"]))
    assert by["person", "leave"].reason == "read-only"


def test_an_identity_in_a_key_cannot_be_masked() -> None:
    text = DATASET.replace("fides_meta: {identity: email}", "fides_meta: {identity: email, primary_key: true}").replace(
        "{erase: delete}", "{erase: mask}"
    )
    (made,) = strict_yaml.parse(text, DatasetFile).dataset
    part = FoundCollection(
        Node("d", "person"), ("id", "email"), (FoundRow(Node("d", "person"), (1, "a"), {}, Whose.OWN),)
    )
    answer = replace(found(), systems=(FoundSystem("s", Reach.FOUND, "", (part,)),))
    assert make_plan(answer, build({"s": (made,)}), TODAY, "m").faults == (
        "d.person.email is part of the key and cannot be masked: say 'erase: delete'",
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["person", "bill", "talk"]), st.integers(0, 50)), unique=True, max_size=12))
def test_equal_plans_are_equal_bytes_and_come_back(rows: list[tuple[str, int]]) -> None:
    made = [row(c, k, day="2020-01-01", words="x", name="Ada") for c, k in rows]
    plan = make_plan(found(*made), graph(), TODAY, "m")
    again = make_plan(found(*made), graph(), TODAY, "m")
    assert (plan.to_json(), plan.digest) == (again.to_json(), again.digest)
    assert Plan.from_json(plan.to_json()) == plan
    assert len(plan.digest) == 64


def test_another_row_is_another_digest() -> None:
    digests = {make_plan(found(row("person", k)), graph(), TODAY, "m").digest for k in range(5)}
    assert len(digests) == 5


@pytest.mark.parametrize("data", [b"", b"{}", b'{"v": 2}', b"[]", b"\xff", b'{"v": 1, "systems": 3}'])
def test_what_is_no_plan_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unusable):
        Plan.from_json(data)
