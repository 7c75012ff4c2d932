"""Letters: no fact missing, no part of a refusal missing, delivered once and only to the one address."""

import dataclasses
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from services.catalog.system import System, load_controller_systems
from services.controllers import Controller, load_controllers
from services.demo.people import make_people
from services.demo.systems import make_systems
from services.desk.acting import LIFTED
from services.errors import BadInput, NotFound, Refused
from services.letters import lexicon
from services.letters.access import facts_for_access
from services.letters.compose import Letter, compose, letters
from services.letters.lexicon import LANGUAGES
from services.letters.remedies import NEEDS_REMEDIES, check_remedies, remedies
from services.letters.samples import sample_facts

DAY = date(2026, 11, 24)
TEMPLATES = letters()
TO = "june.baxter3@example.com"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    for key in ("nordlicht", "harbour"):
        make_systems(home, key, make_people(1, 2), 1)
    return home


@pytest.fixture(scope="module")
def controllers(home: Path) -> dict[str, Controller]:
    return load_controllers(home)


@pytest.fixture(scope="module")
def systems(home: Path) -> dict[str, System]:
    return dict(load_controller_systems(home / "controllers" / "harbour"))


def facts(controller: Controller, systems: dict[str, System], language: str = "en") -> dict[str, object]:
    """Facts for every letter there is, the answer to access from the demo's own catalog."""
    everything = {
        (str(d.fides_key), str(c.name)): 2 for s in systems.values() for d in s.datasets for c in d.collections
    }
    kept = {"law": "§ 147 AO", "until": date(2034, 12, 31), "reason": "Invoices must be kept."}
    return {
        **sample_facts(controller, language),
        "access": facts_for_access(controller, systems, everything, language),
        "lines": [
            {"system": "CRM", "label": "Customer", "outcome": "erased", "rows": 4, "marked": False},
            {"system": "Shop", "label": "Invoice", "outcome": "kept", "rows": 2, "marked": True, **kept},
            {
                "system": "CRM",
                "label": "Household",
                "outcome": "left",
                "rows": 1,
                "marked": False,
                "reason": "others live there",
            },
        ],
    }


def flat(letter: Letter) -> str:
    return " ".join(letter.text.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_letter_can_be_written_in_every_language(
    controllers: dict[str, Controller], systems: dict[str, System], template: str, language: str
) -> None:
    for controller in controllers.values():
        letter = compose(template, language, facts(controller, systems, language))
        assert (letter.template, letter.language) == (template, language)
        assert "{" not in letter.text + letter.subject
        assert letter.subject
        assert "\n" not in letter.subject
        assert max(map(len, letter.text.splitlines())) <= 76
        assert "\n\n\n" not in letter.text


@pytest.mark.parametrize("reason", LIFTED)
def test_each_reason_to_lift_a_restriction_has_its_own_words(
    controllers: dict[str, Controller], systems: dict[str, System], reason: str
) -> None:
    whole = facts(controllers["nordlicht"], systems, "de")
    for code in LANGUAGES:
        texts = [compose("restriction-lifted", code, {**whole, "reason": one}).text for one in (reason, *LIFTED)]
        assert texts.count(texts[0]) == 2, "the one asked for, and the same among all"


def test_a_language_is_a_folder_of_files_and_each_holds_the_same_ones_in_the_same_version() -> None:
    folders = sorted(path.name for path in lexicon.TEMPLATES.iterdir())
    assert sorted(LANGUAGES) == folders == ["de", "en", "fr"]
    heads = {
        one: {p.name: p.read_text("utf-8").partition("\n")[0] for p in (lexicon.TEMPLATES / one).glob("[a-z]*.txt")}
        for one in LANGUAGES
    }
    assert all(heads[one] == heads["en"] for one in LANGUAGES)
    assert all(head.startswith("version: ") for head in heads["en"].values())
    files = [sorted(p.name for p in (lexicon.TEMPLATES / one).iterdir()) for one in LANGUAGES]
    assert all(one == files[0] for one in files)


def test_a_word_that_one_language_has_every_language_has() -> None:
    for field in dataclasses.fields(lexicon.Lexicon):
        known = [getattr(lexicon.lexicon(one), field.name) for one in LANGUAGES]
        assert all(set(one) == set(known[0]) for one in known), field.name
        assert all(text.strip() for one in known for text in one.values())
    assert lexicon.lexicon("xx") is lexicon.lexicon("en"), "where we do not write it"


def spoken_of(text: str) -> set[str]:
    """Every fact a template speaks of, with the parts of it: `line.law`, `controller.lines`; and what it includes."""
    found = set()
    environment = jinja2.Environment()
    tree = environment.parse(text.partition("\n---\n")[2] if text.startswith("version") else text)
    for node in tree.find_all((nodes.Getattr, nodes.Name, nodes.Include, nodes.Import)):
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            found.add(f"{node.node.name}.{node.attr}")
        elif isinstance(node, nodes.Name):
            found.add(node.name)
        elif isinstance(node, nodes.Include | nodes.Import) and isinstance(node.template, nodes.Const):
            found.add(str(node.template.value))
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in (lexicon.TEMPLATES / "en").glob("*.txt")))
def test_a_fact_or_a_code_of_one_language_is_in_every_language(name: str) -> None:
    texts = [(lexicon.TEMPLATES / one / name).read_text("utf-8") for one in LANGUAGES]
    assert [spoken_of(text) for text in texts] == [spoken_of(texts[0])] * len(texts)
    assert [compared(text) for text in texts] == [compared(texts[0])] * len(texts)


def compared(text: str) -> set[str]:
    """What a template compares with or looks up: `reason == "volume"`, the keys of its words."""
    return set(re.findall(r'(\w+ == "[^"]+")', text)) | set(re.findall(r'^  "([a-z0-9-]+)":', text, re.MULTILINE))


def test_control_a_fact_that_one_language_forgot_is_seen() -> None:
    text = (lexicon.TEMPLATES / "fr" / "erasure-outcome.txt").read_text("utf-8")
    assert spoken_of(text) != spoken_of(text.replace("{{ line.law }}", "la loi"))
    assert compared(text) != compared(text.replace('line.outcome == "left"', "line.outcome"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_missing_fact_refuses_the_letter_and_is_named(
    controllers: dict[str, Controller], systems: dict[str, System], template: str
) -> None:
    whole = facts(controllers["harbour"], systems)
    named = []
    for name in whole:
        for broken in ({k: v for k, v in whole.items() if k != name}, {**whole, name: None}):
            try:
                compose(template, "en", broken)
            except Refused as exc:
                named.append((name, str(exc)))
    assert all(f"'{name}'" in reason for name, reason in named)
    assert len(named) >= 4, "each letter needs at least two facts"


def test_a_fact_missing_inside_a_line_is_named_too(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    broken = facts(controllers["harbour"], systems)
    broken["lines"] = [
        {"system": "Shop", "label": "Invoice", "outcome": "kept", "rows": 2, "until": DAY, "reason": "x"}
    ]
    with pytest.raises(Refused, match="'law'"):
        compose("erasure-outcome", "en", broken)


def test_a_letter_that_does_not_exist_is_not_found(controllers: dict[str, Controller]) -> None:
    for name in ("no-such-letter", "../en/code", "_close/../code", ""):
        with pytest.raises(NotFound):
            compose(name, "en", {"controller": controllers["harbour"]})


@pytest.mark.rule("REF-1")
@pytest.mark.parametrize("template", sorted(NEEDS_REMEDIES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_REF_1_a_refusal_names_complaint_authority_and_court(
    controllers: dict[str, Controller], systems: dict[str, System], template: str, language: str
) -> None:
    for key, parts in (("nordlicht", 3), ("harbour", 4)):
        controller = controllers[key]
        text = flat(compose(template, language, facts(controller, systems, language)))
        stated = remedies(controller, language)
        assert len(stated) == parts
        for part in stated.values():
            assert part in text


@pytest.mark.rule("REF-1")
def test_REF_1_the_uk_letter_adds_the_complaint_to_the_controller(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    text = flat(compose("not-identified", "en", facts(controllers["harbour"], systems)))
    for part in ("164A", "165", "Information Commissioner", "go to court"):
        assert part in text
    assert "164A" not in flat(compose("not-identified", "en", facts(controllers["nordlicht"], systems)))


@pytest.mark.rule("REF-1")
@pytest.mark.parametrize("key", ["nordlicht", "harbour"])
def test_REF_1_no_part_can_be_left_out(controllers: dict[str, Controller], key: str) -> None:
    controller = controllers[key]
    parts = list(remedies(controller, "en").values())
    check_remedies("not-identified", "\n".join(parts), controller, "en")
    for left_out in parts:
        text = "\n".join(part for part in parts if part != left_out and left_out not in part)
        with pytest.raises(Refused, match="is missing"):
            check_remedies("not-identified", text, controller, "en")


@pytest.mark.rule("REF-1")
def test_REF_1_a_controllers_own_template_without_a_part_is_refused(
    controllers: dict[str, Controller], systems: dict[str, System], tmp_path: Path
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "not-identified.txt").write_text("version: 1\nsubject: No\n---\nWe say no.\n")
    with pytest.raises(Refused, match="complaint"):
        compose("not-identified", "en", facts(controllers["nordlicht"], systems), own=tmp_path)


def test_a_controllers_own_template_wins_and_cannot_reach_into_python(
    controllers: dict[str, Controller], systems: dict[str, System], tmp_path: Path
) -> None:
    (tmp_path / "en").mkdir()
    own = tmp_path / "en" / "code.txt"
    own.write_text("version: own-1\nsubject: Code\n---\n{{ code }} only\n")
    letter = compose("code", "en", facts(controllers["harbour"], systems), own=tmp_path)
    assert (letter.version, letter.text) == ("own-1", "123456 only\n")
    (tmp_path / "two" / "en").mkdir(parents=True)
    own = tmp_path / "two" / "en" / "code.txt"
    own.write_text("version: 1\nsubject: x\n---\n{{ controller.__class__.__mro__ }} {{ code }}\n")
    with pytest.raises(BadInput, match="letter code"):
        compose("code", "en", facts(controllers["harbour"], systems), own=tmp_path / "two")


@pytest.mark.parametrize("text", ["", "hello", "version: 1\n---\nx", "version: 1\nsubject: x\n---\n{{ open"])
def test_a_file_that_is_no_template_is_refused_with_its_name(
    controllers: dict[str, Controller], systems: dict[str, System], tmp_path: Path, text: str
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "code.txt").write_text(text)
    with pytest.raises(BadInput, match="letter code"):
        compose("code", "en", facts(controllers["harbour"], systems), own=tmp_path)


@pytest.mark.rule("REF-6")
def test_the_letter_for_the_unidentified_does_not_say_whether_data_exist(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    text = flat(compose("not-identified", "en", facts(controllers["harbour"], systems)))
    assert "which data, if any" in text
    assert "copy of an identity card" in text


@pytest.mark.rule("ART-17-3")
def test_ERA_1_kept_rows_are_told_with_law_and_date(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    text = flat(compose("erasure-outcome", "de", facts(controllers["nordlicht"], systems, "de")))
    assert "2 bis zum 31. Dezember 2034 aufbewahrt wegen § 147 AO" in text
    assert "35 Tagen" in text


@pytest.mark.rule("ART-15")
def test_ACC_art_15_every_letter_of_the_paragraph_is_answered(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    controller = controllers["harbour"]
    text = flat(compose("access-answer", "en", facts(controller, systems)))
    for mark in ("(a)", "(b, c, d, g)", "(c)", "(d)", "(e)", "(f)", "(g)", "(h)", "Art 15(2)"):
        assert mark in text
    for recipient in controller.recipients:
        assert recipient.name in text, "recipients by name (C-154/21)"
    assert "Computed from your orders" in text, "the source of an inferred value"
    assert "Support desk, Ticket (2)" in text


STAYS = {
    "en": "The record of this request itself stays for a limited time, without your data in clear",
    "de": "Der Nachweis dieses Vorgangs bleibt für begrenzte Zeit erhalten, ohne Ihre Daten im Klartext",
    "fr": "La trace de cette demande reste elle-même conservée pendant un temps limité, sans vos données en clair",
}


@pytest.mark.rule("ERA-8")
@pytest.mark.parametrize("language", LANGUAGES)
def test_ERA_8_the_letter_of_an_erasure_says_that_the_record_of_the_request_stays(
    controllers: dict[str, Controller], systems: dict[str, System], language: str
) -> None:
    assert set(STAYS) == set(LANGUAGES), "a new language says it too"
    for controller in controllers.values():
        given = facts(controller, systems, language)
        assert STAYS[language] in flat(compose("erasure-outcome", language, given))
        assert STAYS[language] not in flat(compose("acknowledgement", language, given)), "the control"


@pytest.mark.rule("ACC-6")
def test_an_answer_without_data_says_so(controllers: dict[str, Controller], systems: dict[str, System]) -> None:
    given_facts = facts(controllers["harbour"], systems)
    given_facts["access"] = facts_for_access(controllers["harbour"], systems, {}, "en", failed={"news": "was away"})
    text = flat(compose("access-answer", "en", given_facts))
    assert "found no data about you" in text
    assert "Shop: nothing found" in text
    assert "Newsletter: not searched (was away)" in text
    assert "archive" not in text


def test_a_missing_fact_in_the_catalog_refuses_the_answer_and_is_named(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    shop = systems["shop"]
    dataset = shop.datasets[0]
    found = {("shop", "orders"): 1}
    for name in ("purpose", "storage", "source", "recipients"):
        assert dataset.x_console is not None
        poorer = replace(dataset, x_console=replace(dataset.x_console, **{name: None}))
        broken = {**systems, "shop": replace(shop, datasets=(poorer,))}
        with pytest.raises(Refused, match=rf"shop\.orders: {name}"):
            facts_for_access(controllers["harbour"], broken, found, "en")
        facts_for_access(controllers["harbour"], broken, {("crm", "customer"): 1}, "en")


def test_a_missing_fact_of_the_controller_refuses_the_answer(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    controller = controllers["harbour"]
    for name in ("purposes", "storage", "rights", "source", "automated_decisions", "transfers"):
        broken = replace(controller, access=replace(controller.access, **{name: {}}))
        with pytest.raises(Refused, match=f"access.{name}"):
            facts_for_access(broken, systems, {}, "en")


def test_a_language_we_do_not_write_falls_back_to_the_controllers(
    controllers: dict[str, Controller], systems: dict[str, System]
) -> None:
    assert compose("code", "nl", facts(controllers["nordlicht"], systems)).language == "de"
    english = replace(controllers["nordlicht"], languages=("de",))
    assert compose("code", "fr", facts(english, systems)).language == "de", "its own texts are not in French"


def test_a_letter_shows_nothing_of_itself_when_printed() -> None:
    shown = repr(Letter("1" * 32, "code", "1", "en", "for June", "June, your code is 4711"))
    assert "June" not in shown
    assert "4711" not in shown
