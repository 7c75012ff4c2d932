"""The words screens share: rights with their letters, channels, grounds, times. Ours only, no data."""

from datetime import UTC, date, datetime, tzinfo
from typing import Final

from services.types import Channel, Outcome, Requester, Right

RIGHTS: Final = {
    Right.ACCESS: ("a", "access"),
    Right.PORTABILITY: ("p", "portability"),
    Right.ERASURE: ("e", "erasure"),
    Right.RECTIFICATION: ("r", "rectification"),
    Right.RESTRICTION: ("z", "restriction"),
    Right.OBJECTION_MARKETING: ("m", "stop marketing"),
    Right.OBJECTION_OTHER: ("o", "other objection"),
    Right.CONSENT_WITHDRAW: ("w", "withdraw consent"),
    Right.CONSENT_GIVE: ("g", "give consent"),
    Right.ADM_REVIEW: ("h", "human review"),
    Right.COMPLAINT: ("c", "complaint"),
    Right.UNKNOWN: ("u", "not clear yet"),
}
"""The letter that picks a right, and what it is called."""

CHANNELS: Final = {
    Channel.PHONE: "phone",
    Channel.MAIL: "mail",
    Channel.CHAT: "chat",
    Channel.LETTER: "letter",
    Channel.IN_PERSON: "in person",
}
REQUESTERS: Final = {
    Requester.SELF: "the person",
    Requester.REPRESENTATIVE: "representative",
    Requester.PARENT: "parent",
    Requester.GUARDIAN: "guardian",
    Requester.HEIR: "heir",
    Requester.EMPLOYEE: "own staff",
    Requester.COMPANY: "company",
    Requester.AUTHORITY: "authority",
    Requester.UNKNOWN: "unknown",
}
GROUNDS: Final = {
    "17-1-a": "a  no longer needed",
    "17-1-b": "b  consent withdrawn",
    "17-1-c": "c  objection upheld",
    "17-1-d": "d  unlawful",
    "17-1-e": "e  a law asks for it",
    "17-1-f": "f  collected from a child",
}
"""Art 17(1): what an erasure rests on."""

ENDINGS: Final = {
    "d": (Outcome.DONE, "done by hand where a system did not take it; the person gets the letter"),
    "n": (Outcome.NOT_IDENTIFIED, "the person could not be identified"),
    "w": (Outcome.WITHDRAWN, "the person takes the request back"),
    "h": (Outcome.NOTHING_HELD, "nothing is held (the tier of access is needed to say so)"),
    "r": (Outcome.REFERRED, "referred to the controller"),
    "s": (Outcome.SPAM, "no request at all"),
}
"""How a person may end an item without an act on data."""

BREACH_WHOM: Final = {"authority": "the authority", "persons": "the persons", "controller": "the controller"}
BREACH_REASONS: Final = {
    "told": "within the time",
    "told-late": "later than 72 hours",
    "risk-unlikely": "a risk for the persons is unlikely (Art 33(1))",
    "high-risk": "the risk for them is high (Art 34(1))",
    "by-choice": "it is fair to tell them",
    "no-high-risk": "the risk for them is not high",
    "unreadable": "nobody can read the data, as encrypted (Art 34(3)(a))",
    "risk-removed": "later measures removed the high risk (Art 34(3)(b))",
    "public-notice": "out of proportion: a public notice instead (Art 34(3)(c))",
    "contained": "it is contained",
    "not-concerned": "the case is not concerned after all",
    "not-about": "it is not about them after all",
    "right-comes-first": "the person's right cannot wait",
    "no-breach": "it was no breach",
    "all-done": "all that was to be done is done",
    "reported-twice": "the same was raised before",
}
"""Reasons of decisions about a breach, by code."""

PLANNED: Final = {
    "delete": "deleted",
    "mask": "masked",
    "keep": "kept",
    "leave": "left as it is",
    "disclose": "in the package",
    "withhold": "held back",
}
"""What will happen to rows, by the plan's code."""


def right(one: Right) -> str:
    """What a right is called."""
    return RIGHTS[one][1]


def day(one: date) -> str:
    """`Thu 24 Dec 2026`."""
    return f"{one:%a %d %b %Y}"


def clock(at: datetime, zone: tzinfo | None) -> str:
    """`14:03:11`."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def stamp(at: datetime, zone: tzinfo | None) -> str:
    """`24 Nov 14:03`."""
    return f"{at.astimezone(zone):%d %b %H:%M}"


def left(until: datetime, now: datetime) -> str:
    """How long until then: `25 s`, `4 min`, `23 h`; `0 s` when it is past."""
    seconds = max(0, int((until.astimezone(UTC) - now.astimezone(UTC)).total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
