"""The page of a package that people read: one HTML file, no script, nothing fetched, everything escaped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.catalog.values import Plain
from services.letters.lexicon import lexicon

SAMPLE_ROWS = 100
PDF = "your-data.pdf"
_CELL = 2_000
_TEMPLATES = Path(__file__).parent / "templates"


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


def page(
    views: Sequence[View], *, language: str, controller: str, case_number: str, made_on: str, expires_on: str
) -> bytes:
    """`index.html` in `language` (English where we have no words)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    text = environment.get_template("index.html").render(
        views=views,
        language=language,
        say=lexicon(language).package,
        pdf=PDF,
        controller=controller,
        case_number=case_number,
        made_on=made_on,
        expires_on=expires_on,
    )
    return text.encode()


def _short(value: Plain) -> Plain:
    return f"{value[:_CELL]} …" if isinstance(value, str) and len(value) > _CELL else value
