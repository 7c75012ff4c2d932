"""A vendor that is away, slow, rude or broken: retried where that is harmless, else a sentence a person can act on."""

import io
import logging
import threading
import time
from email.utils import formatdate

import pytest

from services.catalog.system import load_system
from services.connectors.base import Delete, Lookup, Row
from services.connectors.http_api import HttpConnector
from services.connectors.http_pace import Turnstile, retry_after
from services.connectors.registry import open_connector
from services.errors import DeskError, Unavailable, Unusable
from tests.datasystems.vendor import SECRET, Handler, Trick, body, cut, endless, hang_up, status
from tests.datasystems.vendor_system import HTTP, Place
from tests.servers import free_port

BY_EMAIL = Lookup("people", ("id", "email", "name"), ("email",), (("ada@x.org",),), "email")
NOTES = Lookup("notes", ("id", "person"), ("person",), (("p1",),))
OAUTH = "auth: {kind: oauth2, client: desk, token: /token}"


def connector(place: Place, *changes: tuple[str, str]) -> HttpConnector:
    """A new one of the vendor, its http.yml changed."""
    text = HTTP
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    place.write(http=text)
    made = open_connector(load_system(place.folder / "vendor"), SECRET.encode())
    assert isinstance(made, HttpConnector)
    return made


def rows(made: HttpConnector, lookup: Lookup = BY_EMAIL) -> list[Row]:
    return made.verify([lookup])[0]


def test_control_nothing_ordered_and_all_is_well(vendored: Place) -> None:
    assert [row["id"] for row in rows(connector(vendored))] == ["p1"]
    assert [row["id"] for row in rows(connector(vendored), NOTES)] == ["n1", "n2", "n3"]
    asked = vendored.vendor.seen[0]
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.query == {"email": "ada@x.org"}


@pytest.mark.parametrize("trick", [status(429, Retry_After="0"), status(502), status(503), status(504), hang_up, cut()])
def test_reading_is_tried_again(vendored: Place, trick: Trick) -> None:
    vendored.vendor.play("GET /api/people", trick, trick)
    assert [row["id"] for row in rows(connector(vendored))] == ["p1"]
    assert len(vendored.vendor.asked("GET /api/people")) == 3


@pytest.mark.parametrize(
    ("trick", "words"),
    [
        (status(429, Retry_After="0"), "asks to be left alone for now"),
        (status(503), r"has a fault of its own \(503\)"),
        (hang_up, r"cut the connection in the middle \(the list of 'people' by email\)"),
        (cut(), "cut the connection"),
    ],
)
def test_reading_is_not_tried_for_ever(vendored: Place, trick: Trick, words: str) -> None:
    vendored.vendor.play("GET /api/people", *[trick] * 9)
    with pytest.raises(Unavailable, match=words):
        rows(connector(vendored))
    assert len(vendored.vendor.asked("GET /api/people")) == 3, "'tries' says so"


@pytest.mark.parametrize(
    ("trick", "kind", "words"),
    [
        (status(400), Unusable, "does not understand the request"),
        (status(401), Unusable, "refuses the login: check its secret"),
        (status(403), Unusable, "does not permit this to our login"),
        (status(404), Unusable, "has nothing at this path"),
        (status(418), Unusable, r"refused the request \(418\)"),
        (status(500), Unavailable, r"has a fault of its own \(500\)"),
        (body(b"<html><h1>Sign in, ada@x.org</h1>", "text/html"), Unusable, "did not answer in JSON"),
        (body(b""), Unusable, "did not answer in JSON"),
        (body(b'{"items": [{"id": "p'), Unusable, "did not answer in JSON"),
        (body(b'{"items": [NaN]}'), Unusable, "did not answer in JSON"),
        (body(b"\xff\xfe\x00"), Unusable, "did not answer in JSON"),
        (body(b"[" * 100_000), Unusable, "did not answer in JSON"),
        (body(b'{"items": [' + b"9" * 5000 + b"]}"), Unusable, "did not answer in JSON"),
        (body(b'{"items": "none"}'), Unusable, "gives no list of rows at 'items'"),
        (body(b'{"items": [1]}'), Unusable, "gives no list of rows at 'items'"),
        (body(b"null"), Unusable, "gives no list of rows at 'items'"),
        (body(b'{"items": [{"email": "ada@x.org"}]}'), Unusable, "a row of 'people' without its key 'id'"),
        (body(b'{"items": [{"id": {}, "email": 1}]}'), Unusable, "'people.id' is declared string and is an object"),
        (body(b'{"items": [{"id": "1", "email": true}]}'), Unusable, "'people.email' is declared string and is true"),
        (body(b'{"items": [{"id": "1"}], "next": [2]}'), Unusable, "gives no text at 'next'"),
        (endless, Unusable, "answers with more than 1 MB"),
    ],
)  # fmt: skip
def test_what_no_try_would_mend_is_told(vendored: Place, trick: Trick, kind: type[DeskError], words: str) -> None:
    vendored.vendor.play("GET /api/people", trick)
    with pytest.raises(kind, match=words) as told:
        rows(connector(vendored))
    assert "ada" not in told.value.reason
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None
    assert len(vendored.vendor.seen) == 1


def test_control_half_a_character_and_other_odd_text_pass(vendored: Place) -> None:
    vendored.vendor.play(
        "GET /api/people", body(b'{"items": [{"id": "1", "email": "ada@x.org", "name": "\\ud800\\u0000[red]"}]}')
    )
    assert rows(connector(vendored))[0]["name"] == "?\x00[red]"


def test_a_change_that_might_have_been_done_is_not_sent_again_by_itself(vendored: Place) -> None:
    plan = vendored.plan()
    for trick, words in ((status(503), "503"), (hang_up, "cut the connection")):
        vendored.vendor.seen.clear()
        vendored.vendor.play("PATCH", trick)
        with pytest.raises(Unavailable, match=words):
            vendored.erase(plan)
        assert len(vendored.vendor.asked("PATCH")) == 1
    vendored.vendor.play("PATCH", status(429, Retry_After="0"))
    assert vendored.erase(plan)["vendor"].masked == 1, "429 says that nothing was done"


def test_a_long_retry_after_is_left_to_the_worker(vendored: Place) -> None:
    vendored.vendor.play("GET /api/people", status(429, Retry_After="3600"))
    with pytest.raises(Unavailable, match="asks to be left alone for 3600 s"):
        rows(connector(vendored))


def test_a_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert retry_after({"retry-after": "7"}) == 7
    assert 50 < (retry_after({"retry-after": formatdate(time.time() + 60, usegmt=True)}) or 0) <= 61
    assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}) == 0
    for odd in ("", "soon", "-1", "9" * 30, "1e9"):
        assert retry_after({"retry-after": odd}) is None


def test_requests_pass_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    gate = Turnstile(4)
    for _ in range(3):
        gate.wait()
    assert slept == [0.25, 0.5]


def test_a_vendor_that_is_not_there_or_too_slow(vendored: Place) -> None:
    text = (vendored.folder / "vendor" / "system.yml").read_text()
    (vendored.folder / "vendor" / "system.yml").write_text(text.replace(str(vendored.vendor.port), str(free_port())))
    made = open_connector(load_system(vendored.folder / "vendor"), SECRET.encode())
    with pytest.raises(Unavailable, match="system 'vendor' does not answer"):
        made.verify([BY_EMAIL])
    (vendored.folder / "vendor" / "system.yml").write_text(text.replace("statement_s: 5", "statement_s: 0.2"))
    waiting = threading.Event()
    vendored.vendor.play("GET", lambda handler: (waiting.wait(20), None)[1])
    slow = open_connector(load_system(vendored.folder / "vendor"), SECRET.encode())
    with pytest.raises(Unavailable, match="took longer than its limit"):
        slow.verify([BY_EMAIL])
    waiting.set()


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────


PAGE = "paging: {kind: cursor, next: next, query: from}"


def linked(handler: Handler) -> None:
    """The duty with a Link header instead of a cursor in the body."""
    number = int(handler.path.rpartition("from=")[2] or 0) if "from=" in handler.path else 0
    answered = handler.answer
    if number < 4:
        handler.answer = lambda value, status=200, **more: answered(  # type: ignore[method-assign]
            value, status, Link=f'<{handler.vendor.url}/people?email=ada%40x.org&from={number + 2}>; rel="next"'
        )
    handler._duty(handler.vendor.seen[-1])
    handler.answer = answered  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "paging",
    [
        PAGE,
        "paging: {kind: offset, query: from}",
        "paging: {kind: offset, query: from, total: total, size_query: size, size: 2}",
        "paging: {kind: link}",
    ],
)
def test_every_page_is_read_once(vendored: Place, paging: str) -> None:
    for number in range(5):
        vendored.vendor.people[f"a{number}"] = {"id": f"a{number}", "email": "ada@x.org", "name": "", "version": 1}
    if "link" in paging:
        vendored.vendor.play("GET /api/people", linked, linked, linked)
    found = rows(connector(vendored, (PAGE, paging)))
    assert [row["id"] for row in found] == ["p1", "a0", "a1", "a2", "a3", "a4"]
    assert len(vendored.vendor.seen) == (4 if paging.endswith("from}") and "offset" in paging else 3)


def test_control_without_paging_only_the_first_page_comes(vendored: Place) -> None:
    for number in range(5):
        vendored.vendor.people[f"a{number}"] = {"id": f"a{number}", "email": "ada@x.org", "name": "", "version": 1}
    assert len(rows(connector(vendored, (PAGE, "")))) == 2


@pytest.mark.parametrize(
    ("paging", "answer", "words"),
    [
        (PAGE, b'{"items": [], "next": "7"}', "the same page again and again"),
        ("paging: {kind: page, query: n}", b'{"items": [{"id": "1"}]}', "the same page again and again"),
        ("paging: {kind: offset, query: n}", b'{"items": [{"id": "1"}]}', "the same page again and again"),
        ("paging: {kind: address, next: next}", b'{"items": [], "next": "/api/people?again"}', "the same page again"),
        ("paging: {kind: address, next: next}", b'{"items": [], "next": "https://evil.example/"}', "another host"),
        ("paging: {kind: address, next: next}", b'{"items": [], "next": "http://[::"}', "an address that is none"),
        ("paging: {kind: address, next: next}", b'{"items": [], "next": "file:///etc/passwd"}', "another host"),
    ],
)
def test_a_list_that_goes_in_circles_or_elsewhere_ends(vendored: Place, paging: str, answer: bytes, words: str) -> None:
    vendored.vendor.play("GET /api/people", *[body(answer)] * 30)
    with pytest.raises(Unusable, match=words):
        rows(connector(vendored, (PAGE, paging)))
    assert len(vendored.vendor.seen) <= 3


def test_a_list_without_an_end_ends_at_the_limit(vendored: Place) -> None:
    pages: list[Trick] = [body(b'{"items": [], "next": "%d"}' % number) for number in range(40)]
    vendored.vendor.play("GET /api/people", *pages)
    with pytest.raises(Unusable, match="has more than 20 pages"):
        rows(connector(vendored))


# ── who we are, and where we go ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("auth", "header", "text"),
    [
        ("auth: {kind: bearer}", "authorization", f"Bearer {SECRET}"),
        ("auth: {kind: header, name: X-Key, before: 'key '}", "x-key", f"key {SECRET}"),
        ("auth: {kind: basic, user: desk}", "authorization", "Basic ZGVzazpwdy03ZjNhLW5vdC10by1iZS1zZWVu"),
    ],
)
def test_each_login_is_sent(vendored: Place, auth: str, header: str, text: str) -> None:
    rows(connector(vendored, ("auth: {kind: bearer}", auth)))
    assert vendored.vendor.seen[-1].headers[header] == text


def test_a_token_is_asked_once_kept_and_renewed_when_it_is_refused(vendored: Place) -> None:
    vendored.vendor.guarded = True
    made = connector(vendored, ("auth: {kind: bearer}", OAUTH))
    for _ in range(3):
        assert len(rows(made)) == 1
    assert len(vendored.vendor.asked("POST /api/token")) == 1
    vendored.vendor.tokens = {"of somebody else"}
    assert len(rows(made)) == 1
    assert len(vendored.vendor.asked("POST /api/token")) == 2
    vendored.vendor.play("GET /api/people", status(401), status(401))
    with pytest.raises(Unusable, match="refuses the login"):
        rows(made)


@pytest.mark.parametrize("answer", [b"{}", b'{"access_token": 7}', b'{"access_token": "a\\r\\nX: 1"}', b"[]"])
def test_a_token_that_is_none_is_told(vendored: Place, answer: bytes) -> None:
    vendored.vendor.play("POST /api/token", body(answer))
    with pytest.raises(Unusable, match="gave no token"):
        rows(connector(vendored, ("auth: {kind: bearer}", OAUTH)))


@pytest.mark.parametrize("secret", [None, b"", b"two\nlines", "schlüssel".encode()])
def test_a_secret_that_is_missing_or_no_header_can_carry(vendored: Place, secret: bytes | None) -> None:
    made = open_connector(load_system(vendored.folder / "vendor"), secret)
    with pytest.raises(Unusable, match="secret"):
        made.verify([BY_EMAIL])
    assert vendored.vendor.seen == []


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/x", "http://127.0.0.1:1/api/people", "ftp://x/"]
)
def test_a_redirect_to_another_host_is_not_followed(vendored: Place, to: str) -> None:
    vendored.vendor.play("GET /api/people", status(302, Location=to))
    with pytest.raises(Unusable, match="another host"):
        rows(connector(vendored))


def test_a_redirect_within_the_host_is_followed_for_reading_alone(vendored: Place) -> None:
    vendored.vendor.play("GET /api/people", status(307, Location="/api/people?email=ada@x.org"))
    assert len(rows(connector(vendored))) == 1
    vendored.vendor.play("GET /api/people", *[status(302, Location="/api/people")] * 9)
    with pytest.raises(Unusable, match="round in circles"):
        rows(connector(vendored))
    vendored.vendor.play("DELETE", status(307, Location="/api/notes/n4"))
    with connector(vendored).change() as change, pytest.raises(Unusable, match="sends us to another address"):
        change.delete(Delete("notes", ("id",), (("n1",),)))
    assert "n4" in vendored.vendor.notes


def test_no_cookie_is_kept(vendored: Place) -> None:
    vendored.vendor.play("GET /api/people", status(503, Set_Cookie="session=of-somebody; Path=/"))
    rows(connector(vendored))
    assert [one.headers.get("cookie") for one in vendored.vendor.seen] == [None, None]


@pytest.mark.parametrize(
    "url", ["http://vendor.example/api", "http://10.0.0.1", "https://", "https://x/?a=1", "http://[:"]
)
def test_an_address_that_would_send_the_secret_in_clear_is_refused(vendored: Place, url: str) -> None:
    path = vendored.folder / "vendor" / "system.yml"
    path.write_text(path.read_text().replace(vendored.vendor.url, url))
    with pytest.raises(DeskError, match=r"https|address"):
        open_connector(load_system(vendored.folder / "vendor"), SECRET.encode())


def test_no_log_names_a_person_or_the_secret(vendored: Place) -> None:
    said, level = io.StringIO(), logging.getLogger().level
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        vendored.vendor.play("GET /api/people", status(503))
        rows(connector(vendored))
        logging.getLogger("control").info("heard")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(level)
    assert "heard" in said.getvalue()
    assert "ada" not in said.getvalue()
    assert SECRET not in said.getvalue()
    made = connector(vendored)
    assert SECRET not in repr(vars(made._caller))
