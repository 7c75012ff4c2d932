"""A message as a row: addresses, subject, text and attachments out of whatever bytes were sent."""

import base64
import email.policy
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

from services.connectors.base import Column, Row

KEY = ("uidvalidity", "uid")
HEADERS = {"from": ("From",), "to": ("To",), "cc": ("Cc",), "reply_to": ("Reply-To",),
           "addresses": ("From", "To", "Cc", "Reply-To")}  # fmt: skip
"""Fields that hold addresses, with the headers they come from."""
BODY = ("text", "attachments", "attachment_bytes")
"""Fields for which the whole message is read."""
COLUMNS = {
    column.name: column
    for column in (
        Column("uidvalidity", "integer", nullable=False),
        Column("uid", "integer", nullable=False),
        Column("message_id", "text", nullable=True),
        Column("date", "time", nullable=True),
        Column("received", "time", nullable=True),
        *(Column(name, "json", nullable=False) for name in HEADERS),
        Column("sender", "text", nullable=False),
        Column("subject", "text", nullable=False),
        Column("size", "integer", nullable=False),
        Column("text", "text", nullable=False),
        Column("attachments", "json", nullable=False),
        Column("attachment_bytes", "json", nullable=False),
    )
}
_MAX_DEPTH = 30
_NO_TEXT = ("script", "style", "head")


def row_of(columns: Sequence[str], validity: int, uid: int, size: int, received: str, raw: bytes) -> Row:
    """The asked-for columns of one message. Never raises for what the bytes are: what cannot be taken apart is given
    as the text it is."""
    message = BytesParser(policy=email.policy.compat32).parsebytes(raw)
    row: Row = {}
    body: dict[str, object] = {}
    if set(columns) & set(BODY):
        body = _body(message, raw)
    for name in columns:
        if name in HEADERS:
            row[name] = addresses(message, HEADERS[name])
        elif name in BODY:
            row[name] = body[name]
        else:
            row[name] = _plain(name, message, validity, uid, size, received)
    return row


def addresses(message: Message, headers: Sequence[str]) -> list[str]:
    """Every bare address in `headers`, each once, in their order."""
    values = [value for name in headers for value in _raw(message, name)]
    return list(dict.fromkeys(address for _, address in getaddresses(values) if address))


def _plain(name: str, message: Message, validity: int, uid: int, size: int, received: str) -> object:
    match name:
        case "uidvalidity":
            return validity
        case "uid":
            return uid
        case "size":
            return size
        case "received":
            return _time(received)
        case "date":
            return _time(_first(message, "Date"))
        case "message_id":
            return _first(message, "Message-ID").strip() or None
        case "sender":
            return decoded(_first(message, "From"))
        case _:
            return decoded(_first(message, "Subject"))


def _raw(message: Message, name: str) -> Iterator[str]:
    """The values of a header; bytes beyond ASCII are read as UTF-8."""
    for found, value in message.raw_items():
        if found.lower() == name.lower():
            yield clean(re.sub(r"[\r\n]+", "", str(value)))


def _first(message: Message, name: str) -> str:
    return next(_raw(message, name), "")


def decoded(text: str) -> str:
    """A header without its encoded words; one that is encoded wrongly stays as it is."""
    try:
        parts = decode_header(text)
    except (ValueError, LookupError):
        return text
    return "".join(part if isinstance(part, str) else _text(part, charset or "ascii") for part, charset in parts)


def _time(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.replace("-", " ", 2) if re.match(r"\s*\d+-\w{3}-", text) else text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _body(message: Message, raw: bytes) -> dict[str, object]:
    try:
        leaves = list(_leaves(message, 0))
        texts = [text for part in leaves if not _attached(part) and (text := _shown(part, "plain")) is not None]
        if not texts:
            texts = [text for part in leaves if not _attached(part) and (text := _shown(part, "html")) is not None]
        attached = [part for part in leaves if _attached(part)]
        contents = [_content(part) for part in attached]
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError, KeyError):
        return {"text": clean(raw.decode("utf-8", "replace")), "attachments": [], "attachment_bytes": []}
    names = [
        {"name": _name(part), "type": part.get_content_type(), "size": len(content)}
        for part, content in zip(attached, contents, strict=True)
    ]
    coded = [base64.b64encode(content).decode("ascii") for content in contents]
    return {"text": "\n".join(texts), "attachments": names, "attachment_bytes": coded}


def _leaves(part: Message, depth: int) -> Iterator[Message]:
    """Parts that hold something, in their order; a message within the message is one."""
    if depth > _MAX_DEPTH:
        raise RecursionError
    payload = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(payload, list):
        for inner in payload:
            if isinstance(inner, Message):
                yield from _leaves(inner, depth + 1)
    else:
        yield part


def _attached(part: Message) -> bool:
    if part.get_content_maintype() != "text":
        return not (part.get_content_maintype() == "multipart" and not part.is_multipart() and not part.get_filename())
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _name(part: Message) -> str:
    return decoded(clean(str(part.get_filename() or "")))


def _content(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"".join(inner.as_bytes() for inner in payload if isinstance(inner, Message))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _shown(part: Message, kind: str) -> str | None:
    """The text of a part of that kind; None for another."""
    found = part.get_content_subtype() if part.get_content_maintype() == "text" else "plain"
    if (found == "html") != (kind == "html"):
        return None
    text = _text(_content(part), part.get_content_charset() or "utf-8")
    return _Words.of(text) if kind == "html" else text


class _Words(HTMLParser):
    """The words of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._skipped = 0

    @staticmethod
    def of(text: str) -> str:
        """What a reader of the page sees; the page itself where it is none."""
        page = _Words()
        try:
            page.feed(text)
            page.close()
        except (AssertionError, ValueError):
            return text
        lines = (" ".join(line.split()) for line in "".join(page.words).splitlines())
        return "\n".join(line for line in lines if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in _NO_TEXT
        self.words.append("\n" if tag in ("br", "p", "div", "tr", "li") else "")

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in _NO_TEXT and self._skipped > 0

    def handle_data(self, data: str) -> None:
        self.words.append("" if self._skipped else data)


def _text(data: bytes, charset: str) -> str:
    try:
        return clean(data.decode(charset, "replace"))
    except (LookupError, ValueError):
        return clean(data.decode("utf-8", "replace"))


def clean(text: str) -> str:
    """Text without halves of characters: bytes that a header held raw become what they are in UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if _halves(text) else text


def _halves(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
