"""Speaking IMAP: connecting with a checked certificate, quoting, searching, fetching; refusals as sentences."""

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from services.catalog.system import Limits, System
from services.errors import Unavailable, Unusable

_AWAY = "does not answer"
_WINDOW = 50_000
"""Messages searched at once: the answer is one line, which must stay under a megabyte."""
_TERMS = 40
_UIDS = 500
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_RECEIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')


class Refusal(Exception):
    """The server said NO or BAD; `code` is its word in brackets (`NONEXISTENT`), empty when it gave none."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoCharset(Exception):
    """The server cannot search for text beyond ASCII."""


@contextmanager
def spoken(system: str) -> Iterator[None]:
    """Turns what goes wrong on the wire into `Unavailable` or `Unusable`; the server's words are dropped."""
    try:
        yield
    except Refusal as exc:
        away = exc.code in ("UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT")
        words = f"refused a command ({exc.code or 'it gave no reason'})"
        raise (Unavailable if away else Unusable)(f"system '{system}' {words}") from None
    except ssl.SSLCertVerificationError:
        raise Unusable(f"system '{system}' has a certificate that is not trusted, or of another name") from None
    except ssl.SSLError:
        raise Unusable(f"system '{system}' does not speak TLS as it must") from None
    except imaplib.IMAP4.readonly:
        raise Unusable(f"system '{system}' can only be read") from None
    except TimeoutError:
        raise Unavailable(f"system '{system}' took longer than its limit") from None
    except (imaplib.IMAP4.abort, OSError, EOFError):
        raise Unavailable(f"system '{system}' {_AWAY}") from None
    except imaplib.IMAP4.error:
        raise Unusable(f"system '{system}' answers what is no IMAP") from None


@dataclass(frozen=True)
class Address:
    """Where a mailbox is, as `imaps://user@host:port` says it; `imap` means STARTTLS, which must succeed."""

    user: str
    host: str
    port: int
    tls_first: bool
    limits: Limits
    ca: Path | None = None

    @staticmethod
    def of(system: System, ca: Path | None) -> "Address":
        """From a system's URL; raises `Unusable` for one that names no user or no host."""
        fault = Unusable(f"system '{system.key}' has an address that cannot be read: imaps://user@host")
        try:
            parts = urlsplit(system.url)
            port = parts.port
        except ValueError:
            raise fault from None
        user = unquote(parts.username or "")
        if not user or not parts.hostname or _broken(user):
            raise fault
        first = parts.scheme == "imaps"
        return Address(user, parts.hostname, port or (993 if first else 143), first, system.limits, ca)


@dataclass
class Session:
    """One signed-in connection. `folder` is the one that is open."""

    system: str
    imap: imaplib.IMAP4
    folder: str = ""
    writable: bool = False
    validity: int = 0
    exists: int = 0
    capabilities: frozenset[str] = field(default_factory=frozenset)

    def open(self, folder: str, *, write: bool = False) -> bool:
        """Opens a folder, for reading unless `write`; False when there is none. Raises `Unusable` if only readable."""
        if self.folder == folder and (self.writable or not write):
            return True
        self.folder = ""
        with spoken(self.system):
            try:
                _ok(self.imap.select(quoted(modified_utf7(folder)), readonly=not write))
            except Refusal as exc:
                if exc.code in ("NONEXISTENT", "TRYCREATE", "CANNOT", ""):
                    return False
                raise
            self.exists = int(self._told("EXISTS") or 0)
            self.validity = int(self._told("UIDVALIDITY") or 0)
        if not self.validity:
            raise Unusable(f"system '{self.system}' gives messages no lasting number (UIDVALIDITY)")
        self.folder, self.writable = folder, write
        return True

    def search(self, terms: Sequence[str], texts: Iterable[str], *, more: str = "") -> set[int]:
        """UIDs of messages in which one of `terms` (`FROM`, `HEADER Message-ID`) holds one of `texts`.

        A text that no header can hold finds nothing. `more` is what must be true besides. Raises `NoCharset` where the
        server cannot search beyond ASCII.
        """
        found: set[int] = set()
        plain: list[str] = []
        for text in texts:
            if not text or _broken(text):
                continue
            if text.isascii():
                plain += [f"{term} {quoted(text)}" for term in terms]
                continue
            for term in terms:
                found |= self._search(f"{more} {term}".strip(), text.encode())
        for start in range(0, len(plain), _TERMS):
            found |= self._search(f"{more} {any_of(plain[start : start + _TERMS])}".strip())
        return found

    def all(self) -> set[int]:
        """Every UID of the open folder."""
        return self._search("ALL")

    def there(self, uids: Sequence[int], *, more: str = "") -> set[int]:
        """Which of `uids` exist."""
        found: set[int] = set()
        for part in in_sets(uids):
            found |= self._search(f"UID {part} {more}".strip())
        return found & set(uids)

    def fetch(self, uids: Iterable[int], *, whole: bool) -> Iterator[tuple[int, int, str, bytes]]:
        """UID, size, time of arrival and bytes of each message, headers alone unless `whole`; nothing is marked read.

        A whole message is fetched alone: that bounds what is in memory.
        """
        wanted = "BODY.PEEK[]" if whole else "BODY.PEEK[HEADER]"
        for part in in_sets(uids, 1 if whole else _UIDS):
            with spoken(self.system):
                parts = _ok(self.imap.uid("FETCH", part, f"(UID RFC822.SIZE INTERNALDATE {wanted})"))
            for at, one in enumerate(parts):
                if not isinstance(one, tuple):
                    continue
                tail = parts[at + 1] if at + 1 < len(parts) and isinstance(parts[at + 1], bytes) else b""
                said = one[0] + b" " + tail
                uid, size, came = _UID.search(said), _SIZE.search(said), _RECEIVED.search(said)
                if uid is not None:
                    received = came[1].decode("ascii", "replace").strip() if came else ""
                    yield int(uid[1]), int(size[1]) if size else len(one[1]), received, one[1]

    def store(self, uids: Iterable[int], how: str) -> None:
        """`+` or `-` the mark that a message is to be deleted."""
        for part in in_sets(uids):
            with spoken(self.system):
                _ok(self.imap.uid("STORE", part, f"{how}FLAGS.SILENT", r"(\Deleted)"))

    def expunge(self, uids: Iterable[int]) -> None:
        """Removes those of `uids` that are marked, and no other message (UIDPLUS)."""
        for part in in_sets(uids):
            with spoken(self.system):
                _ok(self.imap.uid("EXPUNGE", part))

    def _search(self, criteria: str, literal: bytes | None = None) -> set[int]:
        found: set[int] = set()
        starts = range(1, self.exists + 1, _WINDOW) if self.exists > _WINDOW else [0]
        # From the newest down: what vanishes meanwhile moves the later ones into a window that is still to come.
        for start in reversed(starts):
            window = f"{start}:{start + _WINDOW - 1 if start + _WINDOW <= self.exists else '*'} " if start else ""
            with spoken(self.system):
                arguments = ["CHARSET", "UTF-8", window + criteria] if literal is not None else [window + criteria]
                if literal is not None:
                    self.imap.literal = literal  # type: ignore[assignment]  # bytes go at the command's end
                try:
                    answer = _ok(self.imap.uid("SEARCH", *arguments))
                except Refusal:
                    if literal is None:
                        raise
                    raise NoCharset from None
            for line in answer:
                found.update(int(word) for word in (line or b"").split())
        return found

    def _told(self, what: str) -> str:
        """What the server said about the folder as it was opened."""
        values: list[Any] = list(self.imap.untagged_responses.get(what) or [b""])
        return bytes(values[-1] or b"").decode("ascii", "replace").strip()


@contextmanager
def signed_in(system: str, address: Address, password: str | None) -> Iterator[Session]:
    """A connection that is signed in and always closed. Raises `Unavailable`, `Unusable`."""
    if not password:
        raise Unusable(f"system '{system}' has no password: name its secret and put it into the keyring")
    imap: imaplib.IMAP4 | None = None
    try:
        with spoken(system):
            imap = _connected(address)
        _log_in(system, imap, address.user, password)
        with spoken(system):
            capabilities = _ok(imap.capability())
        words = frozenset(b" ".join(c for c in capabilities if c).decode("ascii", "replace").upper().split())
        yield Session(system, imap, capabilities=words)
    finally:
        if imap is not None:
            _close(imap)


def _connected(address: Address) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=str(address.ca) if address.ca else None)
    if address.tls_first:
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            address.host, address.port, ssl_context=context, timeout=address.limits.connect_s
        )
    else:
        imap = imaplib.IMAP4(address.host, address.port, timeout=address.limits.connect_s)
        try:
            imap.starttls(context)
        except BaseException:
            _close(imap)
            raise
    imap.sock.settimeout(address.limits.statement_s)
    return imap


def _log_in(system: str, imap: imaplib.IMAP4, user: str, password: str) -> None:
    refused = Unusable(f"system '{system}' refuses the login: check its secret")
    if "\0" in password:
        raise refused
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            imap.login(quoted(user), password)
    except imaplib.IMAP4.abort:
        raise Unavailable(f"system '{system}' {_AWAY}") from None
    except imaplib.IMAP4.error as exc:
        if "[UNAVAILABLE]" in str(exc):
            raise Unavailable(f"system '{system}' {_AWAY}") from None
        raise refused from None
    except UnicodeError:
        raise refused from None
    except (OSError, EOFError):
        raise Unavailable(f"system '{system}' {_AWAY}") from None


def _close(imap: imaplib.IMAP4) -> None:
    """Hangs up without waiting for a server that may be gone; nothing is expunged by it."""
    try:
        imap.sock.settimeout(1.0)
        imap.logout()
    except (imaplib.IMAP4.error, OSError, EOFError, AttributeError):
        _quietly(imap.shutdown)


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except (OSError, AttributeError):
        return


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """The data of an OK; raises `Refusal`."""
    kind, data = answer
    if kind == "OK":
        return data
    said = b" ".join(one for one in data if isinstance(one, bytes)).decode("ascii", "replace")
    code = re.search(r"\[([A-Z-]{1,40})\b", said)
    raise Refusal(code[1] if code else "")


def in_sets(uids: Iterable[int], size: int = _UIDS) -> Iterator[str]:
    """UIDs as the sets a command takes, `size` at a time."""
    ordered = sorted(set(uids))
    for start in range(0, len(ordered), size):
        yield ",".join(map(str, ordered[start : start + size]))


def any_of(terms: Sequence[str]) -> str:
    """Search keys of which one must hold, nested evenly: servers bound the depth."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"OR {any_of(terms[:half])} {any_of(terms[half:])}"


def quoted(text: str) -> str:
    """ASCII text as a quoted string; raises `ValueError` for what none can hold."""
    if _broken(text) or not text.isascii():
        raise ValueError("not for a quoted string")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _broken(text: str) -> bool:
    """Whether text holds control characters, which end a command or a header."""
    return any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) < 0xE000 for char in text)


def modified_utf7(name: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501 5.1.3)."""
    out, held = "", ""
    for char in f"{name}\0":
        if char.isascii():
            if held:
                coded = b64encode(held.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
                out, held = f"{out}&{coded}-", ""
            out += "&-" if char == "&" else char
        else:
            held += char
    return out[:-1]
