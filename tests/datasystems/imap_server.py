"""A real IMAP server for tests: Debian's Dovecot on loopback, TLS with a certificate made here, mail in a folder."""

import imaplib
import os
import pwd
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from services.connectors.mailbox_wire import modified_utf7, quoted
from tests.servers import free_port

PROGRAM = Path("/usr/sbin/dovecot")
NEEDED = Path("/usr/lib/dovecot/imap")
PASSWORD = 'p "ä\\ss'
MAIL_USER = "nobody"
ACCOUNTS = 1000

CONFIG = """
base_dir = {run}
state_dir = {run}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_dh =
auth_mechanisms = plain
disable_plaintext_auth = yes
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
{others}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


@dataclass
class Imap:
    """A running server, one account after the other. `ca` is the file of the authority its certificate is of."""

    folder: Path
    tls: int
    plain: int
    ca: Path
    process: "subprocess.Popen[bytes] | None" = None
    _made: Iterator[int] = field(default_factory=lambda: iter(range(1, ACCOUNTS)))

    def account(self) -> "Account":
        """One of its accounts that no test had yet, empty."""
        return Account(self, f"u{next(self._made)}@shop.example")

    def start(self) -> None:
        """Runs in the foreground as our child, so that it ends with us; returns when it answers."""
        command = [str(PROGRAM), "-F", "-c", str(self.folder / "conf")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        until = time.monotonic() + 20
        while True:
            try:
                with imaplib.IMAP4_SSL("localhost", self.tls, ssl_context=self.context(), timeout=5):
                    return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    log = self.folder / "log"
                    raise RuntimeError(log.read_text("utf-8") if log.exists() else "dovecot ended") from None
                time.sleep(0.02)

    def stop(self, *, at_once: bool = False) -> None:
        """Ends the server and its children; `at_once` as a power cut would, in the middle of what they do."""
        if self.process is not None:
            if at_once:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))


@dataclass
class Account:
    """One account: what a test puts into it and finds there, by a client of its own."""

    server: Imap
    name: str

    @property
    def url(self) -> str:
        return f"imaps://{self.name}@localhost:{self.server.tls}"

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4_SSL]:
        with imaplib.IMAP4_SSL("localhost", self.server.tls, ssl_context=self.server.context(), timeout=10) as client:
            client.authenticate("PLAIN", lambda _: f"\0{self.name}\0{PASSWORD}".encode())
            yield client

    def make(self, folder: str) -> None:
        with self.client() as client:
            assert client.create(quoted(modified_utf7(folder)))[0] == "OK"

    def put(self, *messages: bytes, folder: str = "INBOX", flags: str = "") -> None:
        with self.client() as client:
            for message in messages:
                wire = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                done = client.append(quoted(modified_utf7(folder)), flags, None, wire)  # type: ignore[arg-type]
                assert done[0] == "OK", done

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """Subjects in a folder, as they were written, sorted."""
        with self.client() as client:
            assert client.select(quoted(modified_utf7(folder)), readonly=True)[0] == "OK"
            found = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1] if self._any(client) else []
            texts = [one[1].decode("utf-8", "replace") for one in found if isinstance(one, tuple)]
            return sorted(text.partition(":")[2].strip() for text in texts)

    def flags(self, folder: str = "INBOX") -> str:
        with self.client() as client:
            client.select(quoted(modified_utf7(folder)), readonly=True)
            return str(client.fetch("1:*", "(FLAGS)")[1]) if self._any(client) else ""

    def remake(self, folder: str) -> None:
        """Deletes a folder and makes one of that name: its UIDs start anew, under another UIDVALIDITY."""
        with self.client() as client:
            assert client.delete(quoted(modified_utf7(folder)))[0] == "OK"
        self.make(folder)

    @staticmethod
    def _any(client: imaplib.IMAP4) -> bool:
        return client.untagged_responses.get("EXISTS", [b"0"])[-1] != b"0"


@contextmanager
def dovecot() -> Iterator[Imap]:
    """A new server, its mail in a temporary folder that goes with it. Runs as root and as anybody else."""
    with tempfile.TemporaryDirectory(prefix="rightsdesk-imap-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid())
        owner = pwd.getpwnam(MAIL_USER) if root else me
        for one in ("mail", "run"):
            (folder / one).mkdir(mode=0o755)
        if root:
            shutil.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
        users = [
            f"u{n}@shop.example:{{PLAIN}}{PASSWORD}\n" for n in range(1, ACCOUNTS)
        ]  # read once, so all of them now
        (folder / "users").write_text("".join(users), "utf-8")
        _certificate(folder)
        others = "" if root else f"default_internal_user = {me.pw_name}\ndefault_login_user = {me.pw_name}"
        tls, plain = free_port(), free_port()
        text = CONFIG.format(folder=folder, run=folder / "run", others=others, uid=owner.pw_uid, gid=owner.pw_gid,
                             tls=tls, plain=plain)  # fmt: skip
        (folder / "conf").write_text(text, "utf-8")
        server = Imap(folder, tls, plain, folder / "cert.pem")
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _certificate(folder: Path) -> None:
    """A certificate for localhost that is its own authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {secrets.token_hex(4)}")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    assert ip_address("127.0.0.1") not in names.get_values_for_type(x509.IPAddress)  # a test asks by that name
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.touch(mode=0o600)
    plain = serialization.NoEncryption()
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption_algorithm=plain)
    )


def _needed() -> None:
    """Skips where Dovecot is not installed; in CI that is a fault."""
    if NEEDED.exists():
        return
    if os.environ.get("CI"):
        pytest.fail("Dovecot is missing: install Debian's dovecot-imapd")
    pytest.skip("Dovecot is not installed (Debian: dovecot-imapd)")


@pytest.fixture(scope="session")
def imap_server() -> Iterator[Imap]:
    """One server for the session, started when first asked for."""
    _needed()
    with dovecot() as server:
        yield server


@pytest.fixture
def imap(imap_server: Imap) -> Account:
    """A new, empty account."""
    return imap_server.account()
