"""Central on another machine is reached over TLS, and only where certificate and name hold."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from db import central
from services.errors import DeskError, Unavailable, Unusable
from tests.servers import Postgres

pytestmark = pytest.mark.postgres
Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(name: str, by: Pair | None = None) -> Pair:
    """A certificate for a host, or one that signs others when `by` is none."""
    own = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return made.sign(by[1] if by else own, hashes.SHA256()), own


def pem(one: Pair) -> tuple[bytes, bytes]:
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    return one[0].public_bytes(serialization.Encoding.PEM), one[1].private_bytes(
        serialization.Encoding.PEM, form, plain
    )


@contextmanager
def tls_front(port: int, one: Pair, folder: Path) -> Iterator[int]:
    """A port that speaks PostgreSQL's TLS before the server at `port`, which was built without: its port."""
    file = folder / "server.pem"
    file.write_bytes(b"".join(pem(one)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=pass_on, args=(plain,), daemon=True).start()

    def pass_on(plain: socket.socket) -> None:
        with suppress(OSError), plain:
            while plain.recv(8) != struct.pack("!ii", 8, 80877103):  # anything but SSLRequest, as GSSENCRequest
                plain.sendall(b"N")
            plain.sendall(b"S")
            with (
                context.wrap_socket(plain, server_side=True) as client,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                threading.Thread(target=pump, args=(server, client), daemon=True).start()
                pump(client, server)

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.close()


@pytest.fixture(scope="module")
def authority() -> Pair:
    return certificate("an authority of ours")


@pytest.fixture(scope="module")
def server(authority: Pair, postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    plain = postgres_server.fresh()
    central.create(plain, None).dispose()
    folder = tmp_path_factory.mktemp("tls")
    with tls_front(postgres_server.port, certificate("localhost", authority), folder) as port:
        front = Postgres(port, postgres_server.password)
        front.database = plain.rpartition("/")[2]  # type: ignore[attr-defined]
        yield front
    postgres_server.drop(plain)


def url(server: Postgres, host: str, trusted: Path) -> str:
    database = getattr(server, "database", "postgres")
    return f"{server.url(database).replace('127.0.0.1', host)}?sslmode=verify-full&sslrootcert={trusted}"


def trust(folder: Path, one: Pair) -> Path:
    file = folder / f"{one[0].serial_number}.pem"
    file.write_bytes(pem(one)[0])
    return file


def test_a_certificate_that_holds_is_taken(server: Postgres, authority: Pair, tmp_path: Path) -> None:
    engine = central.open_engine(url(server, "localhost", trust(tmp_path, authority)), None)
    with engine.connect() as conn:
        assert conn.connection.driver_connection.pgconn.ssl_in_use  # type: ignore[union-attr]
    engine.dispose()


def test_another_authority_or_another_name_is_refused(server: Postgres, authority: Pair, tmp_path: Path) -> None:
    for place in (
        url(server, "localhost", trust(tmp_path, certificate("somebody else"))),
        url(server, "127.0.0.1", trust(tmp_path, authority)),  # the certificate is for `localhost`
    ):
        with pytest.raises(Unusable, match="certificate"):
            central.open_engine(place, None)


def test_what_is_weaker_is_not_even_tried() -> None:
    for weaker in ("disable", "allow", "prefer", "require", "verify-ca"):
        with pytest.raises(Unusable, match="verify-full"):
            central.open_engine(f"postgresql+psycopg://rd_x@192.0.2.7/centre?sslmode={weaker}", b"x")


def test_control_a_server_without_tls_is_refused_where_tls_is_asked_for(
    postgres_server: Postgres, authority: Pair, tmp_path: Path
) -> None:
    with pytest.raises(DeskError) as caught:
        central.open_engine(url(postgres_server, "localhost", trust(tmp_path, authority)), None)
    assert not isinstance(caught.value, Unavailable)
