"""The PDF of a package: PDF/A-2b with its fonts inside, in the person's language; no text is ever code."""

import re
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
import typst
from hypothesis import given, settings, strategies as st

from services.catalog.values import Plain
from services.fulfilment.package_pdf import pdf
from services.fulfilment.package_view import View
from services.fulfilment.pdf_text import _SHOWN, lacks, printable
from services.fulfilment.typeset import TEMPLATES
from services.letters.lexicon import in_words

CODE = '#eval("1+1") #read("/etc/passwd") #image("x.png") *b* _i_ $x$ `r` <l> @ref = h\n- i\n/ t: d // c /* c */'
HOSTILE = (
    CODE, "[red]x[/red]", "back\\slash \\u{202e} \\", "a\u202eb\u2066c\u200fd", "\x00\x1b]52;c;aGk=\x07\x9b2J",
    "x" * 10_000,
    "中文 😀 العربية ב", "Z̸̢͝a̷l̶g̸o̵", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    '"}', "\n" * 50,
)  # fmt: skip


def view(*values: Plain, label: str = "Message") -> View:
    made = View("desk", label, "data/desk/message", ("body",), ("message (body)",))
    for value in values:
        made.take({"body": value})
    return made


def made(*views: View, letter: str = "Hello,\n\nhere it is.", **more: str) -> bytes:
    facts = {"controller": "Nordlicht", "case_number": "C-26-000001", "made_on": "1", "expires_on": "2"} | more
    return pdf(views, letter, language=facts.pop("language", "en"), made_at=datetime(2026, 3, 5, tzinfo=UTC), **facts)


def streams(data: bytes) -> bytes:
    """Everything in a PDF, compressed parts opened."""
    opened = [data]
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            opened.append(zlib.decompress(match.group(1)))
        except zlib.error:
            continue
    return b"\n".join(opened)


def test_it_says_that_it_is_pdf_a_2b_and_has_its_fonts_inside() -> None:
    whole = streams(made(view("Zoë Müller, Ζωή, Привет")))
    assert re.search(rb"pdfaid:part>\s*2<", whole)
    assert re.search(rb"pdfaid:conformance>\s*B<", whole)
    assert b"/FontFile" in whole
    assert b"LibertinusSerif" in whole


def test_control_typst_without_the_standard_says_no_such_thing() -> None:
    plain = typst.compile(b"x", format="pdf", ignore_system_fonts=True)
    assert isinstance(plain, bytes)
    assert b"pdfaid:part" not in streams(plain)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text_wherever_it_stands(text: str) -> None:
    data = made(view(text, label=text), letter=text, controller=text, case_number=text, made_on=text, expires_on=text)
    assert data.startswith(b"%PDF-")
    assert b"/JavaScript" not in data
    assert b"root:x" not in streams(data)


def test_control_the_same_text_as_code_is_run_or_refused() -> None:
    """What the template must not do: typst would run it."""
    ran = typst.query(b'#metadata(eval("1+1"))<l>', "<l>", field="value", one=True)
    assert ran == "2"
    with pytest.raises(typst.TypstError):
        typst.compile(CODE.encode(), format="pdf")


def test_no_text_reaches_typst_but_as_data(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def compiled(source: object, **given: Any) -> bytes:
        seen.update(given, source=source)
        return b"%PDF-"

    monkeypatch.setattr(typst, "compile", compiled)
    made(view(CODE), letter=CODE)
    assert seen["source"] == TEMPLATES / "package.typ", "the source is our file"
    assert set(seen["sys_inputs"]) == {"data"}
    for path in TEMPLATES.glob("*.typ"):
        template = path.read_text("utf-8")
        assert template.count("eval") == template.count("mode:") == 0


def test_every_sign_that_is_let_through_can_be_shown() -> None:
    signs = "".join(chr(code) for first, last in _SHOWN for code in range(first, last + 1))
    assert not lacks(signs)
    assert made(view(*[signs[n : n + 200] for n in range(0, len(signs), 200)])).startswith(b"%PDF-")


@settings(max_examples=300)
@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_nothing_that_controls_gets_through_and_no_word_runs_off_the_page(text: str) -> None:
    shown = printable(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown)
    assert max((len(run) for run in re.split(r"[\s\u200b]", shown)), default=0) <= 31
    assert printable(shown.replace("\u200b", "")) == shown


def test_signs_that_the_font_lacks_are_named_on_the_page() -> None:
    assert printable("a中b") == "a?b"
    assert lacks("a中b")
    assert not lacks("why?\u202e")


def test_the_same_contents_make_the_same_file() -> None:
    assert made(view("x")) == made(view("x"))
    assert made(view("x")) != made(view("y"))


@pytest.mark.parametrize(
    ("language", "word"), [("en", "e-mail address"), ("de", "E-Mail-Adresse"), ("fr", "adresse e-mail")]
)
def test_categories_are_words_in_the_persons_language(language: str, word: str) -> None:
    assert in_words("user.contact.email", language) == word
    assert in_words("user.contact.email.nobody_named_it", language) == word
    assert made(view("x"), language=language) != made(view("x"), language="en" if language != "en" else "de")


def test_a_language_that_is_no_code_does_no_harm() -> None:
    assert made(view("x"), language='"]#x').startswith(b"%PDF-")
