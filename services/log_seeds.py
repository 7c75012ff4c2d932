"""The Ed25519 seeds of one owner's logs: one entry of the vault, so that each change is there whole or not at all.

`in_force` signs the open log. `next` stands beside it only while the key changes. `spare` opens the log that follows,
should this one break: central knows its public half since the open log was enrolled, and takes no other.
"""

import secrets
import threading
from dataclasses import dataclass, field, replace
from itertools import pairwise

import orjson

from services.action_log.checkpoint import public_key
from services.errors import Unusable
from services.home import key
from services.secrets import Vault


@dataclass(frozen=True, slots=True)
class Seeds:
    """What the entry holds. `opened` are the public keys that opened the logs after the first, by number."""

    in_force: bytes = field(repr=False)
    spare: bytes = field(repr=False)
    next: bytes | None = field(default=None, repr=False)
    opened: dict[int, bytes] = field(default_factory=dict)

    @property
    def all(self) -> tuple[bytes, ...]:
        """Those that may be in force by now, most likely first."""
        return (self.in_force, *(() if self.next is None else (self.next,)), self.spare)

    def to_json(self) -> bytes:
        """The entry's value."""
        seeds = {"in_force": self.in_force.hex(), "spare": self.spare.hex()}
        waiting = {} if self.next is None else {"next": self.next.hex()}
        opened = {str(number): key.hex() for number, key in sorted(self.opened.items())}
        return orjson.dumps({**seeds, **waiting, "opened": opened})


def new_seeds() -> Seeds:
    """For an owner's first log."""
    return Seeds(_random(), _random())


def read_seeds(value: bytes) -> Seeds:
    """Back from `to_json`; raises `Unusable`."""
    try:
        raw = orjson.loads(value)
        after = raw.get("next")
        opened = {int(number): bytes.fromhex(public) for number, public in raw["opened"].items()}
        seeds = Seeds(
            bytes.fromhex(raw["in_force"]), bytes.fromhex(raw["spare"]), after and bytes.fromhex(after), opened
        )
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise Unusable("the log's signing keys in the vault are damaged", next_key="rightsdesk doctor") from exc
    if any(len(seed) != 32 for seed in seeds.all):
        raise Unusable("the log's signing keys in the vault are damaged", next_key="rightsdesk doctor")
    return seeds


class LogSeeds:
    """The entry of one owner. Changes are made here first; `flush` brings them to the vault, in the background."""

    def __init__(self, vault: Vault, owner: str) -> None:
        self._vault, self._name = vault, name_of(owner)
        self._lock = threading.Lock()
        self.now = self._kept = read_seeds(key(vault, self._name))

    def flush(self) -> None:
        """Bring the vault up to date, which erases what is not held here any more; raises `Unusable`."""
        now = self.now
        if self._kept is not now:
            self._vault.put(self._name, now.to_json())
            self._kept = now

    def prepare_next(self) -> bytes:
        """A seed for the next epoch; it is in the vault before the log names it, else raises `Unusable`."""
        with self._lock:
            seed = self.now.next or _random()
            if self.now.next is None:
                self.now = replace(self.now, next=seed)
        self.flush()
        return seed

    def settle(self, number: int, in_force: bytes) -> None:
        """Hold no more than is needed for the open log `number`, which the public key `in_force` signs now.

        Where the spare opened it, a new spare is made.
        """
        with self._lock:
            now = self.now
            if now.next is not None and public_key(now.next) == in_force:
                self.now = replace(now, in_force=now.next, next=None)
            elif public_key(now.spare) == in_force:
                self.now = Seeds(now.spare, _random(), None, {**now.opened, number: in_force})

    def successors(self, upto: int) -> list[tuple[int, bytes, bytes]]:
        """(number, public key, the key that opens the log after it) of the logs after the first, to be enrolled.

        Raises `Unusable` while the vault does not hold the newest.
        """
        self.flush()
        opened = {**self.now.opened, upto + 1: public_key(self.now.spare)}
        numbers = [number for number in sorted(opened) if number > 1]
        return [(one, opened[one], opened[after]) for one, after in pairwise(numbers)]


def name_of(owner: str) -> str:
    """What the entry is called."""
    return f"log-seed:{owner}"


def _random() -> bytes:
    return secrets.token_bytes(32)
