"""One-line bars at the head of a full screen: who and where, crumbs, numbered tabs."""

from textual.content import Content
from textual.reactive import reactive

from screens.kit.text import clean, shown
from screens.kit.widgets.bars import Bar


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
