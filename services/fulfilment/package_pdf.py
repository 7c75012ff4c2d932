"""The PDF of an access package, for people: PDF/A-2b by typst, the answer and the first records, fonts inside.

Never in a portability package: a PDF is no format to take along (rules.md 4.2).
"""

from collections.abc import Sequence
from datetime import datetime

import orjson

from services.catalog.values import Plain
from services.fulfilment.package_view import View
from services.fulfilment.pdf_text import lacks
from services.fulfilment.typeset import typeset
from services.letters.lexicon import lexicon

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
    """`your-data.pdf` in `language` (English where we have no words), dated `made_at`. Raises `Unusable`."""
    say = lexicon(language).package
    data = {
        "title": say["title"], "controller": controller, "case_number": case_number, "made": made_on,
        "until": f"{say['until']} {expires_on}.", "letter_title": say["letter"],
        "letter": [line for line in letter.split("\n") if line.strip()],
        "parts": [_part(view, say) for view in views],
    }  # fmt: skip
    return typeset("package.typ", data, language=language, made_at=made_at)


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
