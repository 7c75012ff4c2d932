"""What a database's refusal means, as a sentence without values."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from services.errors import DeskError, Unavailable, Unusable

_AWAY = "does not answer"
_LOGIN = "refuses the login: check its secret"
_SLOW = "took longer than its limit"
_BUSY = "is locked by another program"
_READ_ONLY = "can only be read"
_DENIED = "does not permit this to our login"
_CHANGED = "has another schema than the catalog says: run 'catalog check --live'"
_RULE = "refused the change by a rule of its own (a constraint)"
_DAMAGED = "is damaged, or is no database that we can read"
_TYPE = "refused a value for its column"

_BY_STATE: tuple[tuple[str, type[DeskError], str], ...] = (
    ("57014", Unavailable, _SLOW),
    ("55P03", Unavailable, _BUSY),
    ("40", Unavailable, _BUSY),
    ("25006", Unusable, _READ_ONLY),
    ("42501", Unusable, _DENIED),
    ("42", Unusable, _CHANGED),
    ("23", Unusable, _RULE),
    ("22", Unusable, _TYPE),
    ("28", Unusable, _LOGIN),
    ("3D", Unusable, "has no database of that name"),
    ("53", Unavailable, "is out of room or connections"),
    ("57", Unavailable, _AWAY),
    ("08", Unavailable, _AWAY),
)
_BY_WORDS: tuple[tuple[str, type[DeskError], str], ...] = (
    ("interrupted", Unavailable, _SLOW),
    ("locked", Unavailable, _BUSY),
    ("unable to open|no such file|timeout|timed out|refused|resolve|closed", Unavailable, _AWAY),
    ("password|authentication", Unusable, _LOGIN),
    ("does not exist", Unusable, "has no database of that name"),
    ("readonly|read-only", Unusable, _READ_ONLY),
    ("no such table|no such column", Unusable, _CHANGED),
    ("constraint", Unusable, _RULE),
    ("not a database|malformed|corrupt", Unusable, _DAMAGED),
    ("full|disk", Unavailable, "is out of room or connections"),
)


@contextmanager
def spoken(system: str) -> Iterator[None]:
    """Turns a database's error into `Unavailable` or `Unusable`; the cause is dropped, for it holds values."""
    try:
        yield
    except DBAPIError as exc:
        kind, words = _meaning(exc)
        raise kind(f"system '{system}' {words}") from None
    except SQLAlchemyError as exc:
        raise Unusable(f"system '{system}' cannot be used ({type(exc).__name__})") from None


def _meaning(exc: DBAPIError) -> tuple[type[DeskError], str]:
    state = getattr(exc.orig, "sqlstate", None)
    if isinstance(state, str):
        for start, kind, words in _BY_STATE:
            if state.startswith(start):
                return kind, words
    text = str(exc.orig).lower()
    for pattern, kind, words in _BY_WORDS:
        if re.search(pattern, text):
            return kind, words
    return Unusable, f"refused with {type(exc.orig).__name__}"
