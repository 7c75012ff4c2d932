"""Messages that more than one screen uses. A screen's own replies stand beside the screen."""

from dataclasses import dataclass

from textual.message import Message

from services.errors import DeskError


@dataclass
class Kept(Message):
    """What a screen asked for was kept; `words` say what, on the flash line."""

    words: str


@dataclass
class JobFailed(Message):
    """A job ended in an error; `what` says in words what was tried. A screen may handle it with `@on(JobFailed)`."""

    error: DeskError
    what: str = ""


@dataclass
class Stage(Message):
    """A job has been running for more than 300 ms; empty words mean it is over."""

    words: str
