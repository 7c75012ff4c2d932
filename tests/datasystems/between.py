"""A proxy in front of a real S3 server that answers some requests itself, as other servers do."""

import re
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.datasystems.s3_server import S3


class Between(ThreadingHTTPServer):
    """In front of the real server: passes all on, but answers some requests itself, as other servers do."""

    daemon_threads = True

    def __init__(self, behind: S3) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.behind = behind
        self.refuse: dict[str, tuple[int, str]] = {}  # by method and query, as "POST delete"
        self.answer: dict[str, str] = {}
        self.seen: list[str] = []


class Passing(BaseHTTPRequestHandler):
    server: Between
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = f"{self.command} {re.split('[=&]', self.path.partition('?')[2])[0]}".strip()
        self.server.seen.append(asked)
        if asked in self.server.refuse:
            status, code = self.server.refuse[asked]
            self._answer(status, {}, f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode())
            return
        if asked in self.server.answer:
            self._answer(200, {"Content-Type": "application/xml"}, self.server.answer[asked].encode())
            return
        there = HTTPConnection("127.0.0.1", self.server.behind.port, timeout=20)
        there.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            there.putheader(name, value)
        there.endheaders(body)
        told = there.getresponse()
        self._answer(told.status, dict(told.headers.items()), told.read())
        there.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
