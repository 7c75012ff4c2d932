"""One request at a time to a vendor: signed, paced, bounded, repeated where that is harmless, never trusted.

Certificates are always checked, cookies never kept, redirects followed to the same host only and for reading alone.
"""

import contextlib
import ipaddress
import logging
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from services.catalog.system import System
from services.connectors import http_words as words
from services.connectors.http_auth import Login
from services.connectors.http_declared import Declared
from services.connectors.http_json import parsed
from services.connectors.http_pace import Turnstile, pause, retry_after
from services.connectors.http_template import in_query
from services.errors import DeskError, Unavailable, Unusable

_AGAIN = (429, 502, 503, 504)
_REPEATABLE = ("GET", "HEAD", "PUT", "DELETE")
_REDIRECTS = 5
_MB = 1024 * 1024
_OK = range(200, 300)

for _name in ("httpx", "httpcore"):  # they log whole addresses, and these name people
    logging.getLogger(_name).setLevel(logging.ERROR)


@dataclass(frozen=True)
class Ask:
    """A request. `what`: how errors call it, without any value. `address`: a path of the system, or a whole address of
    its host. `reads`: it changes nothing, whatever its method. `fine`: statuses that are answers and no errors."""

    what: str
    method: str
    address: str
    query: list[tuple[str, str]] | None = None
    body: object = None
    form: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    reads: bool = False
    fine: tuple[int, ...] = ()
    signed: bool = True

    @property
    def repeatable(self) -> bool:
        """Whether asking it twice is asking it once."""
        return self.reads or self.method in _REPEATABLE or "Idempotency-Key" in self.headers


@dataclass(frozen=True)
class Answer:
    """What came back from `url`."""

    system: str
    what: str
    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes

    def value(self) -> object:
        """The JSON; raises `Unusable` for anything else."""
        try:
            return parsed(self.body)
        except ValueError:
            raise Unusable(f"system '{self.system}' {words.NOT_JSON} ({self.what})") from None


class _Cut(Exception):
    """The connection failed; `before`: before anything was sent."""

    def __init__(self, error: DeskError, *, before: bool) -> None:
        super().__init__()
        self.error, self.before = error, before


class Caller:
    """What all requests to one system share: its address, the login, the pace."""

    def __init__(self, system: System, declared: Declared, secret: str | None) -> None:
        self.system, self.declared = system, declared
        self.limits = declared.limits
        self.login = Login(system.key, declared.auth, secret)
        self.turnstile = Turnstile(declared.limits.per_second)
        self.base = _base(system)

    @contextlib.contextmanager
    def line(self) -> Iterator["Line"]:
        """A connection of its own; closed when left."""
        limits = self.system.limits
        timeout = httpx.Timeout(limits.statement_s, connect=limits.connect_s)
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "rightsdesk"}
        origin = str(self.base.copy_with(path="/", userinfo=b"")).rstrip("/")
        headers |= dict(in_query(self.declared.headers, {"origin": origin}))
        with httpx.Client(
            timeout=timeout, cookies=jar, headers=headers, verify=self._certificates(), trust_env=False,
            follow_redirects=False,
        ) as client:  # fmt: skip
            yield Line(self, client)

    def _certificates(self) -> ssl.SSLContext:
        if not (self.declared.ca and self.system.folder):
            return httpx.create_ssl_context(trust_env=False)
        try:
            return ssl.create_default_context(cafile=str(self.system.folder / self.declared.ca))
        except (OSError, ssl.SSLError):
            raise Unusable(f"system '{self.system.key}': the certificates in 'ca' cannot be read") from None


class Line:
    """An open connection to a vendor."""

    def __init__(self, caller: Caller, client: httpx.Client) -> None:
        self.caller, self.client = caller, client
        self.key = caller.system.key

    def ask(self, ask: Ask) -> Answer:
        """The answer to `ask`, after as many tries as it may have. Raises `Unavailable`, `Unusable`, `Refused`."""
        limits, renewed, attempt = self.caller.limits, False, 0
        while True:
            attempt += 1
            last = attempt >= limits.tries
            try:
                answer = self._once(ask)
            except _Cut as cut:
                if last or not (cut.before or ask.repeatable):
                    raise cut.error from None
                time.sleep(pause(attempt, limits.longest_wait_s))
                continue
            if answer.status == 401 and ask.signed and self.caller.login.renewable and not renewed:
                renewed = True
                self.caller.login.forget()
                continue
            if answer.status in _OK or answer.status in ask.fine:
                return answer
            # 429 says that nothing was done, whatever was asked.
            if answer.status not in _AGAIN or last or not (ask.repeatable or answer.status == 429):
                raise words.failure(self.key, ask.what, answer.status)
            self._wait(answer, attempt)

    def whole(self, address: str, after: str = "") -> httpx.URL:
        """`address` as a whole one, relative to `after` or to the system. Raises `Unusable` for another host's.

        Addresses that a vendor names are asked with our login: they never lead anywhere else.
        """
        base = self.caller.base
        try:
            url = httpx.URL(after).join(address) if after else httpx.URL(f"{str(base).rstrip('/')}{address}")
        except (httpx.InvalidURL, ValueError):
            raise Unusable(f"system '{self.key}' names an address that is none") from None
        if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port) or url.userinfo:
            raise Unusable(f"system '{self.key}' sends us to another host, where our login must not go")
        return url

    def _wait(self, answer: Answer, attempt: int) -> None:
        asked, longest = retry_after(answer.headers), self.caller.limits.longest_wait_s
        if asked is not None and asked > longest:
            raise Unavailable(f"system '{self.key}' asks to be left alone for {round(asked)} s ({answer.what})")
        time.sleep(asked if asked is not None else pause(attempt, longest))

    def _once(self, ask: Ask) -> Answer:
        url = self.whole(ask.address) if ask.address.startswith("/") else httpx.URL(ask.address)
        headers = dict(ask.headers)
        if ask.signed:
            headers |= self.caller.login.headers(self._token)
            url = self.whole(str(url), str(self.caller.base))
        for _ in range(_REDIRECTS):
            answer = self._sent(ask, url, headers)
            to = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or ask.method != "GET" or not to:
                return answer
            url = self.whole(to, str(url))
        raise Unusable(f"system '{self.key}' sends us round in circles ({ask.what})")

    def _sent(self, ask: Ask, url: httpx.URL, headers: dict[str, str]) -> Answer:
        self.caller.turnstile.wait()
        try:
            request = self.client.build_request(
                ask.method, url.copy_merge_params(httpx.QueryParams(tuple(ask.query))) if ask.query else url,
                json=ask.body, data=ask.form, headers=headers,
            )  # fmt: skip
            response = self.client.send(request, stream=True)
            try:
                body = self._body(response, ask)
            finally:
                response.close()
        except httpx.ConnectError as exc:
            if _untrusted(exc):
                raise Unusable(f"system '{self.key}' shows a certificate that cannot be trusted") from None
            raise _Cut(Unavailable(f"system '{self.key}' {words.AWAY}"), before=True) from None
        except httpx.ConnectTimeout:
            raise Unavailable(f"system '{self.key}' {words.AWAY}") from None
        except httpx.TimeoutException:
            raise Unavailable(f"system '{self.key}' {words.SLOW} ({ask.what})") from None
        except (httpx.RemoteProtocolError, httpx.NetworkError):
            raise _Cut(Unavailable(f"system '{self.key}' {words.CUT} ({ask.what})"), before=False) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError) as exc:
            raise Unusable(f"system '{self.key}' cannot be asked ({ask.what}, {type(exc).__name__})") from None
        return Answer(self.key, ask.what, url, response.status_code, response.headers, body)

    def _body(self, response: httpx.Response, ask: Ask) -> bytes:
        largest = self.caller.limits.answer_mb * _MB
        ends = time.monotonic() + self.caller.system.limits.statement_s
        taken = bytearray()
        for chunk in response.iter_bytes(65536):
            taken += chunk
            if len(taken) > largest:
                raise Unusable(
                    f"system '{self.key}' answers with more than {self.caller.limits.answer_mb} MB ({ask.what}): "
                    "ask for smaller pages, or allow more with 'answer_mb'"
                )
            if time.monotonic() > ends:
                raise Unavailable(f"system '{self.key}' {words.SLOW} ({ask.what})")
        return bytes(taken)

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> object:
        auth = self.caller.login.auth
        address = auth.token if auth else ""
        asked = Ask("its token", "POST", address, form=form, headers=headers, reads=True, signed=False)
        return self.ask(asked).value()


def _base(system: System) -> httpx.URL:
    try:
        url = httpx.URL(system.url)
    except httpx.InvalidURL:
        raise Unusable(f"system '{system.key}' has an address that cannot be read") from None
    if not url.host or url.query or url.fragment:
        raise Unusable(f"system '{system.key}' needs an address like https://host/path")
    if not secure(url.scheme, url.host):
        raise Unusable(f"system '{system.key}' must be reached by https: http would send its secret in clear")
    return url


def secure(scheme: str, host: str) -> bool:
    """Whether a secret may go there: https, or this machine itself."""
    if scheme == "https":
        return True
    try:
        return scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
