"""A whole examination of a home, in the order in which to mend."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.action_log.moment import Moment, now, stepped
from services.doctor import around, place, stores
from services.doctor.catalogs import catalogs
from services.doctor.finding import Finding, looked
from services.evidence import Evidence, evidence_of
from services.home import Home
from services.secrets import Vault


@dataclass(frozen=True, slots=True)
class Facts:
    """What of the settings an examination needs; `central_url` is the home's own file when empty."""

    home: Path
    central_url: str
    mail_host: str
    mail_port: int
    mail_user: str
    outbox: Path
    texts_url: str = ""


def examine(facts: Facts, open_vault: Callable[[], Vault]) -> list[Finding]:
    """Every finding. Without its keys a home is looked at from outside only."""
    home = Home(facts.home)
    found = looked("disk", lambda: place.disk(facts.home), "look at the disk")
    found += looked("modes", lambda: place.modes(facts.home), "look at who owns the home")
    opened: list[Vault] = []

    def keys() -> Iterator[Finding]:
        opened.append(open_vault())
        yield from stores.keys(home, opened[0])

    found += looked("keys", keys, "open the keyring, or give the passphrase: docs/configuration.md says how")
    for vault in opened:
        found += _inside(facts, home, vault)
    return found


def _inside(facts: Facts, home: Home, vault: Vault) -> list[Finding]:
    url = facts.central_url
    found = looked("central", lambda: stores.central(home, vault, url), "restore central from its backup")
    found += looked("catalog", lambda: catalogs(home, vault, url), "rightsdesk catalog versions")
    found += looked("desk", lambda: stores.desks(home, vault), "move desk.db away: it is fetched again")
    found += looked("log", lambda: _logs(home, vault), "rightsdesk log verify")
    found += looked("worker", lambda: around.worker(home, vault, url), "rightsdesk worker run")
    found += looked(
        "mail",
        lambda: around.mail(vault, facts.mail_host, facts.mail_port, facts.mail_user, facts.outbox),
        "look at [mail] in rightsdesk.toml",
    )
    found += looked("texts", lambda: around.texts(vault, facts.texts_url), "look at [texts] in rightsdesk.toml")
    return found


def _logs(home: Home, vault: Vault) -> Iterator[Finding]:
    evidence: Evidence = evidence_of(home, vault)
    yield from stores.logs(evidence)
    entry = stores.newest(evidence)
    if entry is not None:
        step = stepped(Moment(entry.ts, entry.mono, entry.boot), now())
        yield from place.clock(entry.ts, step)
