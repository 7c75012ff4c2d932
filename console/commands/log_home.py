"""What the `log` commands share: which log is meant, and what is known of the logs of a home."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from db.central_witness import CentralView
    from services.evidence import Evidence
    from services.evidence_export import Sealed

LogOption = Annotated[str, typer.Option("--log", help="A log file or a log id, where the home has several.")]


def open_evidence(home: Path | None, *, outside: bool) -> "Evidence":
    """The home's logs and what is known of them; `outside`: a home that cannot be opened is no hindrance."""
    from console.settings import load_standing, passphrase, resolve_home
    from services.errors import DeskError
    from services.evidence import evidence_of
    from services.home import Home
    from services.secrets import open_vault

    try:
        settings = load_standing(home)
        vault = open_vault(settings.home, passphrase=passphrase(settings), demo=settings.demo)
        return evidence_of(Home(settings.home, settings.central_url), vault)
    except DeskError:
        if not outside:
            raise
        return evidence_of(Home(resolve_home(home)), None)


@contextmanager
def open_view(home: Path | None) -> "Iterator[CentralView]":
    """All logs as the home's central holds them."""
    from console.settings import load_standing, passphrase
    from db.central_engine import open_engine
    from db.central_witness import CentralView
    from services.home import CENTRAL_KEY
    from services.secrets import open_vault

    settings = load_standing(home)
    vault = open_vault(settings.home, passphrase=passphrase(settings), demo=settings.demo)
    engine = open_engine(settings.central_url, vault.get(CENTRAL_KEY))
    try:
        with CentralView.of(engine) as view:
            yield view
    finally:
        engine.dispose()


def open_sealed(home: Path | None) -> "Sealed":
    """Looks sealed details up in central."""
    from functools import partial

    from console.settings import load_standing, passphrase
    from services.evidence import sealed_details
    from services.home import Home
    from services.secrets import open_vault

    settings = load_standing(home)
    vault = open_vault(settings.home, passphrase=passphrase(settings), demo=settings.demo)
    return partial(sealed_details, Home(settings.home, settings.central_url), vault)
