"""Letters leave by SMTP when a server is configured, else as `.eml` files in the outbox folder.

A repeat is the same message: its Message-ID and its file name come from the letter's id. The caller retries.
"""

import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from services.errors import BadInput, DeskError, Refused, Unavailable
from services.letters.compose import Letter

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_LOCAL_SENDER = "rightsdesk@localhost"
_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server. Its certificate is always checked, against `ca_file` when named; `none` is for this machine."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 20
    ca_file: Path | None = None


def deliver(
    letter: Letter, to: str, *, mail: MailSettings | None, outbox: Path, attached: Path | None = None
) -> Literal["smtp", "outbox"]:
    """Sends `letter`, with the archive `attached`, to the mail address `to` and says how it left.

    Raises `BadInput` for an address or id that is none, `Refused` when the server will never take it, `Unavailable`
    when it did not leave and may later. No error names `to`.
    """
    message = message_for(letter, to, mail.sender if mail else _LOCAL_SENDER)
    if attached is not None:
        _attach(message, attached)
    if mail is None:
        put_in_outbox(outbox, f"{letter.id}.eml", message.as_bytes())
        return "outbox"
    _send(message, mail)
    return "smtp"


def message_for(letter: Letter, to: str, sender: str) -> EmailMessage:
    """The mail itself; one recipient, headers that cannot hold a line break."""
    if not _ID.fullmatch(letter.id):
        raise BadInput("a letter's id is letters, digits and hyphens")
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = _address(sender)
        message["To"] = _address(to)
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.id}@{_address(sender).domain}>"
        message["Date"] = localtime()
        message["Auto-Submitted"] = "auto-generated"
    except (ValueError, MessageError, IndexError):
        raise BadInput("this is not a mail address or not a subject", kept="nothing was sent") from None
    message.set_content(letter.text)
    return message


def _attach(message: EmailMessage, archive: Path) -> None:
    try:
        data = archive.read_bytes()
    except OSError as exc:
        raise Unavailable(f"the archive cannot be read ({exc.strerror or 'no reason given'})") from None
    message.add_attachment(data, maintype="application", subtype="zip", filename=archive.name)


def _address(text: str) -> Address:
    if not text.isprintable() or text != text.strip():
        raise ValueError
    address = Address(addr_spec=text)
    if not address.username or not address.domain:
        raise ValueError
    return address


def put_in_outbox(outbox: Path, name: str, data: bytes) -> None:
    """A file for whoever empties the outbox, whole or not there. Raises `Unavailable`."""
    half = outbox / f"{name}.half"
    try:
        outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            file.write(data)
        half.replace(outbox / name)
    except OSError as exc:
        raise Unavailable(f"the outbox cannot be written ({exc.strerror or 'no reason given'})") from None


def _send(message: EmailMessage, mail: MailSettings) -> None:
    """Only what the server says for good of this letter, its recipient or its contents, ends it (`Refused`).

    All else may pass: a server that is away, full or set up wrongly takes the same letter later.
    """
    try:
        with _connected(mail) as server:
            if mail.user:
                server.login(mail.user, mail.password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as exc:
        raise _answered(
            next((code for code, _ in exc.recipients.values()), 0), "does not take this recipient"
        ) from None
    except smtplib.SMTPDataError as exc:
        raise _answered(exc.smtp_code, "refused the letter") from None
    except smtplib.SMTPResponseException as exc:
        raise Unavailable(f"the mail server said no (code {exc.smtp_code})", kept="it stays queued") from None
    except ssl.SSLError:
        raise Unavailable("the mail server's certificate was not accepted", kept="it stays queued") from None
    except smtplib.SMTPNotSupportedError:
        raise Unavailable("the mail server lacks what we need (TLS or sign-in)", kept="it stays queued") from None
    except (smtplib.SMTPException, OSError):
        raise Unavailable("the mail server does not answer", kept="it stays queued") from None


def _answered(code: int, what: str) -> DeskError:
    """What the server said of this letter: 5xx is for good, 4xx for now."""
    if code >= _FOR_GOOD:
        return Refused(f"the mail server {what} (code {code})", kept="the letter, sealed")
    return Unavailable(f"the mail server {what} now (code {code})", kept="it stays queued")


@contextmanager
def _connected(mail: MailSettings) -> Iterator[smtplib.SMTP]:
    if mail.tls == "none" and not _is_here(mail.host):
        raise Refused("mail without TLS is for a server on this machine only")
    trust = ssl.create_default_context(cafile=str(mail.ca_file) if mail.ca_file else None)
    if mail.tls == "tls":
        with smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout_seconds, context=trust) as server:
            yield server
        return
    with smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_seconds) as server:
        if mail.tls == "starttls":
            server.starttls(context=trust)
        yield server


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
