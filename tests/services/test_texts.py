"""Codes by text message, through a real HTTP server: what is sent, what is said of errors, what nobody may read."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.errors import BadInput, DeskError, Refused, Unavailable, Unusable
from services.letters.texts import TextGateway
from tests.servers import free_port

NUMBER, TEXT = "+493023125001", "Your code: 123456"


@dataclass
class Gateway:
    """A text gateway on this machine that keeps what it is asked; it answers `status` after `slow_s`."""

    port: int = 0
    status: int = 202
    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    made.gate.set()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append((dict(self.headers), json.loads(body)))
            made.gate.wait(20)
            self.send_response(made.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.gate.set()
    server.shutdown()
    server.server_close()


def sends(gateway: Gateway, **more: Any) -> TextGateway:
    return TextGateway(**{"url": gateway.url, "sender": "Nordlicht", "secret": "s3cret", **more})


def test_a_message_is_one_request_with_the_secret_in_its_header_and_an_id_by_which_a_repeat_is_known(
    gateway: Gateway,
) -> None:
    sends(gateway).send(NUMBER, TEXT, "m1")
    ((headers, body),) = gateway.asked
    assert body == {"to": NUMBER, "text": TEXT, "from": "Nordlicht"}
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer s3cret", "m1")


def test_the_names_of_the_fields_and_the_header_of_the_secret_are_the_gateways_own(gateway: Gateway) -> None:
    sends(gateway, to="msisdn", text="body", sender="", header="X-Key").send(NUMBER, TEXT, "m1")
    ((headers, body),) = gateway.asked
    assert body == {"msisdn": NUMBER, "body": TEXT}
    assert headers["X-Key"] == "s3cret"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (401, Unusable), (403, Unusable), (302, Refused), (408, Unavailable), (429, Unavailable),
     (500, Unavailable), (503, Unavailable)],
)  # fmt: skip
def test_each_answer_has_its_error_and_none_names_number_text_or_secret(
    gateway: Gateway, status: int, error: type[DeskError]
) -> None:
    gateway.status = status
    with pytest.raises(error) as met:
        sends(gateway).send(NUMBER, TEXT, "m1")
    said = f"{met.value!r} {met.value} {sends(gateway)!r}"
    assert not {word for word in (NUMBER, NUMBER[1:], "123456", "s3cret") if word in said}
    assert len(gateway.asked) == 1, "a second message would be a second code, and a redirect leads the secret away"


def test_a_gateway_that_is_away_or_slow_is_unavailable(gateway: Gateway) -> None:
    away = TextGateway(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(Unavailable, match="does not answer"):
        away.send(NUMBER, TEXT, "m1")
    gateway.gate.clear()
    with pytest.raises(Unavailable, match="too slow"):
        sends(gateway, timeout_seconds=0.2).send(NUMBER, TEXT, "m1")


@pytest.mark.parametrize("number", ["", "0301234567", "+0301234567", "+49", "+49 30 1", "+493023125001\r\nX: y", "n"])
def test_what_is_no_number_is_never_sent(gateway: Gateway, number: str) -> None:
    with pytest.raises(BadInput):
        sends(gateway).send(number, TEXT, "m1")
    assert gateway.asked == []


@pytest.mark.parametrize(
    "url", ["http://texts.example/", "http://10.0.0.1/", "ftp://127.0.0.1/", "http://127.0.0.1.evil.example/"]
)
def test_a_code_never_goes_out_in_clear(gateway: Gateway, url: str) -> None:
    with pytest.raises(Unusable, match="https"):
        replace(sends(gateway), url=url).send(NUMBER, TEXT, "m1")
