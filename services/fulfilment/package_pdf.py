"""The PDF of an access package, for people: PDF/A-2b by typst, the answer and the first records, fonts inside.

Never in a portability package: a PDF is no format to take along (rules.md 4.2).
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import orjson

from services.catalog.values import Plain
from services.errors import Unusable
from services.fulfilment.package_view import View
from services.fulfilment.pdf_text import lacks, printable
from services.letters.lexicon import lexicon

_TEMPLATE = Path(__file__).parent / "templates" / "package.typ"
_ROWS = 100


def pdf(
    views: Sequence[View],
    letter: str,
    *,
    language: str,
    controller: str,
    case_number: str,
    made_at: datetime,
    made_on: str,
    expires_on: str,
) -> bytes:
    """`your-data.pdf` in `language` (English where we have no words); raises `Unusable` when typst refuses it.

    Text goes in as JSON, which the template shows and never reads as code. The file's date is `made_at`, so that equal
    contents give equal files.
    """
    import typst  # 80 MB on disk, and only workers make packages

    say = lexicon(language).package
    data = _clean({
        "title": say["title"], "controller": controller, "case_number": case_number, "made": made_on,
        "until": f"{say['until']} {expires_on}.", "letter_title": say["letter"],
        "letter": [line for line in letter.split("\n") if line.strip()],
        "parts": [_part(view, say) for view in views],
    })  # fmt: skip
    data["language"] = language if language.isascii() and language.isalpha() else "en"
    try:
        made = typst.compile(
            _TEMPLATE,
            root=_TEMPLATE.parent,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": orjson.dumps(data).decode()},
            pdf_standards="a-2b",
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError:
        # Its text may quote what is in the document.
        raise Unusable("the PDF of the package cannot be made") from None
    if not isinstance(made, bytes):
        raise Unusable("the PDF of the package cannot be made")
    return made


def _part(view: View, say: dict[str, str]) -> dict[str, object]:
    shown = view.sample[:_ROWS]
    note = f"{view.rows} · {view.path}.csv, {view.path}.json"
    if view.rows > len(shown):
        note += f" · {say['first']} {len(shown)}"
    if view.by_hand:
        note += f" · {say['by_hand']}"
    names = dict(zip(view.fields, view.titles, strict=True))
    rows = [[(names[name], _text(row[name])) for name in view.fields if row[name] not in (None, "")] for row in shown]
    if any(lacks(value) for row in rows for _, value in row):
        note += f" · {say['lacking']}"
    return {"title": f"{view.system} · {view.label}", "note": note, "rows": [row for row in rows if row]}


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _clean(value: object) -> dict[str, object]:
    cleaned = _printable(value)
    assert isinstance(cleaned, dict)  # noqa: S101 - it was one
    return cleaned


def _printable(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printable(one) for name, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value
