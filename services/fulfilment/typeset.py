"""Data into a PDF/A-2b by a template of ours: data go in as JSON, which the template shows and never reads as code."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import orjson

from services.errors import Unusable
from services.fulfilment.pdf_text import printable

TEMPLATES = Path(__file__).parent / "templates"


def typeset(template: str, data: Mapping[str, object], *, language: str, made_at: datetime) -> bytes:
    """The PDF, dated `made_at`: equal contents give equal files. Raises `Unusable` when typst refuses it."""
    import typst  # 80 MB on disk, and only workers make documents

    given = {**data, "language": language if language.isascii() and language.isalpha() else "en"}
    try:
        made = typst.compile(
            TEMPLATES / template,
            root=TEMPLATES,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": orjson.dumps(_printable(given)).decode()},
            pdf_standards="a-2b",
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError:
        # Its text may quote what is in the document.
        raise Unusable("the PDF cannot be made") from None
    if not isinstance(made, bytes):
        raise Unusable("the PDF cannot be made")
    return made


def _printable(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printable(one) for name, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value
