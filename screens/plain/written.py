"""Words that are typed for a record: personal data it does not need is named before anything is kept (rules.md 12)."""

from screens.plain.seat import BACK, Option, Seat
from screens.watched_text import REASONS, Settled, kinds_of, masked


def written(seat: Seat, text: str, controller: str) -> Settled | None:
    """`text` as it may be kept, masked or with a reason; None when it is given up."""
    flags = seat.does(lambda: seat.desk.act.check_text(text, controller))
    if not flags:
        return Settled(text) if flags is not None else None
    for words in sorted({flag.words for flag in flags}):
        seat.say(f"A record does not need this: it {words}.")
    key = seat.choose("What you typed", [Option("m", "mask it"), Option("k", "keep it, with a reason")])
    if key == BACK:
        return None
    if key == "m":
        return Settled(masked(text, flags), kinds_of(flags), "masked")
    reason = seat.choose("Why must it stay?", [Option(number, words) for number, (_, words) in REASONS.items()])
    return None if reason == BACK else Settled(text, kinds_of(flags), "kept", REASONS[reason][0])
