"""One entry of the log: what a caller drafts, what is written, and the bytes between."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from services.action_log import canonical
from services.action_log.act import Act, Check, Params, check_of, to_params
from services.action_log.shapes import Actor, Code, Digest, Id, Key, LogId
from services.errors import BadInput

VERSION = 1

KEYS = (
    "act", "actor", "as", "base", "boot", "case", "controller", "details", "fence", "item", "log",
    "mono", "op", "params", "seq", "session", "subject", "training", "ts", "v",
)  # fmt: skip
"""Keys of entry v1, in the order in which they stand in the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An act and its circumstances, before the log gives it a place and a time.

    `as_` is the role used, `base` the case revision seen, `fence` the claim's number, `details` SHA-256 (hex) of
    sealed texts, `op` an id that makes a repeat harmless (random when None).
    """

    act: Act
    actor: str
    as_: str
    session: str | None = None
    controller: str | None = None
    case: str | None = None
    item: str | None = None
    subject: str | None = None
    base: int | None = None
    fence: int | None = None
    details: tuple[str, ...] = ()
    op: str | None = None


class Entry(NamedTuple):
    """An entry as it stands in a log: `ts` µs since 1970 UTC, `mono` µs since the boot `boot`; `as_` is JSON `as`.

    Fields stand in the order of the bytes (`KEYS`). A tuple, because millions are made of bytes.
    """

    act: str
    actor: str
    as_: str
    base: int | None
    boot: str
    case: str | None
    controller: str | None
    details: tuple[str, ...]
    fence: int | None
    item: str | None
    log: str
    mono: int
    op: str
    params: Params
    seq: int
    session: str | None
    subject: str | None
    training: bool
    ts: int
    v: int = VERSION


def new_id() -> str:
    """128 random bits as 32 hex digits: the form of every id that is not a number of ours."""
    return secrets.token_hex(16)


# ── drafts ────────────────────────────────────────────────────────────────────────────────────────────────────

_HEADER: tuple[tuple[str, str, Check], ...] = tuple(
    (name, name.rstrip("_"), check_of(hint, name.rstrip("_")))
    for name, hint in (
        ("actor", Actor),
        ("as_", Code),
        ("session", Id | None),
        ("controller", Key | None),
        ("case", Id | None),
        ("item", Id | None),
        ("subject", Id | None),
        ("details", tuple[Digest, ...]),
    )
)
_DETAILS_CHECK = check_of(tuple[Digest, ...], "details")
_OP = check_of(Id, "op")
_LOG = check_of(LogId, "log")


def prepare(draft: Draft) -> dict[str, Any]:
    """The draft as the raw entry without log, seq and times; raises `BadInput` on what the lint refuses."""
    raw = {key: check(getattr(draft, name)) for name, key, check in _HEADER}
    raw["base"] = _revision(draft.base, "base")
    raw["fence"] = _revision(draft.fence, "fence")
    raw["op"] = new_id() if draft.op is None else _OP(draft.op)
    raw["act"] = draft.act.NAME
    raw["params"] = to_params(draft.act)
    raw["v"] = VERSION
    return raw


def _revision(value: int | None, place: str) -> int | None:
    if value is None or (type(value) is int and 0 <= value <= canonical.MAX_WHOLE):
        return value
    raise BadInput("is not a number from 0 up", place=place)


def check_log_id(log: str) -> str:
    """`log` when it is `<8 hex>/<n>`; else `BadInput`."""
    return str(_LOG(log))


# ── bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def encode(entry: Entry) -> bytes:
    """The entry's canonical bytes; raises `BadInput` outside the profile."""
    return canonical.dump(to_raw(entry))


def decode(body: bytes) -> Entry:
    """The entry in `body`; raises `BadInput` unless `body` is exactly what `encode` writes."""
    return from_raw(parse(body))


def decode_each(bodies: Sequence[bytes]) -> Iterator[Entry]:
    """`decode` of one after the other, quicker than one by one; raises `BadInput` where it comes to one that is wrong.

    `bodies` are read as many at once as fit the processor's cache.
    """
    for start in range(0, len(bodies), canonical.TOGETHER):
        together = bodies[start : start + canonical.TOGETHER]
        read = canonical.read_all(together)
        for raw in map(canonical.read, together) if read is None else read:
            yield from_raw(_checked(raw))


def parse(body: bytes) -> dict[str, Any]:
    """The raw entry in `body`, checked like `decode` but not made into an `Entry`."""
    return _checked(canonical.read(body))


def _checked(raw: object) -> dict[str, Any]:
    """`raw`, canonical as it is, when it is an entry; else `BadInput`."""
    if not isinstance(raw, dict):
        raise BadInput("is not an entry")
    version = raw.get("v")
    check = _CHECKERS.get(version) if type(version) is int else None
    if check is None:
        raise BadInput("is an entry of a version that this program does not know", place="v")
    check(raw)
    return raw


def to_raw(entry: Entry) -> dict[str, Any]:
    """The entry as the dict that is written."""
    return {key: getattr(entry, name) for key, name in _NAMES}


def from_raw(raw: dict[str, Any]) -> Entry:
    """The entry of a raw dict that `parse` returned."""
    values = list(_IN_ORDER(raw))
    values[_DETAILS] = tuple(values[_DETAILS])
    return Entry._make(values)


_IN_ORDER, _DETAILS = itemgetter(*KEYS), KEYS.index("details")
_NAMES = tuple((key, "as_" if key == "as" else key) for key in KEYS)
_STR, _OPT_STR, _INT, _OPT_INT = {str}, {str, type(None)}, {int}, {int, type(None)}
_TYPES_V1: tuple[set[Any], ...] = (
    _STR, _STR, _STR, _OPT_INT, _STR, _OPT_STR, _OPT_STR, {list}, _OPT_INT, _OPT_STR, _STR,
    _INT, _STR, {dict}, _INT, _OPT_STR, _OPT_STR, {bool}, _INT, _INT,
)  # fmt: skip
_SEEN_V1: set[tuple[type, ...]] = set()


def _check_v1(raw: dict[str, Any]) -> None:
    """Entry v1: exactly these keys, each of its type. Canonical bytes are sorted, so the order is known."""
    if tuple(raw) != KEYS:
        raise BadInput("does not have the keys of an entry")
    kinds = tuple(map(type, raw.values()))
    if kinds not in _SEEN_V1:
        for key, kind, allowed in zip(KEYS, kinds, _TYPES_V1, strict=True):
            if kind not in allowed:
                raise BadInput("is of the wrong type", place=key)
        _SEEN_V1.add(kinds)
    if raw["seq"] < 0 or raw["mono"] < 0:
        raise BadInput("is below 0", place="seq")
    for digest in raw["details"]:
        if type(digest) is not str:
            raise BadInput("is of the wrong type", place="details")
    canonical.walk(raw["params"])


_CHECKERS: dict[int, Callable[[dict[str, Any]], None]] = {1: _check_v1}
"""One for each version that was ever written: entries are never migrated."""


_MARKED = attrgetter("actor", "as_", "session", "controller", "case", "item", "subject")
_SEEN_HEADERS: set[tuple[str | None, ...]] = set()
_REMEMBER = 4096


def lint(entry: Entry) -> None:
    """Raises `BadInput` when a clear field of a decoded entry does not have its shape (for entries of others)."""
    header = _MARKED(entry)
    if header not in _SEEN_HEADERS:  # a call leaves a dozen entries with the same one
        for name, _, check in _HEADER:
            check(getattr(entry, name))
        if len(_SEEN_HEADERS) >= _REMEMBER:
            _SEEN_HEADERS.clear()
        _SEEN_HEADERS.add(header)
    elif entry.details:
        _DETAILS_CHECK(entry.details)
    _OP(entry.op)
    _LOG(entry.log)
