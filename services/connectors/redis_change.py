"""Changing Redis: keys unlinked in batches, fields rewritten with their time to live kept.

There is no transaction over many keys: each batch stands as soon as it is done. A plan is carried out by key, so the
next run goes on where a kill stopped this one, and counts what it changes itself.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast
from uuid import uuid4

from redis import Redis
from redis.exceptions import NoPermissionError, ResponseError, WatchError

from db.kill_points import reach
from services.catalog.values import plain
from services.connectors.base import Delete, Key, Rewrite, Row, Table
from services.connectors.redis_client import READ_ONLY, spoken, standing_of
from services.connectors.redis_file import RedisPlace
from services.connectors.redis_read import BATCH, RedisReader
from services.connectors.store_file import KEY
from services.connectors.store_json import changed
from services.connectors.store_lookup import keys_of
from services.errors import Unavailable

_TRIES = 5
_KEEPTTL = 6


class RedisChange:
    """`Change` over one client; nothing is rolled back."""

    def __init__(self, system: str, client: Redis, places: Mapping[str, RedisPlace]) -> None:
        self.system, self.client, self.places = system, client, places
        self.reader = RedisReader(system, client, places)

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """Why these cannot be done; nothing is written. What fails later leaves what was done before it."""
        told = standing_of(self.system, self.client)
        if told.get("role") != "master":
            return [f"it {READ_ONLY}"]
        changes: list[Delete | Rewrite] = [*deletes, *rewrites]
        found = [f"there is no table {c.collection}" for c in changes if c.collection not in self.places]
        found += [
            f"rows of {c.collection} are known by 'key' only"
            for c in changes
            if tuple(c.key) != KEY and c.collection in self.places
        ]
        if found:
            return found
        for change in changes:
            place = self.places[change.collection]
            if any(place.keys.match(str(row[0])) is None for row in change.rows):
                found.append(f"the plan names keys that are not of the pattern of {change.collection}")
        old = int(str(told.get("redis_version", "0")).partition(".")[0] or 0) < _KEEPTTL
        for rewrite in rewrites:
            place = self.places[rewrite.collection]
            found += [fault for name in rewrite.columns if (fault := _column_fault(place, name))]
            if old and place.holds in ("json", "string"):
                found.append(f"the server is older than {_KEEPTTL}.0 and cannot keep the time to live of a string")
        return found + (self._permission_faults(deletes, rewrites) if not found else [])

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that the file places."""
        return self.reader.tables(names)

    def defer(self) -> None:
        """Redis has no references."""

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """As they come: nothing in Redis depends on another key."""
        return list(deletes)

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Rows by their key, as they are now."""
        return list(self.reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """Keys really unlinked."""
        place = self.places[delete.collection]
        keys = keys_of(self.system, place, delete.key, delete.rows)
        done = 0
        for start in range(0, len(keys), BATCH):
            with spoken(self.system):
                done += int(self.client.unlink(*keys[start : start + BATCH]))
            reach("store.between-batches")
        return done

    def rewrite(self, rewrite: Rewrite) -> int:
        """Keys written; one that has gone meanwhile stays gone."""
        place = self.places[rewrite.collection]
        keys = keys_of(self.system, place, rewrite.key, rewrite.rows)
        done = 0
        for key, values in zip(keys, rewrite.values, strict=True):
            done += self._rewrite(place, key, dict(zip(rewrite.columns, values, strict=True)))
            reach("store.between-batches")
        return done

    def _rewrite(self, place: RedisPlace, key: str, new: dict[str, object]) -> bool:
        """One key, unless another program writes it in the same moment: then again, with what is there then."""
        for _ in range(_TRIES):
            pipe: Any = self.client.pipeline()
            with spoken(self.system), pipe:
                try:
                    pipe.watch(key)
                    if not pipe.exists(key):
                        return False
                    raw = pipe.get(key) if place.holds == "json" else b""
                    pipe.multi()
                    self._write(pipe, place, key, raw, new)
                    pipe.execute()
                except WatchError:
                    continue
                return True
        raise Unavailable(f"system '{self.system}' is being written by another program")

    def _write(self, pipe: Any, place: RedisPlace, key: str, raw: bytes, new: dict[str, object]) -> None:
        if place.holds == "json":
            paths = {str(place.fields[name]): plain(value) for name, value in new.items()}
            pipe.set(key, changed(raw, paths, f"system '{self.system}': '{place.name}'"), xx=True, keepttl=True)
            return
        if place.holds == "string":
            pipe.set(key, _stored(new["value"]) or b"", xx=True, keepttl=True)
            return
        # A hash has no empty field: one without a value is none. Neither command touches the time to live of the key.
        filled = {str(place.fields[name]): _stored(value) for name, value in new.items() if value is not None}
        empty = [str(place.fields[name]) for name, value in new.items() if value is None]
        if filled:
            pipe.hset(key, mapping=filled)
        if empty:
            pipe.hdel(key, *empty)

    def _permission_faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """What our login may not do. The server judges each command when it is queued, and the queue is discarded."""
        wanted: set[tuple[str, tuple[str, ...]]] = {(d.collection, ("UNLINK",)) for d in deletes}
        for rewrite in rewrites:
            if self.places[rewrite.collection].holds == "hash":
                wanted |= {(rewrite.collection, ("HSET", "f", "v")), (rewrite.collection, ("HDEL", "f"))}
            else:
                wanted.add((rewrite.collection, ("SET", "v", "XX", "KEEPTTL")))
        faults = []
        with spoken(self.system), cast("Any", self.client).client() as one:
            for collection, (command, *rest) in sorted(wanted):
                keys = self.places[collection].keys
                key = keys.prefix(dict.fromkeys(keys.fields, uuid4().hex))
                one.execute_command("MULTI")
                try:
                    one.execute_command(command, key, *rest)
                except NoPermissionError:
                    faults.append(f"our login may not {command} in {collection}")
                except ResponseError as exc:
                    if not str(exc).startswith("NOPERM"):
                        raise
                    faults.append(f"our login may not {command} in {collection}")
                finally:
                    one.execute_command("DISCARD")
        return faults


def _column_fault(place: RedisPlace, name: str) -> str:
    where = f"{place.name}.{name}"
    if name in place.fields or (name == "value" and place.holds == "string"):
        return ""
    if name in (*place.keys.fields, *KEY):
        return f"{where} stands in the key and cannot be masked: say 'erase: delete'"
    if name == "ttl":
        return f"{where} cannot be written"
    if name == "value":
        return f"{where} is a whole {place.holds} and cannot be masked: name its fields, or say 'erase: delete'"
    return f"there is no column {where}"


def _stored(value: object) -> bytes:
    """A value as Redis keeps it: text."""
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, date):
        return value.isoformat().encode()
    return str(value).encode()
