"""Find, export and erase on plain lines: what happens to how many rows, what is kept, then the act and its proof."""

from screens import erase as erasing, export as exporting
from screens.kit.text import count
from screens.plain.news import NEWS_S, facts, wait
from screens.plain.seat import BACK, Option, Seat
from screens.preview_table import law_words, summary
from screens.redactions import DISCLOSE, KINDS, REDACT, WHY, WORDS
from screens.transfer import Target
from screens.words import GROUNDS, PLANNED, right
from services.types import CaseView, FoundCollection, HeldPart, ItemView, Preview, Right


def look(seat: Seat, view: CaseView, item: ItemView) -> Preview | None:
    """Search every system and say what is held; counts and masked values only."""
    seat.say("searching every system")
    said: list[str] = []

    def stage(words: str) -> None:
        if words not in said:
            said.append(words)
            seat.say(words)

    preview: Preview | None = seat.does(lambda: seat.desk.find.preview(seat.session, view.id, item.id, stage))
    if preview is None:
        return None
    seat.say(f"Item {item.id}, {right(item.right)}. Found: {summary(preview)}.")
    for one in preview.systems:
        if one.state != "found":
            seat.say(f"{one.system}: {one.state}" + (f", {one.reason}" if one.reason else ""))
    for found in preview.collections:
        seat.say(_collection(found))
    if preview.others:
        seat.say(f"! {count(preview.others)} other people are named in rows met: those stay untouched")
    for words in preview.deleting:
        seat.say(f"! {words}")
    if preview.unreachable:
        seat.say(f"! nothing leads to: {', '.join(preview.unreachable)}")
    if preview.blocked:
        seat.say(f"! stopped: {preview.blocked}")
        return None
    return preview


def _collection(one: FoundCollection) -> str:
    law = law_words(one)
    planned = PLANNED.get(one.action, one.action)
    return f"{one.system}, {one.label or one.collection}: {count(one.rows)} rows, {planned}" + (
        f", {law}" if law else ""
    )


def find(seat: Seat, view: CaseView, item: ItemView) -> None:
    """Look, and go on to the act that answers the item."""
    preview = look(seat, view, item)
    erasing = item.right is Right.ERASURE
    if preview is not None and seat.yes(f"Go on to the {'erasure' if erasing else 'package'}?", "goes on"):
        (_erase if erasing else _export)(seat, view, item, preview)


def export(seat: Seat, view: CaseView, item: ItemView) -> None:
    """Look, say what the package will be, the PIN, then what comes of it."""
    preview = look(seat, view, item)
    if preview is not None:
        _export(seat, view, item, preview)


def _export(seat: Seat, view: CaseView, item: ItemView, preview: Preview) -> None:
    for name, words in exporting.facts_of(preview, view.delivery, portable=item.right is Right.PORTABILITY):
        seat.say(f"{name}: {words}")
    target = None
    if item.right is Right.PORTABILITY and view.key("transfer").allowed:
        way = seat.choose("Where shall it go?", [Option(key, words) for key, words in exporting.WAYS.items()])
        if way == BACK:
            return
        target = _target(seat) if way == "d" else None
    if not seat.yes("Make the package?", "makes it") or not seat.with_pin():
        return
    before = facts(seat, view)

    def order() -> bool:
        if target is not None:
            seat.desk.act.transfer(seat.session, view.id, *target)
        else:
            seat.desk.act.export(seat.session, view.id, item=item.id)
        return True

    if seat.does(order, "asked for; it runs by itself"):
        wait(seat, view.id, before, NEWS_S)


def _target(seat: Seat) -> Target:
    seat.say("Look the address up yourself: one that the caller dictates proves nothing. Read both back.")
    return Target(seat.ask("The other provider's name"), seat.ask("Its e-mail address for such data"))


def erase(seat: Seat, view: CaseView, item: ItemView) -> None:
    """Look, the ground, the last four of the case number typed, the PIN; a lead approves."""
    preview = look(seat, view, item)
    if preview is not None:
        _erase(seat, view, item, preview)


def _erase(seat: Seat, view: CaseView, item: ItemView, preview: Preview) -> None:
    for name, words in erasing.facts_of(preview):
        seat.say(f"{name}: {words}")
    key = seat.choose("The ground, Art 17(1)", [Option(ground[-1], words[3:]) for ground, words in GROUNDS.items()])
    if key == BACK:
        return
    typed = seat.ask("Erase this person's data? Type the last four of the case number; empty: no")
    if not typed or not seat.with_pin():
        return

    def order() -> bool:
        seat.desk.act.erase(seat.session, view.id, typed, ground=f"17-1-{key}", digest=preview.digest)
        return True

    seat.does(order, "asked for: a second person decides next, u takes it back until it runs")


def held(seat: Seat, view: CaseView) -> None:
    """What may be about others, part by part or all alike; the package waits for the last decision (Art 15(4))."""
    while True:
        parts = seat.does(lambda: seat.desk.held.waiting(seat.session, view.id))
        if not parts:
            return
        left = [part for part in parts if not part.decision]
        options = [Option(str(n), _part(part)) for n, part in enumerate(parts, 1)]
        key = seat.choose(f"{count(len(left))} of {count(len(parts))} are open. Decide which?", options)
        if key == BACK or not _decide(seat, parts[int(key) - 1]):
            return


def _part(part: HeldPart) -> str:
    kinds = ", ".join(KINDS.get(kind, kind) for kind in part.kinds)
    words = f"{part.system}, {part.label}, {part.field_label or part.field}: {WHY.get(part.why, part.why)}"
    text = f", {part.around}" if part.around else ""
    return f"{words}{f' ({kinds})' if kinds else ''}{text}, {WORDS[part.decision]}, {count(part.of)} are like it"


def _decide(seat: Seat, part: HeldPart) -> bool:
    """Whether there may be more to decide."""
    choices = [Option("y", "give this out"), Option("f", "keep this in"), Option("Y", "give out all that is like this"),
               Option("F", "keep in all that is like this"), Option("s", "show it in clear, logged")]  # fmt: skip
    key = seat.choose(_part(part), choices)
    if key == "s":
        seat.say(seat.does(lambda: seat.desk.held.reveal(seat.session, part)) or "")
    if key in (BACK, "s"):
        return True
    table, decision = (DISCLOSE, "disclose") if key in "yY" else (REDACT, "redact")
    number = seat.choose("Because", [Option(one, words) for one, (_, words) in table.items()])
    if number == BACK or (decision == "disclose" and not seat.with_pin()):
        return True
    reason, alike = table[number][0], key in "YF"
    decided = seat.does(lambda: seat.desk.held.decide(seat.session, part, decision, reason, alike=alike))
    if decided is None:
        return True
    state, undecided = decided
    seat.say(f"{'goes out' if decision == 'disclose' else 'stays out'}; {count(undecided)} are open")
    return bool(undecided) or state == "review"
