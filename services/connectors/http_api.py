"""Any HTTP interface that `http.yml` describes. Tested on a real Roundup and on a server that misbehaves on order.

It has no transactions and no moments: see `docs/http-connector.md` for what that means for an erasure.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from services.catalog.dataset import Dataset
from services.catalog.system import System
from services.connectors.base import Lookup, Row, Table
from services.connectors.http_call import Ask, Caller
from services.connectors.http_change import HttpChange
from services.connectors.http_check import shapes
from services.connectors.http_declared import declared
from services.connectors.http_jobs import Jobs
from services.connectors.http_read import HttpReader
from services.connectors.http_template import in_query
from services.errors import Unusable


class HttpConnector:
    """One interface of a vendor; every use is a connection of its own, the login and the pace are shared."""

    def __init__(self, system: System, secret: str | None) -> None:
        """Raises `BadInput` for a fault of `http.yml`, `Unusable` for an address that is none or not safe."""
        self.key = system.key
        self.read_only = system.read_only
        self._declared = declared(system)
        self._shapes = shapes(system, self._declared)
        self._caller = Caller(system, self._declared, secret)
        self._jobs = Jobs()

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """Whether the interface answers at all, by its probe; there is no schema to compare `datasets` with."""
        probe = self._declared.probe
        with self._caller.line() as line:
            line.ask(Ask("its probe", "GET", str(probe.path), in_query(probe.query, {}), reads=True)).value()
        return []

    def describe(self) -> dict[str, Table]:
        """Every collection, as declared."""
        return {name: shape.table() for name, shape in self._shapes.items()}

    @contextmanager
    def read(self) -> Iterator[HttpReader]:
        """A reader on a connection of its own."""
        with self._caller.line() as line:
            yield HttpReader(line, self._shapes)

    @contextmanager
    def change(self) -> Iterator[HttpChange]:
        """Changes, row by row. Raises `Pending` when left while the vendor carries some out later, and `Unusable` for
        a read-only system."""
        if self.read_only:
            raise Unusable(f"system '{self.key}' can only be read, the catalog says")
        with self._caller.line() as line:
            change = HttpChange(line, self._shapes, self._jobs)
            yield change
            change.settle()

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds, on a new connection."""
        with self.read() as reader:
            return [list(reader.rows(lookup)) for lookup in lookups]
