"""The logs of a home, each held against what central and the vault know of it."""

import os
from dataclasses import dataclass
from pathlib import Path

import orjson

from db.log_check import check_file
from db.log_reader import LogReader
from services.action_log.checkpoint import parse as parse_note
from services.action_log.known import Known
from services.action_log.merkle import TreeHead
from services.action_log.report import Report
from services.errors import DeskError, NotFound
from services.home import CENTRAL_KEY, Home
from services.secrets import Vault

FOLDERS = ("terminals", "workers", "imports", "operators")


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log's id and file."""

    log: str
    path: Path


@dataclass(frozen=True, slots=True)
class Evidence:
    """The logs whose files belong here, and what is known of logs by id."""

    files: tuple[LogFile, ...]
    known: dict[str, Known]

    def find(self, name: str | None) -> LogFile:
        """The log with this id, or the only one; raises `NotFound` naming those there are."""
        found = [file for file in self.files if name in (None, file.log)]
        if len(found) != 1:
            raise NotFound(f"Say which log, one of: {', '.join(file.log for file in self.files) or 'there are none'}.")
        return found[0]

    def check(self, path: Path) -> Report:
        """Checks one log; what is known of it goes by its place in the home, elsewhere by the name it gives itself."""
        place = next((file.log for file in self.files if file.path == path.absolute()), None)
        return check_file(path, self.known.get(place or _own_name(path), Known()), cores=os.cpu_count() or 1)


def evidence_of(home: Home, vault: Vault | None) -> Evidence:
    """Every log of `home`, those whose file is gone although it is known too; without a vault, files only."""
    files = {file.log: file for file in _files(home)}
    known = {} if vault is None else _known(home, vault)
    folders = {folder.name: folder for kind in FOLDERS for folder in (home.path / kind).glob("*")}
    for log, facts in known.items():
        owner, _, number = log.partition("/")
        if log not in files and owner in folders and (facts.anchor or facts.accepted):
            files[log] = LogFile(log, folders[owner].absolute() / f"log-{number}.db")
    return Evidence(tuple(files[log] for log in sorted(files)), known)


def _files(home: Home) -> list[LogFile]:
    paths = [path.absolute() for kind in FOLDERS for path in (home.path / kind).glob("*/log-*.db")]
    return [LogFile(f"{path.parent.name}/{path.stem.removeprefix('log-')}", path) for path in paths]


def _known(home: Home, vault: Vault) -> dict[str, Known]:
    """What central enrolled and accepted, and the anchors in the vault."""
    import sqlalchemy as sa

    from db import central

    engine = central.open_engine(home.central_url, vault.get(CENTRAL_KEY))
    try:
        with engine.connect() as conn:
            meta = dict(map(tuple, conn.execute(sa.select(central.META.c.key, central.META.c.value))))
            logs = conn.execute(sa.select(central.LOG.c.id, central.LOG.c.public_key, central.LOG.c.origin)).all()
            heads = dict(map(tuple, conn.execute(sa.select(central.HEAD.c.log, central.HEAD.c.checkpoint))))
    finally:
        engine.dispose()
    cosigner = (f"{meta['deployment']}/central", bytes.fromhex(meta["cosigner-key"]))
    return {
        log: Known(
            public_key=bytes(key),
            origin=origin,
            anchor=_anchor(vault, log),
            accepted=parse_note(heads[log]).head if heads.get(log) else None,
            cosigner=cosigner,
        )
        for log, key, origin in logs
    }


def sealed_details(home: Home, vault: Vault, numbers: set[str]) -> dict[str, bytes]:
    """Ciphertexts that central still has, by SHA-256 (hex)."""
    import sqlalchemy as sa

    from db import central

    engine, found = central.open_engine(home.central_url, vault.get(CENTRAL_KEY)), {}
    try:
        with engine.connect() as conn:
            for number in sorted(numbers):
                blob = conn.execute(sa.select(central.DETAIL.c.blob).where(central.DETAIL.c.hash == number)).scalar()
                if blob is not None:
                    found[number] = bytes(blob)
    finally:
        engine.dispose()
    return found


def _anchor(vault: Vault, log: str) -> TreeHead | None:
    kept = vault.get(f"anchor:{log}")
    if kept is None:
        return None
    size, root = orjson.loads(kept)
    return TreeHead(size, bytes.fromhex(root))


def _own_name(path: Path) -> str:
    """The log id in the file's own checkpoint, or nothing."""
    try:
        with LogReader(path) as reader:
            origin = parse_note(reader.head().checkpoint).origin
    except DeskError:
        return ""
    return "/".join(origin.split("/")[-2:])
