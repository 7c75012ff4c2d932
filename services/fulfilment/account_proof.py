"""What an account or a telephone says of a caller: a code that the account shows (SES), the number that calls (ANI)."""

import hashlib
import hmac
from datetime import date

from services.cases.case import Case
from services.catalog.system import secret_name
from services.controllers import Controller
from services.fulfilment.found import Found
from services.fulfilment.people import Point, own_of
from services.fulfilment.workroom import Catalog, Workroom
from services.identity.identifiers import PHONE, normalise
from services.identity.session_codes import LEAST_SECRET, same_shown, shown_now

NO_MATCH, USED = "no-match", "used"
"""Neither is a wrong answer of the caller (G4): people call from other telephones, and a code may be read out twice."""
_NOBODY = "-"
_SHORTEST = 6


def has_sessions(room: Workroom, controller: Controller) -> bool:
    """Whether this controller's account shows codes that can be checked here."""
    return bool(_secret(room, controller))


def said_session(room: Workroom, case: Case, catalog: Catalog, found: Found, given: str) -> str:
    """`same`, `wrong`, or `used` for a code that was read out before, in whatever case."""
    controller = room.controller(case.controller)
    secret, codes = _secret(room, controller), controller.session
    if not secret or codes is None:
        return "wrong"
    held = {} if found.undecided else own_of(catalog.graph, found, {codes.account})
    shown = [
        one
        for account in held.get(codes.account) or [_NOBODY]  # the same work for nobody
        for one in shown_now(secret, controller.key, account, codes.seconds, room.now())
    ]
    right = [one for one in shown if same_shown(given, one)]
    if not right or not held.get(codes.account):
        return "wrong"
    kept = hmac.new(room.lookup_key, b"session-used\0" + right[0].once, hashlib.sha256).digest()
    return "same" if room.store.use_once(hashlib.sha256(kept).hexdigest(), case.id, "session-used", kept) else USED


def calls_from(points: tuple[Point, ...], given: str, controller: Controller, today: date) -> str:
    """`same` where the number that the telephone shows is one on file, unchanged for 30 days; else `no-match`."""
    number = normalise(PHONE, given, controller.country)
    same = [
        hmac.compare_digest(normalise(PHONE, one.value, controller.country).encode(), number.encode())
        for one in points
        if one.kind == PHONE and one.proven(today)
    ]
    return "same" if any(same) and len(number) > _SHORTEST else NO_MATCH


def _secret(room: Workroom, controller: Controller) -> bytes:
    """The secret shared with the account's program; empty where there is none, or one too short to trust."""
    if controller.session is None:
        return b""
    secret = room.vault.get(secret_name(controller.session.secret)) or b""
    return secret if len(secret) >= LEAST_SECRET else b""
