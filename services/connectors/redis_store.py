"""Redis as a data system: collections are patterns of keys (`redis.yml`). Tested on a real server, Redis 7.0."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from services.catalog.dataset import Dataset
from services.catalog.system import System
from services.connectors.base import Lookup, Row, Table
from services.connectors.redis_change import RedisChange
from services.connectors.redis_client import make_client, standing_of
from services.connectors.redis_file import load
from services.connectors.redis_read import RedisReader
from services.connectors.store_file import drift
from services.errors import Unusable


class RedisConnector:
    """One database of one server; every use is a connection of its own."""

    def __init__(self, system: System, password: str | None) -> None:
        self.key = system.key
        self.read_only = system.read_only
        self._system, self._password = system, password
        self._places = load(system)
        make_client(system, password)

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """Where the datasets ask for what redis.yml does not give; raises for a server that cannot be searched."""
        with self.read():
            return drift(datasets, self._places)

    def describe(self) -> dict[str, Table]:
        """Every collection that the file places."""
        return {name: place.table for name, place in self._places.items()}

    @contextmanager
    def read(self) -> Iterator[RedisReader]:
        """A reader on a new connection. Raises `Unusable` for a server of a cluster: its keys are elsewhere too."""
        with make_client(self._system, self._password) as client:
            standing_of(self.key, client)
            yield RedisReader(self.key, client, self._places)

    @contextmanager
    def change(self) -> Iterator[RedisChange]:
        """What writes on a new connection; no transaction. Raises `Unusable` for a read-only system."""
        if self.read_only:
            raise Unusable(f"system '{self.key}' can only be read, the catalog says")
        with make_client(self._system, self._password) as client:
            yield RedisChange(self.key, client, self._places)

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds, on a new connection."""
        with self.read() as reader:
            return [list(reader.rows(lookup)) for lookup in lookups]
