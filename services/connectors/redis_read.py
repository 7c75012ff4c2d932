"""Reading Redis: the keys that a pattern names, and their values as rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from redis import Redis

from services.connectors.base import Key, Lookup, Row, Table
from services.connectors.redis_client import spoken
from services.connectors.redis_file import RedisPlace
from services.connectors.store_file import KEY
from services.connectors.store_json import at, parsed
from services.connectors.store_lookup import (
    Compared,
    Known,
    keys_of,
    known_fields,
    must_scan,
    place_of,
    too_many,
    written,
)
from services.errors import Unusable

BATCH = 500
_TYPES = {"string": b"string", "json": b"string", "hash": b"hash", "list": b"list", "set": b"set", "zset": b"zset"}


class RedisReader:
    """`Reader` over one client. Redis knows no snapshot: what was read once is given again as it was."""

    def __init__(self, system: str, client: Redis, places: Mapping[str, RedisPlace]) -> None:
        self.system, self.client, self.places = system, client, places
        self._seen: dict[tuple[str, str, tuple[str, ...]], Row] = {}

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that the file places."""
        return {name: self.places[name].table for name in names if name in self.places}

    def rows(self, lookup: Lookup) -> Iterator[Row]:
        """The rows asked for: by the keys that the lookup names, or by a scan where the file allows one."""
        place = place_of(self.system, self.places, lookup.collection, [*lookup.columns, *lookup.on])
        compared = Compared(lookup)
        read = tuple(dict.fromkeys([*lookup.columns, *(path.partition(".")[0] for path in lookup.on)]))
        keys = list(dict.fromkeys(self._keys(place, lookup)))
        for start in range(0, len(keys), BATCH):
            for row in self._once(place, keys[start : start + BATCH], read):
                if compared(row):
                    yield {name: row[name] for name in lookup.columns}

    def by_key(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> Iterator[Row]:
        """Rows by their key, as they are now."""
        place = place_of(self.system, self.places, collection, columns)
        keys = keys_of(self.system, place, key, rows)
        for start in range(0, len(keys), BATCH):
            yield from self.fetch(place, keys[start : start + BATCH], columns)

    def every(self, collection: str, columns: Sequence[str]) -> Iterator[Row]:
        """Every row: of a collection that may be scanned, else only what stands in the keys."""
        place = place_of(self.system, self.places, collection, columns)
        if not set(columns) <= {*place.keys.fields, *KEY}:
            must_scan(self.system, place, Lookup(collection, (), tuple(columns), ()))
        keys = list(self._scan(place, {}))
        for start in range(0, len(keys), BATCH):
            yield from self.fetch(place, keys[start : start + BATCH], columns)

    def fetch(self, place: RedisPlace, keys: Sequence[str], columns: Sequence[str]) -> Iterator[Row]:
        """The rows of those keys that exist; raises `Unusable` where another type of value is than the file says."""
        with spoken(self.system), self.client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.type(key)
                pipe.ttl(key)
            told = pipe.execute()
        live = [(key, ttl) for key, kind, ttl in zip(keys, told[::2], told[1::2], strict=True) if kind != b"none"]
        if any(kind not in (b"none", _TYPES[place.holds]) for kind in told[::2]):
            raise Unusable(f"system '{self.system}' holds another type of value in '{place.name}' than {place.holds}")
        values = self._values(place, [key for key, _ in live]) if {*columns} & {"value", *place.fields} else None
        for at_, (key, ttl) in enumerate(live):
            row: Row = {"key": key, "ttl": ttl if ttl >= 0 else None, **(place.keys.match(key) or {})}
            if values is not None:
                if values[at_] in (None, {}, []):
                    continue  # gone since its type was asked
                row |= self._parts(place, values[at_], columns)
            yield {name: row[name] for name in columns}

    def _once(self, place: RedisPlace, keys: Sequence[str], columns: tuple[str, ...]) -> Iterator[Row]:
        unseen = [key for key in keys if (str(place.name), key, columns) not in self._seen]
        for row in self.fetch(place, unseen, tuple(dict.fromkeys([*columns, "key"]))):
            self._seen[str(place.name), str(row["key"]), columns] = row
        known = (self._seen.get((str(place.name), key, columns)) for key in keys)
        yield from (row for row in known if row is not None)

    def _keys(self, place: RedisPlace, lookup: Lookup) -> Iterator[str]:
        told = known_fields(self.system, place, lookup)
        if any(not known for known in told) or (place.scan and lookup.how != "exact"):
            must_scan(self.system, place, lookup)
            yield from self._scan(place, {})
            return
        for known in told:
            whole = known.get("key") or place.keys.key(known)
            if whole is None:
                yield from self._scan(place, known)
            elif place.keys.match(whole) is not None:
                yield whole

    def _scan(self, place: RedisPlace, known: Known) -> Iterator[str]:
        """The keys of the pattern with these fields, each once; more than the limit is an error."""
        met: set[bytes] = set()
        with spoken(self.system):
            for raw in self.client.scan_iter(match=place.keys.glob(known), count=1000):
                met.add(raw)
                if len(met) > place.limit:
                    raise too_many(self.system, place)
        for raw in sorted(met):
            try:
                key = raw.decode("utf-8")
            except UnicodeDecodeError:
                raise Unusable(f"system '{self.system}' has a key in '{place.name}' that is not UTF-8") from None
            if place.keys.match(key) is not None and written(key):
                yield key

    def _values(self, place: RedisPlace, keys: Sequence[str]) -> list[Any]:
        with spoken(self.system), self.client.pipeline(transaction=False) as pipe:
            for key in keys:
                match place.holds:
                    case "hash":
                        pipe.hgetall(key)
                    case "list":
                        pipe.lrange(key, 0, -1)
                    case "set":
                        pipe.smembers(key)
                    case "zset":
                        pipe.zrange(key, 0, -1, withscores=True)
                    case _:
                        pipe.get(key)
            found: list[Any] = pipe.execute()
        return found

    def _parts(self, place: RedisPlace, raw: Any, columns: Sequence[str]) -> Row:
        where = f"system '{self.system}': '{place.name}'"
        match place.holds:
            case "hash":
                row: Row = {name: _shown(raw.get(str(field).encode())) for name, field in place.fields.items()}
                return row | {"value": {_name(field): _shown(value) for field, value in sorted(raw.items())}}
            case "json":
                document = parsed(raw, where)
                return {n: at(document, str(path), where) for n, path in place.fields.items()} | {"value": document}
            case "zset":
                return {"value": [{"member": _shown(member), "score": score} for member, score in raw]}
            case "list" | "set":
                return {"value": [_shown(one) for one in (raw if place.holds == "list" else sorted(raw))]}
            case _:
                return {"value": _shown(raw)}


def _shown(raw: bytes | None) -> str | bytes | None:
    """Text where it is UTF-8, else the bytes."""
    if raw is None:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
