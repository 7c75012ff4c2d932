"""Long lists, page after page: until the vendor says it is the end, and never round in circles."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import httpx

from services.connectors.http_call import Answer, Ask, Line
from services.connectors.http_declared import Paging
from services.connectors.http_template import at
from services.errors import Unusable

_PAST_THE_END = (404,)


def listed(line: Line, ask: Ask, rows: str, paging: Paging | None) -> Iterator[dict[str, object]]:
    """The rows of a list, `rows` being the dotted path to them. Raises `Unusable` for what is no list of rows, for a
    list without an end and for one page given again and again."""
    if paging is None:
        yield from _rows(line.ask(ask), rows)
        return
    place: str | int | None = None
    seen: set[object] = set()
    count = 0
    for number in range(line.caller.limits.pages):
        answer = line.ask(_page(line, ask, paging, place, number))
        if answer.status in _PAST_THE_END:
            return
        found = _rows(answer, rows)
        yield from found
        count += len(found)
        place = _next(line, answer, paging, number, count)
        if place is None or (paging.kind in ("page", "offset") and not found):
            return
        mark = hashlib.sha256(answer.body).digest() if isinstance(place, int) else place
        if mark in seen:
            raise Unusable(f"system '{line.key}' gives the same page again and again ({ask.what})")
        seen.add(mark)
    raise Unusable(
        f"system '{line.key}' has more than {line.caller.limits.pages} pages ({ask.what}): ask more narrowly, or allow "
        "more with 'pages'"
    )


def _rows(answer: Answer, path: str) -> list[dict[str, object]]:
    rows = at(answer.value(), path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        where = f"at '{path}'" if path else "as its answer"
        raise Unusable(f"system '{answer.system}' gives no list of rows {where} ({answer.what})")
    return rows


def _page(line: Line, ask: Ask, paging: Paging, place: str | int | None, number: int) -> Ask:
    """The request for one page; `place` is where it starts, None for the first."""
    if paging.kind in ("address", "link") and isinstance(place, str):
        return replace(ask, address=place, query=None)
    query = list(ask.query or [])
    if paging.size_query:
        query.append((paging.size_query, str(paging.size)))
    if paging.kind in ("page", "offset"):
        place = _first(paging) if place is None else place
    if place is not None:
        query.append((paging.query, str(place)))
    # Some vendors have no page after the last one, and say 404; of the first page it is an error.
    return replace(ask, query=query, fine=_PAST_THE_END if paging.kind == "page" and number else ())


def _first(paging: Paging) -> int:
    return paging.first if paging.first is not None else int(paging.kind == "page")


def _next(line: Line, answer: Answer, paging: Paging, number: int, count: int) -> str | int | None:
    """Where the next page starts; None after the last."""
    if paging.kind in ("page", "offset"):
        total = at(answer.value(), paging.total) if paging.total else None
        if isinstance(total, int) and 0 <= total <= count:
            return None
        return _first(paging) + (number + 1 if paging.kind == "page" else count)
    if paging.kind == "link":
        found: object = _linked(answer)
    else:
        found = at(answer.value(), paging.next)
    if found in (None, "", False):
        return None
    if not isinstance(found, str | int):
        raise Unusable(f"system '{line.key}' gives no text at '{paging.next}' ({answer.what})")
    if paging.kind == "cursor":
        return str(found)
    return str(line.whole(str(found), str(answer.url)))


def _linked(answer: Answer) -> str | None:
    links = httpx.Response(200, headers={"link": answer.headers.get("link", "")}).links
    return links.get("next", {}).get("url")
