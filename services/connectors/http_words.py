"""What a vendor's answer means, as a sentence a person can act on. Its own words are never repeated: they may name
someone."""

from services.errors import DeskError, Refused, Unavailable, Unusable

LOGIN = "refuses the login: check its secret"
SLOW = "took longer than its limit"
CUT = "cut the connection in the middle"
AWAY = "does not answer"
BUSY = "asks to be left alone for now (429)"
CHANGED = "says that the row changed meanwhile (412): nothing was done to it, look again"
NOT_JSON = "did not answer in JSON: is the path in http.yml right, and is a login page in between?"

_BY_STATUS: dict[int, tuple[type[DeskError], str]] = {
    400: (Unusable, "does not understand the request (400): compare http.yml with the vendor's description"),
    401: (Unusable, LOGIN),
    403: (Unusable, "does not permit this to our login (403)"),
    404: (Unusable, "has nothing at this path (404): compare http.yml with the vendor's description"),
    405: (Unusable, "does not know this method here (405): compare http.yml with the vendor's description"),
    408: (Unavailable, SLOW),
    409: (Unusable, "refused the change: it contradicts other data there (409)"),
    412: (Refused, CHANGED),
    413: (Unusable, "finds the request too large (413): make 'at_most' in http.yml smaller"),
    415: (Unusable, "does not take this body, or none, here (415): compare http.yml with the vendor's description"),
    422: (Unusable, "refused the values (422): compare masks and 'nothing' in http.yml with what it takes"),
    428: (Unusable, "wants to be told the row's version (428): set 'if_match' in http.yml"),
    429: (Unavailable, BUSY),
}


def meaning(status: int) -> tuple[type[DeskError], str]:
    """The kind of error and the words for a status that is no success."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return Unusable, f"sends us to another address ({status}), which is not followed: correct url or path"
    if status >= 500:
        return Unavailable, f"has a fault of its own ({status})"
    return Unusable, f"refused the request ({status})"


def failure(system: str, what: str, status: int) -> DeskError:
    """The error to raise for a status; `what`: what was asked, without any value."""
    kind, words = meaning(status)
    return kind(f"system '{system}' {words} ({what})")
