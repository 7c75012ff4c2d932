"""Identities in the form they are compared by: e-mail without letter case, telephone numbers in E.164."""

import re
from typing import Literal

How = Literal["exact", "email", "phone"]

_KINDS: dict[str, How] = {"email": "email", "phone": "phone", "phone_number": "phone"}
PHONE_MARKS = " -/().\u00a0"


def kind_of(identity: str) -> str:
    """One word for an identity that has two (`phone_number` is `phone`)."""
    return "phone" if identity == "phone_number" else identity


def how_of(identity: str) -> How:
    """How values of that kind of identity are compared."""
    return _KINDS.get(identity, "exact")


def normal(how: How, value: str, region: str) -> str:
    """The form two equal identities share; `region` is the ISO country of numbers without a country code."""
    text = value.strip()
    if how == "email":
        return text.lower()
    return _e164(text, region) if how == "phone" else text


def forms(how: How, value: str, region: str) -> tuple[str, ...]:
    """How a database may hold the identity, in the form a query compares.

    E-mail: lower case, as databases make it (many change ASCII letters only). Telephone: without spaces and marks.
    """
    text = value.strip()
    if how == "email":
        return tuple(sorted({text.lower(), _ascii_lower(text), _ascii_lower(text.upper()), _ascii_lower(text.lower())}))
    return _phone_forms(text, region) if how == "phone" else (text,)


def _ascii_lower(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def _parsed(text: str, region: str) -> tuple[int, str, str] | None:
    """Country code, national number, E.164; None when it is no telephone number."""
    import phonenumbers  # 30 ms and megabytes of tables: only when a number is met

    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    return number.country_code or 0, national, f"+{number.country_code}{national}"


def _e164(text: str, region: str) -> str:
    parsed = _parsed(text, region)
    return parsed[2] if parsed else re.sub(f"[{re.escape(PHONE_MARKS)}]", "", text)


def _phone_forms(text: str, region: str) -> tuple[str, ...]:
    bare = re.sub(f"[{re.escape(PHONE_MARKS)}]", "", text)
    parsed = _parsed(text, region)
    if parsed is None:
        return (bare,)
    code, national, _ = parsed
    starts = (f"+{code}", f"00{code}", f"{code}", f"+{code}0", f"00{code}0", "0", "")
    return tuple(sorted({bare, *(f"{start}{national}" for start in starts)}))
