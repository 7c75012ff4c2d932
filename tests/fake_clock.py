"""`desk.clock` without stores, and a case whose clock stands still."""

from dataclasses import replace
from datetime import date

from services.types import CaseView, Date, ItemState, KeyState, Outcome, Session

NONE_OPEN = "no question to the person is open"
CLOCK_KEYS = {
    "ask": "", "answered": NONE_OPEN, "chase": NONE_OPEN, "unanswered": "only who was asked twice again", "remind": "",
    "merge": "", "pause": "for lead only", "extend": "for lead only",
}  # fmt: skip
DATES = (
    Date("received", date(2026, 2, 25), "in Europe/Berlin; 1 reminder: no new clock"),
    Date("internal target", date(2026, 3, 11), "10 working days"),
    Date("one month", date(2026, 3, 25), "the same date one month later (Art 12(3))"),
    Date("legal end", date(2026, 3, 25)),
    Date("with pause", date(2026, 4, 7), "10 days awaited; the hard date leads: no lead accepted it"),
    Date("ask again", date(2026, 3, 4), "the pause counts until then, unless the answer comes before"),
    Date("extend until", date(2026, 3, 25), "the notice must leave by then"),
    Date("refuse until", date(2026, 3, 25), "a refusal, in part too, is told by then (Art 12(4))"),
)


def paused(view: CaseView, *allowed: str, **reasons: str) -> CaseView:
    """The case while an answer is awaited; `allowed` acts are open, `reasons` are those of others."""

    def key(one: KeyState) -> KeyState:
        if one.act in allowed:
            return KeyState(one.act, True)
        return KeyState(one.act, False, reasons[one.act]) if one.act in reasons else one

    waiting = replace(view.items[0], state=ItemState.VERIFYING, outcome=Outcome.OPEN, text="identity being checked",
                      package="", systems=())  # fmt: skip
    return replace(view, items=(waiting,), due="PAUSED 8d (hard 20d)", dates=DATES, leads=date(2026, 3, 25),
                   keys=tuple(map(key, view.keys)), flags=(), found=(), letters=())  # fmt: skip


class FakeClock:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.kept: list[tuple[object, ...]] = []

    def ask(
        self, session: Session, case: str, what: str, ground: str, *, fair: bool = True, mail: bool = False
    ) -> None:
        self.kept.append(("ask", str(what), ground, fair, mail))

    def answered(self, session: Session, case: str) -> None:
        self.kept.append(("answered",))

    def chase(self, session: Session, case: str, *, mail: bool = False) -> None:
        self.kept.append(("chase", mail))

    def unanswered(self, session: Session, case: str) -> None:
        self.kept.append(("unanswered",))

    def pause(self, session: Session, case: str, *, accept: bool, reason: str) -> None:
        self.kept.append(("pause", accept, reason))

    def extend(self, session: Session, case: str, reason: str, reference: str = "") -> bool:
        self.kept.append(("extend", reason, reference) if reference else ("extend", reason))
        return True

    def remind(self, session: Session, case: str) -> None:
        self.kept.append(("remind",))

    def merge(self, session: Session, case: str, into: str) -> None:
        self.kept.append(("merge", into))
