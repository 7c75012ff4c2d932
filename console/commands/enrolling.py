"""What `enrol` and `join` do for terminals and workers alike."""

import os
from pathlib import Path
from typing import Literal

from services.errors import BadInput, Unusable

INVITATION_PASSPHRASE_FILE = "RIGHTSDESK_INVITATION_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable


def enrolled(kind: Literal["terminal", "worker"], name: str, out: Path | None, home: Path | None) -> str:
    """Enrol; what was done, in a sentence. Raises `DeskError`."""
    from console.commands.operator_home import operator_home
    from services.action_log import acts
    from services.home import enrol
    from services.invitation import invite
    from services.operators import recording

    place, vault = operator_home(home)
    if not place.server:
        with recording(place, vault) as record:
            owner = enrol(place, vault, kind, name, lambda owner: record(acts.MachineEnrolled(owner, kind)))
        return f"{kind} {name} is {owner} in this home"
    if out is None:
        raise BadInput("where shall the invitation go?", place="--out")
    if out.exists():
        raise Unusable(f"{out} is there already", kept="it")
    passphrase = _passphrase("A passphrase for the invitation: ") if kind == "worker" else ""
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # before there is a login that nobody could use
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(invite(place, vault, kind, name, passphrase).to_json())
    except BaseException:
        out.unlink()
        raise
    return f"{out} invites {kind} {name}: on that machine, once, rightsdesk join {out.name}"


def joined(file: Path, home: Path | None) -> str:
    """Join; what was done, in a sentence. Raises `DeskError`."""
    from console.commands.making import write_settings
    from console.settings import FILE, load, passphrase, resolve_home
    from services.home import Home
    from services.invitation import Invitation, join
    from services.secrets import open_vault

    try:
        invitation = Invitation.from_json(file.read_bytes())
    except OSError as exc:
        raise BadInput(f"cannot be read: {exc.strerror}", place=str(file)) from exc
    folder = resolve_home(home)
    settings = load(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    vault = open_vault(folder, passphrase=passphrase(settings), choice=settings.secrets.store)
    opens = _passphrase("The invitation's passphrase: ") if invitation.kind == "worker" else ""
    join(Home(folder, invitation.url), vault, invitation, opens)
    if not (folder / FILE).exists():
        terminal = f'terminal = "{invitation.name}"\n' if invitation.kind == "terminal" else ""
        url = invitation.url.replace("postgresql+psycopg://", "postgresql://", 1)
        write_settings(folder, f'deployment = "{invitation.deployment}"\n{terminal}\n[central]\nurl = "{url}"\n')
    start = "rightsdesk" if invitation.kind == "terminal" else "rightsdesk worker run"
    return f"{folder} is {invitation.kind} {invitation.name} of {invitation.deployment}: start it with {start}"


def _passphrase(prompt: str) -> str:
    from console.shell_session import secret

    return secret(prompt, INVITATION_PASSPHRASE_FILE, "passphrase")
