"""What `rightsdesk central rotate-key` does, and how it says where the rotation stands."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.home import Home
    from services.rotation import Progress
    from services.secrets import Vault


def rotate(home: "Home", vault: "Vault", *, days: float, end: bool) -> tuple[bool, str]:
    """Begin, hasten or follow a rotation; whether none runs any more, and a sentence. Raises `DeskError`."""
    from db.central_engine import open_engine
    from services.home import CENTRAL_KEY
    from services.rotation import Progress, begin, hasten, progress

    engine = open_engine(home.central_url, vault.get(CENTRAL_KEY))
    try:
        before = progress(engine, vault)
        if end:
            hasten(engine)
            return _told(progress(engine, vault))
        if before.stage != "none":
            return _told(before)
        begin(engine, vault, days)
        return _told(Progress("announced", progress(engine, vault).lacking))
    finally:
        engine.dispose()


def _told(found: "Progress") -> tuple[bool, str]:
    until = datetime.fromtimestamp(found.until / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    late = f"; the old one is taken until {until}"
    if found.stage == "announced":
        who = ", ".join(found.lacking) or "nobody"
        return False, f"the new key waits for: {who}. Say this command again in a minute"
    if found.stage == "sealing":
        return False, f"terminals seal to the new key; case keys are being sealed anew{late}"
    if found.stage == "sealed":
        return False, f"terminals seal to the new key, and every case key opens with it{late}"
    return True, "nothing is being rotated"
