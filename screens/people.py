"""Which of these people? Whom the caller's address or number names, masked, and records that are only like theirs."""

from dataclasses import dataclass
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.kit import keys
from screens.kit.messages import Stage
from screens.kit.screen import KitScreen
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable
from screens.lines import pair
from services.types import Matches, PersonMatch

SAME: Final = {
    "email-slip": "nearly the same e-mail address, one letter apart",
    "phone-without-code": "the same telephone, without its country code",
    "phone": "the same telephone",
    "email": "the same e-mail address",
    "number": "the same number",
    "born": "the same date of birth",
    "postcode": "the same postcode",
}
NAMED: Final = {"name-spelling": "other spelling of the name", "name": "the same name"}
UNLIKE: Final = {"number": "the number", "born": "the date of birth", "name": "the name"}
WORDS: Final = {"chosen": "it is", "left": "it is not"}
REASONS: Final = {
    "1": ("same-number-told", "the caller names the numbers of both"),
    "2": ("moved-or-renamed", "they moved, or changed their name"),
    "3": ("two-accounts", "they say that they have several accounts"),
    "4": ("they-say-so", "they say so, and what they say fits"),
}


@dataclass
class MatchesRead(Message):
    matches: Matches


@dataclass
class Chosen(Message):
    words: str


class PeopleScreen(KitScreen):
    """Space marks, y says that it is the one under the cursor or all that are marked, f that it is none of them."""

    CSS_PATH = "people.tcss"
    BINDINGS = keys.bindings("people")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.matches: Matches | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[PersonMatch], ...] = (
            Column("Name", 12, lambda one: one.name or "-", 1),
            Column("Known by", 13, lambda one: ", ".join(one.known) or "-", 1),
            Column("Records in", 18, where, 2),
            Column("It is", 26, _why, 2),
        )
        yield VirtualTable(
            columns, lambda one: one.id, tone=lambda one: "calm" if one.near else "row",
            empty="One person is known by this, and nobody is like them.",
        )  # fmt: skip
        with Vertical(id="detail"):
            yield Static("", id="facts")

    @property
    def table(self) -> VirtualTable[PersonMatch]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", self.case, "Which of these people?")
        self.recall()

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.whom.matches, self.host.session, self.case, self._tell, reply=MatchesRead, serial="people",
                write=True, stage="looking who is known by this",
            )  # fmt: skip

    def _tell(self, words: str) -> None:
        self.post_message(Stage(f"looking who is known by this: {words}"))

    @on(MatchesRead)
    def _matches_read(self, message: MatchesRead) -> None:
        self.matches = message.matches
        self.table.hold(message.matches.people)
        self.query_one(FlashLine).base = say("$words", words=_base(message.matches))
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        one, matches = self.table.current, self.matches
        room = (self.query_one("#detail").content_size.width or 78) - 1
        lines = _facts(one, matches, room) if one and matches else []
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("pick", "choose", "choose_none"):
            return ""
        if not self.is_mounted or self.matches is None or self.table.current is None:
            return "nothing under the cursor"
        if action == "choose_none" and not self.matches.undecided and not any(p.word for p in self.matches.people):
            return "there is nothing to decide: Esc leaves it as it is"
        return ""

    def action_pick(self) -> None:
        self.table.toggle_mark()

    def action_choose(self) -> None:
        """One at once; several, or one that is only like the person, with a reason."""
        matches, one = self.matches, self.table.current
        if matches is None or one is None:
            return
        ids = set(self.table.marked) or {one.id}
        if any(p.near for p in matches.people if p.id in ids):
            ids |= {p.id for p in matches.people if not p.near and p.word == "chosen"}
            if not matches.undecided and not any(p.word for p in matches.people):
                ids |= {p.id for p in matches.people if not p.near}
        picked = [p for p in matches.people if p.id in ids]
        if all(p.near for p in picked):
            self.flash("mark the person it goes with as well (Space)", "no")
            return
        if len(picked) == 1:
            self._confirm(picked, f"It is {called(picked[0])} and none of the others?")
            return

        def reasoned(key: str | None) -> None:
            if key is not None:
                self._choose(picked, REASONS[key][0])

        title = f"These {count(len(picked))} are one person, because"
        self.app.push_screen(
            Choice(title, self._beware(picked), {k: words for k, (_, words) in REASONS.items()}), reasoned
        )

    def action_choose_none(self) -> None:
        self._confirm([], "It is none of these people?")

    def _confirm(self, picked: list[PersonMatch], title: str) -> None:
        def answered(key: str | None) -> None:
            if key == "y":
                self._choose(picked, "")

        self.app.push_screen(Choice(title, self._beware(picked), {"y": "yes"}), answered)

    def _beware(self, picked: list[PersonMatch]) -> list[str]:
        """What follows for those who are left out."""
        ids = {p.id for p in picked}
        if self.matches is None or all(p.id in ids or p.near for p in self.matches.people):
            return []
        lines = ["Whoever is not chosen is left untouched: nothing of theirs is given out or erased."]
        return [*lines, *(["Then the check begins anew (v), with what the chosen person knows."] if picked else [])]

    def _choose(self, picked: list[PersonMatch], reason: str) -> None:
        session, matches, ids = self.host.session, self.matches, [p.id for p in picked]
        words = "it is said who it is: look again (p)" if picked else "none of them: nothing is given out or erased"

        def choose() -> None:
            self.desk.whom.choose(session, matches, ids, reason)

        self.run(choose, reply=lambda _: Chosen(words), serial="choose", write=True, stage="keeping what you said")

    @on(Chosen)
    def _chosen(self, message: Chosen) -> None:
        self.dismiss(None)
        self.host.flash(message.words, "good")

    def forget(self) -> None:
        self.matches = None
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")


def called(one: PersonMatch) -> str:
    """Their masked name, else what they are known by."""
    return one.name or ", ".join(one.known) or "this one"


def where(one: PersonMatch) -> str:
    """The records, by system."""
    return ", ".join(
        f"{system} {label}" + (f" ×{count(rows)}" if rows > 1 else "") for system, label, rows in one.where
    )


def _why(one: PersonMatch) -> str:
    if one.near:
        return f"maybe also: {reason_of(one)}"
    return WORDS.get(one.word, "perhaps")


def reason_of(one: PersonMatch) -> str:
    """Why they may be meant as well, in words."""
    return ", ".join(SAME.get(word) or NAMED.get(word, word) for word in one.why)


def _base(matches: Matches) -> str:
    named = sum(not one.near for one in matches.people)
    near = len(matches.people) - named
    words = (
        f"{count(named)} people are known by this: say which it is" if matches.undecided else "it is known who it is"
    )
    return words + (f"; {count(near)} maybe also" if near else "")


def _facts(one: PersonMatch, matches: Matches, room: int) -> list[Content]:
    """What is known of the one under the cursor, and how to decide."""
    unlike = ", ".join(UNLIKE.get(word, word) for word in one.unlike)
    lines = [shown(f"{called(one)} · {where(one)}", "bold")]
    if one.near:
        lines.append(pair("Maybe", f"{reason_of(one)}. Taken only with your reason.", room))
    elif unlike:
        lines.append(pair("Differs", f"in {unlike} from another of them", room))
    lines.append(pair("Ask", "the caller says it, you compare: read nothing out, give no hint", room))
    rest = [f"{count(matches.more)} more like it are not shown"] if matches.more else []
    if matches.unasked:
        rest.append(f"not looked for in {', '.join(matches.unasked)}")
    if rest:
        lines.append(pair("Like it", "; ".join(rest), room))
    lines.append(pair("Keys", "y it is this one; Space marks several of one person; f none of them", room))
    return lines
