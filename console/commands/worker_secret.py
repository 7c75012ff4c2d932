"""`rightsdesk worker secret`: the password of the mail server, the secret of the text gateway."""

from typing import Annotated

import typer

from console.commands.options import HomeOption
from services.secret_names import MAIL_PASSWORD, TEXTS_SECRET

SECRET_FILE = "RIGHTSDESK_WORKER_SECRET_FILE"  # noqa: S105 - the name of a variable
NAMES = (MAIL_PASSWORD, TEXTS_SECRET)


def secret(
    name: Annotated[str, typer.Argument(help=f"Which: {' or '.join(NAMES)}.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take it out of the vault.")] = False,
    home: HomeOption = None,
) -> None:
    """Keep the mail server's password or the text gateway's secret in this home's vault: typed hidden, or read from
    RIGHTSDESK_WORKER_SECRET_FILE.

    Each worker has a vault of its own, and reads it at its start: say it on each. Exit 1: nothing was there to remove.
    """
    from console.commands.operator_home import operator_home
    from console.commands.vault_secret import put_or_remove
    from services.errors import BadInput

    if name not in NAMES:
        raise BadInput(f"is {' or '.join(NAMES)}", place="NAME")
    put_or_remove(operator_home(home)[1], name, name, name, SECRET_FILE, remove=remove)
