"""What `rightsdesk central init` does, step by step."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from db.kill_points import reach
from services.errors import BadInput, DeskError, Unusable

if TYPE_CHECKING:
    from services.home import Home
    from services.secrets import Vault


BEGUN = "central-init"
"""Stands in a home while `central init` is not through: for which deployment, on which server."""


def make_central(home: Path, url: str, deployment: str, password: str, controllers: Path | None) -> Iterator[str]:
    """Make the operator's home and central on the server; says each thing that is done. Raises `DeskError`.

    Said again with the same words it goes on where it broke off.
    """
    from console.settings import FILE, load, passphrase
    from services.controllers import load_controllers
    from services.home import Home, create, make_folders, put_controllers
    from services.operators import owner_here
    from services.secrets import open_vault

    begun, words = home / BEGUN, f"{deployment} {url}\n"
    again = begun.exists()
    if again and begun.read_text() != words:
        raise Unusable(f"central init broke off in {home} with other words: say those again", next_key="another --home")
    if not again and (home / FILE).exists():
        raise Unusable(f"there is a {FILE} in {home} already", kept="everything in it", next_key="another --home")
    settings = load(home)
    place = Home(home, url.replace("postgresql://", "postgresql+psycopg://", 1))
    make_folders(place)
    begun.write_text(words)
    if controllers is not None:
        shutil.copytree(controllers / "controllers", home / "controllers", dirs_exist_ok=True)
    described = load_controllers(home).values()
    vault = open_vault(home, passphrase=passphrase(settings), choice=settings.secrets.store)
    try:
        create(place, deployment, vault, password.encode(), again=again)
    except DeskError:
        if not again:  # nothing was made
            begun.unlink()
        raise
    make_engine_tables(place, password)
    reach("init.after-engine")
    yield f"central of {deployment} stands; its keys are in the {vault.kind} of {home}: back them up now"
    put_controllers(place, vault, described)
    reach("init.before-settings")
    write_settings(home, f'deployment = "{deployment}"\n\n[central]\nurl = "{url}"\n')
    owner_here(place, vault)
    begun.unlink()
    yield f"{len(described)} controllers: {', '.join(c.key for c in described) or 'none yet'}"
    for controller in described:
        if place.systems(controller.key).is_dir():
            yield _first_catalog(place, vault, controller.key)
    yield "next: rightsdesk agent add, rightsdesk terminal enrol, rightsdesk worker enrol"


def _first_catalog(home: "Home", vault: "Vault", controller: str) -> str:
    """Publish the catalog that was brought along; what is wrong with it is mended and published later."""
    from services.publishing import prepared, publish

    try:
        one = prepared(home, vault, controller, "brought along to central init")
        number = publish(home, vault, one).number if one.new else one.number - 1
    except DeskError as exc:
        return f"the catalog of {controller} is not published: {exc}"
    return f"the catalog of {controller} is published as version {number}"


def checked_url(url: str) -> str:
    """`url`, when it names a database on a server and no password; raises `BadInput`."""
    from console.settings import Central

    try:
        Central(url)
    except ValueError as exc:
        raise BadInput(str(exc), place="URL") from exc
    if not url.startswith("postgresql"):
        raise BadInput("is not postgresql://…", place="URL")
    return url


def make_engine_tables(home: "Home", password: str) -> None:
    """The workers' engine's tables in central, or what they lack."""
    import sqlalchemy as sa

    from db.central_roles import WORKERS
    from services.fulfilment.engine import make_tables

    make_tables(sa.make_url(home.server).set(password=password).render_as_string(hide_password=False), WORKERS)


def upgraded(home: "Home", vault: "Vault") -> None:
    """Bring central and the engine's tables to what this program knows; a second time changes nothing."""
    from db.central_engine import upgrade_at
    from services.home import CENTRAL_KEY, key

    password = key(vault, CENTRAL_KEY)
    upgrade_at(home.central_url, password)
    if home.server:
        make_engine_tables(home, password.decode())


def write_settings(home: Path, text: str) -> None:
    """The settings file of a new home, 0600."""
    from console.settings import FILE

    file = home / FILE
    file.touch(mode=0o600)
    file.write_text(f"# docs/configuration.md lists what can stand here.\n{text}", encoding="utf-8")
