"""Delivering letters: over checked TLS, or into the outbox, the same message again; never to a stranger."""

import asyncio
import email
import email.policy
import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller as MailServer
from hypothesis import given, strategies as st

from services.errors import BadInput, Refused, Unavailable
from services.letters.compose import Letter
from services.letters.delivery import MailSettings, deliver, message_for

TO = "june.baxter3@example.com"
LETTER = Letter("0123456789abcdef0123456789abcdef", "code", "1", "en", "Your code – ✓", "Grüße, 4711\n")


def test_without_a_server_a_letter_becomes_a_file_named_after_its_id(tmp_path: Path) -> None:
    assert deliver(LETTER, TO, mail=None, outbox=tmp_path / "outbox") == "outbox"
    assert deliver(LETTER, TO, mail=None, outbox=tmp_path / "outbox") == "outbox"
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.name == f"{LETTER.id}.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["To"] == TO
    assert message["Subject"] == LETTER.subject
    assert message.get_content().replace("\r\n", "\n") == LETTER.text
    assert message["Message-ID"].startswith(f"<{LETTER.id}@")


def test_a_repeat_is_the_same_message() -> None:
    first, second = (message_for(LETTER, TO, "desk@example.org") for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == f"<{LETTER.id}@example.org>"


def test_the_archive_goes_along_and_one_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    archive = tmp_path / "p.zip"
    archive.write_bytes(b"PK not really")
    deliver(LETTER, TO, mail=None, outbox=tmp_path / "outbox", attached=archive)
    file = tmp_path / "outbox" / f"{LETTER.id}.eml"
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert [(part.get_filename(), part.get_content()) for part in message.iter_attachments()] == [
        ("p.zip", b"PK not really")
    ]
    archive.unlink()
    with pytest.raises(Unavailable, match="archive"):
        deliver(LETTER, TO, mail=None, outbox=tmp_path / "outbox", attached=archive)


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@b@c", "a@b.de, c@d.de", "a@b.de\nBcc: c@d.de", "A <a@b.de>", "a@b.de\r\n\r\nhi", " a@b.de"]
)
def test_what_is_not_one_plain_address_gets_no_letter(tmp_path: Path, to: str) -> None:
    with pytest.raises(BadInput) as caught:
        deliver(LETTER, to, mail=None, outbox=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(to) < 3 or to not in str(caught.value)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=80))
def test_no_header_can_be_smuggled_in(to: str, subject: str, text: str) -> None:
    letter = replace(LETTER, subject=subject, text=text.encode("utf-8", "replace").decode())
    try:
        message = message_for(letter, to or TO, "desk@example.org")
    except BadInput:
        return
    again = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert set(again.keys()) <= {
        "From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version",
    }  # fmt: skip
    assert len(again["To"].addresses) == 1


@pytest.mark.parametrize("bad", ["../x", "a b", "", "a" * 65, "x/y"])
def test_an_id_that_is_a_path_is_refused(tmp_path: Path, bad: str) -> None:
    with pytest.raises(BadInput):
        deliver(replace(LETTER, id=bad), TO, mail=None, outbox=tmp_path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


class Postbox:
    """A mail server's memory."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.answer = self.to_recipient = self.to_sender = "250 ok"
        self.cut = False

    async def handle_MAIL(self, server: object, session: object, envelope, address: str, options: list[str]) -> str:  # type: ignore[no-untyped-def]
        envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(self, server: object, session: object, envelope, address: str, options: list[str]) -> str:  # type: ignore[no-untyped-def]
        envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server, session: object, envelope) -> str:  # type: ignore[no-untyped-def]
        self.got.append(envelope.content)
        if self.cut:
            server.transport.abort()
        return self.answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for `localhost` that nobody but these tests trusts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "cert.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    return folder


@pytest.fixture
def server(certificate: Path) -> Iterator[tuple[MailServer, Postbox]]:
    """A real SMTP server on this machine that wants STARTTLS."""
    box = Postbox()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    running = MailServer(box, hostname="localhost", port=free_port(), tls_context=context, require_starttls=True)
    running.start()
    yield running, box
    running.stop()


def settings(running: MailServer, ca_file: Path | None) -> MailSettings:
    port = running.server.sockets[0].getsockname()[1]
    return MailSettings("localhost", port, "desk@example.org", timeout_seconds=5, ca_file=ca_file)


def test_a_letter_goes_out_over_checked_tls(
    server: tuple[MailServer, Postbox], certificate: Path, tmp_path: Path
) -> None:
    running, box = server
    mail = settings(running, certificate / "cert.pem")
    assert deliver(LETTER, TO, mail=mail, outbox=tmp_path / "outbox") == "smtp"
    message = email.message_from_bytes(box.got[0], policy=email.policy.default)
    assert message["Message-ID"] == f"<{LETTER.id}@example.org>"
    assert message.get_content().replace("\r\n", "\n") == LETTER.text
    assert not (tmp_path / "outbox").exists()


def test_a_server_with_a_certificate_nobody_vouches_for_gets_nothing(
    server: tuple[MailServer, Postbox], tmp_path: Path
) -> None:
    running, box = server
    with pytest.raises(Unavailable, match="certificate"):
        deliver(LETTER, TO, mail=settings(running, None), outbox=tmp_path)
    assert box.got == []


def test_a_server_without_tls_gets_nothing(tmp_path: Path) -> None:
    box = Postbox()
    running = MailServer(box, hostname="localhost", port=free_port())
    running.start()
    try:
        with pytest.raises(Unavailable, match="TLS"):
            deliver(LETTER, TO, mail=settings(running, None), outbox=tmp_path)
        assert box.got == []
        deliver(LETTER, TO, mail=replace(settings(running, None), tls="none"), outbox=tmp_path)
        assert len(box.got) == 1, "on this machine it may be switched off"
    finally:
        running.stop()


def test_mail_in_clear_leaves_this_machine_never(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        deliver(LETTER, TO, mail=MailSettings("mail.example.org", 25, "a@example.org", "none"), outbox=tmp_path)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such user", Refused), ("552 too large", Refused), ("452 full", Unavailable), ("421 later", Unavailable)],
)
@pytest.mark.parametrize("place", ["answer", "to_recipient"])
def test_what_the_server_says_for_good_is_refused_and_what_it_says_for_now_is_not(
    server: tuple[MailServer, Postbox],
    certificate: Path,
    tmp_path: Path,
    place: str,
    answer: str,
    error: type[Exception],
) -> None:
    running, box = server
    setattr(box, place, f"{answer} {TO}")
    mail = settings(running, certificate / "cert.pem")
    with pytest.raises(error, match=answer[:3]) as caught:
        deliver(LETTER, TO, mail=mail, outbox=tmp_path)
    assert TO not in str(caught.value)
    assert caught.value.__cause__ is None
    setattr(box, place, "250 ok")
    box.got.clear()
    assert deliver(LETTER, TO, mail=mail, outbox=tmp_path) == "smtp", "the same letter, taken later"
    assert len(box.got) == 1


def test_a_server_that_does_not_let_us_in_is_no_fault_of_the_letter(
    server: tuple[MailServer, Postbox], certificate: Path, tmp_path: Path
) -> None:
    running, box = server
    box.to_sender = "550 we do not know you"
    mail = settings(running, certificate / "cert.pem")
    with pytest.raises(Unavailable, match="550"):
        deliver(LETTER, TO, mail=mail, outbox=tmp_path)
    assert box.got == []


def test_a_connection_cut_after_the_letter_leaves_it_waiting_and_its_repeat_is_the_same_mail(tmp_path: Path) -> None:
    box = Postbox()
    running = MailServer(box, hostname="localhost", port=free_port())
    running.start()
    try:
        mail = replace(settings(running, None), tls="none")
        box.cut = True
        with pytest.raises(Unavailable, match="does not answer"):
            deliver(LETTER, TO, mail=mail, outbox=tmp_path)
        box.cut = False
        deliver(LETTER, TO, mail=mail, outbox=tmp_path)
    finally:
        running.stop()
    ids = {email.message_from_bytes(data, policy=email.policy.default)["Message-ID"] for data in box.got}
    assert (len(box.got), len(ids)) == (2, 1), "whoever gets both sees that they are one"


def test_a_server_that_is_away_or_silent_is_a_failure_in_time(tmp_path: Path) -> None:
    async def silent() -> tuple[asyncio.Server, int]:
        quiet = await asyncio.start_server(lambda r, w: asyncio.sleep(30), "localhost", 0)
        return quiet, quiet.sockets[0].getsockname()[1]

    loop = asyncio.new_event_loop()
    quiet, port = loop.run_until_complete(silent())
    mail = MailSettings("localhost", port, "desk@example.org", timeout_seconds=0.3)
    with pytest.raises(Unavailable, match="does not answer"):
        deliver(LETTER, TO, mail=mail, outbox=tmp_path)
    quiet.close()
    loop.close()
    with pytest.raises(Unavailable, match="does not answer"):
        deliver(LETTER, TO, mail=mail, outbox=tmp_path)


def test_an_outbox_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands here")
    with pytest.raises(Unavailable):
        deliver(LETTER, TO, mail=None, outbox=tmp_path / "outbox")
