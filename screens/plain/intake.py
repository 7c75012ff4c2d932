"""Logging a request on plain lines, before any check (INT-1 to INT-6)."""

from datetime import datetime, timedelta
from typing import Final

from screens.intake import ORAL
from screens.plain.seat import BACK, Option, Seat
from screens.plain.written import written
from screens.words import CHANNELS, REQUESTERS, RIGHTS
from services.types import Channel, Intake, Opened, Right

WORDS: Final = 2_000


def log_request(seat: Seat) -> Opened | None:
    """Ask what is needed and log it; None when it was given up."""
    controllers = [one for one in seat.desk.controllers() if one[0] in seat.session.controllers]
    controller = _one(seat, "For whom?", [name for _, name in controllers])
    if controller is None:
        return None
    key = controllers[controller][0]
    channel = _one(seat, "How does it arrive?", list(CHANNELS.values()))
    requester = _one(seat, "Who asks?", list(REQUESTERS.values())) if channel is not None else None
    if channel is None or requester is None:
        return None
    by_letter = {letter: right for right, (letter, _) in RIGHTS.items()}
    rights = seat.several("What do they ask for?", [Option(letter, words) for letter, words in RIGHTS.values()])
    line, read_back = _heard(seat, key, list(CHANNELS)[channel])
    received = _received(seat)
    who = seat.ask("Person: e-mail, phone or customer number")
    words = seat.ask("What was said, in a few words; empty: nothing")[:WORDS]
    settled = written(seat, words, key) if words else None
    if words and settled is None:
        return None
    intake = Intake(
        controller=key,
        channel=list(CHANNELS)[channel],
        requester=list(REQUESTERS)[requester],
        rights=tuple(Right(by_letter[letter]) for letter in rights),
        identifier=who,
        words=settled.text if settled else "",
        received_at=received,
        line=line,
        read_back=read_back,
    )
    opened: Opened | None = seat.does(lambda: seat.desk.intake.open(seat.session, intake))
    if opened is not None and settled is not None:
        for kind, times in settled.kinds:
            seat.desk.act.flagged(seat.session, kind, "words", times, settled.choice)
    return opened


def _one(seat: Seat, question: str, words: list[str]) -> int | None:
    """The place of the one that was chosen; the only one is not asked for."""
    if len(words) == 1:
        return 0
    key = seat.choose(question, [Option(str(n), one) for n, one in enumerate(words, 1)])
    return None if key == BACK else int(key) - 1


def _heard(seat: Seat, controller: str, channel: Channel) -> tuple[str, bool]:
    """Of a request by mouth: which line was called, and whether it was read back (INT-5)."""
    if channel not in ORAL:
        return "", False
    lines = seat.desk.intake.lines(seat.session, controller) if channel is Channel.PHONE else ()
    keys = [key for key, _ in lines]
    called = keys[0] if len(keys) == 1 else ""
    if len(keys) > 1:
        typed = seat.choose("Which line was called?", [Option(str(n), words) for n, (_, words) in enumerate(lines, 1)])
        called = "" if typed == BACK else keys[int(typed) - 1]
    return called, seat.yes("Read it back to them: is it right?", "it is right")


def _received(seat: Seat) -> datetime | None:
    """When it came; None for now."""
    while True:
        text = seat.ask("Received; empty: now, or yesterday, or as 2026-03-05 14:30")
        now = seat.now()
        if text in ("", "now", "today"):
            return None
        if text == "yesterday":
            return now - timedelta(days=1)
        try:
            at = datetime.fromisoformat(text).replace(tzinfo=now.tzinfo)
        except ValueError:
            seat.say("a day such as 2026-03-05, or 2026-03-05 14:30")
            continue
        return at.replace(hour=12) if len(text) <= len("2026-03-05") else at
