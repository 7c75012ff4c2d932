"""A connection to a Redis server, and what its refusals mean, as sentences without keys and without values."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterError,
    ConnectionError as RedisAway,
    MaxConnectionsError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError as RedisTimeout,
    WatchError,
)
from redis.retry import Retry

from services.catalog.system import System
from services.errors import DeskError, Unavailable, Unusable

READ_ONLY = "is a read-only replica: the catalog must name the server it copies"
CLUSTER = "is one of several servers of a cluster, of which each knows a part of the keys: that is not supported"
_AWAY = "does not answer"
_LOGIN = "refuses the login: check its secret"
_DENIED = "does not permit this to our login"
_BY_KIND: tuple[tuple[type[Exception], type[DeskError], str], ...] = (
    (AuthenticationError, Unusable, _LOGIN),
    (NoPermissionError, Unusable, _DENIED),
    (ReadOnlyError, Unusable, READ_ONLY),
    (MovedError, Unusable, CLUSTER),
    (ClusterError, Unusable, CLUSTER),
    (OutOfMemoryError, Unavailable, "is out of room"),
    (BusyLoadingError, Unavailable, "is still starting"),
    (MaxConnectionsError, Unavailable, "has no connection free"),
    (WatchError, Unavailable, "is being written by another program"),
    (RedisTimeout, Unavailable, "took longer than its limit"),
    (RedisAway, Unavailable, _AWAY),
)
_BY_WORD: tuple[tuple[str, type[DeskError], str], ...] = (
    ("NOAUTH", Unusable, _LOGIN),
    ("WRONGPASS", Unusable, _LOGIN),
    ("NOPERM", Unusable, _DENIED),
    ("READONLY", Unusable, READ_ONLY),
    ("MOVED", Unusable, CLUSTER),
    ("CROSSSLOT", Unusable, CLUSTER),
    ("CLUSTERDOWN", Unavailable, _AWAY),
    ("LOADING", Unavailable, "is still starting"),
    ("BUSY", Unavailable, "is busy with a script"),
    ("MASTERDOWN", Unavailable, "is a replica that lost the server it copies"),
    ("MISCONF", Unavailable, "takes no writes, since it cannot save them"),
    ("NOREPLICAS", Unavailable, "takes no writes, since too few replicas are there"),
    ("OOM", Unavailable, "is out of room"),
    ("WRONGTYPE", Unusable, "holds another type of value than redis.yml says"),
)


def make_client(system: System, password: str | None) -> Redis:
    """A client that does not connect yet; raises `Unusable` for an address that is none."""
    try:
        parts = urlsplit(system.url)
        port, host, database = parts.port or 6379, parts.hostname, parts.path.strip("/") or "0"
    except ValueError:
        host = None
    if not host or parts.scheme not in ("redis", "rediss") or parts.query or not database.isdecimal():
        raise Unusable(f"system '{system.key}': write its url as redis://user@host:6379/0, or with rediss://")
    return Redis(
        host=host, port=port, db=int(database),
        username=unquote(parts.username) if parts.username else None, password=password,
        socket_connect_timeout=system.limits.connect_s, socket_timeout=system.limits.statement_s,
        ssl=parts.scheme == "rediss", retry=Retry(NoBackoff(), 0), protocol=2, single_connection_client=False,
    )  # fmt: skip


@contextmanager
def spoken(system: str) -> Iterator[None]:
    """Turns an error of the library into `Unavailable` or `Unusable`; the cause is dropped, for it may hold a key."""
    try:
        yield
    except (RedisError, OSError) as exc:
        kind, words = _meaning(exc)
        raise kind(f"system '{system}' {words}") from None


def standing_of(system: str, client: Redis) -> Mapping[str, Any]:
    """What the server says about itself; raises `Unusable` for a server of a cluster."""
    with spoken(system):
        try:
            told: Mapping[str, Any] = client.info()
        except NoPermissionError:
            raise Unusable(
                f"system '{system}' does not permit INFO to our login: without it nobody knows whether it is whole"
            ) from None
    if told.get("cluster_enabled"):
        raise Unusable(f"system '{system}' {CLUSTER}")
    return told


def _meaning(exc: Exception) -> tuple[type[DeskError], str]:
    for kind, error, words in _BY_KIND:
        if isinstance(exc, kind):
            return error, words
    if isinstance(exc, ResponseError):
        told = str(exc).rpartition("caused error: ")[2]  # in a pipeline the command stands before it
        for word, error, words in _BY_WORD:
            if told.startswith(word):
                return error, words
    if isinstance(exc, OSError):
        return Unavailable, _AWAY
    return Unusable, f"refused with {type(exc).__name__}"
