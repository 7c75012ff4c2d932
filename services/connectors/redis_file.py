"""`redis.yml`: which keys the collections of a Redis system are, and what is in them."""

from dataclasses import dataclass
from typing import Literal

from services.catalog.system import System
from services.connectors.base import ColumnKind
from services.connectors.store_file import Place, by_name, read_places

Holds = Literal["string", "json", "hash", "list", "set", "zset"]


@dataclass(frozen=True, kw_only=True)
class RedisPlace(Place):
    """One collection. `holds`: the type of value; `json` is JSON text in a string.

    `fields`: of a hash column to field, of JSON column to dotted path.
    """

    holds: Holds

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fields and self.holds not in ("hash", "json"):
            raise ValueError(f"a {self.holds} has no fields: it is read as 'value'")

    def standard(self) -> dict[str, ColumnKind]:
        """The key, seconds until it expires (empty: never), and the whole value."""
        return {"key": "text", "ttl": "integer", "value": "text" if self.holds == "string" else "json"}

    def field_fault(self, path: str) -> str:
        """A dotted path for JSON; any name is a field of a hash."""
        return "a path has a name between its dots" if self.holds == "json" and not all(path.split(".")) else ""


@dataclass(frozen=True)
class RedisFile:
    """The whole file."""

    collections: tuple[RedisPlace, ...]


def load(system: System) -> dict[str, RedisPlace]:
    """The places by collection; raises `BadInput` with file and line."""
    path, file = read_places(system, "redis.yml", RedisFile)
    return by_name(path, file.collections, system.datasets)
