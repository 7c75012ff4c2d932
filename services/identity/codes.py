"""One-time codes: made, kept as a keyed digest, compared in constant time (rules.md 7.3, OTP).

The code itself goes into the message to the contact point and nowhere else; no terminal and no log ever sees it.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass

DIGITS = 6
LIFE_US = 5 * 60 * 1_000_000
"""A code counts for five minutes."""


@dataclass(frozen=True, slots=True)
class KeptCode:
    """What is kept of a code until it is used: a digest under a key of the workers, and its end in µs UTC."""

    digest: bytes
    until: int


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def keep(code: str, key: bytes, ask: str, now: int) -> KeptCode:
    """What to keep of `code`, bound to the ask it was made for."""
    return KeptCode(_digest(code, key, ask), now + LIFE_US)


def is_late(kept: KeptCode, now: int) -> bool:
    """Whether the five minutes are over; a clock set back by more than them counts as late too."""
    return not kept.until - LIFE_US <= now <= kept.until


def same_code(given: str, kept: KeptCode, key: bytes, ask: str) -> bool:
    """Whether the caller said that code; blanks, dots and dashes do not count. The keeper counts it once."""
    plain = re.sub(r"[\s.–-]", "", unicodedata.normalize("NFKC", given[:50]))
    return hmac.compare_digest(_digest(plain, key, ask), kept.digest)


def _digest(code: str, key: bytes, ask: str) -> bytes:
    return hmac.new(key, f"{ask}\0{code}".encode("utf-8", "replace"), hashlib.sha256).digest()
