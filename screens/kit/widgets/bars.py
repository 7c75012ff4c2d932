"""The one-line bars of every screen: top bar, crumbs, tabs, flash line, keys, status."""

from typing import ClassVar, cast

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from screens.kit.host import Host
from screens.kit.text import clean, count, fit, shown


class Bar(Widget, can_focus=False):
    """One line that is drawn from values; never markup."""

    DEFAULT_CSS = "Bar { height: 1; width: 100%; padding: 0 1; }"

    @property
    def host(self) -> Host:
        return cast(Host, self.app)

    def spread(self, left: Content, right: Content) -> Content:
        """`left` at the left edge and `right` at the right one; the left gives way."""
        room = self.content_size.width - right.cell_length
        if left.cell_length >= room:
            left = left.truncate(max(0, room - 1), ellipsis=True)
        return left + Content(" " * max(1, room - left.cell_length)) + right


class TopBar(Bar):
    """Product, place, agent and role; the time; TRAINING when it is."""

    DEFAULT_CSS = """
    TopBar { background: $panel; color: $foreground; text-style: bold; }
    TopBar.-training { background: $training; color: $training-ink; }
    TopBar:nocolor { text-style: reverse; }
    """
    place = reactive("")

    def on_mount(self) -> None:
        self.set_interval(5, self.refresh)

    def _granted(self) -> str:
        session = self.host.session
        granted = session.controllers if session else ()
        return granted[0] if len(granted) == 1 else f"{len(granted)} controllers" if granted else ""

    def render(self) -> Content:
        session, status = self.host.session, self.host.status
        training = status is not None and status.training
        self.set_class(training, "-training")
        who = [f"agent {session.agent}" + ("" if session.role == "agent" else f" ({session.role})")] if session else []
        left = " · ".join(["Rightsdesk", *filter(None, [clean(self.place or self._granted())]), *who])
        time = self.host.clock().strftime("%H:%M")
        return self.spread(Content(left), Content(f"{time}  TRAINING" if training else time))


class Crumbs(Bar):
    """Where am I: `Queue › C-26-004107 › Identity`."""

    DEFAULT_CSS = "Crumbs { color: $quiet; }"
    path: reactive[tuple[str, ...]] = reactive(())

    def render(self) -> Content:
        return Content(" › ".join(clean(part) for part in self.path))


class Tabs(Bar):
    """Numbered views or tabs; the current one stands in brackets, so it shows without colour."""

    DEFAULT_CSS = "Tabs { color: $quiet; }"
    current = reactive(0)
    labels: reactive[tuple[str, ...]] = reactive(())

    def __init__(self, *labels: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Tabs.labels, labels)

    def render(self) -> Content:
        parts = []
        for number, label in enumerate(self.labels):
            text = f"{number + 1} {clean(label)}"
            parts.append(shown(f"[{text}]", "bold $foreground") if number == self.current else Content(f" {text} "))
        return Content(" ").join(parts)


class FlashLine(Bar):
    """One line for routine results, over whatever the screen says there otherwise (`base`)."""

    DEFAULT_CSS = """
    FlashLine { color: $foreground; }
    FlashLine.-good { color: $success; }
    FlashLine.-no { color: $warning; }
    FlashLine.-bad { color: $error; text-style: bold; }
    """
    SIGNS: ClassVar[dict[str, str]] = {
        "info": "",
        "good": "done: ",
        "no": "no: ",
        "bad": "failed: ",
    }  # words before colour
    base: reactive[Content] = reactive(Content(""))
    stage = reactive("")
    _said: tuple[str, str] | None = None
    _timer: Timer | None = None

    def say(self, words: str, kind: str = "info", seconds: float = 6) -> None:
        """Show `words` for some seconds; kinds: info, good, no (refused, with the reason), bad."""
        if self._timer is not None:
            self._timer.stop()
        self._set((kind, words))
        self._timer = self.set_timer(seconds, self.clear)

    def clear(self) -> None:
        self._set(None)

    def _set(self, said: tuple[str, str] | None) -> None:
        self._said = said
        for kind in self.SIGNS:
            self.set_class(said is not None and said[0] == kind, f"-{kind}")
        self.refresh()

    def render(self) -> Content:
        if self._said is not None:
            kind, words = self._said
            return Content(self.SIGNS[kind] + clean(words)).truncate(self.content_size.width, ellipsis=True)
        if self.stage:
            return Content(f"… {clean(self.stage)}").truncate(self.content_size.width, ellipsis=True)
        return self.base.truncate(self.content_size.width, ellipsis=True)


class StatusBar(Bar):
    """Sync, log and key store, as the desk last said."""

    DEFAULT_CSS = """
    StatusBar { background: $panel; color: $quiet; }
    StatusBar.-bad { color: $error; text-style: bold; }
    StatusBar:nocolor { text-style: reverse; }
    """

    def render(self) -> Content:
        status = self.host.status
        if status is None:
            return Content("starting")
        self.set_class(not status.log_ok, "-bad")
        log = f"log ok · {count(status.log_size)}" if status.log_ok else "LOG DAMAGED: run `rightsdesk log verify`"
        worker = "" if status.worker_alive else "no worker"
        left = " · ".join(part for part in (clean(status.sync_text), worker) if part)
        right = Content(f"{log} · keys: {clean(status.key_store)}")
        return self.spread(Content(left), right)


def columns(*pairs: tuple[str, int]) -> Content:
    """Texts cut and padded to the given cells, side by side."""
    return Content(" ".join(fit(text, cells) for text, cells in pairs))
