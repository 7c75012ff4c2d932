"""A vendor's HTTP interface in a thread: a real server that keeps people and notes, and misbehaves on order."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

CLIENT, SECRET = "desk", "pw-7f3a-not-to-be-seen"
PAGE = 2
Trick = Callable[["Handler"], None]


@dataclass
class Seen:
    """One request as it came: path still escaped, body as bytes."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Vendor:
    """The server's data and what it was asked. `tricks`: what it does instead of its duty, in order, by the start of
    `METHOD /path`. `ignore_filters`: it gives every row, whatever was asked. `slow_jobs`: a deletion of a note is
    answered 202 and done when `finish` is called."""

    port: int
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    tricks: dict[str, list[Trick]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    ignore_filters: bool = False
    slow_jobs: bool = False
    guarded: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def play(self, start: str, *tricks: Trick) -> None:
        """The next requests that start so meet these, one each."""
        self.tricks.setdefault(start, []).extend(tricks)

    def asked(self, start: str = "") -> list[Seen]:
        """What was asked, as `METHOD /path` starts."""
        return [one for one in self.seen if f"{one.method} {one.path}".startswith(start)]

    def finish(self, state: str = "done") -> None:
        """Every job ends."""
        with self.lock:
            for job in self.jobs.values():
                job["state"] = state
                if state == "done":
                    self.notes.pop(job["note"], None)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    vendor: Vendor

    def log_message(self, *_: object) -> None:
        """No line on the terminal."""

    def handle_one_request(self) -> None:
        """A client that was killed in the middle is no error of ours."""
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def answer(self, value: object, status: int = 200, **headers: str) -> None:
        """JSON, or nothing for None."""
        body = b"" if value is None else json.dumps(value).encode()
        self.raw(body, status, "application/json", **headers)

    def raw(self, body: bytes, status: int = 200, kind: str = "text/html", **headers: str) -> None:
        """Any body."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def serve(self) -> None:
        """Writes down what was asked, then a trick if one is ordered, else the duty."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): text for name, text in self.headers.items()}
        seen = Seen(self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)
        vendor = self.vendor
        with vendor.lock:
            vendor.seen.append(seen)
            what = f"{self.command} {parts.path}"
            trick = next((t.pop(0) for start, t in vendor.tricks.items() if t and what.startswith(start)), None)
        if trick is not None:
            trick(self)
            return
        with vendor.lock:
            self._duty(seen)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve  # noqa: N815 - the names that http.server calls

    def _duty(self, seen: Seen) -> None:
        vendor = self.vendor
        if seen.path == "/oauth/token" or seen.path == "/api/token":
            token = f"token-{len(vendor.tokens)}"
            vendor.tokens.add(token)
            self.answer({"access_token": token, "expires_in": 3600})
            return
        if vendor.guarded and seen.headers.get("authorization", "").removeprefix("Bearer ") not in vendor.tokens:
            self.answer({"error": "no"}, 401)
            return
        steps = [unquote(step) for step in seen.path.removeprefix("/api/").split("/")]
        if steps[0] == "jobs":
            job = vendor.jobs.get(steps[1])
            self.answer(job, 200 if job else 404)
        elif steps[0] == "people":
            self._kept(vendor.people, steps[1:], seen, "email")
        elif steps[0] == "notes":
            self._kept(vendor.notes, steps[1:], seen, "person")
        else:
            self.answer({"error": "no such path"}, 404)

    def _kept(self, kept: dict[str, dict[str, Any]], steps: list[str], seen: Seen, by: str) -> None:
        if not steps:
            self._list(kept, seen, by)
        elif steps[0] not in kept:
            self.answer({"error": "gone"}, 404)
        elif seen.method == "GET":
            row = kept[steps[0]]
            self.answer({"item": row}, ETag=f'"{row["version"]}"')
        elif seen.headers.get("if-match", f'"{kept[steps[0]]["version"]}"') != f'"{kept[steps[0]]["version"]}"':
            self.answer({"error": "changed"}, 412)
        elif seen.method in ("PATCH", "PUT"):
            kept[steps[0]].update(json.loads(seen.body))
            kept[steps[0]]["version"] += 1
            self.answer(None, 204)
        elif self.vendor.slow_jobs:
            self._job(steps[0], seen)
        else:
            del kept[steps[0]]
            self.answer(None, 204)

    def _list(self, kept: dict[str, dict[str, Any]], seen: Seen, by: str) -> None:
        wanted = seen.query.get(by, "").lower().split(",")
        rows = [
            row
            for row in kept.values()
            if self.vendor.ignore_filters or str(row[by]).lower() in wanted or not wanted[0]
        ]
        start = int(seen.query.get("from", "0"))
        more = str(start + PAGE) if start + PAGE < len(rows) else None
        self.answer({"items": rows[start : start + PAGE], "next": more, "total": len(rows)})

    def _job(self, note: str, seen: Seen) -> None:
        """The same key gives the same job, as good vendors do."""
        name = f"job-{seen.headers.get('idempotency-key', note)[:8]}"
        self.vendor.jobs.setdefault(name, {"state": "running", "note": note, "by": "2099-01-31"})
        self.answer({"accepted": True}, 202, Location=f"/api/jobs/{name}")


@contextlib.contextmanager
def vendor_server() -> Iterator[Vendor]:
    """A new vendor on a free port of loopback."""
    made: type[Handler] = type("Made", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), made)
    server.daemon_threads = True
    vendor = Vendor(server.server_address[1])
    made.vendor = vendor
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, **headers: str) -> Trick:
    """Only a status."""
    return lambda handler: handler.answer({"error": "as ordered"}, code, **headers)


def body(raw: bytes, kind: str = "application/json") -> Trick:
    """Success with that body."""
    return lambda handler: handler.raw(raw, 200, kind)


def cut(raw: bytes = b'{"items": [') -> Trick:
    """Half of a body, then nothing."""

    def half(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(raw) + 100))
        handler.end_headers()
        handler.wfile.write(raw)
        handler.wfile.flush()
        handler.close_connection = True

    return half


def done_then(trick: Trick) -> Trick:
    """Does its duty without saying so, then the trick: an answer that is lost on its way."""

    def lost(handler: Handler) -> None:
        answer, handler.answer = handler.answer, lambda *_, **__: None  # type: ignore[method-assign]
        seen = handler.vendor.seen[-1]
        with handler.vendor.lock:
            handler._duty(seen)
        handler.answer = answer  # type: ignore[method-assign]
        trick(handler)

    return lost


def hang_up(handler: Handler) -> None:
    """Not a byte."""
    handler.close_connection = True


def endless(handler: Handler) -> None:
    """A body that says it has a gigabyte, and sends until nobody listens."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(2**30))
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b" " * 65536)
    handler.close_connection = True
