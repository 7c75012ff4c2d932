"""Which actions of the registry are live now, on the widget, screen and app that have the keyboard."""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.dom import DOMNode
from textual.screen import Screen

from screens.kit.keys import ACTIONS, REGISTRY, Action


@dataclass(frozen=True, slots=True)
class Live:
    """An action, whose it is, and whether it may run now."""

    action: Action
    node: DOMNode
    enabled: bool


def nodes(screen: Screen[object]) -> Iterator[DOMNode]:
    """From what has focus outwards; a dialog shuts off what lies behind it."""
    start: DOMNode = screen.focused or screen
    for node in start.ancestors_with_self:
        yield node
        if node.is_modal:
            return


def find(screen: Screen[object], id: str) -> Live | None:
    """The live action called `id`, or None when nothing in front offers it."""
    for node in nodes(screen):
        if hasattr(node, f"action_{id}"):
            state = node.check_action(id, ())
            return None if state is False else Live(ACTIONS[id], node, bool(state))
    return None


def all_of(screen: Screen[object]) -> list[Live]:
    """Every live action in registry order."""
    found = (find(screen, action.id) for action in REGISTRY)
    return [live for live in found if live is not None]
