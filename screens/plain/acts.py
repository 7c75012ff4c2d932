"""The acts on a case on plain lines: the same calls, words and confirmations as behind the keys of the case screen.

Each takes the seat and the case as it was read, and says whether the case is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from screens import case_panes
from screens.case_acts import LIFTED, RESTRICTIONS, RETURNS, SEARCHED
from screens.case_systems import SKIPS
from screens.plain import carrying_out, consent as consenting, correcting, holds as holding, whom as which
from screens.plain.breach import raise_breach
from screens.plain.by_hand import by_hand
from screens.plain.check_turns import graver, hand_over, lower, verify
from screens.plain.dates import dates
from screens.plain.letters import letter
from screens.plain.picking import open_items, pick, which_item
from screens.plain.refusing import refuse
from screens.plain.seat import BACK, Option, Seat
from screens.plain.weighing import weigh
from screens.plain.written import written
from screens.reveal import FIELDS, ORAL, REASONS, SUMMARY
from screens.words import ENDINGS, RIGHTS
from screens.wrap import CODES, contact_seconds, suggestion
from services.types import CaseView, ItemState, ItemView, KeyState, Right

Work = Callable[[Seat, CaseView], bool]
NOTE: Final = 4_000


def take(seat: Seat, view: CaseView) -> bool:
    seat.does(lambda: seat.desk.queue.take(seat.session, view.id), f"{view.id} is yours")
    return False


def assign(seat: Seat, view: CaseView) -> bool:
    agents = seat.does(lambda: seat.desk.queue.agents(seat.session, view.controller)) or ()
    key = seat.choose("Assign it to whom?", [Option(number, name) for number, name in agents])
    if key != BACK:
        seat.does(lambda: seat.desk.queue.assign(seat.session, (view.id,), key), f"assigned to {key}")
    return False


def find(seat: Seat, view: CaseView) -> bool:
    item = which_item(seat, view, SEARCHED, "Find the data for which right?")
    if item is not None:
        carrying_out.find(seat, view, item)
    return False


def people(seat: Seat, view: CaseView) -> bool:
    which.whom(seat, view)
    return False


def export(seat: Seat, view: CaseView) -> bool:
    item = which_item(seat, view, (Right.ACCESS, Right.PORTABILITY), "Make the package for which right?")
    if item is not None:
        carrying_out.export(seat, view, item)
    return False


def erase(seat: Seat, view: CaseView) -> bool:
    items = open_items(view, (Right.ERASURE,))
    if items:
        carrying_out.erase(seat, view, items[0])
    return False


def held(seat: Seat, view: CaseView) -> bool:
    carrying_out.held(seat, view)
    return False


def withdraw(seat: Seat, view: CaseView) -> bool:
    seat.say("Nothing has been touched yet, and nothing will be.")
    what, done = case_panes.taken_back(view)
    if seat.yes(f"Take {what} back?", "takes it back"):
        seat.does(lambda: seat.desk.act.withdraw(seat.session, view.id), f"taken back: nothing will be {done}")
    return False


def consent(seat: Seat, view: CaseView) -> bool:
    consenting.consent(seat, view)
    return False


def stop_marketing(seat: Seat, view: CaseView) -> bool:
    words = seat.does(lambda: seat.desk.act.stop_marketing(seat.session, view.id), "marketing is stopped")
    if words:
        seat.say(f'Say: "{words}"')
    return False


def rectify(seat: Seat, view: CaseView) -> bool:
    correcting.rectify(seat, view)
    return False


def restrict(seat: Seat, view: CaseView) -> bool:
    ground = pick(seat, "Store the data only, because", RESTRICTIONS)
    if ground is not None:
        done = "restricted from now on: every system is told"
        seat.does(lambda: seat.desk.act.restrict(seat.session, view.id, ground), done)
    return False


def lift(seat: Seat, view: CaseView) -> bool:
    seat.say("The person gets a letter, and then every system takes the mark out.")
    reason = pick(seat, "Lift the restriction, because", LIFTED)
    if reason is not None and seat.with_pin():
        done = "being lifted: the person is told first"
        seat.does(lambda: seat.desk.act.lift(seat.session, view.id, reason), done)
    return False


def hold(seat: Seat, view: CaseView) -> bool:
    holding.holds(seat, view.id, view.controller)
    return False


def breach(seat: Seat, view: CaseView) -> bool:
    raise_breach(seat, view.id)
    return False


def note(seat: Seat, view: CaseView) -> bool:
    text = seat.ask("Note; empty: back")[:NOTE]
    settled = written(seat, text, view.controller) if text else None
    if settled is None:
        return False

    def keep() -> bool:
        seat.desk.act.note(seat.session, view.id, settled.text, reason=settled.reason)
        if settled.choice == "masked":
            for kind, times in settled.kinds:
                seat.desk.act.flagged(seat.session, kind, "note", times, "masked")
        return True

    seat.does(keep, "note kept")
    return False


def wrap_up(seat: Seat, view: CaseView) -> bool:
    """The contact is over: back to the queue."""
    fitting = suggestion(view)
    seat.say(f"It seems to be {fitting}: {CODES[fitting][1]}.")
    code = pick(seat, "How did the contact end?", CODES)
    if code is None:
        return False
    seconds = contact_seconds(view, seat.now())

    def wrap() -> bool:
        seat.desk.act.wrap_up(seat.session, view.id, code, seconds)
        return True

    return seat.does(wrap, f"{view.id} wrapped up: {code}") is not None


def add_right(seat: Seat, view: CaseView) -> bool:
    have = {item.right for item in view.items if item.state is not ItemState.CLOSED}
    offered = {letter: (one.value, words) for one, (letter, words) in RIGHTS.items() if one not in have}
    value = pick(seat, "The caller also asks for", offered)
    if value is not None:
        seat.does(lambda: seat.desk.intake.add_item(seat.session, view.id, value), "added")
    return False


def resolve(seat: Seat, view: CaseView) -> bool:
    item = which_item(seat, view, tuple(Right), "End which item?")
    if item is None:
        return False
    endings = {key: words for key, (_, words) in ENDINGS.items() if key != "d" or item.returned}
    key = seat.choose(f"End item {item.id}, because", [Option(letter, words) for letter, words in endings.items()])
    if key != BACK:
        outcome, words = ENDINGS[key]
        seat.does(
            lambda: seat.desk.act.resolve(seat.session, view.id, item.id, outcome), f"item {item.id} ended: {words}"
        )
    return False


def reveal(seat: Seat, view: CaseView) -> bool:
    """On plain lines nothing goes by itself: the value is one line, and the lock takes it away (TRM-7)."""
    state = view.key("reveal")
    no = "" if state.allowed else state.reason
    options = [Option(key, words, "" if what == "words" else no) for key, (what, words) in FIELDS.items()]
    if view.verification.template != ORAL:
        options = [one for one in options if one.key != SUMMARY]
    key = seat.choose("Show what?", options)
    reason = pick(seat, "Why must you see it? It is logged.", REASONS) if key != BACK else None
    if reason is not None:
        what, words = FIELDS[key]
        value = seat.does(lambda: seat.desk.find.reveal(seat.session, view.id, what, reason))
        if value is not None:
            seat.say(f"{words}: {value or 'nothing is held'}")
    return False


# ── a lead's ──────────────────────────────────────────────────────────────────────────────────────────────────


def _in_review(view: CaseView) -> ItemView | None:
    return next((i for i in view.items if i.state is ItemState.REVIEW and i.right is Right.ERASURE), None)


def approve(seat: Seat, view: CaseView) -> bool:
    item = _in_review(view)
    if item is None:
        if view.key("second").allowed and seat.with_pin():
            done = "confirmed: two of us have looked at this check"
            seat.does(lambda: seat.desk.check.second(seat.session, view.id), done)
        return False
    waiting = seat.does(lambda: seat.desk.review.waiting(seat.session)) or ()
    plan = next((one.preview for one in waiting if (one.case, one.item) == (view.id, item.id)), "")
    seat.say(f"Asked by {item.asked_by}: {plan}.")
    if seat.yes("Approve exactly this?", "approves") and seat.with_pin():
        done = "approved: the waiting period runs now"
        seat.does(lambda: seat.desk.review.approve(seat.session, view.id, item.id, item.digest), done)
    return False


def send_back(seat: Seat, view: CaseView) -> bool:
    item = _in_review(view)
    reason = pick(seat, "Send it back, because", RETURNS) if item is not None else None
    if item is not None and reason is not None:
        seat.does(lambda: seat.desk.review.send_back(seat.session, view.id, item.id, reason), "sent back")
    return False


def _stuck(seat: Seat, view: CaseView, question: str) -> tuple[str, str] | None:
    stuck = [(item.id, system) for item in view.items for system in item.stuck]
    if len(stuck) < 2:
        return stuck[0] if stuck else None
    options = [Option(str(n), f"item {item}, {system}") for n, (item, system) in enumerate(stuck, 1)]
    key = seat.choose(question, options)
    return None if key == BACK else stuck[int(key) - 1]


def retry_system(seat: Seat, view: CaseView) -> bool:
    found = _stuck(seat, view, "Try which system again?")
    if found is not None:
        seat.does(lambda: seat.desk.work.retry(seat.session, view.id, *found), f"{found[1]} is tried again")
    return False


def skip_system(seat: Seat, view: CaseView) -> bool:
    found = _stuck(seat, view, "Skip which system?")
    reason = pick(seat, "Nothing will be done there, and the letter says so. Because", SKIPS) if found else None
    if found is None or reason is None:
        return False
    words = seat.ask("Say why in a few words. They are sealed into the case")
    if words and seat.with_pin():
        done = f"{found[1]} is left as it is: the letter will say so"
        seat.does(lambda: seat.desk.work.skip(seat.session, view.id, *found, reason, words), done)
    return False


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its letter, the action of the registry, the row of the desk's table that judges it, what does it.

    Without a row nothing judges it but itself.
    """

    key: str
    action: str
    row: str
    work: Work

    def state(self, view: CaseView) -> KeyState:
        """Whether it is open on this case now."""
        if self.action == "approve" and view.key("second").allowed:
            return view.key("second")
        return view.key(self.row) if self.row else KeyState(self.action, True)


ALL: Final = (
    Act("v", "verify", "verify", verify),
    Act("a", "take", "take", take),
    Act("a", "assign", "assign", assign),
    Act(">", "graver", "fact", graver),
    Act("<", "lower", "lower", lower),
    Act("p", "find", "find", find),
    Act("P", "people", "people", people),
    Act("x", "export", "export", export),
    Act("e", "held", "redact", held),
    Act("E", "erase", "erase", erase),
    Act("u", "withdraw", "withdraw", withdraw),
    Act("c", "consent", "consent", consent),
    Act("m", "stop_marketing", "marketing", stop_marketing),
    Act("r", "rectify", "rectify", rectify),
    Act("z", "restrict", "restrict", restrict),
    Act("Z", "lift", "lift", lift),
    Act("R", "refuse", "", refuse),
    Act("y", "approve", "approve", approve),
    Act("f", "send_back", "return", send_back),
    Act("b", "retry_system", "retry", retry_system),
    Act("K", "skip_system", "skip", skip_system),
    Act("H", "by_hand", "task", by_hand),
    Act("s", "holds", "hold", hold),
    Act("date", "dates", "", dates),
    Act("W", "weigh", "", weigh),
    Act("o", "note", "note", note),
    Act("+", "add_right", "note", add_right),
    Act("t", "letter", "read-letter", letter),
    Act(".", "reveal", "", reveal),
    Act("end", "resolve", "resolve", resolve),
    Act("h", "hand_over", "hand-over", hand_over),
    Act("w", "wrap_up", "wrap-up", wrap_up),
    Act("B", "breach", "breach", breach),
)
"""In the order in which they are offered."""
