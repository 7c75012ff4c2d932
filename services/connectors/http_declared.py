"""`http.yml`: what a vendor's interface is asked for and how, read strictly into frozen dataclasses.

Paths, queries and bodies are templates: `{column}` is a value of the row or of the search, escaped where it stands in
an address. What the file says and the dataset does not know is found in `http_check.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.catalog.system import System
from services.errors import BadInput
from services.strict_yaml import Word, read

FILE = "http.yml"
Query = dict[str, Word]


@dataclass(frozen=True)
class Auth:
    """How we say who we are; the secret itself is the vault's.

    `basic`: `user` and the secret as password. `bearer`: the secret as token. `header`: the secret in the header
    `name`, behind `before`. `oauth2`: client credentials, the secret as the secret of `client`, asked at `token`
    (a path of the system, or a whole https address where another host signs in).
    """

    kind: Literal["basic", "bearer", "header", "oauth2"]
    user: str = ""
    name: str = ""
    before: str = ""
    client: str = ""
    token: str = ""
    scope: str = ""

    def __post_init__(self) -> None:
        needed = {"basic": ("user",), "header": ("name",), "oauth2": ("client", "token")}.get(self.kind, ())
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"auth '{self.kind}' needs '{missing[0]}'")


@dataclass(frozen=True)
class Pace:
    """What may be asked of the vendor. `tries`: of a request that may be repeated; `longest_wait_s`: a longer
    Retry-After is not waited for here; `answer_mb`: the largest answer taken; `pages`: of one list."""

    per_second: float = 10.0
    tries: int = 4
    longest_wait_s: float = 30.0
    answer_mb: int = 20
    pages: int = 1000

    def __post_init__(self) -> None:
        if min(self.per_second, self.tries, self.answer_mb, self.pages) <= 0 or self.longest_wait_s < 0:
            raise ValueError("limits must be more than nothing")


@dataclass(frozen=True)
class Paging:
    """How a long list goes on.

    `page`: query `query` counts pages from `first`. `offset`: it counts rows from `first` (0 where it is not said).
    `cursor`: the answer names the next one at `next`, given back in `query`. `address`: the answer holds the next
    page's whole address at `next`. `link`: the header Link does, with rel="next". `size` is asked for in `size_query`.
    """

    kind: Literal["page", "offset", "cursor", "address", "link"]
    query: str = ""
    next: str = ""
    first: int | None = None
    size: int = 100
    size_query: str = ""
    total: str = ""

    def __post_init__(self) -> None:
        needed = {"page": ("query",), "offset": ("query",), "cursor": ("query", "next"), "address": ("next",)}
        missing = [name for name in needed.get(self.kind, ()) if not getattr(self, name)]
        if missing:
            raise ValueError(f"paging '{self.kind}' needs '{missing[0]}'")
        if self.size < 1:
            raise ValueError("'size' must be at least 1")


@dataclass(frozen=True)
class Find:
    """How rows are listed that have given values in the columns `by`; without `by` every row is.

    `rows`: dotted path to the list in the answer, empty where the answer is the list. `join`: up to `at_most` values
    go into one request, with this between them. `details`: a listed row is short, each is then read by its key.
    """

    path: Word
    by: tuple[Word, ...] = ()
    method: Literal["GET", "POST"] = "GET"
    query: Query | None = None
    body: Query | None = None
    rows: str = ""
    paging: Paging | None = None
    join: str = ""
    at_most: int = 50
    details: bool = False

    def __post_init__(self) -> None:
        if self.join and (len(self.by) != 1 or self.at_most < 1):
            raise ValueError("'join' puts values of one column together: name one in 'by'")
        if self.body and self.method == "GET":
            raise ValueError("a GET has no 'body': say 'method: POST'")


@dataclass(frozen=True)
class One:
    """How one row is read by its key; `row`: dotted path to it. `etag`: where its version stands, the header ETag or a
    dotted path."""

    path: Word
    query: Query | None = None
    row: str = ""
    etag: str = ""


@dataclass(frozen=True)
class Job:
    """What a vendor that answers 202 says about the job it began.

    `address`: where the job's own address stands, `header Location` or a dotted path in the answer. `state`: path to
    its state, which is one of `done`, of `failed`, or means that it runs. `until`: path to the day it will be done by
    (ISO); where it says none, it is `days` from now.
    """

    address: str = "header Location"
    state: str = "state"
    done: tuple[str, ...] = ("done",)
    failed: tuple[str, ...] = ("failed",)
    until: str = ""
    days: int = 30

    def __post_init__(self) -> None:
        if not self.done or self.days < 1:
            raise ValueError("a job needs a word for 'done', and 'days' of at least 1")


@dataclass(frozen=True)
class Change:
    """How one row is changed, or deleted.

    `body`: dotted path in the JSON body → template; a value that is one `{column}` alone keeps its type. A PATCH sends
    what changes and what names no column, a PUT everything. `nothing`: what the vendor takes for an empty value, where
    it is not null. `if_match`: send the row's ETag, so that a row that changed meanwhile is refused. `gone`: answers
    that say that a deleted row is not there.
    """

    method: Literal["PATCH", "PUT", "POST", "DELETE"]
    path: Word
    query: Query | None = None
    body: Query | None = None
    nothing: str | None = None
    if_match: bool = False
    gone: tuple[int, ...] = (404, 410)
    job: Job | None = None


@dataclass(frozen=True)
class Rows:
    """One collection. `at`: column → dotted path in a row, where that is not the column's name."""

    find: tuple[Find, ...] = ()
    one: One | None = None
    change: Change | None = None
    delete: Change | None = None
    at: dict[str, str] | None = None
    required: tuple[Word, ...] = ()
    unique: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        if self.change is not None and self.change.method == "DELETE":
            raise ValueError("'change' is a PATCH, a PUT or a POST")
        versions = self.one is not None and bool(self.one.etag)
        if not versions and any(change.if_match for change in (self.change, self.delete) if change):
            raise ValueError("'if_match' needs 'one' with 'etag': where a row's version stands")
        if any(find.details for find in self.find) and self.one is None:
            raise ValueError("'details' needs 'one': how a row is read by its key")

    def by(self, on: tuple[str, ...]) -> Find | None:
        """How rows are listed by these columns, if there is a way."""
        return next((find for find in self.find if tuple(map(str, find.by)) == on), None)


@dataclass(frozen=True)
class Probe:
    """A request that changes nothing and gives JSON: `catalog check --live` asks it."""

    path: Word
    query: Query | None = None


@dataclass(frozen=True)
class Declared:
    """The whole file. `headers`: sent with every request; `{origin}` in them is scheme, host and port of the system.
    `ca`: a file of the folder with the certificates to trust instead of the public ones."""

    collections: dict[str, Rows]
    probe: Probe
    auth: Auth | None = None
    headers: Query | None = None
    limits: Pace = Pace()
    ca: str = ""


def declared(system: System) -> Declared:
    """What `http.yml` of `system` says. Raises `BadInput` with file and line."""
    if system.folder is None:
        raise BadInput(f"an HTTP interface is described by a folder: there is no {FILE} beside a lone dataset file")
    path = system.folder / FILE
    found = read(path, Declared)
    if found.ca and Path(found.ca).name != found.ca:
        raise BadInput(f"'{found.ca}' is not a file of this folder", place=str(path))
    return found
