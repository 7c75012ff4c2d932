"""One-line bars that sign-in has too: the flash line and the status line."""

from typing import ClassVar, cast

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from screens.kit.host import Host
from screens.kit.text import clean, count
from services.types import Role, Status


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
    SECONDS: ClassVar[dict[str, float]] = {"info": 6, "good": 6, "no": 10, "bad": 30}
    base: reactive[Content] = reactive(Content(""))
    stage = reactive("")
    _said: tuple[str, str] | None = None
    _timer: Timer | None = None

    def say(self, words: str, kind: str = "info") -> None:
        """Show `words` for some seconds; kinds: info, good, no (refused, with the reason), bad."""
        if self._timer is not None:
            self._timer.stop()
        self._set((kind, words))
        self._timer = self.set_timer(self.SECONDS[kind], self.clear)

    def clear(self) -> None:
        self._set(None)

    def _set(self, said: tuple[str, str] | None) -> None:
        self._said = said
        for kind in self.SIGNS:
            self.set_class(said is not None and said[0] == kind, f"-{kind}")
        self.refresh()

    def render(self) -> Content:
        words = self.base
        if self._said is not None:
            words = Content(self.SIGNS[self._said[0]] + clean(self._said[1]))
        elif self.stage:
            words = Content(f"… {clean(self.stage)}")
        room = self.content_size
        return words.truncate(room.width, ellipsis=True) if room.height <= 1 else words


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
        breach = self._breaches(status)
        self.set_class(not status.log_ok or bool(status.halted) or bool(breach), "-bad")
        log = f"log ok · {count(status.log_size)}" if status.log_ok else "LOG DAMAGED: run `rightsdesk log verify`"
        worker = "" if status.worker_alive else "no worker"
        parts = (breach, clean(status.halted), clean(status.sync_text), worker, self._systems(status))
        left = " · ".join(part for part in parts if part)
        right = Content(f"{log} · keys: {clean(status.key_store)}")
        return self.spread(Content(left), right)

    def _breaches(self, status: Status) -> str:
        """Open breaches, with the nearest end, for whoever decides about them."""
        session = self.host.session
        if session is None or session.role not in (Role.LEAD, Role.OFFICER):
            return ""
        mine = [one for one in status.breaches if one.controller in session.controllers]
        return " ".join(f"{one.count} BREACH: {clean(one.light)} ({clean(one.controller)})" for one in mine)

    def _systems(self, status: Status) -> str:
        """That data systems are not as the catalog says, for whoever can have that changed."""
        session, some = self.host.session, status.system_alarms
        if not some or session is None or session.role not in (Role.LEAD, Role.OFFICER):
            return ""
        return f"{some} {'ALARM' if some == 1 else 'ALARMS'} of data systems: `rightsdesk catalog status`"
