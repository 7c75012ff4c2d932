"""Breaches of a desk without stores: a form, a register of three, and what was asked of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.errors import BadInput
from services.types import (
    BreachDecision,
    BreachForm,
    BreachLine,
    BreachPerson,
    BreachRaise,
    BreachTexts,
    DutyRole,
    LetterText,
    NoticeForm,
    NoticeWords,
    Raised,
    Session,
)

AWARE = datetime(2026, 3, 5, 12, 40, tzinfo=UTC)
WORDS = "the order of another customer was read to the caller"
CATEGORIES = (
    ("n", "user.name", "name"), ("c", "user.contact", "contact data"), ("u", "user.unique_id", "customer numbers"),
    ("d", "user.demographic", "personal circumstances"), ("p", "user.payment", "payment data"),
    ("h", "user.health_and_medical", "health data"),
)  # fmt: skip


def line(number: str = "C-26-004201", **more: Any) -> BreachLine:
    """A breach of this afternoon about the case on the screen."""
    made = BreachLine(
        number=number, controller="nordlicht", controller_name="Nordlicht Versand GmbH", zone="Europe/Berlin",
        duty=DutyRole.CONTROLLER, first="authority", about="C-26-004155", locks=True, aware_at=AWARE,
        raised_at=AWARE + timedelta(minutes=10), raised_by="0042", categories=("contact data", "payment data"),
        persons=1, records=-1, ongoing="no", contained="yes", light="71 h left", safe=AWARE + timedelta(hours=72),
        latest=AWARE + timedelta(hours=72, minutes=20), decisions=(),
        missing="whether the authority is told is not decided", alerts=("sent",),
    )  # fmt: skip
    return replace(made, **more)


def register() -> tuple[BreachLine, ...]:
    """One open, one of a processor that is late, one closed."""
    told = BreachDecision("authority", AWARE - timedelta(days=9), "told", "0007", AWARE - timedelta(days=9))
    no = BreachDecision("persons", None, "unreadable", "0003", AWARE - timedelta(days=8))
    late = line(
        "C-26-004190", controller="albion", controller_name="Albion Ltd", zone="Europe/London", about="",
        duty=DutyRole.PROCESSOR, first="controller", locks=False, light="TELL NOW 3h", persons=-1, alerts=("made",),
        missing="whether the controller is told is not decided", aware_at=AWARE - timedelta(hours=3),
    )  # fmt: skip
    over = line(
        "C-26-003911", light="closed", locks=False, persons=1_204, decisions=(told, no), missing="", closed="all-done",
        closed_by="0003", closed_at=AWARE - timedelta(days=8), aware_at=AWARE - timedelta(days=9),
    )  # fmt: skip
    return line(), late, over


@dataclass
class FakeBreach:
    """Keeps what is asked of it; `refused` is raised instead of raising."""

    lines: tuple[BreachLine, ...] = field(default_factory=register)
    raised: list[BreachRaise] = field(default_factory=list)
    kept: list[tuple[Any, ...]] = field(default_factory=list)
    refused: BadInput | None = None
    words: str = WORDS

    def form(self, session: Session, case: str = "") -> BreachForm:
        two = ("nordlicht", "Nordlicht Versand GmbH", "Europe/Berlin"), ("albion", "Albion Ltd", "Europe/London")
        return BreachForm(case, two[:1] if case else two, CATEGORIES)

    def raise_(self, session: Session, breach: BreachRaise) -> Raised:
        if self.refused is not None:
            raise self.refused
        self.raised.append(breach)
        return Raised("C-26-004201", "71 h left: the authority by Sun 08 Mar 13:40, at the very latest 14:00")

    def register(self, session: Session) -> tuple[BreachLine, ...]:
        return self.lines

    def read(self, session: Session, number: str) -> BreachLine:
        return next(one for one in self.lines if one.number == number)

    def texts(self, session: Session, number: str) -> BreachTexts:
        self.kept.append(("texts", number))
        return BreachTexts(self.words, ("a parcel may be taken",), (), (self.words, self.words))

    def decide(self, session: Session, number: str, *words: object) -> None:
        self.kept.append(("decide", number, *words))

    def update(self, session: Session, number: str, *words: object) -> None:
        self.kept.append(("update", number, *words))

    def release(self, session: Session, number: str, reason: str) -> None:
        self.kept.append(("release", number, reason))

    def close(self, session: Session, number: str, reason: str) -> None:
        self.kept.append(("close", number, reason))


def people(*states: str) -> tuple[BreachPerson, ...]:
    """Persons of four cases, in these states."""
    whole = {
        "told": BreachPerson("C-26-004155", "told", "smtp", by="0007", at=AWARE + timedelta(hours=1)),
        "failed": BreachPerson("C-26-004156", "failed", "", "there is no address to write to", "0007", AWARE),
        "waiting": BreachPerson("C-26-004157", "waiting", "", "no mail goes out", "0007", AWARE + timedelta(hours=2)),
        "public": BreachPerson("C-26-004158", "public", "", "public-notice", "0007", AWARE),
        "added": BreachPerson("C-26-004155", "added"),
    }
    return tuple(whole[state] for state in states)


@dataclass
class FakeNotice:
    """Letters to persons; keeps what is asked of it, `refused` is raised instead of a preview."""

    kept: list[tuple[Any, ...]] = field(default_factory=list)
    refused: BadInput | None = None
    text: str = "Guten Tag,\n\nEine Liste ging an eine falsche Adresse.\n"

    def form(self, session: Session, number: str) -> NoticeForm:
        return NoticeForm(number, "nordlicht", ("de", "en"), CATEGORIES, ("user.contact",), ("C-26-004155",))

    def preview(self, session: Session, number: str, words: NoticeWords) -> LetterText:
        if self.refused is not None:
            raise self.refused
        self.kept.append(("preview", words))
        return LetterText("breach-notice", "2026-11", words.language, "Mit Ihren Daten ist etwas geschehen", self.text)

    def send(self, session: Session, number: str, words: NoticeWords) -> int:
        self.kept.append(("send", words))
        return len(words.cases)

    def add(self, session: Session, number: str, case: str) -> None:
        self.kept.append(("add", case))

    def settle(self, session: Session, number: str, case: str, reason: str, words: str) -> None:
        self.kept.append(("settle", case, reason, words))

    def again(self, session: Session, number: str) -> int:
        self.kept.append(("again", number))
        return 1

    def handed(self, session: Session, number: str, case: str, medium: str) -> None:
        self.kept.append(("handed", case, medium))
