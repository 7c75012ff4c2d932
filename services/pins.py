"""How a PIN is kept: argon2id over a keyed digest. Whoever lacks the key can test no guess, however short the PIN.

Central's rows are keyed with the pepper, which workers and operators hold and no terminal does; what a terminal keeps
for sign-ins without central is keyed with a key of its own.
"""

import hashlib
import hmac
from typing import Final

LONGEST: Final = 12
"""Digits of a PIN, at most; an agent's number has fewer."""

# An unknown number takes as long as a wrong PIN: the hash of nobody's.
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$2BmwJYw1pTNkvbTcnvDyHX1VW6TzrD8UPm1uV9XYZJM"


def keep(secret: bytes, agent: str, pin: str, *, quick: bool = False) -> str:
    """What is kept of an agent's PIN (RFC 9106, second recommendation with one lane: 64 MiB, 3 passes).

    `quick` is for a demo, whose PINs are shown and whose keys lie in a file: there is nothing to be slow for.
    """
    from argon2 import PasswordHasher

    passes, kib = (1, 1024) if quick else (3, 65536)
    return PasswordHasher(time_cost=passes, memory_cost=kib, parallelism=1).hash(_keyed(secret, agent, pin))


def fits(secret: bytes, kept: str, agent: str, pin: str) -> bool:
    """Whether `pin` is the agent's, of whom `kept` is kept; false for anything that is no hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(kept, _keyed(secret, agent, pin))
    except (VerificationError, InvalidHashError):
        return False


def could_be(agent: str, pin: str) -> bool:
    """Whether these are digits, as everybody's number and PIN are."""
    return all(text.isascii() and text.isdigit() and len(text) <= LONGEST for text in (agent, pin))


def _keyed(secret: bytes, agent: str, pin: str) -> str:
    """The agent is in it: the row of one, copied over another's, opens nothing."""
    return hmac.new(secret, f"{agent}\0{pin}".encode(), hashlib.sha256).hexdigest()
