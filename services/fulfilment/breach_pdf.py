"""A breach as a page for the authority (Art 33(3)): PDF/A-2b by typst, fonts inside."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import orjson

from services.errors import Unusable
from services.fulfilment.pdf_text import printable

_TEMPLATE = Path(__file__).parent / "templates" / "breach.typ"


def breach_pdf(title: str, parts: Sequence[tuple[str, list[str]]], made_at: datetime) -> bytes:
    """Headings with lines as a page; raises `Unusable` when typst refuses it.

    Text goes in as JSON, which the template shows and never reads as code.
    """
    import typst  # 80 MB on disk, and few export a breach

    shown = [[printable(head), [printable(line) for line in lines]] for head, lines in parts]
    data = {"title": printable(title), "made": made_at.isoformat(timespec="minutes"), "parts": shown}
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
        raise Unusable("the PDF of the breach cannot be made") from None  # its text may quote what is in it
    if not isinstance(made, bytes):
        raise Unusable("the PDF of the breach cannot be made")
    return made
