"""A real MariaDB for tests: Debian's server with a data folder of its own, stopped at the end also of a failed test."""

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers import NOBODY, free_port

SECONDS_TO_START = 60
READ_S = 20
HOST = "127.0.0.1"
OPTIONS = (
    "--skip-log-bin", "--skip-name-resolve", "--performance-schema=off", "--innodb-buffer-pool-size=48M",
    "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0", "--innodb-use-native-aio=0",
    "--innodb-doublewrite=0", "--max-connections=100", "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
)  # fmt: skip
"""As Debian's package has it where it matters (collation, strictness); what costs time and only saves data is off."""


@dataclass
class MariaDb:
    """A running server; `url(name)` names one of its databases. `authority` is the file that signed its certificate."""

    port: int
    password: str
    authority: Path
    process: "subprocess.Popen[bytes]"
    _made: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def url(self, database: str = "", user: str = "", password: str = "") -> str:
        return f"mariadb://{user or 'desk'}:{password or self.password}@{HOST}:{self.port}/{database}"

    def fresh(self) -> str:
        """The url of a new, empty database."""
        name = f"t{next(self._made)}"
        with self.connect() as ask:
            ask(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database and every login that a test made."""
        with self.connect() as ask:
            ask("SET SESSION lock_wait_timeout = 20")
            ask(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]}")
            for user, host in ask("SELECT user, host FROM mysql.global_priv WHERE user LIKE 'only\\_%'"):
                ask(f"DROP USER '{user}'@'{host}'")

    @contextlib.contextmanager
    def connect(self, url: str = "") -> Iterator[Any]:
        """A function that runs one statement and answers its rows, on a connection of its own."""
        import pymysql

        database = url.rpartition("/")[2] or None
        connection = pymysql.connect(
            host=HOST,
            port=self.port,
            user="desk",
            password=self.password,
            database=database,
            autocommit=True,
            read_timeout=READ_S,
            init_command="SET time_zone = '+00:00'",
        )

        def ask(statement: str, *values: object) -> list[tuple[object, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return list(cursor.fetchall())

        try:
            yield ask
        finally:
            connection.close()


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDb]:
    """One server for the session (one per xdist worker), started when first asked for."""
    with start() as server:
        yield server


@pytest.fixture
def mariadb(mariadb_server: MariaDb) -> Iterator[str]:
    """The url of a new, empty database."""
    url = mariadb_server.fresh()
    yield url
    mariadb_server.drop(url)


@contextlib.contextmanager
def start(*options: str) -> Iterator[MariaDb]:
    """A new MariaDB: TCP on loopback only, a password, its data in a temporary folder that goes with it."""
    server, maker = _program("mariadbd"), _program("mariadb-install-db")
    with tempfile.TemporaryDirectory(prefix="rightsdesk-maria-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        data, password = folder / "data", secrets.token_hex(12)
        data.mkdir(mode=0o700)
        _certificate(folder)
        (folder / "first.sql").write_text(
            f"CREATE USER 'desk'@'{HOST}' IDENTIFIED BY '{password}';"
            f"\nGRANT ALL PRIVILEGES ON *.* TO 'desk'@'{HOST}' WITH GRANT OPTION;\n"
        )
        user: list[str] = []
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            user = [f"--user={NOBODY}"]
            for one in (folder, *folder.iterdir()):
                shutil.chown(one, NOBODY)
        made = subprocess.run(
            [maker, "--no-defaults", f"--datadir={data}", "--skip-test-db", "--skip-name-resolve", *user],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        words = [
            server, "--no-defaults", f"--datadir={data}", f"--bind-address={HOST}", f"--socket={folder / 'socket'}",
            f"--pid-file={folder / 'pid'}", f"--init-file={folder / 'first.sql'}",
            f"--ssl-cert={folder / 'server.pem'}", f"--ssl-key={folder / 'server.key'}", f"--tmpdir={folder}",
            *user, *OPTIONS, *options,
        ]  # fmt: skip
        running = _started(words, password, folder)
        try:
            yield running
        finally:
            running.process.kill()  # its data goes with it, so there is nothing to save
            running.process.wait(30)


def _started(words: list[str], password: str, folder: Path) -> MariaDb:
    """The server once it answers; on another port when somebody took the free one meanwhile."""
    for attempt in range(5):
        port = free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*words, f"--port={port}"], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        running = MariaDb(port, password, folder / "authority.pem", process)
        try:
            _wait(running, folder / "log")
        except BaseException:
            process.kill()
            process.wait(30)
            if attempt == 4 or "Bind on TCP/IP port" not in (folder / "log").read_text():
                raise
        else:
            return running
    raise AssertionError("unreachable")


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None and os.environ.get("CI"):
        raise RuntimeError(f"{name} is not installed: apt-get install mariadb-server")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: mariadb-server)")
    return found


def _wait(server: MariaDb, log: Path) -> None:
    """Until it answers; raises with its own words when it ended or takes too long."""
    import pymysql

    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with server.connect() as ask:
                ask("SELECT 1")
            return
        except pymysql.MySQLError:
            if server.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"MariaDB did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def _certificate(folder: Path) -> None:
    """An authority and a certificate for loopback that it signed, an hour long."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.now(UTC)

    def made(name: str, issuer: str, key: Any, signer: Any, extension: Any) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=12))
            .add_extension(extension, critical=True)
            .sign(signer, hashes.SHA256())
        )

    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = made("tests", "tests", root, root, x509.BasicConstraints(ca=True, path_length=0))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
    for name, one in (("authority.pem", authority), ("server.pem", made("server", "tests", key, root, address))):
        (folder / name).write_bytes(one.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
