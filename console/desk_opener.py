"""The one place where a desk is opened. The console calls it in a job, after the first frame: it imports the data
layer."""

from typing import TYPE_CHECKING

from console.settings import Settings, passphrase

if TYPE_CHECKING:
    from services.desk.desk import Desk


def open_desk(settings: Settings, terminal: str = "", *, link_after_s: float = 0.0) -> "Desk":
    """The desk of this home on the terminal named, else on the one in its settings; raises `DeskError`."""
    from services.desk.open import open_desk as opened

    name = terminal or settings.terminal
    return opened(
        settings.home,
        name,
        passphrase=passphrase(settings),
        demo=settings.demo,
        link_after_s=link_after_s,
        central_url=settings.central_url,
    )
