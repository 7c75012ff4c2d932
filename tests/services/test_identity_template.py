"""Checklists: complete, in both languages, able to reach their tier, and read strictly."""

from pathlib import Path

import pytest

from services.errors import BadInput
from services.identity.engine import STRONG
from services.identity.template import (
    GUARDS,
    LANGUAGES,
    choose,
    choose_for,
    phrases,
    read_template,
    templates,
)
from services.identity.view import phrase
from services.types import Factor, Requester, Right, Tier

TIERS = {
    "CL-OBJ-MKT": "T0",
    "CL-CON-W": "T0",
    "CL-CON-G": "T1",
    "CL-RESTR": "T1",
    "CL-RECT": "T1",
    "CL-RECT-CRIT": "T3",
    "CL-ACC-STD": "T2",
    "CL-ERA-STD": "T2",
    "CL-UNID": "TX",
}

GOOD = """
id: CL-X
version: 1
rights: [access]
tier: T1
title: {en: X, de: X}
held: [G1, G2, G3, G4, G5, G6, G7, G8, G9, G10]
steps:
  - {id: find, kind: factor, factors: [KBS], title: {en: a, de: b}, say: {en: a, de: b}}
  - {id: prove, kind: factor, factors: [KBD, OTP], title: {en: a, de: b}, say: {en: a, de: b}}
"""


def reading(tmp_path: Path, text: str, name: str = "CL-X") -> str:
    path = tmp_path / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    try:
        read_template(path)
    except BadInput as exc:
        return str(exc)
    return ""


@pytest.mark.rule(
    "CL-OBJ-MKT", "CL-CON-W", "CL-CON-G", "CL-ACC-STD", "CL-RECT", "CL-RECT-CRIT", "CL-ERA-STD", "CL-RESTR", "CL-UNID"
)
def test_the_checklists_are_there_with_their_tier() -> None:
    assert {t.id: t.tier for t in templates().values()} == TIERS


@pytest.mark.rule("G1", "G7")
@pytest.mark.parametrize("name", TIERS)
def test_a_checklist_has_all_guards_and_words_in_both_languages(name: str) -> None:
    template = templates()[name]
    assert sorted([*template.held, *(s.guard for s in template.steps if s.guard)]) == sorted(GUARDS)
    for step in template.steps:
        for language in LANGUAGES:
            assert len(step.say[language]) > 10
            assert step.title[language]
        assert step.say["en"] != step.say["de"]
    assert {"G1", "G9"} <= {s.guard for s in template.steps}


@pytest.mark.parametrize("name", ["CL-CON-G", "CL-ACC-STD", "CL-ERA-STD"])
def test_a_checklist_can_follow_every_raise_up_to_T3(name: str) -> None:
    assert all(templates()[name].reaches(t) for t in (Tier.T1, Tier.T2, Tier.T3) if t >= templates()[name].tier)


@pytest.mark.rule("IDV-5")
def test_no_checklist_asks_for_a_document_or_an_upload() -> None:
    assert all(Factor.DOC not in t.offers(Tier.TX) for t in templates().values())


def test_disclosure_and_erasure_need_a_strong_factor() -> None:
    for name in ("CL-ACC-STD", "CL-ERA-STD"):
        prove = next(s for s in templates()[name].steps if s.id == "prove")
        assert set(prove.factors) <= STRONG


def test_every_factor_has_words_and_no_sentence_says_that_we_hold_something() -> None:
    for factor in Factor:
        assert phrase(f"factor-{factor.lower()}", "de")
    for words in phrases().values():
        assert not any(claim in words["en"].lower() for claim in ("your account was", "we found", "you are a customer"))


@pytest.mark.parametrize(
    ("right", "requester", "name"),
    [
        (Right.ACCESS, Requester.SELF, "CL-ACC-STD"),
        (Right.PORTABILITY, Requester.SELF, "CL-ACC-STD"),
        (Right.ERASURE, Requester.SELF, "CL-ERA-STD"),
        (Right.OBJECTION_MARKETING, Requester.UNKNOWN, "CL-OBJ-MKT"),
        (Right.CONSENT_WITHDRAW, Requester.PARENT, "CL-CON-W"),
        (Right.CONSENT_GIVE, Requester.SELF, "CL-CON-G"),
        (Right.RESTRICTION, Requester.SELF, "CL-RESTR"),
        (Right.RECTIFICATION, Requester.SELF, "CL-RECT"),
        (Right.CONSENT_GIVE, Requester.REPRESENTATIVE, "CL-UNID"),
        (Right.ACCESS, Requester.PARENT, "CL-UNID"),
        (Right.ERASURE, Requester.AUTHORITY, "CL-UNID"),
        (Right.UNKNOWN, Requester.SELF, "CL-UNID"),
    ],
)
def test_choose(right: Right, requester: Requester, name: str) -> None:
    assert choose(right, requester).id == name


def test_every_right_and_requester_has_a_checklist_and_several_rights_take_the_strictest() -> None:
    for right in Right:
        for requester in Requester:
            assert choose(right, requester).id in TIERS
    assert choose_for([Right.OBJECTION_MARKETING, Right.ACCESS]).id == "CL-ACC-STD"
    assert choose_for([Right.UNKNOWN, Right.OBJECTION_MARKETING]).id == "CL-OBJ-MKT"
    assert choose_for([Right.UNKNOWN]).id == "CL-UNID"


@pytest.mark.rule("CL-RECT-CRIT")
def test_contact_data_identity_and_money_are_corrected_by_the_strictest_checklist() -> None:
    assert choose_for([Right.RECTIFICATION]).id == "CL-RECT"
    assert choose_for([Right.RECTIFICATION, Right.ACCESS], grave=True).id == "CL-RECT-CRIT"
    assert choose_for([Right.ACCESS], grave=True).id == "CL-ACC-STD", "nothing else is asked for more"


def test_a_good_checklist_is_read(tmp_path: Path) -> None:
    assert reading(tmp_path, GOOD) == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("tier: T1", "tier: T2", "cannot reach T2"),
        ("tier: T1", "tier: T9", "not one of"),
        ("factors: [KBD, OTP]", "factors: [KBD, OTB]", "OTP"),
        ("G9, G10]", "G9]", "G10"),
        ("G9, G10]", "G9, G10, G1]", "G1"),
        ("title: {en: X, de: X}", "title: {en: X}", "no words in 'de'"),
        ("say: {en: a, de: b}", "say: {en: 'see {email}', de: b}", "asks for 'email'"),
        ("id: prove", "id: find", "same id"),
        ("version: 1", "version: 1\nversion: 2", "CL-X.yml:"),
        ("version: 1", "versoin: 1", "version"),
        ("factors: [KBD, OTP]", "guard: G1", "guard step"),
        ("kind: factor, factors: [KBD, OTP]", "kind: say, factors: [KBD]", "factor step"),
        ("id: CL-X", "id: CL-Y", "file's name"),
    ],
)
def test_a_bad_checklist_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    error = reading(tmp_path, GOOD.replace(old, new, 1))
    assert says in error
    assert "CL-X.yml:" in error
