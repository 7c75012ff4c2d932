"""Codes that a signed-in account shows, and that say so for a minute or two (rules.md 7.3, SES; docs/identity.md).

The account's program and the workers share a secret. A code belongs to one account and one stretch of time, so that it
can be read out on the telephone or handed over by a chat, and computed anew by whoever checks it.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

DIGITS = 8
LEAST_SECRET = 32
"""Characters of a secret, at least."""
_PURPOSE = "rightsdesk-session-1"


@dataclass(frozen=True)
class SessionCodes:
    """`session` of `controller.yml`: the name of the secret in the vault, how long a code is shown, and by which kind
    of identity the account knows the person."""

    secret: str
    seconds: int = 60
    account: str = "customer_number"

    def __post_init__(self) -> None:
        if not 15 <= self.seconds <= 300:
            raise ValueError("'seconds' is from 15 to 300: a code of a session is short-lived")


@dataclass(frozen=True, slots=True)
class Shown:
    """A code that an account shows, or showed a moment ago; `once` is a keyed digest by which it counts once."""

    code: str
    once: bytes


def shown_now(secret: bytes, controller: str, account: str, seconds: int, now: int) -> Iterator[Shown]:
    """The code that `account` shows at `now` (µs), and the one before it."""
    step = now // 1_000_000 // seconds
    for at in (step, step - 1):
        digest = hmac.new(secret, f"{_PURPOSE}\0{controller}\0{account}\0{at}".encode(), hashlib.sha256).digest()
        yield Shown(f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}d}", digest)


def same_shown(given: str, shown: Shown) -> bool:
    """Whether the caller said that code; blanks, dots and dashes do not count."""
    plain = re.sub(r"[\s.–-]", "", unicodedata.normalize("NFKC", given[:50]))
    return hmac.compare_digest(plain.encode("utf-8", "replace"), shown.code.encode())
