"""Deleting objects for good: every version and every delete marker, and a look afterwards that none is left.

A bucket has no transaction: each batch stands as soon as it is done. A plan is carried out by key, so the next run
goes on where a kill stopped this one, and counts the objects that it found and removed itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from db.kill_points import reach
from services.connectors.base import Delete, Key, Rewrite, Row, Table
from services.connectors.s3_client import NOT_THERE, UNKNOWN, code_of, spoken, status_of
from services.connectors.s3_file import S3Place
from services.connectors.s3_objects import Bucket, Object
from services.connectors.s3_read import S3Reader
from services.connectors.store_file import KEY
from services.connectors.store_lookup import keys_of
from services.errors import Unavailable, Unusable

_AT_MOST = 1000
"""Versions in one request, by the protocol."""
_KEYS = 200
_ROUNDS = 3
_NO_BATCH = (400, 405, 411, 501)
"""What servers answer that do not take a batch: without Content-MD5, or not at all."""
_NO_LOCK = ("ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration", *NOT_THERE, *UNKNOWN)

Doomed = tuple[str, str | None]


class S3Change:
    """`Change` over one client; nothing is rolled back."""

    def __init__(self, system: str, bucket: Bucket, places: Mapping[str, S3Place]) -> None:
        self.system, self.bucket, self.places = system, bucket, places
        self.reader = S3Reader(system, bucket, places)
        self._batches = True

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """Why these cannot be done; nothing is written. What fails later leaves what was done before it."""
        found = [f"objects of {one.collection} cannot be masked: say 'erase: delete'" for one in rewrites if one.rows]
        for delete in deletes:
            place = self.places.get(delete.collection)
            if place is None:
                found.append(f"there is no table {delete.collection}")
            elif tuple(delete.key) != KEY:
                found.append(f"rows of {delete.collection} are known by 'key' only")
            elif any(place.keys.match(str(row[0])) is None for row in delete.rows):
                found.append(f"the plan names keys that are not of the pattern of {delete.collection}")
        if found or not deletes or not self.bucket.versioned:
            return found
        if self.bucket.wants_mfa:
            return ["the bucket lets nobody delete a version without a code from somebody's device (MFA delete)"]
        return [fault for delete in deletes for fault in self._held(delete)] if self._locks() else []

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that the file places."""
        return self.reader.tables(names)

    def defer(self) -> None:
        """A bucket has no references."""

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """As they come: no object depends on another."""
        return list(deletes)

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Rows by their key, as they are now."""
        return list(self.reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """Objects that were there, in whatever versions, and are not any more.

        Raises `Unavailable` when another program writes them anew meanwhile.
        """
        keys = keys_of(self.system, self.places[delete.collection], delete.key, delete.rows)
        done = 0
        for start in range(0, len(keys), _KEYS):
            there = list(self.reader.standing(keys[start : start + _KEYS]))
            done += len(there)
            for _ in range(_ROUNDS):
                self._remove(there)
                there = list(self.reader.standing([one.key for one in there]))
                if not there:
                    break
            if there:
                raise Unavailable(f"system '{self.system}': {len(there)} objects are still there after deleting them")
        return done

    def rewrite(self, rewrite: Rewrite) -> int:
        """Never: an object is no row, its older versions would keep what was masked."""
        raise Unusable(f"system '{self.system}': objects of '{rewrite.collection}' cannot be masked")

    def _remove(self, objects: Sequence[Object]) -> None:
        doomed: list[Doomed] = [(one.key, version.id) for one in objects for version in one.versions]
        for start in range(0, len(doomed), _AT_MOST):
            batch = doomed[start : start + _AT_MOST]
            for one in self._batch(batch) if self._batches else batch:
                with spoken(self.system):
                    self.bucket.client.delete_object(Bucket=self.bucket.name, **_named(one))
                reach("store.between-single-deletes")
            reach("store.between-batches")

    def _batch(self, doomed: Sequence[Doomed]) -> list[Doomed]:
        """Deletes at once; what has to be deleted singly after it, all where the server takes no batches."""
        asked = {"Objects": [_named(one) for one in doomed], "Quiet": True}
        with spoken(self.system):
            try:
                told = self.bucket.client.delete_objects(Bucket=self.bucket.name, Delete=asked)
            except ClientError as exc:
                if status_of(exc) not in _NO_BATCH:
                    raise
                self._batches = False
                return list(doomed)
        failed = {(str(one.get("Key")), one.get("VersionId")) for one in told.get("Errors", ())}
        return [one for one in doomed if one in failed or (one[0], None) in failed]

    def _locks(self) -> bool:
        """Whether the bucket can hold objects against deletion."""
        with spoken(self.system):
            try:
                told = self.bucket.client.get_object_lock_configuration(Bucket=self.bucket.name)
            except ClientError as exc:
                if code_of(exc) in _NO_LOCK or status_of(exc) in (404, 405, 501):
                    return False
                raise
        return bool(told.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")

    def _held(self, delete: Delete) -> Iterator[str]:
        """Objects of which a version is retained or under a legal hold: counted, never named."""
        keys = keys_of(self.system, self.places[delete.collection], delete.key, delete.rows)
        retained = held = 0
        for one in self.reader.standing(keys):
            versions = [(one.key, version.id) for version in one.versions if not version.marker]
            retained += any(map(self._retained, versions))
            held += any(map(self._on_hold, versions))
        if retained:
            yield f"{retained} objects of {delete.collection} are locked until a date that is not reached"
        if held:
            yield f"{held} objects of {delete.collection} are under a legal hold of the store"

    def _retained(self, one: Doomed) -> bool:
        told = self._ask("get_object_retention", one).get("Retention", {})
        until = told.get("RetainUntilDate")
        return isinstance(until, datetime) and until > datetime.now(UTC)

    def _on_hold(self, one: Doomed) -> bool:
        return bool(self._ask("get_object_legal_hold", one).get("LegalHold", {}).get("Status") == "ON")

    def _ask(self, question: str, one: Doomed) -> dict[str, dict[str, object]]:
        with spoken(self.system):
            try:
                told: dict[str, dict[str, object]] = getattr(self.bucket.client, question)(
                    Bucket=self.bucket.name, **_named(one)
                )
            except ClientError as exc:
                if code_of(exc) in _NO_LOCK:
                    return {}
                raise
        return told


def _named(one: Doomed) -> dict[str, str]:
    key, version = one
    return {"Key": key} if version is None else {"Key": key, "VersionId": version}
