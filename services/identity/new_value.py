"""What a person wants to stand instead of a wrong value: whether it can be taken, and the form it is written in."""

import unicodedata
from typing import Literal

from services.identity.identifiers import EMAIL, kind_of, normalise
from services.identity.said_date import said_date

Kind = Literal["email", "phone", "date", "text"]
LONGEST = 500
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def why_not(kind: Kind, text: str, country: str) -> str:
    """Why `text` cannot be a value of that kind, as words without it; empty when it can.

    Quotes, brackets and formulas are text like any other: where one could do harm (a sheet, a screen) it is made inert.
    """
    if not text.strip():
        return "type the new value"
    if len(text) > LONGEST:
        return f"a value has at most {LONGEST} characters"
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in _BIDI for sign in text):
        return "a value holds no control characters"
    if kind == "email" and kind_of(text) != EMAIL:
        return "that is no e-mail address"
    if kind == "phone" and not 6 <= sum(sign.isdigit() for sign in text) <= 15:
        return "that is no telephone number"
    if kind == "date" and not _iso(text, country):
        return "that is no date with a year of four digits"
    return ""


def written(kind: Kind, text: str, country: str) -> str:
    """The form in which the value is written; raises `ValueError` where `why_not` says no."""
    why = why_not(kind, text, country)
    if why:
        raise ValueError(why)
    if kind == "phone":
        return normalise("phone", text, country)
    return _iso(text, country) if kind == "date" else text.strip()


def _iso(text: str, country: str) -> str:
    said = said_date(text, country)
    return f"{said[0]:04d}-{said[1]:02d}-{said[2]:02d}" if said and said[0] > 999 else ""
