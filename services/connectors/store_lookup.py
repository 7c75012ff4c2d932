"""How a lookup is answered by a store that knows keys only: by the keys it names, or by reading all where allowed."""

import re
from collections.abc import Mapping, Sequence

from services.catalog.identifiers import PHONE_MARKS, How
from services.catalog.values import join_keys
from services.connectors.base import Key, Lookup, Row
from services.connectors.store_file import KEY, P, Place
from services.errors import Unusable

Known = dict[str, str]
"""Fields of a pattern whose values are known; `key` alone for a whole key."""


def known_fields(system: str, place: Place, lookup: Lookup) -> list[Known]:
    """For each key asked for, what it says about fields of the pattern; nothing where it says nothing.

    Raises `Unusable` for a value that the pattern could not tell from another person's.
    """
    told: list[Known] = []
    for key in lookup.keys:
        known = {path: part for path, part in zip(lookup.on, key, strict=True) if path in (*place.keys.fields, *KEY)}
        if any(not written(part) for part in known.values()):
            continue
        for path, part in known.items():
            if path not in KEY and not place.keys.holds(path, part):
                raise Unusable(
                    f"system '{system}': a value of '{place.name}.{path}' holds the text that ends it in the pattern: "
                    f"write it as the open field ('{{{path}*}}') if no other field can hold that text"
                )
        if known not in told:
            told.append(known)
    return told


def written(text: str) -> bool:
    """Whether a key can hold `text`: something, in UTF-8, without NUL."""
    try:
        return bool(text) and "\0" not in text and bool(text.encode())
    except UnicodeEncodeError:
        return False


def must_scan(system: str, place: Place, lookup: Lookup) -> None:
    """Raises `Unusable` unless the file allows to read through the whole collection."""
    if not place.scan:
        asked = ", ".join(lookup.on)
        raise Unusable(
            f"system '{system}' is asked for '{place.name}' by '{asked}', which its keys do not begin with: "
            "that needs 'scan: true' there"
        )


def too_many(system: str, place: Place) -> Unusable:
    """A scan that met more keys than allowed: an answer that leaves some out would look complete."""
    return Unusable(f"system '{system}' has more than {place.limit} keys in '{place.name}', the limit of a scan")


class Compared:
    """Whether a row is one of those a lookup asks for; identities are compared without letter case and marks."""

    def __init__(self, lookup: Lookup) -> None:
        self.on, self.how = lookup.on, lookup.how
        self.keys = {tuple(_form(lookup.how, part) for part in key) for key in lookup.keys}

    def __call__(self, row: Row) -> bool:
        """Whether `row` is asked for."""
        found = join_keys(row, self.on)
        return any(tuple(_form(self.how, part) for part in key) in self.keys for key in found)


def _form(how: How, text: str) -> str:
    if how == "email":
        return text.strip().lower()
    return re.sub(f"[{re.escape(PHONE_MARKS)}]", "", text) if how == "phone" else text


def place_of(system: str, places: Mapping[str, P], name: str, columns: Sequence[str]) -> P:
    """The place of a collection that has these columns (dotted paths may go into them); raises `Unusable`."""
    place = places.get(name)
    if place is None:
        raise Unusable(f"system '{system}' has no table '{name}': run 'catalog check --live'")
    known = place.table.columns
    for column in columns:
        if column.partition(".")[0] not in known:
            raise Unusable(f"system '{system}' has no column '{name}.{column}': run 'catalog check --live'")
    return place


def keys_of(system: str, place: Place, key: Sequence[str], rows: Sequence[Key]) -> list[str]:
    """The store's own keys that rows are known by; raises `Unusable` for any that is not of the pattern."""
    if tuple(key) != KEY:
        raise Unusable(f"system '{system}': rows of '{place.name}' are known by 'key' only: correct the dataset")
    keys = [str(row[0]) for row in rows]
    if any(place.keys.match(one) is None for one in keys):
        raise Unusable(f"system '{system}': keys are asked for that are not of the pattern of '{place.name}'")
    return keys
