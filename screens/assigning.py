"""Taking and assigning cases, the same wherever a case is shown or listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message

from screens.kit.screen import KitScreen
from screens.kit.text import count


@dataclass
class Done(Message):
    """An act on cases was kept; `words` say which."""

    words: str


@dataclass
class AgentsRead(Message):
    agents: tuple[tuple[str, str], ...]
    cases: tuple[str, ...]


class Assigning(KitScreen):
    """Mixed into a screen that handles `Done`."""

    def take(self, case: str) -> None:
        """Claim a case for whoever is signed in."""
        self.run(
            self.desk.queue.take, self.host.session, case, reply=lambda _: Done(f"{case} is yours"), serial="take",
            write=True, stage="taking the case",
        )  # fmt: skip

    def assign(self, cases: Sequence[str], controller: str) -> None:
        """Ask a lead to which agent of the controller cases go, and give them."""
        self.run(
            self.desk.queue.agents, self.host.session, controller,
            reply=lambda agents: AgentsRead(agents, tuple(cases)), serial="agents",
        )  # fmt: skip

    @on(AgentsRead)
    def _ask_agent(self, message: AgentsRead) -> None:
        from screens.kit.widgets.ask import Ask

        number = count(len(message.cases))

        def chosen(agent: str | None) -> None:
            if agent in {known for known, _ in message.agents}:
                self.run(
                    self.desk.queue.assign, self.host.session, message.cases, agent,
                    reply=lambda _: Done(f"{number} assigned to {agent}"), serial="assign", write=True,
                    stage="assigning",
                )  # fmt: skip
            elif agent is not None:
                self.flash("no such agent here; nothing was assigned", "no")

        who = [f"{known}  {name}" for known, name in message.agents[:12]]
        self.app.push_screen(
            Ask(f"Assign {number} to which agent?", who, placeholder="agent number", max_length=12), chosen
        )
