"""A controller's letters as a whole: every letter in every language as a PDF, what is missing is named, the command."""

import json
import re
import shutil
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.commands.letter import app
from services.catalog.system import System, load_controller_systems
from services.controllers import Controller, load_controllers
from services.demo.systems import write_catalog
from services.fulfilment.letter_pdf import letter_pdf
from services.fulfilment.pdf_text import lacks
from services.letters import lexicon
from services.letters.check import faults
from services.letters.compose import Letter, compose, letters
from services.letters.lexicon import LANGUAGES
from services.letters.samples import sample_facts

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    for key in ("nordlicht", "harbour"):
        write_catalog(home, key, 30)
    return home


@pytest.fixture(scope="module")
def controllers(home: Path) -> dict[str, Controller]:
    return load_controllers(home)


def systems(home: Path, key: str) -> dict[str, System]:
    return dict(load_controller_systems(home / "controllers" / key))


# ── PDF ───────────────────────────────────────────────────────────────────────────────────────────────────────


def opened(data: bytes) -> bytes:
    """Everything in a PDF, compressed parts opened."""
    parts = [data]
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            parts.append(zlib.decompress(match.group(1)))
        except zlib.error:
            continue
    return b"\n".join(parts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_in_every_language_becomes_a_pdf_with_its_fonts(
    controllers: dict[str, Controller], language: str
) -> None:
    """PDF/A is refused by typst where a sign cannot be shown; what the font lacks would stand as `?`."""
    for number, name in enumerate(letters()):
        controller = controllers["nordlicht" if number % 2 else "harbour"]
        letter = compose(name, language, sample_facts(controller, language))
        assert not lacks(letter.subject + letter.text), name
        data = letter_pdf(letter, controller, AT, case_number="C-26-000042", to=["Ada Example", "Wien"])
        whole = opened(data)
        assert b"LibertinusSerif" in whole, name
        assert f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escaped(letter.subject)}'.encode() in whole, name
        assert len(re.findall(rb"/Type ?/Page\b", whole)) <= 3, name


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;").replace('"', "&quot;")


def test_no_text_in_a_letter_is_code_for_its_pdf(controllers: dict[str, Controller]) -> None:
    hostile = '#eval("1+1") #read("/etc/passwd") \\ $x$ *b* `r` <l> @ref\n\x1b[2J\u202e'
    data = letter_pdf(Letter("1" * 32, "code", "1", "en", hostile, hostile), controllers["harbour"], AT, to=[hostile])
    assert data.startswith(b"%PDF-")
    assert b"root:x" not in opened(data)


# ── what is missing ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["nordlicht", "harbour"])
def test_the_demo_centre_says_everything_in_all_its_languages(home: Path, key: str) -> None:
    controller = load_controllers(home)[key]
    assert set(controller.languages) == set(LANGUAGES)
    assert faults(controller, systems(home, key), None) == []


def test_a_text_that_lacks_a_language_is_named_with_its_place(home: Path, controllers: dict[str, Controller]) -> None:
    controller = controllers["nordlicht"]
    poorer = replace(controller, remedy={"de": "x"}, languages=("de", "fr", "xx"))
    found = faults(poorer, systems(home, "nordlicht"), None)
    assert "we write no letters in 'xx'" in found
    assert "controller.yml: remedy is not in fr" in found
    shop = systems(home, "nordlicht")["shop"]
    dataset = shop.datasets[0]
    assert dataset.x_console is not None
    poorer_facts = replace(dataset.x_console, purpose={"en": "orders", "de": "Bestellungen"})
    broken = replace(shop, datasets=(replace(dataset, x_console=poorer_facts),))
    named = faults(controller, {"shop": broken}, None)
    assert "shop.orders: purpose is not in fr" in named
    assert all(one.endswith("purpose is not in fr") for one in named), "an invoice has a purpose of its own"


def test_REF_1_an_own_letter_without_a_part_a_stray_file_and_a_half_translation_are_named(
    home: Path, controllers: dict[str, Controller], tmp_path: Path
) -> None:
    head = "version: 1\nsubject: x\n---\n"
    for place, text in (
        ("de/refusal.txt", head + "{{ complaint }} {{ remedy }} {{ controller.authority.name }}\n"),
        ("de/refused.txt", head + "x\n"),
        ("xx/code.txt", head + "x\n"),
        ("en/code.txt", "no template"),
    ):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(text)
    found = faults(controllers["nordlicht"], systems(home, "nordlicht"), tmp_path)
    assert "de/refusal: the letter is not written: the part 'reasons' is missing (Art 12(4))" in found
    assert "de/refused.txt: no letter uses it" in found
    assert "xx/: no language of this controller" in found
    assert "refusal: your own in de, ours in en, fr" in found
    assert any(one.startswith("en/code: must be 'version:'") or "letter code" in one for one in found)


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────


def run(home: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words, "--home", str(home)])
    return done.exit_code, done.output


def test_the_list_has_every_letter_and_marks_the_controllers_own(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "home"
    shutil.copytree(home, place)
    own = place / "controllers" / "nordlicht" / "letters" / "de"
    own.mkdir(parents=True)
    (own / "code.txt").write_text("version: own-7\nsubject: x\n---\n{{ code }}\n")
    code, text = run(place, "list", "--controller", "nordlicht")
    assert code == 0
    assert len(text.splitlines()) == len(letters()) + 1
    assert re.search(r"^code +2026-11 +own-7\* +2026-11$", text, re.MULTILINE)
    told = json.loads(run(place, "list", "--controller", "nordlicht", "--json")[1])
    assert told["letters"]["code"]["de"] == {"version": "own-7", "own": True}
    assert told["languages"] == list(lexicon.LANGUAGES)


def test_a_letter_is_shown_as_text_as_json_and_as_a_pdf(home: Path, tmp_path: Path) -> None:
    code, text = run(home, "show", "refusal", "--controller", "harbour", "--language", "fr")
    assert code == 0
    assert "Notre décision sur votre demande (C-26-000042)" in text
    assert "Votre réclamation auprès de nous : privacy@" in text
    file = tmp_path / "letter.pdf"
    code, text = run(home, "show", "refusal", "--controller", "nordlicht", "-o", str(file), "--json")
    assert code == 0
    assert json.loads(text)["language"] == "de"
    assert file.read_bytes().startswith(b"%PDF-")


def test_check_says_yes_with_0_and_names_what_is_missing_with_1(home: Path, tmp_path: Path) -> None:
    assert run(home, "check", "harbour") == (0, f"harbour: {len(letters())} letters, each in en, de, fr\n")
    place = tmp_path / "home"
    shutil.copytree(home, place)
    file = place / "controllers" / "harbour" / "controller.yml"
    text = file.read_text("utf-8")
    file.write_text(re.sub(r"\n  fr: Indépendamment[^\n]*", "", text), "utf-8")
    assert file.read_text("utf-8") != text
    code, said = run(place, "check", "harbour")
    assert (code, said) == (1, "controller.yml: remedy is not in fr\n")
