"""How a terminal or worker on another machine comes to belong to a centre: an operator invites, the machine joins.

The invitation opens one login, once: whoever joins makes their own keys, brings the public halves, and changes the
password. Private keys of a terminal never leave it. A worker also needs the deployment's keys, which travel under a
passphrase.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, cast

import orjson

from services.action_log import acts
from services.deployment_keys import NEXT, NUMBER, OLD
from services.errors import BadInput, Conflict, NotFound, Refused, Unusable
from services.home import (
    CENTRAL_KEY,
    DEPLOYMENT_KEY,
    ENGINE_KEY,
    INGEST_SEED,
    LOOKUP_KEY,
    PIN_PEPPER,
    Home,
    Kind,
    equip,
    in_central,
    make_folders,
    new_owner,
)
from services.operators import recording
from services.sealed_files import unwrapped, wrapped
from services.secrets import Vault

WORKER_KEYS = (DEPLOYMENT_KEY, ENGINE_KEY, INGEST_SEED, LOOKUP_KEY, PIN_PEPPER)
FACTS = ("deployment", "deployment-key", "cosigner-key")
ROTATING = (NEXT, OLD, NUMBER)
"""What a worker needs beside them while the deployment's key is rotated."""
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a machine needs to join once. `sealed` are a worker's keys under the passphrase, empty for a terminal."""

    v: int
    kind: str
    name: str
    owner: str
    deployment: str
    url: str
    password: str = field(repr=False)
    sealed: str = field(default="", repr=False)

    def to_json(self) -> bytes:
        """The file's bytes."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2) + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Back from `to_json`; raises `BadInput` for anything else."""
        try:
            raw = orjson.loads(data[: MOST_BYTES + 1])
        except orjson.JSONDecodeError as exc:
            raise BadInput("is not an invitation", place="file") from exc
        names = {f.name: f.type for f in fields(cls)}
        if not isinstance(raw, dict) or set(raw) != set(names) or type(raw["v"]) is not int:
            raise BadInput("is not an invitation", place="file")
        if raw["v"] != 1 or any(type(raw[name]) is not str for name in names if name != "v"):
            raise BadInput("is an invitation of another version", place="file")
        if raw["kind"] not in ("terminal", "worker") or not raw["url"].startswith("postgresql"):
            raise BadInput("is not an invitation to a central on a server", place="file")
        return cls(**raw)


def invite(
    home: Home, vault: Vault, kind: Literal["terminal", "worker"], name: str, passphrase: str = ""
) -> Invitation:
    """A new login for the terminal or worker called `name`; run where the administrator's password is kept.

    Raises `Unusable` when central is no server or the name is taken, `BadInput` for a worker without a passphrase.
    """
    import sqlalchemy as sa

    from db import central, central_roles

    if not home.server:
        raise Unusable("central lies in this home, where terminals need no invitation")
    sealed = _sealed(vault, passphrase) if kind == "worker" else ""
    owner, password = new_owner(), secrets.token_hex(24)
    with recording(home, vault) as record, in_central(home, vault) as conn:
        taken = sa.select(central.TERMINAL.c.id).where(
            central.TERMINAL.c.name == name, central.TERMINAL.c.kind == kind, central.TERMINAL.c.revoked.is_(False)
        )
        if conn.execute(taken).first() is not None:
            raise Unusable(f"there is a {kind} called {name} already")
        record(acts.MachineEnrolled(owner, kind))
        row = {"id": owner, "kind": kind, "name": name, "ask_key": b"", "seen_at": 0, "pid": 0, "revoked": False}
        conn.execute(sa.insert(central.TERMINAL), [row])
        group = central_roles.WORKERS if kind == "worker" else central_roles.TERMINALS
        login = central_roles.add_login(conn, owner, group, password)
        deployment = conn.execute(
            sa.select(central.META.c.value).where(central.META.c.key == "deployment")
        ).scalar_one()
    url = sa.make_url(home.server)._replace(username=login, password=None).render_as_string()
    return Invitation(1, kind, name, owner, deployment, url, password, sealed)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A terminal, worker or import of the centre. `state`: invited, joined or revoked."""

    owner: str
    kind: str
    name: str
    state: str


def machines(home: Home, vault: Vault) -> tuple[Enrolled, ...]:
    """Everything that was enrolled, by kind and name."""
    import sqlalchemy as sa

    from db import central

    table = central.TERMINAL
    with in_central(home, vault) as conn:
        rows = conn.execute(sa.select(table).order_by(table.c.kind, table.c.name)).mappings().all()
    return tuple(
        Enrolled(r["id"], r["kind"], r["name"], "revoked" if r["revoked"] else "joined" if r["ask_key"] else "invited")
        for r in rows
    )


def revoke(home: Home, vault: Vault, kind: Kind, name: str) -> str:
    """Shut a terminal or worker out, now: its connections end and its login opens no more. Raises `NotFound`."""
    import sqlalchemy as sa

    from db import central, central_roles

    table = central.TERMINAL
    with recording(home, vault) as record, in_central(home, vault) as conn:
        named = (table.c.name == name) & (table.c.kind == kind) & table.c.revoked.is_(False)
        owner = conn.execute(sa.select(table.c.id).where(named)).scalar()
        if owner is None:
            raise NotFound(f"there is no {kind} called {name}", next_key="rightsdesk terminal list")
        record(acts.MachineRevoked(str(owner), kind))
        conn.execute(sa.update(table).where(table.c.id == owner).values(revoked=True))
        if home.server:
            central_roles.close_login(conn, owner)
    return str(owner)


def join(home: Home, vault: Vault, invitation: Invitation, passphrase: str = "") -> None:
    """Make this home the one that was invited; may be run again after it broke off half-way.

    Raises `Refused` when the invitation was used by somebody else, `Unusable` for a home that belongs to another, or a
    wrong passphrase.
    """
    kind, owner = cast(Kind, invitation.kind), invitation.owner
    standing = {folder.name for name in ("terminals", "workers") for folder in (home.path / name).glob("*")}
    if standing - {owner} or (vault.get(CENTRAL_KEY) is not None and not standing):
        raise Unusable("this home belongs to a centre already: join with another --home", kept="everything in it")
    keys = _opened(invitation, passphrase) if kind == "worker" else {}
    make_folders(home)
    if owner not in standing:
        equip(home, vault, kind, invitation.name, owner, _own_keys(vault, owner))
    for use, value in keys.items():
        vault.put(use, value)
    _introduce(home, vault, invitation)


def _own_keys(vault: Vault, owner: str) -> dict[str, bytes]:
    from services.action_log.sealing import new_key
    from services.log_seeds import new_seeds

    # A join that broke off may have brought these to central already: they are made once.
    return {
        "log-seed": vault.get(f"log-seed:{owner}") or new_seeds().to_json(),
        "ask-key": vault.get(f"ask-key:{owner}") or new_key()[1],
    }


def _introduce(home: Home, vault: Vault, invitation: Invitation) -> None:
    """Bring the public halves to central, and take the login over with a password of our own."""
    from db import central_roles
    from db.central_engine import open_engine
    from db.central_server import ServerPort
    from services.action_log.checkpoint import public_key
    from services.action_log.sealing import public_of
    from services.log_seeds import LogSeeds

    owner = invitation.owner
    ask_key, seeds = vault.get(f"ask-key:{owner}") or b"", LogSeeds(vault, owner).now
    own = hashlib.sha256(b"central login" + ask_key).hexdigest().encode()  # the same again, should this break off
    vault.put(CENTRAL_KEY, own)
    try:
        engine = open_engine(invitation.url, invitation.password.encode())
    except Refused:
        try:
            engine = open_engine(invitation.url, own)
        except Refused as exc:
            raise Refused("this invitation was used already, or taken back: ask for another") from exc
    port, log = ServerPort(engine, owner), f"{owner}/1"
    origin = f"{invitation.deployment}/{log}"
    try:
        if not port.knows_ask_key(public_of(ask_key)):
            port.bring_ask_key(public_of(ask_key))
        try:
            port.hello(log)
        except NotFound:
            port.enrol_log(log, origin, public_key(seeds.in_force), public_key(seeds.spare))
        with engine.begin() as conn:
            central_roles.change_password(conn, own.decode())
    except Conflict as exc:
        raise Refused("this invitation was used by another machine: have it revoked and ask for a new one") from exc
    finally:
        engine.dispose()


def _sealed(vault: Vault, passphrase: str) -> str:
    kept: dict[str, str] = {}
    for name in WORKER_KEYS:
        value = vault.get(name)
        if value is None:
            raise Unusable(f"the key '{name}' is not here: invite workers where central was made, or on a worker")
        kept[name] = value.hex()
    kept |= {name: value.hex() for name in ROTATING if (value := vault.get(name)) is not None}
    return base64.b64encode(wrapped(orjson.dumps(kept), passphrase)).decode()


def _opened(invitation: Invitation, passphrase: str) -> dict[str, bytes]:
    try:
        plain = unwrapped(base64.b64decode(invitation.sealed, validate=True), passphrase, "the invitation")
        kept: dict[str, Any] = orjson.loads(plain)
        names = (*WORKER_KEYS, *(name for name in ROTATING if name in kept))
        return {name: bytes.fromhex(kept[name]) for name in names}
    except (binascii.Error, ValueError, KeyError, TypeError) as exc:
        raise Unusable("the invitation is damaged") from exc
