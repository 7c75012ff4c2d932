"""A bucket of an S3-like store as a data system: collections are patterns of keys (`s3.yml`).

Tested on real servers: rclone's (signatures, no versions) and, with --long, OpenStack Swift's (versions).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from services.catalog.dataset import Dataset
from services.catalog.system import System
from services.connectors.base import Lookup, Row, Table
from services.connectors.s3_change import S3Change
from services.connectors.s3_client import address, make_client
from services.connectors.s3_file import load
from services.connectors.s3_objects import Bucket
from services.connectors.s3_read import S3Reader
from services.connectors.store_file import drift
from services.errors import Unusable


class S3Connector:
    """One bucket. What is known of it, its versions for one, is asked anew by every use."""

    def __init__(self, system: System, secret: str | None) -> None:
        self.key = system.key
        self.read_only = system.read_only
        self._system, self._secret = system, secret
        self._places = load(system)
        self._address = address(system)
        self._lock = Lock()
        self._client: Any = None

    def check(self, datasets: Sequence[Dataset]) -> list[str]:
        """Where the datasets ask for what s3.yml does not give; raises for a bucket that cannot be read."""
        with self._bucket() as bucket:
            for place in self._places.values():
                bucket.one(place.keys.prefix({}))
            return drift(datasets, self._places)

    def describe(self) -> dict[str, Table]:
        """Every collection that the file places."""
        return {name: place.table for name, place in self._places.items()}

    @contextmanager
    def read(self) -> Iterator[S3Reader]:
        """A reader; nothing of an earlier one is kept."""
        with self._bucket() as bucket:
            yield S3Reader(self.key, bucket, self._places)

    @contextmanager
    def change(self) -> Iterator[S3Change]:
        """What deletes; no transaction. Raises `Unusable` for a read-only system."""
        if self.read_only:
            raise Unusable(f"system '{self.key}' can only be read, the catalog says")
        with self._bucket() as bucket:
            yield S3Change(self.key, bucket, self._places)

    def verify(self, lookups: Sequence[Lookup]) -> list[list[Row]]:
        """What each lookup finds, asked anew."""
        with self.read() as reader:
            return [list(reader.rows(lookup)) for lookup in lookups]

    @contextmanager
    def _bucket(self) -> Iterator[Bucket]:
        with self._lock:
            if self._client is None:  # half a second to make; threads may share one, and the protocol knows no session
                self._client = make_client(self._system, self._secret)
        bucket = Bucket(self.key, self._client, self._address.bucket)
        _ = bucket.versioned  # asked before anything is searched: it also says whether we may come in
        yield bucket
