"""What goes when its time is over: packages and their keys, questions and replies that nobody fetched."""

from pathlib import Path

import orjson

from services.action_log.acts import PackageDestroyed
from services.fulfilment.package import destroy
from services.fulfilment.workroom import Workroom

ASK_US = 10 * 60 * 1_000_000
"""Questions and replies live ten minutes at most (design.md 2)."""


def sweep_asks(room: Workroom) -> int:
    """Delete what is older than ten minutes; how many went."""
    return room.store.sweep_asks(room.now() - ASK_US)


def destroy_expired(room: Workroom) -> int:
    """Destroy packages whose days are over, an action each; how many went. Twice is once."""
    gone = 0
    for package, case, file in room.store.expired_packages(room.now()):
        destroy(Path(file).parent, package)
        for digest, text in room.details.own(case, "package-key").items():
            if orjson.loads(text)["package"] == package:
                room.store.drop_detail(digest)
        room.results.report(package, "destroyed", PackageDestroyed(package), room.case(case))
        room.store.package_destroyed(package)
        gone += 1
    return gone
