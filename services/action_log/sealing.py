"""Details that are evidence and must be erasable: sealed with HPKE (RFC 9180) to the case's key.

Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. There is no aad; what the text belongs to is bound
through `info`, so that a sealed text moved to another case, kind or deployment does not open.
"""

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from services.errors import Unusable

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


def new_key() -> tuple[bytes, bytes]:
    """A fresh X25519 pair: (public, private), 32 bytes each."""
    private = X25519PrivateKey.generate()
    return private.public_key().public_bytes_raw(), private.private_bytes_raw()


def public_of(private: bytes) -> bytes:
    """The public half (32 bytes) of a private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(public: bytes, plaintext: bytes, *, deployment: str, owner: str, kind: str) -> bytes:
    """`plaintext` sealed to `public` (32 bytes) for this deployment, owner (case) and kind; raises `Unusable`."""
    try:
        key = X25519PublicKey.from_public_bytes(public)
        return _SUITE.encrypt(plaintext, key, info=_info(deployment, owner, kind))
    except ValueError as exc:
        raise Unusable("The key that a text was to be sealed to is damaged.") from exc


def open_sealed(private: bytes, blob: bytes, *, deployment: str, owner: str, kind: str) -> bytes:
    """What was sealed; raises `Unusable` for another key, another place or a changed byte."""
    try:
        return _SUITE.decrypt(blob, _private(private), info=_info(deployment, owner, kind))
    except (InvalidTag, ValueError) as exc:
        raise Unusable("A sealed text does not open: it is damaged, or belongs to another key or case.") from exc


@lru_cache(maxsize=4)
def _private(raw: bytes) -> X25519PrivateKey:
    """A deployment's key opens thousands of details one after the other, and costs as much to read as to use."""
    return X25519PrivateKey.from_private_bytes(raw)


def _info(deployment: str, owner: str, kind: str) -> bytes:
    """Unambiguous: each part is preceded by its length in bytes (4, big endian)."""
    parts = [part.encode() for part in ("rightsdesk/detail/v1", deployment, owner, kind)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
