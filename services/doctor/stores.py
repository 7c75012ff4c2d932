"""The stores of a home: keys, central, each terminal's desk, every log."""

from collections.abc import Iterator
from pathlib import Path

from db.log_reader import LogReader
from services.action_log import proof
from services.action_log.entry import Entry
from services.doctor.finding import Finding
from services.errors import DeskError
from services.evidence import Evidence
from services.home import CENTRAL_KEY, DEPLOYMENT_KEY, INGEST_SEED, LOOKUP_KEY, PIN_PEPPER, Home, key
from services.secrets import Vault

LONG_EPOCH = 2048
"""Entries under one key at which something keeps the key from being changed every 256."""
WHOLE_READ = 20_000
"""Entries up to which a log is read whole; a longer one is checked at its head."""


def keys(home: Home, vault: Vault) -> Iterator[Finding]:
    """Where the keys are, and whether all of them are there."""
    wanted = [CENTRAL_KEY, DEPLOYMENT_KEY, INGEST_SEED, LOOKUP_KEY, PIN_PEPPER]
    wanted += [
        f"log-seed:{folder.name}" for kind in ("terminals", "workers", "operators") for folder in _owners(home, kind)
    ]
    wanted += [f"{use}:{folder.name}" for use in ("desk-key", "pin-key") for folder in _owners(home, "terminals")]
    lost = [name for name in wanted if vault.get(name) is None]
    if lost:
        todo = "open the keyring that this home was made with, or restore its keys"
        yield Finding("keys", "bad", f"{len(lost)} of {len(wanted)} are lost, first {lost[0]}", todo)
    elif vault.kind == "demo-file":
        yield Finding("keys", "ok", f"{len(wanted)}, in the demo's key file: not for real data")
    else:
        yield Finding("keys", "ok", f"{len(wanted)}, kept by {vault.kind}")


def central(home: Home, vault: Vault, url: str) -> Iterator[Finding]:
    """Opens, has the schema of this program, and its pages hold."""
    import sqlalchemy as sa

    from db.central import LOG, SCHEMA, open_engine

    engine = open_engine(url or home.central_url, key(vault, CENTRAL_KEY))
    with engine.connect() as conn:
        logs = conn.execute(sa.select(sa.func.count()).select_from(LOG)).scalar_one()
        refused = list(conn.execute(sa.select(LOG.c.id).where(LOG.c.problem != "")).scalars())
    engine.dispose()
    yield Finding("central", "ok", f"opens, schema {SCHEMA}, {logs} logs enrolled")
    for log in refused:
        yield Finding("central", "bad", f"refuses the log {log}", "rightsdesk log verify")


def desks(home: Home, vault: Vault) -> Iterator[Finding]:
    """Each terminal's store that was opened once."""
    from db.terminal import TerminalStore

    for folder in _owners(home, "terminals"):
        path = home.desk(folder.name)
        if path.exists():
            store = TerminalStore(path, key(vault, f"desk-key:{folder.name}"))
            count = store.rows("SELECT count(*) FROM queue")[0][0]
            store.close()
            yield Finding("desk", "ok", f"{_name(home, folder.name)}: opens, {count:,} cases")
        else:
            yield Finding("desk", "ok", f"{_name(home, folder.name)}: never opened yet")


def logs(evidence: Evidence) -> Iterator[Finding]:
    """Every log: read whole when it is short, else its signed head against its keys and what central holds."""
    for file in evidence.files:
        try:
            with LogReader(file.path) as reader:
                size, sealed = reader.head().frontier.size, max((end for end, _ in reader.seals()), default=0)
            words = _whole(evidence, file.path) if size <= WHOLE_READ else _head(evidence, file.log, file.path)
        except DeskError as error:
            words = str(error)
        if words:
            yield Finding("log", "bad", f"{file.log}: {words}", "rightsdesk log verify; keep the file as it is")
            continue
        how = "read whole" if size <= WHOLE_READ else "head only; rightsdesk log verify reads it whole"
        yield Finding("log", "ok", f"{file.log}: {size:,} entries, {how}")
        if size - sealed > LONG_EPOCH and file.path.parent.parent.name != "imports":
            seen = f"{file.log}: its signing key did not change for {size - sealed:,} entries"
            yield Finding("log", "warn", seen, "unlock the keyring: nothing is lost, but these are not sealed")


def newest(evidence: Evidence) -> Entry | None:
    """The newest entry in any log that can be read."""
    found: list[Entry] = []
    for file in evidence.files:
        try:
            with LogReader(file.path) as reader:
                found += reader.newest_first(limit=1)
        except DeskError:
            continue  # `logs` says so
    return max(found, key=lambda entry: entry.ts, default=None)


def _whole(evidence: Evidence, path: Path) -> str:
    report = evidence.check(path)
    return "" if report.state == "whole" else f"{report.state}, {report.kind}"


def _head(evidence: Evidence, log: str, path: Path) -> str:
    known = evidence.known.get(log)
    if known is None or known.public_key is None or known.origin is None:
        return "central did not enrol it"
    with LogReader(path) as reader, reader.snapshot():
        head = reader.head()
        pages = proof.write_keys(reader.rotations(), reader.inclusion)
    signed = proof.check_keys(pages, known.origin, known.public_key).head(head.checkpoint, known.origin)
    if signed != head.frontier.head():
        return "its signed head is not that of its entries"
    least = max((one.size for one in (known.anchor, known.accepted) if one), default=0)
    return f"has {signed.size} entries, and had {least}" if signed.size < least else ""


def _owners(home: Home, kind: str) -> list[Path]:
    return sorted(path for path in (home.path / kind).glob("*") if path.is_dir())


def _name(home: Home, owner: str) -> str:
    return (home.folder("terminal", owner) / "name").read_text("utf-8").strip()
