"""Asking a lead to which agent cases go."""

from collections.abc import Callable, Sequence

from screens.kit.deskside import Deskside
from screens.kit.text import count
from screens.kit.widgets.ask import Ask


def ask_agent(screen: Deskside, cases: int, agents: Sequence[tuple[str, str]], then: Callable[[str], None]) -> None:
    """A number out of `agents` goes to `then`; another one is refused with a flash line."""

    def chosen(number: str | None) -> None:
        if number in {agent for agent, _ in agents}:
            then(number)
        elif number is not None:
            screen.flash("no such agent here; nothing was assigned", "no")

    who = [f"{number}  {name}" for number, name in agents[:12]]
    screen.app.push_screen(
        Ask(f"Assign {count(cases)} to which agent?", who, placeholder="agent number", max_length=12), chosen
    )
