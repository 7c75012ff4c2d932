"""Words watched as they are typed: personal data that a record does not need is named at once (rules.md 12)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static, TextArea

from screens.kit.host import Host
from screens.kit.messages import JobFailed
from screens.kit.text import shown
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.text_box import TextBox
from services.types import RiskFlag

PAUSE_S: Final = 0.25
REASONS: Final = {
    "1": ("identifies", "it is needed to find the person"),
    "2": ("request-words", "it is what the person asks about"),
    "3": ("evidence", "it is evidence that must stay"),
}


@dataclass(frozen=True, slots=True)
class Settled:
    """Text that may be kept: kinds found with how often, `masked` or `kept`, and for kept ones the reason."""

    text: str
    kinds: tuple[tuple[str, int], ...] = ()
    choice: str = ""
    reason: str = ""


@dataclass
class Watched(Message):
    """The words were looked at; `then` waits for them to be settled."""

    text: str
    flags: tuple[RiskFlag, ...]
    then: Callable[[Settled], None] | None = None


class WatchedText(Vertical):
    """A text box with a line below it that names what should not stand in it: kinds, never the value."""

    DEFAULT_CSS = """
    WatchedText { height: auto; }
    WatchedText > TextBox { height: 3; }
    WatchedText > .risk { height: 1; padding: 0 1; color: $warning; }
    """

    def __init__(self, *, longest: int, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.longest, self.placeholder = longest, placeholder
        self.controller = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield TextBox(longest=self.longest, placeholder=self.placeholder)
        yield Static("", classes="risk")

    @property
    def box(self) -> TextBox:
        return self.query_one(TextBox)

    @property
    def text(self) -> str:
        return self.box.text

    def settle(self, then: Callable[[Settled], None]) -> None:
        """Look once more; hand `then` the text as it may be kept, after mask or keep-with-reason if need be."""
        self._look(then)

    @on(TextArea.Changed)
    def _typed(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_S, self._look)

    def _look(self, then: Callable[[Settled], None] | None = None) -> None:
        host, text = cast(Host, self.app), self.text
        reply = partial(_watched, text, then)
        if not text.strip() or not self.controller:
            self.post_message(Watched(text, (), then))
        else:
            serial = "settle" if then else "risk"
            host.jobs.run(self, host.desk.act.check_text, text, self.controller, reply=reply, serial=serial)

    @on(Watched)
    def _watched(self, message: Watched) -> None:
        message.stop()
        kinds = kinds_of(message.flags)
        words = "; ".join(sorted({flag.words for flag in message.flags}))
        self.query_one(".risk", Static).update(shown(f"! {words}" if words else ""))
        if message.then is None:
            return
        if not kinds:
            message.then(Settled(message.text))
        else:
            self._decide(message.text, message.flags, message.then)

    @on(JobFailed)
    def _unwatched(self, message: JobFailed) -> None:
        if message.what == "risk":
            message.stop()  # the look before keeping says it again, and then aloud

    def _decide(self, text: str, flags: tuple[RiskFlag, ...], then: Callable[[Settled], None]) -> None:
        kinds = kinds_of(flags)

        def chosen(key: str | None) -> None:
            if key == "m":
                clean_text = masked(text, flags)
                self.box.put(clean_text)
                then(Settled(clean_text, kinds, "masked"))
            elif key == "k":
                reasons = {key: words for key, (_, words) in REASONS.items()}
                self.app.push_screen(Choice("Why must it stay?", [], reasons), kept)

        def kept(key: str | None) -> None:
            if key is not None:
                then(Settled(text, kinds, "kept", REASONS[key][0]))

        lines = [f"it {words}" for words in sorted({flag.words for flag in flags})]
        title = "A record does not need this: what you typed"
        self.app.push_screen(Choice(title, lines, {"m": "mask it", "k": "keep it, with a reason"}), chosen)


def masked(text: str, flags: Sequence[RiskFlag]) -> str:
    """`text` with each flagged place replaced by its kind, such as `[card]`."""
    parts, done = [], 0
    for flag in sorted(flags, key=lambda one: one.start):
        if flag.start >= done:
            parts += [text[done : flag.start], f"[{flag.kind}]"]
            done = flag.end
    return "".join([*parts, text[done:]])


def kinds_of(flags: Sequence[RiskFlag]) -> tuple[tuple[str, int], ...]:
    """Which kinds were flagged, and how often each."""
    names = [flag.kind for flag in flags]
    return tuple((name, names.count(name)) for name in sorted(set(names)))


def _watched(text: str, then: Callable[[Settled], None] | None, flags: tuple[RiskFlag, ...]) -> Message:
    return Watched(text, flags, then)
