"""THE registry of actions. Bindings, footer, help and palette are made from it and from nothing else.

An action is named by its id, which is also the name of the method (`action_<id>`) that a screen, list or app offers.
A screen that has no such method shows no such key. Letters mean the same on every screen (screens.md), lower case is
safe or can be undone, capitals are grave.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType

from screens.kit.key_names import CHARACTER, NEVER, NO_KEY, moved, name_of, nearest
from services.errors import BadInput

ALL: Final = ("agent", "lead", "officer", "trainer", "operator")
LEAD: Final = ("lead", "officer")
SETS: Final = ("single", "ctrl", "function", "off")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key can do. `keys` is a comma list, `short` the footer's word (empty: not in the footer).

    `acts` is false for what only moves or looks and so may repeat quickly; `priority` also works while typing.
    """

    id: str
    keys: str
    words: str
    short: str
    screens: tuple[str, ...]
    roles: tuple[str, ...] = ALL
    grave: bool = False
    acts: bool = True
    priority: bool = False


def _look(
    id: str, keys: str, words: str, short: str, *screens: str, roles: tuple[str, ...] = ALL, priority: bool = False
) -> Action:
    return Action(id, keys, words, short, screens, roles, acts=False, priority=priority)


def _act(id: str, keys: str, words: str, short: str, *screens: str, roles: tuple[str, ...] = ALL) -> Action:
    return Action(id, keys, words, short, screens, roles)


def _grave(id: str, keys: str, words: str, short: str, *screens: str, roles: tuple[str, ...] = ALL) -> Action:
    return Action(id, keys, words, short, screens, roles, grave=True)


# In the order footers show them. "app" holds everywhere outside text fields and dialogs, "list" in lists and panels.
REGISTRY: Final[tuple[Action, ...]] = (
    # queue and review
    _act("next_case", "n", "take the next case: the most urgent one open to you", "next", "queue"),
    _act("intake", "i", "log a request", "log a request", "queue"),
    _look("open", "enter", "open what the cursor is on", "open", "queue", "log", "review", "settle", "catalog",
          "letters", "holds", "breaches"),
    _act("take", "a", "take the case for yourself", "take", "queue", "case", roles=("agent",)),
    _act("assign", "a", "assign the marked cases", "assign", "queue", "case", "review", roles=LEAD),
    _look("read_back", "f2", "what they ask for was read back to them, and is right", "read back", "intake",
          priority=True),
    _look("mark", "space", "mark the case for an act on many", "mark", "queue", "review", roles=LEAD),
    _look("review", "e", "review what waits for a second person", "review", "queue", roles=LEAD),
    _look("held", "e", "review what is held back from the package", "", "case"),
    _look("settle", "exclamation_mark", "settle what was not taken: conflicts, drafts, closed logs", "settle",
          "queue", "case"),
    _look("catalog", "l", "look at the catalog of data systems", "catalog", "queue", roles=("officer",)),
    _look("holds", "s", "legal holds: set one, look at them again, lift them", "", "queue", "case", roles=LEAD),
    _look("figures", NO_KEY, "figures: how requests were answered, and what that took", "", "queue", roles=LEAD),
    # case
    _act("verify", "v", "verify: lead through the identity check", "verify", "case"),
    _act("graver", "greater_than_sign", "note what makes it graver: the tier is raised", "", "case"),
    _act("lower", "less_than_sign", "decide about a colleague's check: lower its tier, allow a document", "", "case",
           roles=LEAD),
    _act("find", "p", "find the person's data", "find", "case"),
    _act("export", "x", "export: make the package for the person", "export", "case"),
    _grave("people", "P", "say which of several people it is, or take what is only like theirs", "",
           "find", "case"),
    _grave("erase", "E", "erase the person's data", "erase", "case"),
    _act("consent", "c", "change consent", "consent", "case"),
    _act("stop_marketing", "m", "stop marketing", "stop mktg", "case"),
    _act("rectify", "r", "rectify data", "rectify", "case"),
    _act("restrict", "z", "restrict processing", "restrict", "case"),
    _grave("lift", "Z", "lift the restriction: the person is told first", "lift", "case", roles=LEAD),
    _grave("by_hand", "H", "answer what is done by hand in a system", "", "case"),
    _look("letter", "t", "letters: read them, send again what did not leave", "letters", "case"),
    _act("dates", "d", "dates: ask, pause, extend, merge", "dates", "case"),
    _grave("refuse", "R", "refuse, or ask a fee: a second person decides", "refuse", "case"),
    _grave("weigh", "W", "note what they say about what people weigh; an objection restricts", "", "case"),
    _act("note", "o", "keep a note", "note", "case"),
    _act("hand_over", "h", "hand the case over", "hand over", "case"),
    _act("wrap_up", "w", "wrap up the contact", "wrap up", "case"),
    _act("withdraw", "u", "withdraw what is still held", "undo", "case", "erase"),
    _act("add_right", "plus", "add a right that the caller asks for as well", "add right", "case"),
    _act("resolve", NO_KEY, "end an item by your decision", "", "case"),
    _act("reveal", "full_stop", "show one masked field for ten seconds, with a reason", "", "case",
         "redactions"),
    _act("retry_system", "b", "try a system again that failed", "", "case", roles=LEAD),
    _grave("skip_system", "K", "skip a system that failed: nothing is done there", "", "case", roles=LEAD),
    # checklist, review and decisions
    _act("passed", "y", "this step passed", "passed", "checklist"),
    _act("failed", "f", "this step failed", "failed", "checklist"),
    _act("not_done", "minus", "this step was not done", "not done", "checklist"),
    _act("answer", "enter", "type what the caller says", "answer", "checklist"),
    _act("send_code", "s", "send a code to the contact point on file, or show the number to call", "send", "checklist"),
    _act("approve", "y", "approve, or confirm a check, as the second person", "approve", "case", "review", roles=LEAD),
    _act("send_back", "f", "send back with a reason", "send back", "case", "review", roles=LEAD),
    _look("proceed", "enter", "go on", "go on", "find", "export", "erase"),
    _act("give", "y", "the caller says yes to this purpose", "yes", "consent"),
    _act("take_back", "f", "the caller says no to this purpose", "no", "consent"),
    _act("correct", "enter", "type what is right", "type it", "rectify"),
    _act("carry_out", "y", "have all that was typed corrected, in every system", "correct", "rectify"),
    _act("forget_value", "f", "drop what was typed here", "drop", "rectify"),
    _act("send_again", "b", "send this letter again", "send again", "letters"),
    _act("print_letter", "p", "write it as a PDF, to be printed and posted", "print", "letters", roles=LEAD),
    _act("handed", "y", "the person was told in another way", "told otherwise", "letters"),
    _act("repeat", "y", "do it anew, now, in your name", "repeat", "settle"),
    _act("drop", "f", "drop it, with a reason", "drop", "settle"),
    _look("pick", "space", "mark this one: several may be one person", "mark", "people"),
    _act("choose", "y", "it is this one, or all that are marked", "this one", "people"),
    _act("choose_none", "f", "it is none of them", "none of them", "people"),
    _act("disclose", "y", "give this out to the person", "give out", "redactions"),
    _act("redact", "f", "keep this in, with a reason", "keep in", "redactions"),
    _grave("disclose_alike", "Y", "give out all that is like this", "all out", "redactions"),
    _grave("redact_alike", "F", "keep in all that is like this", "all in", "redactions"),
    _grave("set_hold", "N", "set a legal hold: nothing it covers is erased", "set", "holds"),
    _act("review_hold", "d", "look at it again: it is still needed", "review", "holds"),
    _grave("lift_hold", "Z", "lift it: the first asks, a second person agrees", "lift", "holds"),
    _act("keep_hold", "f", "keep it: it is not lifted", "keep", "holds"),
    # drafts of the catalog
    _look("drafts", "e", "review drafts of descriptions of systems", "drafts", "catalog", roles=("officer",)),
    _act("accept", "y", "accept what is proposed here", "accept", "draft"),
    _act("decline", "f", "no: no personal data, or no reference", "no", "draft"),
    _act("category", "enter", "give another category", "category", "draft"),
    _act("later", "minus", "leave it for later", "later", "draft"),
    _grave("accept_alike", "Y", "accept all of this collection that is as sure as you say", "accept all", "draft"),
    _act("undo", "u", "take the last decision back", "undo", "draft"),
    _look("next_open", "n", "to the next that nobody decided", "next", "draft"),
    # log and training
    _grave("verify_log", "V", "verify the whole log", "verify", "log"),
    _look("run", "enter", "run this", "run", "help", "training"),
    # sign-in and lock
    _look("stop_waiting", "escape", "stop waiting for central", "", "signin", "lock"),
    # everywhere in lists and panels
    _look("filter", "slash", "filter, live", "filter", "queue", "log", "help", "catalog", "draft"),
    _look("back", "escape,q,backspace", "back", "back", "queue", "case", "intake", "checklist", "log", "help",
          "find", "export", "erase", "consent", "review", "redactions", "rectify", "settle", "training", "scorecard",
          "catalog", "draft", "people", "letters", "holds", "breach", "breaches", "refuse",
          "notice"),
    _look("tab_1", "1", "first view or tab", "", "queue", "case", "catalog", "draft"),
    _look("tab_2", "2", "second view or tab", "", "queue", "case", "catalog", "draft"),
    _look("tab_3", "3", "third view or tab", "", "queue", "case", "catalog"),
    _look("tab_4", "4", "fourth view or tab", "", "queue", "case", "catalog"),
    _look("tab_5", "5", "fifth view or tab", "", "queue", "case"),
    _look("previous_case", "left_square_bracket", "previous case of the queue", "", "case"),
    _look("following_case", "right_square_bracket", "next case of the queue", "", "case"),
    _look("move_down", "down,j", "down", "", "list"),
    _look("move_up", "up,k", "up", "", "list"),
    _look("page_down", "pagedown", "a page down", "", "list"),
    _look("page_up", "pageup", "a page up", "", "list"),
    _look("to_first", "home,g", "to the first", "", "list"),
    _look("to_last", "end,G", "to the last", "", "list"),
    _look("help", "question_mark,f1", "help for this screen", "help", "app"),
    _look("commands", "colon,ctrl+p", "commands", "commands", "app"),
    _look("lock", "L", "lock now", "lock", "app"),
    _look("lock_anywhere", "f9", "lock now, also while typing", "", "app", priority=True),
    _act("switch", "S", "switch to another agent", "", "app"),
    _grave("breach", "B", "raise a breach", "breach", "app"),
    _grave("halt", "X", "emergency stop: no job begins or goes on; again: let them go on", "", "app",
           roles=("lead",)),
    _look("breaches", NO_KEY, "the register of breaches: until when, what is decided", "", "app", roles=LEAD),
    _look("log", NO_KEY, "this terminal's action log", "", "app"),
    _look("training", NO_KEY, "the list of training calls", "", "app"),
    _act("end_call", NO_KEY, "hang up the training call and see the score", "", "app"),
    _look("theme", NO_KEY, "change the theme", "", "app"),
    _look("leave", "ctrl+q", "leave", "", "app", priority=True),
)  # fmt: skip

ACTIONS: Final[Mapping[str, Action]] = {action.id: action for action in REGISTRY}


def of(screen: str) -> tuple[Action, ...]:
    """The registry's actions for one screen, in footer order."""
    return tuple(action for action in REGISTRY if screen in action.screens)


def bindings(*screens: str) -> list[BindingType]:
    """Textual bindings for a class that is the named screen: `BINDINGS = keys.bindings("queue")`."""
    wanted = [action for action in REGISTRY if set(screens) & set(action.screens)]
    return [Binding(a.keys, a.id, a.words, show=bool(a.short), id=a.id, priority=a.priority) for a in wanted]


def keymap(chosen: Mapping[str, str]) -> dict[str, str]:
    """What `[keys]` of the settings changes: id → comma list of keys, for `App.set_keymap`.

    `set` moves all letters and symbols at once: `single` (default), `ctrl`, `function` or `off` (WCAG 2.1.4); every
    other entry names an action. Raises `BadInput` for an unknown name, a key no terminal can send apart, a grave act
    on an easy key, and two acts of one screen on one key.
    """
    if not set(chosen.items()) - {("set", "single")}:
        return {}
    wanted = chosen.get("set", "single")
    if wanted not in SETS:
        raise BadInput(f"'{wanted}' is not a set of keys; choose {', '.join(SETS)}", place="[keys] set")
    after = {action.id: moved(action.keys, wanted) for action in REGISTRY}
    for id, keys in chosen.items():
        if id != "set":
            after[id] = _checked(id, keys)
    _refuse_clashes(after)
    return {id: keys for id, keys in after.items() if keys != ACTIONS[id].keys}


def _checked(id: str, keys: str) -> str:
    place = f"[keys] {id}"
    if id not in ACTIONS:
        raise BadInput(f"there is no action '{id}'{nearest(id, ACTIONS)}", place=place)
    if keys in ("", "off"):
        return NO_KEY
    named = [name_of(key.strip()) for key in keys.split(",")]
    for key in named:
        if key in NEVER:
            raise BadInput(f"'{key}' cannot be used: {NEVER[key]}", place=place)
        if ACTIONS[id].grave and not ("+" in key or key[:1].isupper() or _is_function(key)):
            raise BadInput(
                f"'{key}' is too easy to hit for '{ACTIONS[id].words}': use a capital, Ctrl or F key", place=place
            )
        if ACTIONS[id].priority and key in CHARACTER:
            raise BadInput(
                f"'{key}' could not be typed any more: '{ACTIONS[id].words}' works in text fields too", place=place
            )
    return ",".join(named)


def _is_function(key: str) -> bool:
    return key[:1] == "f" and key[1:].isdigit()


def _refuse_clashes(keys: Mapping[str, str]) -> None:
    for screen in sorted({name for action in REGISTRY for name in action.screens}):
        for role in ALL:
            _refuse_clash(screen, role, keys)


def _refuse_clash(screen: str, role: str, keys: Mapping[str, str]) -> None:
    here: dict[str, Action] = {}
    for action in REGISTRY:
        if role not in action.roles or not {screen, "app", "list"} & set(action.screens):
            continue
        for key in keys[action.id].split(","):
            other = here.setdefault(key, action)
            if key != NO_KEY and other is not action:
                raise BadInput(
                    f"'{key}' would mean both '{other.words}' and '{action.words}' on the {screen} screen",
                    place="[keys]",
                )
