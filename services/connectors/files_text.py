"""Text files as records that know their own bytes: lines of CSV and of JSON, read as they are and written back so."""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader

from services.connectors.base import Row
from services.errors import Unavailable, Unusable

MORE = "_more"
"""A column for what a line has beyond its header, as it is written there."""
BOM = "\ufeff"
_CHUNK = 1 << 16
_LONGEST = 16 * 1024 * 1024
_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Layout:
    """How a text file is written. Without `header` its columns are named in `columns`; an empty `quote` is none."""

    encoding: str
    delimiter: str
    quote: str
    quoting: str
    header: bool
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """One line, or several within quotes, with its end; `raw` gives the very bytes again, `start` is its first line."""

    raw: str
    start: int
    torn: bool = False


class Text:
    """Characters of a file and back; bytes that the encoding does not know survive as halves of characters."""

    def __init__(self, place: str, encoding: str) -> None:
        self.place, self.encoding = place, encoding
        self.errors = "strict" if encoding.startswith("utf-16") else "surrogateescape"

    def lines(self, file: BufferedReader) -> Iterator[str]:
        """Lines with their ends, from the start; raises `Unusable` for text of another encoding or a giant line."""
        decoder = codecs.getincrementaldecoder(self.encoding)(self.errors)
        held, place = "", 0
        while True:
            file.seek(place)  # others may read the same open file between two lines of ours
            data = file.read(_CHUNK)
            place += len(data)
            try:
                held += decoder.decode(data, final=not data)
            except UnicodeDecodeError:
                raise Unusable(f"{self.place} is not {self.encoding}: correct 'encoding' in files.yml") from None
            *whole, held = held.split("\n")
            yield from (line + "\n" for line in whole)
            if len(held) > _LONGEST:
                raise Unusable(f"{self.place} has a line of more than {_LONGEST // 1024 // 1024} million characters")
            if not data:
                break
        if held:
            yield held

    def bytes(self, text: str) -> bytes:
        """The bytes of what was read; raises `Unusable` for a new value that the encoding cannot hold."""
        try:
            return text.encode(self.encoding, self.errors)
        except UnicodeEncodeError:
            raise Unusable(f"{self.place} is {self.encoding}, which cannot hold a new value") from None


class Csv:
    """A CSV file. Its rows hold text; an empty field is nothing, a quoted empty one is empty text."""

    def __init__(self, place: str, layout: Layout) -> None:
        self.place, self.layout, self.text = place, layout, Text(place, layout.encoding)

    def records(self, file: BufferedReader) -> Iterator[Record]:
        """Every record; raises `Unusable` for a quote that is never closed, unless the last line is half written."""
        held: list[str] = []
        length = start = number = 0
        for number, line in enumerate(self.text.lines(file), 1):
            start = start if held else number
            held.append(line)
            length = length + len(line) if len(held) > 1 else len(line)
            if length > _LONGEST:
                break
            if not self._open(held):
                yield Record("".join(held), start)
                held = []
        if held and start == number and not held[-1].endswith("\n"):
            yield Record("".join(held), start, torn=True)
        elif held:
            raise Unusable(f"{self.place}:{start}: a quote is opened there and never closed")

    def columns(self, file: BufferedReader) -> tuple[str, ...]:
        """The names in the header, or the declared ones; raises `Unusable` for a header with a name twice or empty."""
        if not self.layout.header:
            return self.layout.columns
        first = next(self.records(file), None)
        if first is None:
            raise Unusable(f"{self.place} is empty: it has no header")
        names = tuple(value or "" for _, value in self.fields(first.raw))
        if len(set(names)) < len(names) or not all(names) or MORE in names:
            raise Unusable(f"{self.place}:1: a header names each column once")
        return names

    def rows(self, file: BufferedReader) -> Iterator[tuple[Record, Row | None]]:
        """Every record with its row; None for the header and for lines without anything."""
        names = self.columns(file)
        header = self.layout.header
        for record in self.records(file):
            if header or not record.raw.strip("\r\n" + BOM):
                header = False
                yield record, None
                continue
            fields = self.fields(record.raw)
            row: Row = dict.fromkeys(names)
            row.update(zip(names, (value for _, value in fields), strict=False))
            more = fields[len(names) :]
            row[MORE] = shown(self.layout.delimiter.join(raw for raw, _ in more)) if more else None
            yield record, row

    def fault(self, row: Row, record: Record) -> str:
        """What is odd about a row: the file's writer should know."""
        names = sum(1 for name in row if name != MORE)
        if record.torn:
            return "its last line is half written"
        if len(self.fields(record.raw)) != names:
            return f"has {len(self.fields(record.raw))} fields, the header {names}"
        return f"is not {self.layout.encoding}" if _BYTE.search(record.raw) else ""

    def changed(self, record: Record, names: Sequence[str], values: dict[str, object]) -> str:
        """The record with new values in some columns; every other field keeps its bytes."""
        body = record.raw.removeprefix(BOM)
        start = record.raw[: len(record.raw) - len(body)]
        end = re.search(r"\r?\n?\Z", body)
        tail = end[0] if end else ""
        parts = [raw for raw, _ in self.fields(record.raw)]
        for at, name in enumerate(names):
            if name in values:
                if at >= len(parts):
                    raise Unusable(f"{self.place}:{record.start}: the line has no field '{name}' to change")
                parts[at] = self._written(values[name])
        return start + self.layout.delimiter.join(parts) + tail

    def fields(self, raw: str) -> list[tuple[str, str | None]]:
        """Each field as written and as meant."""
        text = raw.removeprefix(BOM).removesuffix("\n").removesuffix("\r")
        quote, delimiter = self.layout.quote, self.layout.delimiter
        if not quote or quote not in text:
            return [(part, shown(part) or None) for part in text.split(delimiter)]
        found: list[tuple[str, str | None]] = []
        at = 0
        while True:
            end = self._field_end(text, at)
            part = text[at:end]
            found.append((part, self._meant(part)))
            if end >= len(text):
                return found
            at = end + 1

    def _field_end(self, text: str, at: int) -> int:
        """Where the field that begins at `at` ends: at a delimiter or the text's end."""
        quote = self.layout.quote
        if text.startswith(quote, at):
            closing = text.find(quote, at + 1)
            while closing >= 0 and text.startswith(quote, closing + 1):
                closing = text.find(quote, closing + 2)
            at = len(text) if closing < 0 else closing + 1
        end = text.find(self.layout.delimiter, at)
        return len(text) if end < 0 else end

    def _meant(self, part: str) -> str | None:
        quote = self.layout.quote
        if not part.startswith(quote):
            return shown(part) or None
        body, after = part[1:], ""
        closing = body.find(quote)
        while closing >= 0 and body.startswith(quote, closing + 1):
            closing = body.find(quote, closing + 2)
        if closing >= 0:
            body, after = body[:closing], body[closing + 1 :]
        return shown(body.replace(quote * 2, quote) + after)

    def _open(self, held: list[str]) -> bool:
        """Whether a quoted field goes on in the next line."""
        quote, delimiter = self.layout.quote, self.layout.delimiter
        if not quote or not any(quote in line for line in held):
            return False
        text = "".join(held).removeprefix(BOM)
        at = 0
        while at < len(text):
            if text.startswith(quote, at):
                closing = text.find(quote, at + 1)
                while closing >= 0 and text.startswith(quote, closing + 1):
                    closing = text.find(quote, closing + 2)
                if closing < 0:
                    return True
                at = closing + 1
            end = text.find(delimiter, at)
            if end < 0:
                return False
            at = end + 1
        return False

    def _written(self, value: object) -> str:
        """A value as a field."""
        quote = self.layout.quote
        if value is None:
            return ""
        text = str(value)
        special = any(char in text for char in (self.layout.delimiter, "\n", "\r", *quote)) or text == ""
        if not quote and special and text:
            raise Unusable(f"{self.place} is written without quotes and cannot hold a new value")
        if quote and (special or self.layout.quoting == "all" or text != text.strip()):
            return quote + text.replace(quote, quote * 2) + quote
        return text


class JsonLines:
    """A file with one JSON object a line."""

    def __init__(self, place: str, encoding: str) -> None:
        self.place, self.text = place, Text(place, encoding)

    def rows(self, file: BufferedReader) -> Iterator[tuple[Record, Row | None]]:
        """Every line with its object; None for an empty one. Raises `Unusable` for a line that is no object, and
        `Unavailable` for a last one that is half written."""
        for number, line in enumerate(self.text.lines(file), 1):
            record = Record(line, number, torn=not line.endswith("\n"))
            body = line.removeprefix(BOM).strip()
            yield record, self._object(body, record) if body else None

    def fault(self, row: Row, record: Record) -> str:
        """What is odd about a row."""
        return "is not UTF-8" if _BYTE.search(record.raw) else ""

    def changed(self, record: Record, names: Sequence[str], values: dict[str, object]) -> str:
        """The line with new values: written anew, in the order of its keys."""
        body = record.raw.removeprefix(BOM)
        start, tail = record.raw[: len(record.raw) - len(body)], body[len(body.rstrip()) :]
        held = json.loads(body)
        for name, value in values.items():
            old = held.get(name)
            new = json.loads(value) if isinstance(old, dict | list) and isinstance(value, str) else value
            held[name] = new if isinstance(new, str | int | float | list | dict | None) else str(new)
        return start + json.dumps(held, ensure_ascii=False) + tail

    def _object(self, body: str, record: Record) -> Row:
        try:
            found = json.loads(body, object_pairs_hook=_once)
        except _Twice:
            raise Unusable(f"{self.place}:{record.start}: the line names a key twice") from None
        except (ValueError, RecursionError):
            if record.torn:
                raise Unavailable(f"{self.place}: its last line is half written") from None
            raise Unusable(f"{self.place}:{record.start}: the line is no JSON") from None
        if not isinstance(found, dict):
            raise Unusable(f"{self.place}:{record.start}: the line is no JSON object")
        return {shown(name): _shown(value) for name, value in found.items()}


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice
    return found


def _shown(value: object) -> object:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return {shown(k): _shown(v) for k, v in value.items()} if isinstance(value, dict) else value


def shown(text: str) -> str:
    r"""Text that JSON and a screen can hold: a byte of another encoding stands as `\xfc`, so no two become one."""
    if text.isascii():
        return text
    text = _BYTE.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "backslashreplace")
