"""The home an operator works in: its settings, its vault, and where central stands."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.home import Home
    from services.secrets import Vault


def operator_home(home: Path | None) -> "tuple[Home, Vault]":
    """The home with its central and its vault; raises `DeskError`."""
    from console.settings import load_standing, passphrase
    from services.home import Home
    from services.secrets import open_vault

    settings = load_standing(home)
    vault = open_vault(
        settings.home, passphrase=passphrase(settings), demo=settings.demo, choice=settings.secrets.store
    )
    return Home(settings.home, settings.central_url if settings.central.url else ""), vault
