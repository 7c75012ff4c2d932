"""The page of a package that people read: one HTML file, no script, nothing fetched, everything escaped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.catalog.values import Plain

SAMPLE_ROWS = 100
PDF = "your-data.pdf"
_CELL = 2_000
_TEMPLATES = Path(__file__).parent / "templates"
_WORDS = {
    "en": {
        "title": "Your data",
        "until": "This package is removed on",
        "letter": "Our answer",
        "redactions": "What we blacked out, and why",
        "first": "here the first",
        "pdf": "The same to read and print",
        "by_hand": "looked up and typed by a person, not read by a program",
        "lacking": "? stands for signs that this document cannot show; the data files have them",
    },
    "de": {
        "title": "Ihre Daten",
        "until": "Dieses Paket wird entfernt am",
        "letter": "Unsere Antwort",
        "redactions": "Was wir geschwärzt haben, und warum",
        "first": "hier die ersten",
        "pdf": "Dasselbe zum Lesen und Drucken",
        "by_hand": "von einem Menschen nachgesehen und eingetragen, nicht von einem Programm gelesen",
        "lacking": "? steht für Zeichen, die dieses Dokument nicht zeigen kann; die Dateien haben sie",
    },
    "fr": {
        "title": "Vos données",
        "until": "Cette archive sera supprimée le",
        "letter": "Notre réponse",
        "redactions": "Ce que nous avons masqué, et pourquoi",
        "first": "voici les premières",
        "pdf": "La même chose à lire et à imprimer",
        "by_hand": "cherché et saisi par une personne, non lu par un programme",
        "lacking": "? remplace les signes que ce document ne peut montrer ; les fichiers les contiennent",
    },
}


@dataclass(slots=True)
class View:
    """One collection on the page: its first rows, and how many there are in the files. `titles`: fields in words.

    `by_hand`: people typed it.
    """

    system: str
    label: str
    path: str
    fields: tuple[str, ...]
    titles: tuple[str, ...] = ()
    by_hand: bool = False
    rows: int = 0
    sample: list[dict[str, Plain]] = field(default_factory=list)

    def take(self, row: dict[str, Plain]) -> None:
        """Counts `row` and keeps it while the page has room; long texts are cut, the files hold them whole."""
        self.rows += 1
        if len(self.sample) < SAMPLE_ROWS:
            self.sample.append({name: _short(value) for name, value in row.items()})


def say_in(language: str) -> dict[str, str]:
    """The words of page and PDF, English where there are none."""
    return _WORDS.get(language, _WORDS["en"])


def page(
    views: Sequence[View], *, language: str, controller: str, case_number: str, made_on: str, expires_on: str
) -> bytes:
    """`index.html` in `language` (English where we have no words)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    text = environment.get_template("index.html").render(
        views=views,
        language=language,
        say=say_in(language),
        pdf=PDF,
        controller=controller,
        case_number=case_number,
        made_on=made_on,
        expires_on=expires_on,
    )
    return text.encode()


def _short(value: Plain) -> Plain:
    return f"{value[:_CELL]} …" if isinstance(value, str) and len(value) > _CELL else value
