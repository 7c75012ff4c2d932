"""Legal holds, for leads and officers: set, listed, looked at again, lifted by two (rules.md 9)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

import orjson

from db.log import Detail
from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import Draft, new_id
from services.action_log.sealing import new_key, seal
from services.cases.hold import MAY, latest_review
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.catalog import collections_of
from services.desk.context import Context
from services.errors import BadInput, NotFound, Refused
from services.hold_types import HoldView, in_order, view_of
from services.identity.identifiers import kind_of, normalise
from services.types import Session

ISSUERS = ("court", "authority", "legal", "opponent", "insurer", "other")
LIFT_REASONS = ("matter-over", "set-by-mistake", "too-wide")
MATTER = 2000
MOST = 100
"""Identifiers, collections and categories of one hold."""


class LegalHolds:
    """Each raises `Refused` for whom it is not, and where the PIN was not typed just before."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def set(
        self,
        session: Session,
        matter: str,
        issuer: str,
        review_on: date,
        *,
        case: str = "",
        controller: str = "",
        identifiers: Sequence[str] = (),
        collections: Sequence[str] = (),
        categories: Sequence[str] = (),
    ) -> str:
        """Set a hold over a case's person, over people by identifier, or over everybody; its id.

        In all that is held of them, or only in those collections (`dataset.collection`) and data categories. `matter`
        is sealed. Raises `BadInput`.
        """
        controller = self._cases.state(case).controller if case else controller
        self._may(session, controller)
        today = self._ctx.today(controller)
        if not matter.strip() or len(matter) > MATTER:
            raise BadInput(f"say what it is about in 1 to {MATTER:,} characters", place="matter")
        if issuer not in ISSUERS:
            raise BadInput(f"an issuer is one of {', '.join(ISSUERS)}", place="issuer")
        _in_time(review_on, today)
        if not (case or identifiers or collections or categories):
            raise BadInput("name a person, a collection or a category", place="scope")
        if max(map(len, (identifiers, collections, categories))) > MOST:
            raise BadInput(f"at most {MOST} of a kind", place="scope")
        self._must_be_there(controller, collections, categories)
        hold, (public, private) = new_id(), new_key()
        details = [
            self._sealed(self._ctx.deployment_key, hold, "key", private),
            self._sealed(public, hold, "matter", matter.strip().encode()),
        ]
        if identifiers:
            country = self._ctx.controller(controller).country
            pairs = [(kind := kind_of(one), normalise(kind, one, country)) for one in identifiers]
            details.append(self._sealed(public, hold, "identifiers", orjson.dumps(pairs)))
        act = acts.HoldSet(
            hold, case or None, len(identifiers), tuple(collections), tuple(categories), issuer, today.isoformat(),
            review_on.isoformat(), public.hex(),
        )  # fmt: skip
        self._ctx.write([self._draft(session, controller, act, tuple(d.hash for d in details))], details)
        return hold

    def list(self, session: Session) -> tuple[HoldView, ...]:
        """Every hold of this person's controllers, those that stand first, earliest review first."""
        self._look(session)
        found = [view_of(one) for one in self._asks.ask("holds", {"agent": session.agent})["holds"]]
        return tuple(sorted(found, key=in_order))

    def matter(self, session: Session, hold: str) -> str:
        """What it is about, opened by a worker; that somebody read it is logged."""
        one = self._one(session, hold)
        viewed = acts.DataViewed(what="hold-matter", reason="hold", system=None, count=1)
        self._ctx.write([self._draft(session, one.controller, viewed)])
        return str(self._asks.ask("hold-matter", {"agent": session.agent, "hold": hold})["matter"])

    def review(self, session: Session, hold: str, review_on: date) -> None:
        """It is still needed; the next look is due then, in twelve months at most."""
        one = self._standing(session, hold)
        _in_time(review_on, self._ctx.today(one.controller))
        self._write(session, one, acts.HoldReviewed(hold, review_on.isoformat()))

    def ask_lift(self, session: Session, hold: str, reason: str) -> None:
        """Ask a second person to lift it; until then it stands."""
        one = self._standing(session, hold)
        if reason not in LIFT_REASONS:
            raise BadInput(f"a reason is one of {', '.join(LIFT_REASONS)}", place="reason")
        if one.asked_by:
            raise Refused(f"{one.asked_by} asked for it already")
        self._write(session, one, acts.HoldLiftAsked(hold, reason))

    def keep(self, session: Session, hold: str) -> None:
        """It is not lifted: turned down by the second person, or taken back by the first."""
        one = self._standing(session, hold)
        if not one.asked_by:
            raise Refused("nobody asked to lift it")
        self._write(session, one, acts.HoldKept(hold))

    def lift(self, session: Session, hold: str) -> None:
        """As the second person: it holds nothing any more."""
        one = self._standing(session, hold)
        if not one.asked_by:
            raise Refused("somebody asks for it first, a second person agrees")
        if one.asked_by == session.agent:
            raise Refused("you asked for it: a second person agrees")
        self._write(session, one, acts.HoldLifted(hold))

    def _write(self, session: Session, one: HoldView, act: Act) -> None:
        self._ctx.stepped_up(session)
        self._ctx.write([self._draft(session, one.controller, act)])

    def _one(self, session: Session, hold: str) -> HoldView:
        found = next((one for one in self.list(session) if one.id == hold), None)
        if found is None:
            raise NotFound("there is no such hold for you")
        return found

    def _standing(self, session: Session, hold: str) -> HoldView:
        one = self._one(session, hold)
        if one.lifted_by:
            raise Refused(f"{one.lifted_by} lifted it")
        return one

    def _must_be_there(self, controller: str, collections: Sequence[str], categories: Sequence[str]) -> None:
        """A collection that is misspelt would hold nothing, and nobody would see it. Not before a catalog came here."""
        from services.catalog import taxonomy  # PyYAML, for the nearest word
        from services.strict_yaml import nearest

        known = collections_of(self._ctx, controller)
        for name in collections:
            if known and name not in known:
                raise BadInput(f"{controller} has no collection '{name}'{nearest(name, known)}", place="collections")
        for name in categories:
            if fault := taxonomy.fault(name):
                raise BadInput(fault, place="categories")

    def _look(self, session: Session) -> None:
        self._ctx.require(session)
        if session.role not in MAY:
            raise Refused("for lead or officer only")

    def _may(self, session: Session, controller: str) -> None:
        self._look(session)
        if controller not in session.controllers:
            raise Refused("this controller is not yours")
        self._ctx.port()  # a hold that central does not know holds nothing
        self._ctx.stepped_up(session)

    def _draft(self, session: Session, controller: str, act: Act, details: tuple[str, ...] = ()) -> Draft:
        return replace(self._ctx.draft(session, act, details=details), controller=controller)

    def _sealed(self, public: bytes, hold: str, kind: str, text: bytes) -> Detail:
        blob = seal(public, text, deployment=self._ctx.deployment, owner=hold, kind=kind)
        return Detail(sha256(blob).hexdigest(), hold, kind, blob)


def _in_time(review_on: date, today: date) -> None:
    if not today <= review_on <= latest_review(today):
        raise BadInput("a review is due within twelve months", place="review")
