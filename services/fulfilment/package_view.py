"""The page of a package that people read: one HTML file, no script, nothing fetched, everything escaped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.catalog.values import Plain

SAMPLE_ROWS = 100
_CELL = 2_000
_TEMPLATES = Path(__file__).parent / "templates"
_WORDS = {
    "en": {
        "title": "Your data",
        "until": "This package is removed on",
        "letter": "Our answer",
        "redactions": "What we blacked out, and why",
        "first": "here the first",
    },
    "de": {
        "title": "Ihre Daten",
        "until": "Dieses Paket wird entfernt am",
        "letter": "Unsere Antwort",
        "redactions": "Was wir geschwärzt haben, und warum",
        "first": "hier die ersten",
    },
}


@dataclass(slots=True)
class View:
    """One collection on the page: its first rows, and how many there are in the files."""

    system: str
    label: str
    path: str
    fields: tuple[str, ...]
    rows: int = 0
    sample: list[dict[str, Plain]] = field(default_factory=list)

    def take(self, row: dict[str, Plain]) -> None:
        """Counts `row` and keeps it while the page has room; long texts are cut, the files hold them whole."""
        self.rows += 1
        if len(self.sample) < SAMPLE_ROWS:
            self.sample.append({name: _short(value) for name, value in row.items()})


def page(
    views: Sequence[View], *, language: str, controller: str, case_number: str, made_on: str, expires_on: str
) -> bytes:
    """`index.html` in `language` (English where we have no words)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    text = environment.get_template("index.html").render(
        views=views,
        language=language,
        say=_WORDS.get(language, _WORDS["en"]),
        controller=controller,
        case_number=case_number,
        made_on=made_on,
        expires_on=expires_on,
    )
    return text.encode()


def _short(value: Plain) -> Plain:
    return f"{value[:_CELL]} …" if isinstance(value, str) and len(value) > _CELL else value
