"""Moments of a call as a scenario names them: `check.started`, `factor.asked KBS`, `erase.asked 17-1-b`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from services.action_log.acts import ACTS
from services.action_log.entry import Entry
from services.desk.acting import GROUNDS, WRAP_UPS
from services.identity.engine import COMPARED
from services.identity.template import templates
from services.strict_yaml import nearest
from services.types import Factor, Outcome, Right

CODE_OF: Final = {
    "item.added": "right",
    "item.resolved": "outcome",
    "check.started": "template",
    "check.ended": "reason",
    "factor.asked": "factor",
    "factor.passed": "factor",
    "factor.failed": "factor",
    "erase.asked": "ground",
    "erase.returned": "reason",
    "data.viewed": "what",
    "wrap.coded": "code",
    "consent.given": "purpose",
    "consent.withdrawn": "purpose",
    "case.opened": "channel",
}
"""The param that a moment's second word stands for."""

AT_THE_DESK: Final = frozenset(CODE_OF) | {
    "scenario.started", "contact.started", "contact.ended", "case.claimed", "case.released", "find.asked",
    "export.asked", "erase.approved", "erase.withdrawn", "marketing.stopped", "note.kept", "risk.flagged",
}  # fmt: skip
"""Acts that people write into the terminal's own log in a call; what workers find out stands in another log."""

VIEWS: Final = ("search", "preview", "person", "delivery", "package-key", "words", "letter")
"""What `data.viewed` can name."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An act, and the code it must carry when `code` is not empty."""

    act: str
    code: str = ""

    def fits(self, entry: Entry) -> bool:
        """Whether the entry is this moment."""
        return entry.act == self.act and (not self.code or entry.params[CODE_OF[self.act]] == self.code)

    def __str__(self) -> str:
        return f"{self.act} {self.code}".strip()


def moment(text: str) -> Moment:
    """`text` as a moment; raises `ValueError` for an unknown act, code, or one that no desk writes."""
    act, _, code = text.partition(" ")
    if act not in ACTS:
        raise ValueError(f"there is no act '{act}'{nearest(act, ACTS)}")
    if act not in AT_THE_DESK:
        raise ValueError(f"'{act}' never stands in the log of a desk, so nothing can come of it")
    known = codes(act)
    if code and known is None:
        raise ValueError(f"'{act}' carries no code")
    if code and known and code not in known:
        word = "factor" if act.startswith("factor.") else "code"
        raise ValueError(f"'{act}' has no {word} '{code}'{nearest(code, known)}")
    if act in ("factor.passed", "factor.failed") and code in COMPARED:
        raise ValueError(f"'{text}' is written by a worker after a comparison, never at the desk")
    return Moment(act, code)


def codes(act: str) -> tuple[str, ...] | None:
    """The codes an act may carry; empty for those that settings name, None for an act without a code."""
    if act not in CODE_OF:
        return None
    return {
        "item.added": tuple(Right),
        "item.resolved": tuple(Outcome),
        "check.started": tuple(templates()),
        "factor.asked": tuple(Factor),
        "factor.passed": (*Factor, *_steps()),
        "factor.failed": (*Factor, *_steps()),
        "erase.asked": GROUNDS,
        "data.viewed": VIEWS,
        "wrap.coded": WRAP_UPS,
    }.get(act, ())


def first(entries: Iterable[Entry], wanted: Moment) -> Entry | None:
    """The first entry that is this moment."""
    return next((entry for entry in entries if wanted.fits(entry)), None)


def _steps() -> Iterator[str]:
    return (step.id for one in templates().values() for step in one.steps if step.kind != "factor")
