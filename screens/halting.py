"""The emergency stop: one key and one reason stop all execution; the same key, with the PIN, lets it go on."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from screens.kit.messages import Kept
from screens.kit.widgets.confirm import Choice

if TYPE_CHECKING:
    from screens.kit.host import Host

REASONS: Final = {
    "1": ("wrong-rows", "wrong rows are changed"),
    "2": ("wrong-person", "it may be the wrong person"),
    "3": ("attack", "somebody attacks us"),
    "4": ("vendor-asked", "a data system's owner asked for it"),
    "5": ("other", "something else"),
}
STOPS: Final = (
    "Nothing new begins. What runs stops at the next safe place:",
    "between two data systems, never within one. Everybody is shown it.",
)


def ask(app: Any, halted: Sequence[str]) -> None:
    """Ask a lead whether to stop all work of their controllers, or to let it go on where it is `halted` (keys)."""
    host: Host = app

    def do(words: str, stage: str, call: Callable[..., object], *args: object) -> None:
        """The words are said once it is kept: before that nothing stops."""
        app.screen.run(call, host.session, *args, reply=lambda _: Kept(words), serial="halt", write=True, stage=stage)

    if halted:

        def decided(key: str | None) -> None:
            if key == "y":
                words = "work goes on, as soon as a worker hears it"
                host.with_pin(lambda: do(words, "letting it go on", host.desk.work.resume))

        app.push_screen(
            Choice("Let all work go on?", ["It was stopped: " + ", ".join(halted)], {"y": "go on"}), decided
        )
        return

    def chosen(key: str | None) -> None:
        if key is not None:
            words = "all work stops, as soon as a worker hears it"
            do(words, "stopping all work", host.desk.work.halt, REASONS[key][0])

    answers = {key: words for key, (_, words) in REASONS.items()}
    app.push_screen(Choice("EMERGENCY STOP of all work, because", STOPS, answers), chosen)
