"""`rightsdesk catalog secret`: a data system's password, into the vault of this home or out of it."""

from typing import Annotated

import typer

from console.commands.options import HomeOption

PASSWORD_FILE = "RIGHTSDESK_SYSTEM_PASSWORD_FILE"  # noqa: S105 - the name of a variable


def secret(
    name: Annotated[str, typer.Argument(help="What `secret:` in system.yml says, as muster/crm.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take it out of the vault.")] = False,
    home: HomeOption = None,
) -> None:
    """Keep a data system's password in this home's vault: typed hidden, or read from RIGHTSDESK_SYSTEM_PASSWORD_FILE.

    Each worker has a vault of its own: say it on each. Exit 1: there was nothing to take out.
    """
    from console.commands.operator_home import operator_home
    from console.commands.vault_secret import put_or_remove
    from services.catalog.system import secret_name

    place = secret_name(name)
    put_or_remove(operator_home(home)[1], place, name, f"Password of {name}", PASSWORD_FILE, remove=remove)
