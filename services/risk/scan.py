"""Finds personal data that a note or transcript does not need (rules.md 12): kinds and places, never values.

Local rules: check digits where there are any, words in context where there are none. A flag assists a person, who
masks, moves or justifies.
"""

from collections.abc import Callable, Container, Iterable, Iterator

from services.risk.national_ids import national_ids
from services.risk.words import (
    DATE,
    DIGIT_RUN,
    HEALTH,
    HEALTH_PART,
    IBAN_START,
    MAIL,
    PASSWORD,
    PIN,
    REFERENCE,
    SECURITY_CODE,
)
from services.types import RiskFlag

KINDS = {
    "card": "looks like a card number",
    "iban": "looks like a bank account (IBAN)",
    "national-id": "looks like a national identity number",
    "email": "is an e-mail address",
    "secret": "looks like a password, PIN or security code",
    "health": "says something about health",
    "phone": "looks like a telephone number",
}
"""Kinds of flags with the words shown for each."""

Span = tuple[int, int]
_IN_LOWER_CASE = ("secret", "health")  # words: ignoring case in the pattern would cost twice the time
_CARD_LENGTHS = (16, 15, 14, 19, 18, 17, 13, 12)  # the usual ones first
_IBAN_LENGTHS = range(34, 14, -1)


def scan(text: str, *, country: str, phones: bool = True, only: Container[str] = KINDS) -> tuple[RiskFlag, ...]:
    """What stands in `text`, in order, without overlaps; `start` and `end` are character places.

    `country` (ISO 3166, two letters) is where numbers without a country code come from. Telephones cost nine tenths
    of the time: while somebody types, ask for them less often than for the rest. `only`: the kinds looked for.
    """
    flags: list[RiskFlag] = []
    taken = bytearray(len(text))
    low = _lower(text)
    for kind, find in _FINDERS:
        if kind not in only:
            continue
        flags += _free(taken, kind, find(low if kind in _IN_LOWER_CASE else text, country))
    if phones:
        flags += _free(taken, "phone", _phones(_without(text, flags), country))
    return tuple(sorted(flags, key=lambda flag: flag.start))


def mask(text: str, flags: Iterable[RiskFlag]) -> str:
    """`text` with each flagged place replaced by its kind, such as `[card]`."""
    parts, done = [], 0
    for flag in sorted(flags, key=lambda f: f.start):
        if flag.start >= done:
            parts += [text[done : flag.start], f"[{flag.kind}]"]
            done = flag.end
    return "".join([*parts, text[done:]])


def warm(country: str) -> None:
    """Loads the tables of check digits and telephone numbers, so that the first keystroke does not wait for them."""
    scan("4111 1111 1111 1111, DE02 1203 0000 0000 2020 51, 030 23125 0000, 12 345 678 901", country=country)


def _free(taken: bytearray, kind: str, spans: Iterable[Span]) -> Iterator[RiskFlag]:
    """A flag for each span that no earlier one lies on; marks its places as taken."""
    for start, end in spans:
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            yield RiskFlag(kind, start, end, KINDS[kind])


def _lower(text: str) -> str:
    """`text` in small letters, places kept (some letters, such as İ, become two)."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(char.lower()[0] for char in text)


def _without(text: str, flags: Iterable[RiskFlag]) -> str:
    """`text` with the flagged places blanked, the others kept where they are; `|` joins no number to another."""
    letters = list(text)
    for flag in flags:
        letters[flag.start : flag.end] = "|" * (flag.end - flag.start)
    return "".join(letters)


def _mails(text: str, _: str) -> Iterator[Span]:
    return (match.span() for match in MAIL.finditer(text)) if "@" in text else iter(())


def _ibans(text: str, _: str) -> Iterator[Span]:
    for match in IBAN_START.finditer(text):
        if span := _iban_at(text, match.start()):
            yield span


def _iban_at(text: str, start: int) -> Span | None:
    """The longest valid IBAN that begins at `start`; its groups may be parted by one blank or hyphen."""
    from stdnum import iban

    number, ends = "", []
    for place in range(start, min(len(text), start + 50)):
        char = text[place]
        if char.isascii() and char.isalnum():
            number += char
            ends.append(place + 1)
        elif char not in " -" or text[place - 1] in " -":
            break
    for length in _IBAN_LENGTHS:
        whole = length <= len(number) and not text[ends[length - 1] : ends[length - 1] + 1].isalnum()
        if whole and iban.is_valid(number[:length], check_country=False):
            return start, ends[length - 1]
    return None


def _cards(text: str, _: str) -> Iterator[Span]:
    """Cards inside runs of digits: they begin and end with a group, as an expiry date or a code may follow."""
    for run in DIGIT_RUN.finditer(text):
        places = [run.start() + at for at, char in enumerate(run.group()) if char.isdigit()]
        gaps = [at for at in range(1, len(places)) if places[at] - places[at - 1] > 1]
        starts = [at for at in (0, *gaps) if text[places[at]] in "23456"]
        ends, after = {*gaps, len(places)}, 0
        for start in starts:
            for length in _CARD_LENGTHS:
                if start >= after and start + length in ends:
                    inside = places[start : start + length]
                    if _is_card("".join(text[place] for place in inside)):
                        yield inside[0], inside[-1] + 1
                        after = start + length


def _is_card(digits: str) -> bool:
    """Luhn, and a beginning that card schemes use (ISO/IEC 7812): one number in ten passes Luhn by chance."""
    from stdnum import luhn

    known = digits[0] in "3456" or 2221 <= int(digits[:4]) <= 2720
    if len(digits) < 13:
        known = digits[0] == "6" or digits[:2] in ("50", "56", "57", "58")
    return known and len(set(digits)) > 1 and luhn.is_valid(digits)


def _secrets(text: str, _: str) -> Iterator[Span]:
    for shape in (SECURITY_CODE, PASSWORD, PIN):
        for match in shape.finditer(text):
            yield match.span("secret")


def _health(text: str, _: str) -> Iterator[Span]:
    for match in HEALTH.finditer(text):
        yield match.span()
    for match in HEALTH_PART.finditer(text):
        start, end = match.span()
        while start and text[start - 1].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum():
            end += 1
        yield start, end


def _phones(text: str, country: str) -> Iterator[Span]:
    """Telephone numbers of the known country and with country code; dates and order numbers are none."""
    text = DATE.sub(lambda match: "|" * len(match.group()), text)
    if sum(map(str.isdigit, text)) < 6:
        return
    from phonenumbers import PhoneNumberMatcher

    for match in PhoneNumberMatcher(text, country):
        if not REFERENCE.search(text[max(0, match.start - 30) : match.start]):
            yield match.start, match.end


_FINDERS: tuple[tuple[str, Callable[[str, str], Iterable[Span]]], ...] = (
    ("email", _mails),
    ("iban", _ibans),
    ("card", _cards),
    ("secret", _secrets),
    ("national-id", national_ids),
    ("health", _health),
)
