"""Halting all execution from the command line, and letting it go on: an operator's acts, then central is told."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.central_shapes import Halt
    from services.action_log.act import Act

_LONGEST: Final = 64


def halt(home: Path | None, controller: str, words: str) -> str:
    """Stop all execution for a controller, or for every one when it is empty; which. Raises `DeskError`."""
    from db.central_shapes import Halt
    from services.action_log.acts import WorkHalted

    reason = code_of(words)
    act = WorkHalted(controller=controller or None, reason=reason)
    return _do(home, controller, act, lambda by: Halt(by, reason, time.time_ns() // 1000))


def let_go_on(home: Path | None, controller: str) -> str:
    """End a halt of a controller, or every one when it is empty; which. Raises `DeskError`."""
    from services.action_log.acts import WorkResumed

    return _do(home, controller, WorkResumed(controller=controller or None), lambda by: None)


def code_of(words: str) -> str:
    """Plain words as a code, `the vendor asked` → `the-vendor-asked`.

    They stand in the log for ever: raises `BadInput` for what names somebody or is a number.
    """
    from services.errors import BadInput

    code = "-".join(re.findall(r"[a-z0-9]+", words.casefold()))
    if not re.fullmatch(r"[a-zA-Z0-9 ,.\'-]+", words) or not code or len(code) > _LONGEST:
        raise BadInput(f"is 1 to {_LONGEST} plain letters and digits", place="--reason")
    if sum(letter.isdigit() for letter in code) > 4:
        raise BadInput("holds a number: no case, telephone or customer number stands in the log", place="--reason")
    return code


def _do(home: Path | None, controller: str, act: "Act", halt: "Callable[[str], Halt | None]") -> str:
    from sqlalchemy.exc import DBAPIError

    from console.commands.operator_home import operator_home
    from db.central import as_desk_error, open_engine
    from db.central_shapes import ALL
    from db.central_store import CentralStore
    from services.errors import BadInput
    from services.home import CENTRAL_KEY
    from services.operators import owner_here, recording

    place, vault = operator_home(home)
    engine = open_engine(place.central_url, vault.get(CENTRAL_KEY))
    try:
        store = CentralStore(engine)
        if controller and controller not in store.controllers():
            raise BadInput(f"there is no controller '{controller}'", place="--controller")
        with recording(place, vault) as record:
            record(act)
            store.set_halt(controller or ALL, halt(f"operator:{owner_here(place, vault)}"))
    except DBAPIError as exc:
        raise as_desk_error(exc) from exc
    finally:
        engine.dispose()
    return controller or ALL
