"""What a database's refusal means, as a sentence without values."""

import re
import struct
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
_FULL = "is out of room or connections"
_NO_DATABASE = "has no database of that name"

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
    ("3D", Unusable, _NO_DATABASE),
    ("53", Unavailable, _FULL),
    ("57", Unavailable, _AWAY),
    ("08", Unavailable, _AWAY),
)
_BY_NUMBER: dict[int, tuple[type[DeskError], str]] = {
    **dict.fromkeys((1205, 1206, 1213, 1020), (Unavailable, _BUSY)),
    **dict.fromkeys((1969, 3024), (Unavailable, _SLOW)),
    **dict.fromkeys((1021, 1026, 1030, 1037, 1038, 1040, 1041, 1114, 1135, 1203, 1226, 1637), (Unavailable, _FULL)),
    **dict.fromkeys((1053, 1129, 1152, 1184, 1317, 1927, 2002, 2003, 2006, 2013, 2055), (Unavailable, _AWAY)),
    **dict.fromkeys((1045, 1130, 1251, 1524, 1698, 1820, 1862, 2026, 2059), (Unusable, _LOGIN)),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370), (Unusable, _DENIED)),
    **dict.fromkeys((1290, 1792, 1836), (Unusable, _READ_ONLY)),
    **dict.fromkeys((1644, 3819, 4025), (Unusable, _RULE)),
    **dict.fromkeys((1034, 1194, 1195), (Unusable, _DAMAGED)),
    **dict.fromkeys((1265, 1292, 1300, 1364, 1366, 1406, 1411), (Unusable, _TYPE)),
    1049: (Unusable, _NO_DATABASE),
}
"""MariaDB and MySQL, whose states say less than their numbers."""
_BY_WORDS: tuple[tuple[str, type[DeskError], str], ...] = (
    ("interrupted", Unavailable, _SLOW),
    ("locked", Unavailable, _BUSY),
    ("unable to open|no such file|timeout|timed out|refused|resolve|closed|packet sequence", Unavailable, _AWAY),
    ("password|authentication", Unusable, _LOGIN),
    ("does not exist", Unusable, _NO_DATABASE),
    ("readonly|read-only", Unusable, _READ_ONLY),
    ("no such table|no such column", Unusable, _CHANGED),
    ("constraint", Unusable, _RULE),
    ("not a database|malformed|corrupt", Unusable, _DAMAGED),
    ("full|disk", Unavailable, _FULL),
)


@contextmanager
def spoken(system: str) -> Iterator[None]:
    """Turns a database's error into `Unavailable` or `Unusable`; the cause is dropped, for it holds values."""
    try:
        yield
    except DBAPIError as exc:
        kind, words = _meaning(exc)
        raise kind(f"system '{system}' {words}") from None
    except (IndexError, struct.error, UnicodeError):  # a driver that was answered, or given, what is none of its own
        raise Unusable(f"system '{system}' {_DAMAGED}") from None
    except SQLAlchemyError as exc:
        raise Unusable(f"system '{system}' cannot be used ({type(exc).__name__})") from None


def _meaning(exc: DBAPIError) -> tuple[type[DeskError], str]:
    number = exc.orig.args[0] if exc.orig is not None and exc.orig.args else None
    if isinstance(number, int) and number in _BY_NUMBER:
        return _BY_NUMBER[number]
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
