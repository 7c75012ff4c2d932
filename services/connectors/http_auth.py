"""Saying who we are. The secret stays in memory: it goes into one header, never into an address, an error or a log."""

import base64
import threading
import time
from collections.abc import Callable

from services.connectors.http_declared import Auth
from services.errors import Unusable

_EARLY_S = 30
_HOUR_S = 3600
Ask = Callable[[dict[str, str], dict[str, str]], object]
"""Posts a form with headers to the token's address and gives the answer."""


class Login:
    """The headers that sign a request. One for all threads; a token of OAuth2 is kept until shortly before its end."""

    def __init__(self, system: str, auth: Auth | None, secret: str | None) -> None:
        self._system, self.auth, self._secret = system, auth, secret
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0

    def __repr__(self) -> str:
        return f"Login({self._system})"

    @property
    def renewable(self) -> bool:
        """Whether a refused login may be tried once more with a fresh token."""
        return self.auth is not None and self.auth.kind == "oauth2"

    def forget(self) -> None:
        """The token was refused: the next request asks for another."""
        with self._lock:
            self._token = ""

    def headers(self, ask: Ask) -> dict[str, str]:
        """The headers; raises `Unusable` where the secret is missing or none can be sent."""
        if self.auth is None:
            return {}
        if not self._secret:
            raise Unusable(f"system '{self._system}' needs its secret: name it with 'secret' in system.yml")
        if not self._secret.isprintable() or not self._secret.isascii():
            raise Unusable(f"the secret of system '{self._system}' holds characters that no header can carry")
        if self.auth.kind == "basic":
            return {"Authorization": f"Basic {_pair(self.auth.user, self._secret)}"}
        if self.auth.kind == "header":
            return {self.auth.name: f"{self.auth.before}{self._secret}"}
        token = self._secret if self.auth.kind == "bearer" else self._fresh(ask, self.auth, self._secret)
        return {"Authorization": f"Bearer {token}"}

    def _fresh(self, ask: Ask, auth: Auth, secret: str) -> str:
        with self._lock:
            if self._token and time.monotonic() < self._ends:
                return self._token
            form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
            answer = ask(form, {"Authorization": f"Basic {_pair(auth.client, secret)}"})
            token = answer.get("access_token") if isinstance(answer, dict) else None
            if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
                raise Unusable(f"system '{self._system}' gave no token: check 'token' and 'client' in http.yml")
            lasts = answer.get("expires_in") if isinstance(answer, dict) else None
            seconds = float(lasts) if isinstance(lasts, int | float) and 0 < lasts < 10**9 else _HOUR_S
            self._token, self._ends = token, time.monotonic() + max(seconds - _EARLY_S, seconds / 2)
            return token


def _pair(user: str, secret: str) -> str:
    return base64.b64encode(f"{user}:{secret}".encode()).decode("ascii")
