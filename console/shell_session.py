"""A desk for the length of one sub-command: the terminal called `shell`, and a session opened with a PIN.

A PIN is asked on the terminal without echo, or read from a file or from standard input; never from an argument, which
every user of the machine can read.
"""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from console.secret_file import first_line
from services.errors import BadInput, NotFound, Unavailable

if TYPE_CHECKING:
    from services.desk.desk import Desk
    from services.types import Role, Session

TERMINAL = "shell"
PIN_FILE = "RIGHTSDESK_PIN_FILE"
_SYNC_S = 10.0


@contextmanager
def signed_in(
    home: Path | None, agent: str, *, pin_stdin: bool = False, role: "Role | None" = None
) -> "Iterator[tuple[Desk, Session]]":
    """The desk with an open session, both closed afterwards. Raises `DeskError`."""
    from console.desk_opener import open_desk
    from console.settings import load_standing

    settings = load_standing(home)
    if not agent:
        raise BadInput("whose session? Give your agent number", place="--agent")
    pin = ask_pin(stdin=pin_stdin)
    desk = open_desk(settings, _terminal(settings.home))
    try:
        if not desk.caught_up(_SYNC_S):
            if not desk.controllers():
                raise Unavailable("central does not answer and this shell never saw it", next_key="rightsdesk doctor")
            print("rightsdesk: what is new in central is not here yet; going on with what is", file=sys.stderr)
        session = desk.sign.sign_in(agent, pin, role)
        yield desk, session
        desk.sign.sign_out(session, "done")
    finally:
        desk.close()


def _terminal(home: Path) -> str:
    """The terminal of its own that a shell has; on a machine that joined as one desk, that desk."""
    from services.home import Home, owner_of

    try:
        owner_of(Home(home), "terminal", TERMINAL)
    except NotFound:
        return ""
    return TERMINAL


def ask_pin(*, stdin: bool, environment: Callable[[str], str | None] = os.environ.get) -> str:
    """The PIN from standard input, the file named in RIGHTSDESK_PIN_FILE, or the terminal. Raises `BadInput`."""
    if stdin:
        return _from_stdin("the PIN", place="--pin-stdin")
    if file := environment(PIN_FILE):
        return first_line(Path(file), "PIN").strip()
    return ask_hidden("PIN: ", place="--agent", otherwise="--pin-stdin or RIGHTSDESK_PIN_FILE")


def given(value: str, prompt: str, place: str) -> str:
    """`value`, or for `-` what is typed hidden or stands on standard input: it is then in no shell history."""
    if value != "-":
        return value
    if sys.stdin.isatty():
        return ask_hidden(prompt, place=place, otherwise="a line on standard input")
    return _from_stdin(f"what belongs to {place}", place=place)


def ask_hidden(prompt: str, *, place: str, otherwise: str) -> str:
    """A line typed on the terminal without echo. Raises `BadInput` where there is no terminal."""
    if not sys.stdin.isatty():
        raise BadInput(f"there is no terminal to ask on; use {otherwise}", place=place)
    return getpass.getpass(prompt, stream=sys.stderr).strip()


def secret(prompt: str, variable: str, place: str) -> str:
    """The first line of the file that `variable` names, or what is typed hidden. Raises `BadInput`."""
    if file := os.environ.get(variable):
        return first_line(Path(file), place).strip()
    return ask_hidden(prompt, place=place, otherwise=variable)


def _from_stdin(what: str, *, place: str) -> str:
    line = sys.stdin.readline(1000)
    if not line.strip():
        raise BadInput(f"standard input holds no line with {what}", place=place)
    return line.strip()
