"""A client for an S3-like store, and what its refusals mean, as sentences without keys, values or secrets."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError as BotoAway,
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)

from services.catalog.system import System
from services.errors import DeskError, Unavailable, Unusable
from services.strict_yaml import nearest

NOT_THERE = ("404", "NoSuchKey", "NoSuchVersion", "NotFound")
UNKNOWN = ("NotImplemented", "MethodNotAllowed", "501", "405")
"""Codes of a server that does not know the question."""
_OWN: dict[str, tuple[None, list[str], str | None, None]] = {
    "profile": (None, [], None, None),
    "config_file": (None, [], os.devnull, None),
    "credentials_file": (None, [], os.devnull, None),
}
"""Settings of the library without the environment variables and files they otherwise come from."""
_AWAY = "does not answer"
_LOGIN = "refuses the login: check its secret"
_BY_CODE: dict[str, tuple[type[DeskError], str]] = {
    "InvalidAccessKeyId": (Unusable, _LOGIN),
    "SignatureDoesNotMatch": (Unusable, _LOGIN),
    "AuthorizationHeaderMalformed": (Unusable, "refuses the login: check its region and its secret"),
    "ExpiredToken": (Unusable, _LOGIN),
    "AccessDenied": (Unusable, "does not permit this to our login"),
    "403": (Unusable, "does not permit this to our login"),
    "NoSuchBucket": (Unusable, "has no bucket of that name"),
    "PermanentRedirect": (Unusable, "is in another region than its url says"),
    "RequestTimeTooSkewed": (Unusable, "refuses us, since the clocks differ: set this machine's clock"),
    "SlowDown": (Unavailable, "is busy and asks us to slow down"),
    "Throttling": (Unavailable, "is busy and asks us to slow down"),
    "RequestTimeout": (Unavailable, "took longer than its limit"),
}


@dataclass(frozen=True)
class Address:
    """What an S3 url says. `endpoint` is empty for Amazon's own."""

    bucket: str
    endpoint: str
    region: str


def address(system: System) -> Address:
    """The parts of `s3://bucket?endpoint=https://…&region=…`; raises `Unusable` where it is none.

    An endpoint without TLS needs `s3+http://`: what is read there crosses the network in clear.
    """
    try:
        parts = urlsplit(system.url)
        told = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        endpoint = urlsplit(told.get("endpoint", ""))
        named = bool(endpoint.hostname)
    except ValueError:
        raise Unusable(f"system '{system.key}': its url is no address") from None
    for name in told:
        if name not in ("endpoint", "region"):
            near = nearest(name, ("endpoint", "region"))
            raise Unusable(f"system '{system.key}': its url has an unknown part '{name}'{near}")
    if not parts.netloc or parts.path.strip("/") or parts.fragment or parts.username is not None:
        raise Unusable(f"system '{system.key}': write its url as s3://bucket?endpoint=https://host&region=name")
    ways = ("https", "http") if parts.scheme == "s3+http" else ("https",)
    if told.get("endpoint") and (endpoint.scheme not in ways or not named):
        raise Unusable(f"system '{system.key}': its endpoint must begin with https:// (or the url with s3+http://)")
    if endpoint.username is not None or endpoint.password is not None:
        raise Unusable(f"system '{system.key}': a name or password never stands in an endpoint")
    return Address(parts.netloc, told.get("endpoint", ""), told.get("region", "us-east-1"))


def make_client(system: System, secret: str | None) -> Any:
    """A client that does not connect yet. Nothing of this machine's own AWS settings is used.

    `secret` is JSON with `access_key` and `secret_key`; raises `Unusable` where it is not.
    """
    access, hidden = _keys(system, secret)
    where = address(system)
    core = botocore.session.Session(session_vars=_OWN)
    config = Config(
        connect_timeout=system.limits.connect_s,
        read_timeout=system.limits.statement_s,
        retries={"mode": "standard", "total_max_attempts": 2},
        s3={"addressing_style": "path" if where.endpoint else "auto"},
        # Other servers than Amazon's do not know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
        max_pool_connections=16,
    )
    try:
        return boto3.session.Session(botocore_session=core).client(
            "s3", region_name=where.region, endpoint_url=where.endpoint or None,
            aws_access_key_id=access, aws_secret_access_key=hidden, config=config,
        )  # fmt: skip
    except (BotoCoreError, ValueError):
        raise Unusable(f"system '{system.key}': its url is no address") from None


@contextmanager
def spoken(system: str) -> Iterator[None]:
    """Turns an error of the library into `Unavailable` or `Unusable`; the cause is dropped, for it may hold a key."""
    try:
        yield
    except ClientError as exc:
        kind, words = _of_code(exc)
        raise kind(f"system '{system}' {words}") from None
    except SSLError:
        raise Unusable(f"system '{system}' shows no certificate that we trust") from None
    except (ReadTimeoutError, ConnectTimeoutError):
        raise Unavailable(f"system '{system}' took longer than its limit") from None
    except (HTTPClientError, BotoAway):
        raise Unavailable(f"system '{system}' {_AWAY}") from None
    except BotoCoreError as exc:
        raise Unusable(f"system '{system}' cannot be used ({type(exc).__name__})") from None
    except OSError:
        raise Unavailable(f"system '{system}' {_AWAY}") from None


def code_of(exc: ClientError) -> str:
    """The error's code, as `NoSuchKey` or `404`."""
    return str(exc.response.get("Error", {}).get("Code", ""))


def status_of(exc: ClientError) -> int:
    """The HTTP status; 0 where none was given."""
    return int(exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _of_code(exc: ClientError) -> tuple[type[DeskError], str]:
    code, status = code_of(exc), status_of(exc)
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in (429, 500, 502, 503, 504) or code in ("429", "500", "502", "503", "504"):
        return Unavailable, "is busy or broken, it says: try again"
    if code in UNKNOWN or status == 501:
        return Unusable, "does not know this part of the protocol"
    if status == 403:
        return _BY_CODE["AccessDenied"]
    name = code if code.isalnum() and len(code) <= 40 else f"HTTP {status}"
    return Unusable, f"refused with {name}"


def _keys(system: System, secret: str | None) -> tuple[str, str]:
    wrong = Unusable(f"system '{system.key}': its secret must be JSON with 'access_key' and 'secret_key', both text")
    try:
        told = json.loads(secret or "")
    except ValueError:
        raise wrong from None
    if not isinstance(told, dict) or set(told) != {"access_key", "secret_key"}:
        raise wrong
    access, hidden = told["access_key"], told["secret_key"]
    if not (isinstance(access, str) and isinstance(hidden, str) and access and hidden):
        raise wrong
    return access, hidden
