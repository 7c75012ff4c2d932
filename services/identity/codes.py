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
LETTER_DAYS, LETTER_TRIES = 21, 3
"""One that went by post counts for three weeks, and for three answers in all."""
LETTER_US = LETTER_DAYS * 86_400 * 1_000_000
_LETTER_DIGITS = 8


@dataclass(frozen=True, slots=True)
class KeptCode:
    """What is kept of a code until it is used: a digest under a key of the workers, and its end in µs UTC."""

    digest: bytes
    until: int


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def letter_code(key: bytes, job: str) -> str:
    """The eight digits of one letter: whoever does its step again prints the same."""
    digest = hmac.new(key, f"letter-code\0{job}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:16]) % 10**_LETTER_DIGITS:0{_LETTER_DIGITS}d}"


def keep(code: str, key: bytes, ask: str, now: int, life: int = LIFE_US) -> KeptCode:
    """What to keep of `code`, bound to the ask it was made for; it counts for `life` (µs)."""
    return KeptCode(_digest(code, key, ask), now + life)


def is_late(kept: KeptCode, now: int, life: int = LIFE_US) -> bool:
    """Whether its time is over; a clock set back by more than that counts as late too."""
    return not kept.until - life <= now <= kept.until


def same_code(given: str, kept: KeptCode, key: bytes, ask: str) -> bool:
    """Whether the caller said that code; blanks, dots and dashes do not count. The keeper counts it once."""
    plain = re.sub(r"[\s.–-]", "", unicodedata.normalize("NFKC", given[:50]))
    return hmac.compare_digest(_digest(plain, key, ask), kept.digest)


def _digest(code: str, key: bytes, ask: str) -> bytes:
    return hmac.new(key, f"{ask}\0{code}".encode("utf-8", "replace"), hashlib.sha256).digest()
