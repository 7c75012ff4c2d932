"""What a caller gives to be found by: its kind, its normal form, its mask, its keyed digest. Pure."""

import hashlib
import hmac
import re

EMAIL = "email"
PHONE = "phone"
CUSTOMER = "customer_number"

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DIALLED = re.compile(r"\+?[\d\s()/.-]{6,24}")
_DOT = "•"


def kind_of(identifier: str) -> str:
    """`email`, `phone` or `customer_number`, by the look of it."""
    text = identifier.strip()
    if _MAIL.fullmatch(text):
        return EMAIL
    return PHONE if _DIALLED.fullmatch(text) and sum(c.isdigit() for c in text) >= 6 else CUSTOMER


def normalise(kind: str, identifier: str, country: str) -> str:
    """The form under which a person is found: e-mail in lower case, phone in E.164, numbers without blanks."""
    text = identifier.strip()
    if kind == EMAIL:
        return text.casefold()
    if kind == PHONE:
        return _e164(text, country)
    return re.sub(r"\s+", "", text).upper()


def _e164(text: str, country: str) -> str:
    import phonenumbers  # 60 ms of metadata: only when a phone is met

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return re.sub(r"[^\d+]", "", text)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def mask(kind: str, identifier: str) -> str:
    """What the queue may show (TRM-7): `a•••@ex•••.com`, `+49•••••321`, `K•••42`."""
    text = identifier.strip()
    if kind == EMAIL:
        local, _, host = text.partition("@")
        name, _, top = host.rpartition(".")
        return f"{local[:1]}{_DOT * 3}@{name[:2]}{_DOT * 3}.{top}"
    if kind == PHONE:
        return f"{text[:3]}{_DOT * 5}{text[-3:]}" if len(text) > 8 else _DOT * 5
    return f"{text[:1]}{_DOT * 3}{text[-2:]}" if len(text) > 4 else _DOT * 4


def lookup_digest(key: bytes, controller: str, kind: str, normal: str) -> str:
    """Keyed digest of a normalised identifier, apart per controller and kind (rules.md 8.3): 64 hex digits."""
    return hmac.new(key, "\0".join((controller, kind, normal)).encode(), hashlib.sha256).hexdigest()
