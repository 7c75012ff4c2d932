"""The command palette: every live action of the registry by its words, also those without a key."""

from collections.abc import Callable
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from screens.kit import live
from screens.kit.key_names import shown_as
from screens.kit.keys import Action


class DeskPalette(CommandPalette):
    """The library's palette without its picture, which many terminals draw two cells wide or not at all."""

    CSS = "DeskPalette SearchIcon { display: none; }"


LOOKS = ("move_down", "move_up", "page_down", "page_up", "to_first", "to_last", "commands", "lock_anywhere")


def palette(perform: Callable[[str], None]) -> CommandPalette:
    """A palette that runs what is chosen through `perform(action id)`, as the key would."""

    class RegistryCommands(Provider):
        async def discover(self) -> Hits:
            for action in _offered(self):
                yield DiscoveryHit(_words(action), partial(perform, action.id), text=action.words)

        async def search(self, query: str) -> Hits:
            matcher = self.matcher(query)
            for action in _offered(self):
                score = max(matcher.match(action.words), matcher.match(action.id.replace("_", " ")))
                if score > 0:
                    yield Hit(score, _words(action), partial(perform, action.id), text=action.words)

    return DeskPalette(providers=[RegistryCommands], placeholder="What would you like to do?")


def _offered(provider: Provider) -> list[Action]:
    return [item.action for item in live.all_of(provider.screen) if item.action.id not in LOOKS]


def _words(action: Action) -> str:
    key = shown_as(action.keys)
    return f"{action.words}   ({key})" if key else action.words
