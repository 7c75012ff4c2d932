"""Checklists: complete, in every language, able to reach their tier, and read strictly."""

from pathlib import Path

import pytest

from services.errors import BadInput
from services.identity.engine import STRONG
from services.identity.template import (
    GUARDS,
    LANGUAGES,
    phrases,
    read_template,
    templates,
)
from services.identity.view import FACTORS, phrase
from services.letters.lexicon import LANGUAGES as WRITTEN, lexicon
from services.types import Factor, Tier

TIERS = {
    **dict.fromkeys(("CL-OBJ-MKT", "CL-CON-W", "CL-INFO", "CL-DECEASED", "CL-AUTH", "CL-BREACH"), "T0"),
    **dict.fromkeys(("CL-CON-G", "CL-RECT", "CL-RESTR", "CL-OBJ", "CL-ADM"), "T1"),
    **dict.fromkeys(("CL-ACC-STD", "CL-ACC-ORAL", "CL-PORT", "CL-ERA-STD"), "T2"),
    **dict.fromkeys(("CL-ACC-SENS", "CL-PORT-DIR", "CL-RECT-CRIT", "CL-ERA-HIGH"), "T3"),
    **dict.fromkeys(("CL-REP-LAW", "CL-REP-PAR", "CL-REP-POA", "CL-EMP"), "T3"),
    "CL-UNID": "TX",
}
"""The 24 of rules.md 7.6; those without a tier there (heir, authority, leak) give nothing out, and ask for nothing."""
EXCEPTIONS = {"CL-ACC-SENS", "CL-ERA-HIGH", "CL-REP-LAW", "CL-REP-PAR", "CL-REP-POA", "CL-EMP"}

GOOD = """
id: CL-X
version: 1
rights: [access]
tier: T1
title: {en: X, de: X, fr: X}
held: [G1, G2, G3, G4, G5, G6, G7, G8, G9, G10]
steps:
  - {id: find, kind: factor, factors: [KBS], title: {en: a, de: b, fr: c}, say: {en: a, de: b, fr: c}}
  - {id: prove, kind: factor, factors: [KBD, OTP], title: {en: a, de: b, fr: c}, say: {en: a, de: b, fr: c}}
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
    "CL-INFO",
    "CL-ACC-SENS",
    "CL-ACC-ORAL",
    "CL-PORT",
    "CL-PORT-DIR",
    "CL-ERA-HIGH",
    "CL-OBJ",
    "CL-ADM",
    "CL-REP-LAW",
    "CL-REP-PAR",
    "CL-REP-POA",
    "CL-DECEASED",
    "CL-EMP",
    "CL-AUTH",
    "CL-BREACH",
)
@pytest.mark.rule(
    "CL-OBJ-MKT", "CL-CON-W", "CL-CON-G", "CL-ACC-STD", "CL-RECT", "CL-RECT-CRIT", "CL-ERA-STD", "CL-RESTR", "CL-UNID"
)
def test_the_checklists_are_there_with_their_tier() -> None:
    assert {t.id: t.tier for t in templates().values()} == TIERS


@pytest.mark.rule("G1", "G7")
@pytest.mark.parametrize("name", TIERS)
def test_a_checklist_has_all_guards_and_words_in_every_language(name: str) -> None:
    template = templates()[name]
    assert sorted([*template.held, *(s.guard for s in template.steps if s.guard)]) == sorted(GUARDS)
    for step in template.steps:
        for language in LANGUAGES:
            assert len(step.say[language]) > 10
            assert step.title[language]
        assert len(set(step.say.values())) == len(LANGUAGES), "each in its own words"
    assert {"G1", "G9"} <= {s.guard for s in template.steps}


@pytest.mark.parametrize("name", [name for name, tier in TIERS.items() if tier in ("T1", "T2", "T3")])
def test_a_checklist_can_follow_every_raise_up_to_T3(name: str) -> None:
    assert all(templates()[name].reaches(t) for t in (Tier.T1, Tier.T2, Tier.T3) if t >= templates()[name].tier)


@pytest.mark.rule("IDV-5")
def test_IDV_5_a_document_is_offered_at_T3_alone_beside_other_ways_and_by_no_standard_checklist() -> None:
    assert {t.id for t in templates().values() if Factor.DOC in t.offers(Tier.TX)} == EXCEPTIONS
    for template in templates().values():
        asks = [s.factors for s in template.steps if Factor.DOC in s.factors]
        assert all(set(factors) & STRONG for factors in asks), "nobody can be left with a document as the only way"


def test_disclosure_and_erasure_need_a_strong_factor() -> None:
    for name in ("CL-ACC-STD", "CL-ACC-ORAL", "CL-PORT", "CL-ERA-STD"):
        first = next(s for s in templates()[name].steps if s.factors and s.factors != (Factor.KBS,))
        assert set(first.factors) <= STRONG


def test_Art_12_1_what_is_told_on_the_phone_takes_a_proof_apart_from_the_talk() -> None:
    first = next(s for s in templates()["CL-ACC-ORAL"].steps if s.id == "apart")
    assert set(first.factors) <= {Factor.OTP, Factor.CBK, Factor.SES}


def test_rules_6_whoever_acts_for_somebody_shows_by_what_right_before_anything_else() -> None:
    for name in ("CL-REP-LAW", "CL-REP-PAR", "CL-REP-POA"):
        factors = [s.factors for s in templates()[name].steps if s.factors]
        assert factors[0] == (Factor.REP,)


def test_every_factor_has_words_and_no_sentence_says_that_we_hold_something() -> None:
    for factor in Factor:
        assert len({phrase(f"factor-{factor.lower()}", language) for language in LANGUAGES}) == len(LANGUAGES)
        assert factor not in FACTORS or {*FACTORS[factor]} == {*LANGUAGES}
    for words in phrases().values():
        assert not any(claim in words["en"].lower() for claim in ("your account was", "we found", "you are a customer"))


def test_whoever_writes_letters_in_a_language_speaks_it_at_the_desk_too() -> None:
    """A controller whose language it is (controller.yml) is served in it from the first sentence to the last."""
    assert set(LANGUAGES) == set(WRITTEN)
    for template in templates().values():
        for words in (template.title, *(text for step in template.steps for text in (step.title, step.say))):
            assert set(words) == set(LANGUAGES)
    assert {*map(frozenset, phrases().values())} == {frozenset(LANGUAGES)}
    for language in LANGUAGES:
        assert {"$received", "$due"} <= {*lexicon(language).said["logged"].replace(".", " ").replace(",", " ").split()}


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
        ("title: {en: X, de: X, fr: X}", "title: {en: X}", "no words in 'de'"),
        ("title: {en: X, de: X, fr: X}", "title: {en: X, de: X}", "no words in 'fr'"),
        ("say: {en: a, de: b, fr: c}", "say: {en: 'see {email}', de: b, fr: c}", "asks for 'email'"),
        ("say: {en: a, de: b, fr: c}", "say: {en: a, de: b, fr: 'voir {email}'}", "asks for 'email'"),
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
