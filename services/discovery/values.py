"""What sampled values of a column look like: shares of them, never a value."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from statistics import median

from services.risk.national_ids import national_ids
from services.risk.scan import scan

_MAIL = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?=(?:\D*\d){6,15}\D*$)[+(]?[0-9][0-9 ()/.-]+")
_NATIONAL = re.compile(r"0|\(|\d{3}[ .-]\d{3}[ .-]\d{4}$")
_HASH = re.compile(r"\$(?:2[aby]|argon2\w*|scrypt|pbkdf2[\w-]*|[156])\$\S+")
_AGENT = re.compile(r"(?:Mozilla|Opera)/\d\.\d+ \(.*")
_PERSON = re.compile(r"(?:[^\W\d_][\w'’.-]*,? ){1,3}[^\W\d_][\w'’-]+")
_COUNTRIES = ("DE", "FR", "GB", "AT", "ES", "IT", "NL", "BE", "PL", "IE")
_REGIONS = ("DE", "FR", "GB", "US", "AT", "CH")
_FEW_WORDS = 4
_INSIDE = 60
"""Texts that are searched for what stands inside."""
_OLDEST, _YOUNGEST = 1905, 8
_LIFE = 25
"""Years that birthdays of a sample spread over at least, and lie back in the middle."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`count` values that hold something; `shares` of them (0-1) by what they look like."""

    count: int = 0
    distinct: int = 0
    shares: dict[str, float] = field(default_factory=dict)

    def share(self, kind: str) -> float:
        """How many of the values look like `kind`."""
        return self.shares.get(kind, 0.0)


def look(values: Sequence[object]) -> Seen:
    """What `values` look like. Keeps none of them."""
    there = [value for value in values if value is not None and str(value).strip()]
    if not there:
        return Seen()
    texts = [str(value).strip() for value in there]
    shares = {kind: sum(map(test, texts)) / len(texts) for kind, test in _TESTS.items()}
    shares["national-id"] = max(sum(_whole_id(text, c) for text in texts) / len(texts) for c in _COUNTRIES)
    shares["birth"] = _births([day for value in there if (day := _day(value)) is not None]) / len(texts)
    shares["text"] = sum(text.count(" ") >= _FEW_WORDS for text in texts) / len(texts)
    if shares["text"] > 0.2:
        some = [text for text in texts if text.count(" ") >= _FEW_WORDS][:_INSIDE]
        shares["inside"] = sum(bool(scan(text, country="DE")) for text in some) / len(some)
    return Seen(len(texts), len(set(texts)), {kind: share for kind, share in shares.items() if share})


def _is_phone(text: str) -> bool:
    """A whole number of the telephone: with a country code, or as national ones are written."""
    if not _PHONE.fullmatch(text) or _day(text) is not None or _is_ip(text):
        return False
    if text.startswith("+"):
        return _valid_phone(text, None)
    return _NATIONAL.match(text) is not None and any(_valid_phone(text, region) for region in _REGIONS)


def _valid_phone(text: str, region: str | None) -> bool:
    import phonenumbers

    with suppress(phonenumbers.NumberParseException):
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    return False


def _is_iban(text: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(text, check_country=False))


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return (
        digits.isdigit()
        and 12 <= len(digits) <= 19
        and any(f.kind == "card" for f in scan(text, country="DE", phones=False))
    )


def _is_ip(text: str) -> bool:
    with suppress(ValueError):
        return "." in text or ":" in text if ipaddress.ip_interface(text) else False
    return False


def _whole_id(text: str, country: str) -> bool:
    return len(text) <= 24 and (0, len(text)) in national_ids(text, country)


def _is_person(text: str) -> bool:
    return len(text) <= 60 and _PERSON.fullmatch(text) is not None and all(w[:1].isupper() for w in text.split()[:1])


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d(?:[ T]00:00(?::00)?)?", text):
        with suppress(ValueError):
            return date.fromisoformat(text[:10])
    if found := re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", text):
        for day, month in ((1, 2), (2, 1)):
            with suppress(ValueError):
                return date(int(found[3]), int(found[month]), int(found[day]))
    return None


def _births(days: list[date]) -> int:
    """How many could be birthdays; none where together they are not spread over lives."""
    now = datetime.now(UTC).year
    years = [day.year for day in days if _OLDEST <= day.year <= now - _YOUNGEST]
    if len(set(years)) < 3 or max(years) - min(years) < _LIFE or now - median(years) < _LIFE:
        return 0
    return len(years)


def _matches(shape: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: shape.fullmatch(text) is not None


_TESTS: dict[str, Callable[[str], bool]] = {
    "email": _matches(_MAIL),
    "phone": _is_phone,
    "iban": _is_iban,
    "card": _is_card,
    "ip": _is_ip,
    "hash": _matches(_HASH),
    "agent": _matches(_AGENT),
    "person": _is_person,
}
