"""Signed tree heads: c2sp.org/signed-note with a c2sp.org/tlog-checkpoint body, and tlog-cosignature/v1.

A checkpoint is text: origin, size, root in base64, an empty line, then signature lines
`— <key name> <base64(key id ‖ signature)>`. The log's key name is its origin.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.action_log.merkle import HASH_BYTES, TreeHead
from services.errors import BadInput

_ED25519, _COSIGNATURE = 1, 4
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+\u0000-\u001f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
MAX_NOTE = 64 * 1024


class BadSignature(BadInput):
    """A note whose signature by the expected key is missing or does not hold; `foreign`: signed by another key."""

    def __init__(self, reason: str, *, foreign: bool) -> None:
        super().__init__(reason, place="checkpoint")
        self.foreign = foreign


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says; `lines` are (key name, key id, signature bytes) and not yet checked."""

    origin: str
    head: TreeHead
    body: str
    lines: tuple[tuple[str, bytes, bytes], ...]


class Signer:
    """Signs checkpoints of one log with the Ed25519 key of a 32-byte seed."""

    def __init__(self, origin: str, seed: bytes) -> None:
        if not _NAME.fullmatch(origin):
            raise BadInput("is not an origin: no blanks, no plus sign", place="origin")
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()
        self._prefix = f"{_DASH}{origin} "
        self._id = key_id(origin, _ED25519, self.public_key)

    def sign(self, head: TreeHead) -> str:
        """The signed note of `head`."""
        body = body_of(self.origin, head)
        return f"{body}\n{self._prefix}{_base64(self._id + self._key.sign(body.encode()))}\n"


def public_key(seed: bytes) -> bytes:
    """The public half (32 bytes) of a seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(origin: str, seed: bytes, head: TreeHead) -> str:
    """One signed checkpoint."""
    return Signer(origin, seed).sign(head)


def body_of(origin: str, head: TreeHead) -> str:
    """The text that is signed."""
    return f"{origin}\n{head.size}\n{_base64(head.root)}\n"


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def parse(note: str) -> Checkpoint:
    """Reads a signed note strictly; raises `BadInput`. Signatures are not checked here."""
    body, gap, tail = note.rpartition("\n\n")
    if not gap or len(note) > MAX_NOTE or not tail.endswith("\n"):
        raise BadInput("is not a signed note", place="checkpoint")
    body += "\n"
    parts = body.split("\n")
    if len(parts) != 4 or not _NAME.fullmatch(parts[0]) or not _SIZE.fullmatch(parts[1]):
        raise BadInput("is not a checkpoint: origin, size and root are wanted", place="checkpoint")
    root = unbase64(parts[2])
    if len(root) != HASH_BYTES:
        raise BadInput("has a root that is not 32 bytes", place="checkpoint")
    lines = tuple(_line(text) for text in tail[:-1].split("\n"))
    return Checkpoint(parts[0], TreeHead(int(parts[1]), root), body, lines)


def verify(note: str, origin: str, public_key: bytes) -> TreeHead:
    """The head that `public_key` signed for `origin`; raises `BadInput`, or `BadSignature` saying whose it is not."""
    point = parse(note)
    if point.origin != origin:
        raise BadSignature("is of another log", foreign=True)
    wanted = key_id(origin, _ED25519, public_key)
    ours = [raw for name, number, raw in point.lines if name == origin and number == wanted]
    if not ours:
        raise BadSignature("is not signed by the enrolled key", foreign=True)
    _check(public_key, ours[0], point.body.encode())
    return point.head


def cosign(note: str, name: str, seed: bytes, seconds: int) -> str:
    """`note` with a cosignature/v1 line of `name` at `seconds` since 1970 added: the receipt that central gives."""
    if not _NAME.fullmatch(name):
        raise BadInput("is not a key name", place="cosigner")
    key = Ed25519PrivateKey.from_private_bytes(seed)
    number = key_id(name, _COSIGNATURE, key.public_key().public_bytes_raw())
    signature = key.sign(_cosigned(parse(note).body, seconds))
    line = base64.b64encode(number + seconds.to_bytes(8, "big") + signature).decode()
    return f"{note}{_DASH}{name} {line}\n"


def verify_cosignature(note: str, name: str, public_key: bytes) -> tuple[TreeHead, int]:
    """The head that `name` cosigned and when (seconds since 1970); raises `BadInput` or `BadSignature`."""
    point = parse(note)
    wanted = key_id(name, _COSIGNATURE, public_key)
    ours = [raw for who, number, raw in point.lines if who == name and number == wanted]
    if not ours or len(ours[0]) != 72:
        raise BadSignature("has no cosignature by that key", foreign=True)
    seconds = int.from_bytes(ours[0][:8], "big")
    _check(public_key, ours[0][8:], _cosigned(point.body, seconds))
    return point.head, seconds


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """c2sp.org/signed-note: first four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes) -> str:
    """A log's key as Go's sumdb/note reads it: `name+id+base64(type ‖ key)`."""
    return _as_text(name, _ED25519, public_key)


def cosigner_key(name: str, public_key: bytes) -> str:
    """A cosigner's key in the same form, of the type of cosignature/v1."""
    return _as_text(name, _COSIGNATURE, public_key)


def read_cosigner_key(text: str) -> tuple[str, bytes]:
    """Name and public key of a cosigner from what `cosigner_key` wrote; raises `BadInput`."""
    name, _, rest = text.strip().partition("+")
    raw = unbase64(rest.partition("+")[2])
    if len(raw) != 33 or cosigner_key(name, raw[1:]) != text.strip():
        raise BadInput("is not the key of a cosigner", place="key")
    return name, raw[1:]


def _as_text(name: str, kind: int, public_key: bytes) -> str:
    return f"{name}+{key_id(name, kind, public_key).hex()}+{_b64(bytes([kind]) + public_key)}"


def _cosigned(body: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def _check(public_key: bytes, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as exc:
        raise BadSignature("has a signature that does not hold", foreign=False) from exc


def _line(text: str) -> tuple[str, bytes, bytes]:
    name, blank, encoded = text.removeprefix(_DASH).partition(" ")
    raw = unbase64(encoded)
    if not text.startswith(_DASH) or not blank or not _NAME.fullmatch(name) or len(raw) < 5:
        raise BadInput("has a signature line that is none", place="checkpoint")
    return name, raw[:4], raw[4:]


def unbase64(text: str) -> bytes:
    """Strict: exactly one text for the bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BadInput("holds what is not base64", place="checkpoint") from exc
    if _b64(raw) != text:
        raise BadInput("holds what is not base64", place="checkpoint")
    return raw


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
