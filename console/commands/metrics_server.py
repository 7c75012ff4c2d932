"""Serves numbers over HTTP to a Prometheus; on loopback, or behind what protects the machine otherwise."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from services.errors import BadInput, DeskError, Unavailable
from services.metrics import CONTENT_TYPE


def serve(listen: str, numbers: Callable[[], str], say: Callable[[str], None]) -> None:
    """Answer GET /metrics on HOST:PORT until interrupted. Raises as `server_at`."""
    with server_at(listen, numbers) as server:
        say(f"serving {url_of(server)}")
        server.serve_forever()


def url_of(server: ThreadingHTTPServer) -> str:
    """Where a Prometheus finds it."""
    host, port = server.server_address[:2]
    return f"http://{host!s}:{port}/metrics"


def server_at(listen: str, numbers: Callable[[], str]) -> ThreadingHTTPServer:
    """A server that answers GET /metrics on HOST:PORT. Raises `BadInput`, `Unavailable` for a port that is taken."""
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65_535:
        raise BadInput("is not HOST:PORT, as 127.0.0.1:9464", place="--listen")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
                return
            try:
                body, status = numbers().encode(), 200
            except DeskError:  # the watcher sees that it is down; why stands in the doctor
                body, status = b"", 503
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: who reads the numbers is no news."""

    try:
        return ThreadingHTTPServer((host, int(port)), Handler)
    except OSError as exc:
        raise Unavailable(f"cannot listen on {listen}: {exc.strerror}") from exc
