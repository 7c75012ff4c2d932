"""Writing the consent to one purpose into one system, and reading it back (Art 7, 21(3))."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.catalog.console_keys import Consent
from services.catalog.graph import build
from services.catalog.system import System
from services.catalog.values import join_key
from services.connectors.base import Connector, Rewrite
from services.errors import Refused, Unusable
from services.fulfilment.find import Identities, find
from services.fulfilment.found import FOREIGN, FoundCollection, FoundRow, Reach
from services.fulfilment.in_place import rewrite_whole
from services.fulfilment.persons import Choice
from services.fulfilment.plan import WHICH

_TRUTH = {"true": "1", "false": "0"}


@dataclass(frozen=True)
class ConsentState:
    """What one row says: given, withdrawn (False), or nothing that we can read (None), and since when (as text)."""

    collection: str
    given: bool | None
    since: str


def write_consent(
    system: System,
    connector: Connector,
    purpose: str,
    given: bool,
    identities: Identities,
    at: datetime,
    *,
    text: str = "",
    region: str = "",
    choice: Choice | None = None,
) -> int:
    """Writes the choice into every row of the person that holds it; how many these are (0: the system has none).

    One transaction. `at` is aware; `text` is the version of the words that were read. Written again it changes nothing.
    Raises `Unavailable`, `Unusable`; `Refused` to give it while several people may be meant (`choice`): a withdrawal
    holds for whoever is known by the address.
    """
    places = list(_places(system, connector, purpose, identities, region, choice, one=given))
    if not places:
        return 0
    when = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    rewrites = []
    for part, consent, rows in places:
        values = _values(consent, given, when, text)
        keys = tuple(row.key for row in rows)
        written = (tuple(values.values()),) * len(keys)
        rewrites.append(Rewrite(part.node.collection, part.key, tuple(values), keys, written))
    return rewrite_whole(system.key, connector, rewrites, "the consent")


def read_consent(
    system: System,
    connector: Connector,
    purpose: str,
    identities: Identities,
    *,
    region: str = "",
    choice: Choice | None = None,
) -> tuple[ConsentState, ...]:
    """What the person's rows say about `purpose` now, read on a new connection. Raises `Unavailable`, `Unusable`."""
    return tuple(
        _state(part, consent, row)
        for part, consent, rows in _places(system, connector, purpose, identities, region, choice)
        for row in rows
    )


def holds_purpose(system: System, purpose: str) -> bool:
    """Whether the catalog says that `system` holds consents to `purpose`."""
    collections = [c for dataset in system.datasets for c in dataset.collections]
    return any(consent.purpose == purpose for c in collections for consent in c.console.consent)


def _places(
    system: System,
    connector: Connector,
    purpose: str,
    identities: Identities,
    region: str,
    choice: Choice | None,
    *,
    one: bool = False,
) -> Iterator[tuple[FoundCollection, Consent, tuple[FoundRow, ...]]]:
    """Where the person's consent to `purpose` stands."""
    if not holds_purpose(system, purpose):
        return
    graph = build({system.key: system.datasets})
    found = find(graph, {system.key: connector}, identities, region=region, whole=False, choice=choice)
    if one and found.undecided:
        raise Refused(WHICH)
    (searched,) = found.systems
    if searched.reach is Reach.FAILED:
        raise Unusable(searched.reason)
    for part in searched.collections:
        for consent in graph.nodes[part.node].console.consent:
            rows = tuple(row for row in part.rows if row.whose not in FOREIGN and _meant(consent, row))
            if consent.purpose == purpose and rows:
                yield part, consent, rows


def _meant(consent: Consent, row: FoundRow) -> bool:
    return all(join_key(row.values.get(name)) == value for name, value in (consent.where or {}).items())


def _values(consent: Consent, given: bool, at: datetime, text: str) -> dict[str, object]:
    """The columns that say so."""
    values: dict[str, object] = {}
    if consent.state is not None:
        values[str(consent.state)] = consent.given if given else consent.withdrawn
    if consent.at is not None:
        values[str(consent.at)] = at
    if consent.given_at is not None and given:
        values[str(consent.given_at)] = at
    if consent.withdrawn_at is not None:
        values[str(consent.withdrawn_at)] = None if given else at
    if consent.text is not None and given:
        values[str(consent.text)] = text
    return values


def _state(part: FoundCollection, consent: Consent, row: FoundRow) -> ConsentState:
    collection = part.node.collection
    if consent.state is not None:
        held = _word(row, str(consent.state))
        given = {_TRUTH.get(consent.given or "", consent.given): True}
        given[_TRUTH.get(consent.withdrawn or "", consent.withdrawn)] = False
        return ConsentState(collection, given.get(_TRUTH.get(held, held)), _word(row, str(consent.at or "")))
    given_at, withdrawn_at = _word(row, str(consent.given_at or "")), _word(row, str(consent.withdrawn_at or ""))
    if withdrawn_at and withdrawn_at >= given_at:
        return ConsentState(collection, False, withdrawn_at)
    return ConsentState(collection, True if given_at or consent.given_at is None else None, given_at)


def _word(row: FoundRow, name: str) -> str:
    return join_key(row.values.get(name)) or ""
