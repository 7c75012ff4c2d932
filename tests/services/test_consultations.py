"""What a person may know of the log: when their data were used, and why; never by whom (ACC-4, C-579/21)."""

import csv
import io
from dataclasses import astuple

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.consultations import Consultation, consultation
from services.fulfilment.consulted import as_csv
from services.letters.consulted import TITLES, WHAT, WHY, in_words
from tests.entries import AGENT, DIGEST, LEAD, T0, entry

CHECK = "f" * 32
SEARCHED = acts.FindDone(ask=CHECK, systems=("crm", "shop"), counts=(2, 0), others=0, outcome="found")


def used(act: Act, **more: object) -> Consultation | None:
    return consultation(entry(act, **more))


@pytest.mark.rule("ACC-4")
def test_ACC_4_an_extract_has_dates_and_purposes_and_no_names_of_staff() -> None:
    history = [
        entry(SEARCHED, session=None, ts=T0 + 60_000_000),
        entry(acts.DataViewed(what="preview", reason="answer-request", system=None, count=2), actor=AGENT),
        entry(acts.DataViewed(what="person", reason="check-mistake", system=None, count=1), actor=LEAD, as_="lead"),
    ]
    found = in_words(filter(None, map(consultation, history)), "Europe/Berlin", {"crm": "Kundenkartei"}, "de")
    text = as_csv(found).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == [words["de"] for words in TITLES]
    assert [row[1:] for row in rows[1:]] == [
        [WHAT["counted"]["de"], "um den Antrag C-26-000001 zu beantworten", ""],
        [WHAT["shown"]["de"], "um im Vorgang C-26-000001 einen Fehler zu klären", ""],
        [WHAT["searched"]["de"], "um den Antrag C-26-000001 zu beantworten", "Kundenkartei"],
    ]
    assert rows[1][0] == "2. Februar 2026, 03:40 (Europe/Berlin)"
    secrets = {part for one in history for part in (one.actor, one.actor[6:], one.log, one.session, one.op) if part}
    assert not [part for part in secrets if part in text]
    told_whole = "\n".join(str(one) for one in history)  # the control: the entries themselves name everybody
    assert all(part in told_whole for part in secrets)


def test_what_uses_nothing_that_is_held_is_not_in_it() -> None:
    assert used(acts.NoteKept(kind="note", reason=None, flags=())) is None
    assert used(acts.FactorPassed(check=CHECK, factor="CBK", method="vouched", ask=None)) is None
    compared = used(acts.FactorFailed(check=CHECK, factor="PIN", method="compared", ask=CHECK, reason="wrong"))
    assert compared is not None
    assert (compared.what, compared.why) == ("compared", "check-identity")


def test_training_and_looks_without_a_case_are_about_nobody() -> None:
    assert used(SEARCHED) is not None
    assert used(SEARCHED, training=True) is None
    assert used(SEARCHED, case=None) is None


def test_systems_in_which_nothing_was_found_are_not_named() -> None:
    assert used(SEARCHED).systems == ("crm",)  # type: ignore[union-attr]
    plan = acts.PlanMade(plan=CHECK, digest=DIGEST, systems=("crm",), deletes=(1,), masks=(0,), keeps=(0,))
    assert used(plan).systems == ("crm",)  # type: ignore[union-attr]
    done = acts.EraseSystemDone(system="shop", deleted=1, masked=0, kept=0, reason=None, stored_only=0, not_marked=0)
    assert used(done).systems == ("shop",)  # type: ignore[union-attr]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_every_word_of_it_is_there_in_the_language(language: str) -> None:
    for table in (*TITLES, *WHAT.values(), *WHY.values()):
        assert table[language].strip()
    assert all("{case}" in words[language] for words in WHY.values())


def test_every_use_that_an_act_can_make_has_words() -> None:
    from services.cases import consultations

    assert {*consultations._WHAT.values(), "counted"} == set(WHAT)
    assert {*consultations._WHY.values(), consultations.ANSWER} <= set(WHY)


def test_an_unknown_reason_answers_a_request_and_an_unknown_language_is_english() -> None:
    odd = Consultation(T0, "shown", "because", "C-26-000001")
    found = in_words([odd], "Europe/Berlin", {}, "pl")
    assert found.titles == tuple(words["en"] for words in TITLES)
    assert astuple(found.lines[0])[2] == "to answer the request C-26-000001"
