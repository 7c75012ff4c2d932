"""Reading a bucket: the objects that a pattern names, as rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from services.connectors.base import Key, Lookup, Row, Table
from services.connectors.s3_client import NOT_THERE, code_of, spoken
from services.connectors.s3_file import ASKED, S3Place
from services.connectors.s3_objects import Bucket, Object
from services.connectors.store_json import at, parsed
from services.connectors.store_lookup import (
    Compared,
    keys_of,
    known_fields,
    must_scan,
    place_of,
    too_many,
)
from services.errors import Unusable

AT_ONCE = 8
BATCH = 64


class S3Reader:
    """`Reader` over one client. A bucket knows no snapshot: what was read once is given again as it was."""

    def __init__(self, system: str, bucket: Bucket, places: Mapping[str, S3Place]) -> None:
        self.system, self.bucket, self.places = system, bucket, places
        self._seen: dict[tuple[str, str, tuple[str, ...]], Row] = {}

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that the file places."""
        return {name: self.places[name].table for name in names if name in self.places}

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The rows asked for: under the keys that the lookup names, or by a scan where the file allows one."""
        place = place_of(self.system, self.places, lookup.collection, [*lookup.columns, *lookup.on])
        compared = Compared(lookup)
        read = tuple(dict.fromkeys([*lookup.columns, *(path.partition(".")[0] for path in lookup.on)]))
        met: set[str] = set()
        for one in self._objects(place, lookup):
            if one.key in met:
                continue
            met.add(one.key)
            at_ = (str(place.name), one.key, read)
            if at_ not in self._seen:
                row = self._row(place, one, tuple(path.partition(".")[0] for path in lookup.on))
                if row is None or not compared(row):
                    continue  # another's: its body is not read
                whole = self._row(place, one, read)
                if whole is None:
                    continue
                self._seen[at_] = whole
            if compared(self._seen[at_]):
                yield {name: self._seen[at_][name] for name in lookup.columns}

    def by_key(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> Iterator[Row]:
        """Rows by their key as they are now, also those of which only old versions or a delete marker are left."""
        place = place_of(self.system, self.places, collection, columns)
        keys = keys_of(self.system, place, key, rows)
        for one in self.standing(keys):
            row = self._row(place, one, tuple(columns))
            if row is not None:
                yield row

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """Every row: of a collection that may be scanned, else only what a listing says."""
        place = place_of(self.system, self.places, collection, columns)
        if {*columns} & {*ASKED, *place.fields, "body"}:
            must_scan(self.system, place, Lookup(collection, (), tuple(columns), ()))
        for one in self._under(place, place.keys.prefix({})):
            row = self._row(place, one, tuple(columns))
            if row is not None:
                yield row

    def standing(self, keys: Sequence[str]) -> Iterator[Object]:
        """Those of the keys that have any version at all, several asked for at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(keys), BATCH):
                yield from (one for one in pool.map(self.bucket.one, keys[start : start + BATCH]) if one is not None)

    def _objects(self, place: S3Place, lookup: Lookup) -> Iterable[Object]:
        told = known_fields(self.system, place, lookup)
        first = place.keys.fields[0]
        if any("key" not in known and first not in known for known in told) or (place.scan and lookup.how != "exact"):
            must_scan(self.system, place, lookup)
            yield from self._under(place, place.keys.prefix({}))
            return
        for known in told:
            whole = known.get("key") or place.keys.key(known)
            if whole is None:
                yield from self._under(place, place.keys.prefix(known))
            elif place.keys.match(whole) is not None and (one := self.bucket.one(whole)) is not None:
                yield one

    def _under(self, place: S3Place, prefix: str) -> Iterator[Object]:
        """The objects of the pattern under a prefix; more than the limit is an error."""
        for count, one in enumerate(self.bucket.objects(prefix)):
            if count >= place.limit:
                raise too_many(self.system, place)
            if place.keys.match(one.key) is not None:
                yield one

    def _row(self, place: S3Place, one: Object, columns: Sequence[str]) -> Row | None:
        """The row of an object, with no more asked than `columns` need; None when it went meanwhile."""
        newest = one.newest
        row: Row = {
            "key": one.key,
            "size": newest.size if newest else 0,
            "modified": (newest or one.versions[0]).modified,
            "versions": len(one.versions),
            "deleted": one.deleted,
            **(place.keys.match(one.key) or {}),
        }
        wanted = {str(place.fields[name]).partition(".")[0] if name in place.fields else name for name in columns}
        inside: dict[str, Any] = dict.fromkeys((*ASKED, "body"))
        if newest is not None and wanted & {*ASKED, "body"}:
            version = {"VersionId": newest.id} if newest.id is not None else {}
            try:
                with spoken(self.system):
                    inside |= self._asked(place, one.key, version, wanted, newest.size)
            except _Gone:
                return None
        row |= inside
        where = f"system '{self.system}': '{place.name}'"
        row |= {name: at(inside, str(path), where) for name, path in place.fields.items() if name in columns}
        return {name: row[name] for name in columns}

    def _asked(self, place: S3Place, key: str, version: dict[str, str], wanted: set[str], size: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        where = f"system '{self.system}': '{place.name}'"
        client, named = self.bucket.client, {"Bucket": self.bucket.name, "Key": key, **version}
        try:
            if "tags" in wanted:
                tags = client.get_object_tagging(**named).get("TagSet", ())
                found["tags"] = {str(one["Key"]): str(one["Value"]) for one in tags}
            if "body" in wanted:
                if size > place.largest:
                    raise Unusable(f"{where} has an object of more than {place.largest} bytes")
                told = client.get_object(**named)
                raw = told["Body"].read()
                found["body"] = parsed(raw, where) if place.body == "json" else raw
            elif wanted & {"content_type", "metadata"}:
                told = client.head_object(**named)
            else:
                return found
        except ClientError as exc:
            if code_of(exc) in NOT_THERE:
                raise _Gone from None
            raise
        # Header names: some servers give them back in other letters than they were written in.
        metadata = {str(name).lower(): value for name, value in told.get("Metadata", {}).items()}
        return found | {"content_type": told.get("ContentType"), "metadata": metadata}


class _Gone(Exception):
    """The object went between the listing and the question."""
