"""Drafts of systems' descriptions that lie in this home, for the officer to review."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from services.desk.context import Context
from services.errors import NotFound, Refused
from services.types import DraftFound, Role, Session

if TYPE_CHECKING:
    from services.discovery.review import Draft


class Reviewing:
    """For officers, and for systems of their own controllers."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def found(self, session: Session) -> tuple[DraftFound, ...]:
        """Every draft there is, those with most to do first. Raises `Refused` for other roles."""
        from services.discovery.review import drafts_in

        self._officer(session)
        found = [one for folder in self._folders(session) for one in drafts_in(folder)]
        return tuple(sorted(found, key=lambda one: -one.open))

    def open(self, session: Session, folder: str) -> "Draft":
        """One draft; before each decision it is asked again whether the session may. Raises `NotFound`, `BadInput`."""
        from services.discovery.review import Draft

        self._officer(session)
        path = Path(folder)
        if path.parent not in self._folders(session):
            raise NotFound("there is no such draft in this home")
        return Draft(path, partial(self._officer, session))

    def _officer(self, session: Session) -> None:
        self._ctx.require(session)
        if session.role is not Role.OFFICER:
            raise Refused("drafts of descriptions are for officers")

    def _folders(self, session: Session) -> Iterable[Path]:
        return [self._ctx.home.systems(controller) for controller in session.controllers]
