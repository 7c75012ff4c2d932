"""Names what is personal in a value that fits no shape, so that an error can say so without the value."""

import re

_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_DIGITS = re.compile(r"\+?[0-9](?:[ ()./-]{0,2}[0-9]){6,22}")
_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_NAMES = {"mail": "a mail address", "iban": "an IBAN", "card": "a card number", "phone": "a phone number"}


def identifier_in(text: str) -> str | None:
    """`mail`, `iban`, `card` or `phone` when `text` holds what looks like one; else None."""
    if _MAIL.search(text):
        return "mail"
    if any(_mod_97(_bare(found.group())) for found in _IBAN.finditer(text)):
        return "iban"
    runs = [_bare(found.group()) for found in _DIGITS.finditer(text)]
    if any(13 <= len(run.lstrip("+")) <= 19 and luhn(run.lstrip("+")) for run in runs):
        return "card"
    if any(run.startswith("+") or 9 <= len(run) <= 15 for run in runs):
        return "phone"
    return None


def what_is_wrong(value: object, wanted: str) -> str:
    """A sentence on why `value` is not `wanted`; never holds the value."""
    if isinstance(value, str):
        kind = identifier_in(value)
        if kind is not None:
            return f"holds what looks like {_NAMES[kind]}"
        if " " in value or not value.isascii():
            return f"holds free text where {wanted} is wanted"
    return f"is not {wanted}"


def luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit (ISO/IEC 7812-1)."""
    odd = sum(int(d) for d in digits[-1::-2])
    even = sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (odd + even) % 10 == 0


def _mod_97(iban: str) -> bool:
    """ISO 13616: country and check digits last, letters as numbers, remainder 1."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def _bare(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z+]", "", text)
