"""The line to a MariaDB: limits, locks, a full server, cut connections, TLS, passwords, addresses."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from services.catalog.system import Limits
from services.connectors.base import Lookup
from services.connectors.registry import open_connector
from services.errors import Unavailable, Unusable
from tests.datasystems.mariadb_server import HOST, MariaDb
from tests.mariadb_base import Base, gone, open_base

base = pytest.fixture(open_base)
COMMIT = b"\x03COMMIT"  # the command as it travels; a transaction begins with READ COMMITTED


def test_a_slow_statement_and_a_lock_are_given_up(base: Base) -> None:
    base.person()
    base.run("CREATE VIEW slow AS SELECT sleep(20) AS id, 'ada@x.org' AS email")
    with pytest.raises(Unavailable, match="took longer than its limit"), base.open("", Limits(2, 0.3)).read() as reader:
        list(reader.rows(Lookup("slow", ("id",), ("email",), (("ada@x.org",),))))
    base.run("BEGIN")
    base.run("UPDATE person SET email = 'x' WHERE id = 1")
    with (
        pytest.raises(Unavailable, match="is locked by another program"),
        base.open("", Limits(1, 9)).change() as change,
    ):
        change.delete(gone("person", 1, 2))
    base.run("ROLLBACK")
    assert base.run("SELECT count(*) FROM person") == [(2,)]


def test_a_server_that_is_full_is_asked_again_later_and_nothing_is_half_done(base: Base) -> None:
    base.person()
    base.run("SET SESSION max_heap_table_size = 16384")
    base.run("CREATE TABLE small (words CHAR(250)) ENGINE=MEMORY")
    base.run("CREATE TRIGGER t AFTER DELETE ON person FOR EACH ROW INSERT INTO small SELECT 'x' FROM seq_1_to_90000")
    with pytest.raises(Unavailable, match="is out of room"), base.open().change() as change:
        change.delete(gone("person", 1, 2))
    assert base.run("SELECT count(*) FROM person") == [(2,)]


@contextmanager
def line(server: MariaDb, cut_at: bytes) -> Iterator[int]:
    """A port that leads to the server, until the client sends `cut_at`: that still arrives, its answer does not."""
    listener = socket.create_server((HOST, 0))

    def carry(source: socket.socket, target: socket.socket, cut: threading.Event, watch: bool) -> None:
        try:
            while data := source.recv(65536):
                if watch and cut_at in data:
                    cut.set()
                if not watch and cut.is_set():
                    break
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            with suppress(OSError):  # a close alone would wait for the other thread's recv
                one.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            upstream, cut = socket.create_connection((HOST, server.port)), threading.Event()
            for pair in ((client, upstream, cut, True), (upstream, client, cut, False)):
                threading.Thread(target=carry, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def _by(base: Base, port: int) -> str:
    return base.url.replace(f":{base.server.port}/", f":{port}/") + "?sslmode=disable"


@pytest.mark.parametrize(("cut_at", "left"), [(b"DELETE FROM", 2), (COMMIT, 1)], ids=["delete", "commit"])
def test_a_line_that_is_cut_is_tried_again_and_a_commit_without_answer_says_so(
    base: Base, cut_at: bytes, left: int
) -> None:
    base.person()
    with (
        line(base.server, cut_at) as port,
        pytest.raises(Unavailable, match="system 's' does not answer") as refused,
        base.open(_by(base, port)).change() as change,
    ):
        change.delete(gone("person", 1))
    assert ("is not known" in refused.value.kept) is (cut_at == COMMIT)
    base.run("SELECT * FROM person FOR UPDATE")  # waits until the server has let go of the cut connection
    assert base.run("SELECT count(*) FROM person") == [(left,)]
    with base.open().change() as change:
        assert change.delete(gone("person", 1)) == left - 1
    with line(base.server, b"never sent") as port, base.open(_by(base, port)).read() as reader:
        assert len(list(reader.every("person", ["id"]))) == 1, "the control: a line that is not cut"


def test_a_connection_that_the_server_ends_is_tried_again(base: Base) -> None:
    base.person()
    with base.open().read() as reader:
        number = reader.connection.exec_driver_sql("SELECT connection_id()").scalar_one()  # type: ignore[attr-defined]
        base.run(f"KILL {number}")
        with pytest.raises(Unavailable, match="does not answer"):
            list(reader.every("person", ["id"]))


@pytest.mark.parametrize(
    "words",
    [b"", b"\xff\x00\x00\x00 and more", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 64, b"\xff" * 64],
    ids=range(5),
)
def test_what_is_no_database_or_says_nothing_does_not_hang(base: Base, words: bytes) -> None:
    listener = socket.create_server((HOST, 0))
    kept: list[socket.socket] = []

    def answer() -> None:
        client, _ = listener.accept()
        kept.append(client)
        client.sendall(words)

    threading.Thread(target=answer, daemon=True).start()
    url = f"mariadb://me@{HOST}:{listener.getsockname()[1]}/x"
    with pytest.raises((Unavailable, Unusable), match="system 's'"), base.open(url, Limits(1, 1)).read():
        pass
    listener.close()


@pytest.mark.parametrize(
    ("mode", "encrypted"),
    [("sslmode=disable", False), ("sslmode=require", True), ("sslmode=verify-ca", True), ("", True)],
)
def test_the_address_says_how_the_line_is_encrypted(base: Base, mode: str, encrypted: bool) -> None:
    url = f"{base.url}?{mode}" + (f"&sslrootcert={base.server.authority}" if mode != "sslmode=disable" else "")
    with base.open(url.replace("?&", "?")).read() as reader:
        ((_, cipher),) = reader.connection.exec_driver_sql("SHOW STATUS LIKE 'Ssl_cipher'").all()  # type: ignore[attr-defined]
    assert bool(cipher) is encrypted


def test_a_certificate_of_nobody_we_trust_is_refused(base: Base) -> None:
    with (
        pytest.raises((Unavailable, Unusable), match="system 's'"),
        base.open(f"{base.url}?sslmode=verify-full").read(),
    ):
        pass


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("?local_infile=1", "an option 'local_infile'"),
        ("?read_default_file=/etc/passwd", "an option 'read_default_file'"),
        ("?sslmode=maybe", "an unknown sslmode"),
        ("?sslmode=verify-ca&sslrootcert=/nowhere.pem", "a certificate file that cannot be read"),
    ],
)
def test_an_address_can_ask_for_nothing_else(base: Base, more: str, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        base.open(base.url + more)
    with pytest.raises(Unusable, match="no database in it"):
        base.open(base.server.url())


def test_a_password_may_have_any_letters(base: Base) -> None:
    base.person()
    name = base.url.rpartition("/")[2]
    base.run(f"CREATE USER only_{name}@'{HOST}' IDENTIFIED BY 'пароль@:/ü'")
    base.run(f"GRANT SELECT ON {name}.* TO only_{name}@'{HOST}'")
    system = replace(base.system(), url=f"mariadb://only_{name}@{HOST}:{base.server.port}/{name}")
    with open_connector(system, "пароль@:/ü".encode()).read() as reader:
        assert len(list(reader.every("person", ["id"]))) == 2
