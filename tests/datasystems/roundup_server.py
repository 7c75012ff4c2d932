"""A real Roundup, the ticket system, on loopback with SQLite: a tracker of its own for each test."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlcipher3 import dbapi2

from tests.servers import free_port

FILES = Path(__file__).parents[2] / "docs" / "examples" / "roundup"
ADMIN = "desk-7f3a"
# Roundup's own server refuses to run as root: it is started by the interface it has for other servers.
SERVE = """
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
from roundup.cgi.wsgi_handler import RequestDispatcher
class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass
make_server("127.0.0.1", int(sys.argv[2]), RequestDispatcher(sys.argv[1]), handler_class=Quiet).serve_forever()
"""


@dataclass
class Roundup:
    """A running tracker: `home` holds its database and its files."""

    port: int
    home: Path

    @property
    def url(self) -> str:
        """Where its REST interface starts."""
        return f"http://127.0.0.1:{self.port}/rest"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """As its administrator, by REST; what stands under `data`."""
        headers = {"X-Requested-With": "test", "Origin": self.url.removesuffix("/rest")}
        answer = httpx.request(
            method, f"{self.url}{path}", json=body, auth=("admin", ADMIN), headers=headers, trust_env=False
        )
        assert answer.status_code < 300, answer.text
        return answer.json()["data"]

    def make(self, kind: str, **values: object) -> str:
        """A new item; its id."""
        return str(self.call("POST", f"/data/{kind}", values)["id"])

    def folder(self, to: Path, **changes: tuple[str, str]) -> Path:
        """A copy of its catalog that leads here; `changes`: file without its ending → words and what replaces them."""
        shutil.copytree(FILES, to)
        path = to / "system.yml"
        path.write_text(path.read_text().replace("http://127.0.0.1:8080/rest", self.url))
        for name, (old, new) in changes.items():
            text = (to / f"{name}.yml").read_text()
            assert old in text
            (to / f"{name}.yml").write_text(text.replace(old, new))
        return to

    def holding(self, words: list[str]) -> dict[str, set[str]]:
        """Where any of the words stands, letter case aside: `table.column`, or the path of a file, with the words.

        Every column of every table of every database is read, and every byte of every file: what is deleted and still
        lies in free pages of a database is found too.
        """
        found: dict[str, set[str]] = {}

        def look(place: str, raw: bytes) -> None:
            met = {word for word in words if word.lower().encode() in raw.lower()}
            if met:
                found.setdefault(place, set()).update(met)

        for path in sorted(one for one in (self.home / "db").rglob("*") if one.is_file()):
            look(str(path.relative_to(self.home)), path.read_bytes())
            if path.read_bytes()[:15] == b"SQLite format 3":
                for place, value in _cells(path):
                    look(place, value)
        return found


def _cells(path: Path) -> Iterator[tuple[str, bytes]]:
    with contextlib.closing(dbapi2.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            with contextlib.suppress(dbapi2.DatabaseError):  # a view into others that this SQLite has no module for
                rows = store.execute(f'SELECT * FROM "{table}"')
                names = [column[0] for column in rows.description]
                for row in rows:
                    for name, value in zip(names, row, strict=True):
                        yield f"{table}.{name}", value if isinstance(value, bytes) else str(value).encode()


def require_roundup() -> None:
    """Skips where Roundup is not installed; in CI that is an error."""
    if find_spec("roundup") is None:
        assert not os.environ.get("CI"), "roundup is not installed: scripts/bootstrap.py --test installs it"
        pytest.skip("roundup is not installed: scripts/bootstrap.py --test installs it")


def make_tracker(home: Path) -> None:
    """A new, empty tracker of the classic kind, that sends no mail."""
    settings = "mail_domain=localhost,mailhost=localhost,admin_email=a@localhost,rdbms_backend=sqlite"
    _admin(home, "install", "classic", "sqlite", f"tracker_web=http://127.0.0.1/,{settings}")
    (home / "detectors" / "nosyreaction.py").unlink()  # it would mail each message to those who follow
    config = home / "config.ini"
    slow = "password_pbkdf2_default_rounds = 250000"  # once a request, with a login in each
    assert slow in config.read_text()
    config.write_text(config.read_text().replace(slow, "password_pbkdf2_default_rounds = 1000"))
    _admin(home, "initialise", ADMIN)


def _admin(home: Path, *words: str) -> None:
    program = "import sys; from roundup.scripts.roundup_admin import run; sys.exit(run())"
    command = [sys.executable, "-c", program, "-i", str(home), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def roundup_server(template: Path, *, erases: bool = True) -> Iterator[Roundup]:
    """A tracker like `template` on a free port; `erases`: with our extension that can destroy."""
    with tempfile.TemporaryDirectory(prefix="rightsdesk-roundup-") as name:
        home, port = Path(name) / "tracker", free_port()
        shutil.copytree(template, home)
        if erases:
            shutil.copy(FILES / "interfaces.py", home)
        config = home / "config.ini"
        config.write_text(config.read_text().replace("http://127.0.0.1/", f"http://127.0.0.1:{port}/"))
        with (Path(name) / "log").open("wb") as log:
            server = subprocess.Popen([sys.executable, "-c", SERVE, str(home), str(port)], stdout=log, stderr=log)
            try:
                made = Roundup(port, home)
                _until_it_answers(made, server, Path(name) / "log")
                yield made
            finally:
                server.kill()
                server.wait()


def _until_it_answers(made: Roundup, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            made.call("GET", "/data")
            return
        time.sleep(0.05)
    raise TimeoutError("Roundup did not answer")


@pytest.fixture(scope="session")
def roundup_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty tracker, made once."""
    require_roundup()
    home = tmp_path_factory.mktemp("roundup") / "tracker"
    make_tracker(home)
    return home
