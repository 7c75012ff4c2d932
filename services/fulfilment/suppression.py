"""The end of suppression entries: they stay as long as there is marketing (rules.md 8.2), and no longer."""

import time
from collections.abc import Callable

from db.central_replay import ENDED, Repeat, ReplayStore, over
from services.action_log.act import Act
from services.action_log.acts import SuppressionEnded
from services.controllers import Controller
from services.errors import Refused


def ending(store: ReplayStore, controller: Controller, purpose: str) -> int:
    """How many entries end when the controller says that marketing is over, for one purpose or (empty) any.

    Raises `Refused` while `controller.yml` names a purpose that they are needed for.
    """
    still = [one.key for one in controller.purposes if one.marketing and (not purpose or one.key == purpose)]
    if still:
        what = ", ".join(still)
        raise Refused(f"{controller.key} still has marketing: take {what} out of its controller.yml first")
    rows = store.rows()
    return len(over({*rows, _end(controller, purpose)}))


def end(store: ReplayStore, controller: Controller, purpose: str, record: Callable[[Act], None]) -> int:
    """End them: the act first, then what central and each worker's copy drop them by; how many went from central."""
    count = ending(store, controller, purpose)
    record(SuppressionEnded(controller.key, purpose or None, count))
    store.drop([_end(controller, purpose)])  # an earlier end, before marketing began again
    store.add([_end(controller, purpose)])
    store.drop(over(store.rows()))
    return count


def _end(controller: Controller, purpose: str) -> Repeat:
    return Repeat("", controller.key, "", f"{ENDED}:{purpose}" if purpose else ENDED, time.time_ns() // 1000)
