"""Whether what a caller said is what is on file: a yes or a no, never the value (rules.md G2, IDV-11).

Forgiving about the way of writing, strict about the content. Everything empty or unreadable is a no.
"""

import hmac
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from services.identity.said_date import same_date

MAX_ANSWER = 200
"""Characters; a longer answer is no answer."""

Expected = str | date | datetime | Decimal | int | None


def same(kind: str, given: str, expected: Expected, country: str = "") -> bool:
    """Compare by `kind`: text, date, postcode, amount, customer-number, pin-hash. `country` settles the order of dates.

    A missing expected value is compared as well and is a no, so that the time does not tell that nothing is held.
    Raises `KeyError` for an unknown kind.
    """
    how = _KINDS[kind]
    if len(given) > MAX_ANSWER:
        return False
    return how(unicodedata.normalize("NFKC", given), "" if expected is None else str(expected), country)


def _text(given: str, expected: str, country: str) -> bool:
    wanted = _forms(expected)
    return any(_equal(form, other) for form in _forms(given) for other in wanted)


def _customer_number(given: str, expected: str, country: str) -> bool:
    return _equal(_letters(given).upper(), _letters(expected).upper())


def _postcode(given: str, expected: str, country: str) -> bool:
    """Without blanks and dashes; `D-10115` is `10115`."""
    said, wanted = _letters(given).upper(), _letters(expected).upper()
    if wanted.isdigit():
        said = re.sub(r"^[A-Z]{1,3}(?=\d)", "", said)
    return _equal(said, wanted)


def _amount(given: str, expected: str, country: str) -> bool:
    said, wanted = amount_of(given), amount_of(expected)
    return said is not None and wanted is not None and said == wanted


def _pin(given: str, expected: str, country: str) -> bool:
    """Against an argon2 hash; without one against a hash nobody has the PIN of, for the same time."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    pin = "".join(given.split())
    try:
        PasswordHasher().verify(expected or _nobody(), pin)
    except (VerificationError, ValueError):  # ValueError: no hash at all, or no text that can be encoded
        return False
    return bool(pin and expected)


_KINDS: dict[str, Callable[[str, str, str], bool]] = {
    "text": _text,
    "date": same_date,
    "postcode": _postcode,
    "amount": _amount,
    "customer-number": _customer_number,
    "pin-hash": _pin,
}

_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "ß": "ss"})
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def _forms(text: str) -> set[str]:
    """How a word may be written without its accents: Müller is `muller` and `mueller`."""
    lower = unicodedata.normalize("NFC", text).lower()
    return {_letters(_bare(lower.translate(table)).casefold().translate(_PLAIN)) for table in (_SPELLED, _PLAIN)}


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _equal(given: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def amount_of(text: str) -> Decimal | None:
    """`49,90 €`, `1.234,56`, `1,234.56`, `EUR 49`: the amount, or None.

    A single separator before exactly three digits parts thousands, since money has two decimals at most.
    """
    found = re.fullmatch(r"\s*[^\d+-]*\s*(-?\d[\d.,'’\s]*)\s*[^\d]*", text)
    if found is None:
        return None
    number = re.sub(r"['’\s]", "", found[1]).rstrip(".,")
    whole, decimals, point = number, "", ""
    last = max(number.rfind("."), number.rfind(","))
    if last >= 0 and len(number) - last - 1 != 3:
        whole, decimals, point = number[:last], number[last + 1 :], number[last]
    if (
        not re.fullmatch(r"-?(\d+|[1-9]\d{0,2}([.,])\d{3}(\2\d{3})*)", whole)
        or len(decimals) > 2
        or (point and point in whole)
    ):
        return None
    return Decimal(re.sub(r"[.,]", "", whole) + "." + (decimals or "0"))


@lru_cache(maxsize=1)
def _nobody() -> str:
    import secrets

    from argon2 import PasswordHasher

    return PasswordHasher().hash(secrets.token_hex(16))
