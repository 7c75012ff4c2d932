"""A secret into the vault of a home, typed hidden or read from a file, or out of it; never shown."""

from typing import TYPE_CHECKING

import typer

from console.plain import plain

if TYPE_CHECKING:
    from services.secrets import Vault


def put_or_remove(vault: "Vault", place: str, name: str, words: str, file: str, *, remove: bool) -> None:
    """Keep what is typed after `words`, or is in the file that the variable `file` names, under `place`; says `name`.

    Exit 1: there was nothing to take out.
    """
    from console.shell_session import secret as asked

    before = vault.get(place)
    if remove:
        vault.delete(place)
        typer.echo(plain(f"{name} is no longer in the vault" if before else f"the vault holds no secret {name}"))
        raise typer.Exit(0 if before else 1)
    vault.put(place, asked(f"{words}: ", file, "password").encode())
    typer.echo(plain(f"{name} is in the vault" + (", in the place of the one before" if before else "")))
