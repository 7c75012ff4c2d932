"""A data system as a folder describes it: `system.yml` beside its dataset files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from services.catalog.checks import check_dataset
from services.catalog.console_keys import Words
from services.catalog.dataset import Dataset, load_dataset
from services.errors import BadInput
from services.strict_yaml import Word, line_of, read


@dataclass(frozen=True)
class Limits:
    """How long a system may take (seconds): to connect or to give up a lock, and for one statement.

    `at_once`: so many jobs may be in it, of all workers; `per_minute`: so many may begin (None: as many as there are).
    `grace_days`: how long after the day it named a vendor may still answer, before a lead has to decide.
    """

    connect_s: float = 5.0
    statement_s: float = 30.0
    at_once: int | None = None
    per_minute: float | None = None
    grace_days: int = 3

    def __post_init__(self) -> None:
        if self.connect_s <= 0 or self.statement_s <= 0:
            raise ValueError("limits must be longer than nothing")
        if (self.at_once is not None and self.at_once < 1) or (self.per_minute is not None and self.per_minute <= 0):
            raise ValueError("at_once and per_minute let at least something through")
        if not 0 <= self.grace_days <= 365:
            raise ValueError("grace_days is 0 to 365")


KIND_SCHEMES: Mapping[str, tuple[str, ...]] = {
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql", "postgres"),
    "mariadb": ("mariadb", "mysql"),
    "s3": ("s3", "s3+http"),
    "mailbox": ("imaps", "imap"),
    "redis": ("redis", "rediss"),
    "http": ("https", "http"),
    "files": ("file",),
    "manual": ("manual",),
}
"""Kinds of systems, each with the schemes its addresses may have."""


@dataclass(frozen=True)
class SystemFile:
    """`system.yml`."""

    key: Word
    controller: Word
    connector: Literal["sqlite", "postgresql", "mariadb", "s3", "mailbox", "redis", "http", "files", "manual"]
    url: Word
    datasets: tuple[Word, ...]
    secret: str | None = None
    label: Words | None = None
    limits: Limits | None = None
    purposes: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    read_only: bool = False
    excluded: str | None = None
    check_minutes: int = 60

    def __post_init__(self) -> None:
        if self.check_minutes <= 0:
            raise ValueError("check_minutes must be longer than nothing")


@dataclass(frozen=True)
class System:
    """A data system with its datasets; `url` holds no password, `secret` is the name of it in the vault.

    `folder` is where its files lie: a kind of system that needs more words than datasets have keeps them there, in a
    file of its own (`http.yml`, `s3.yml` …) that its connector reads. None for a dataset file that is tried alone.
    `check_minutes` is how often it is held against the catalog.
    """

    key: str
    controller: str
    connector: str
    url: str
    datasets: tuple[Dataset, ...]
    secret: str | None = None
    label: Words | None = None
    limits: Limits = Limits()
    purposes: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    read_only: bool = False
    excluded: str | None = None
    folder: Path | None = None
    check_minutes: int = 60

    @property
    def waiting(self) -> int:
        """How many fields are a draft's that nobody judged yet."""
        return sum(field.waits for dataset in self.datasets for part in dataset.collections for _, field in part.walk())


def secret_name(name: str) -> str:
    """Where a vault keeps what a `system.yml` calls `name`; raises `BadInput` for what can be no name."""
    if not name.strip() or not name.isprintable() or len(name) > 100:
        raise BadInput("a secret is named by up to 100 printed characters", place="secret")
    return f"system:{name}"


def load_system(folder: Path) -> System:
    """The system in `folder`; raises `BadInput` with file and line."""
    return _load(folder, folder)[0]


def load_controller_systems(folder: Path, home: Path | None = None) -> Mapping[str, System]:
    """Every system of the controller in `folder` by key, references between them resolved.

    `home`: the controller's own folder, where relative paths in urls start, when these files are a copy of it that
    lies elsewhere. Raises `BadInput` with file and line.
    """
    found: dict[str, System] = {}
    files: list[tuple[Dataset, Path]] = []
    for path in sorted((folder / "systems").glob("*/system.yml")):
        system, read_from = _load(path.parent, (home or folder) / "systems" / path.parent.name)
        if system.key != path.parent.name:
            raise BadInput(f"key '{system.key}' is not the folder's name", place=f"{path}:1")
        if system.controller != folder.name:
            raise BadInput(f"controller '{system.controller}' is not '{folder.name}'", place=f"{path}:1")
        found[system.key] = system
        files += read_from
    together = [dataset for dataset, _ in files]
    for dataset, file in files:
        check_dataset(dataset, together, str(file), whole=True)
    return found


def _load(folder: Path, start: Path) -> tuple[System, list[tuple[Dataset, Path]]]:
    """The system in `folder`, and which dataset stands in which file; relative paths in its url start at `start`."""
    path = folder / "system.yml"
    file = read(path, SystemFile)
    if not file.datasets:
        raise BadInput("'datasets' is empty: name at least one file", place=f"{path}:1")
    datasets: list[tuple[Dataset, Path]] = []
    for name in file.datasets:
        if Path(name).name != name:
            raise BadInput(f"'{name}' is not a file of this folder", place=f"{path}:{line_of(name)}")
        datasets += [(dataset, folder / name) for dataset in load_dataset(folder / name)]
    system = System(
        key=str(file.key),
        controller=str(file.controller),
        connector=file.connector,
        url=_url(file.connector, str(file.url), start, f"{path}:{line_of(file.url)}"),
        datasets=tuple(dataset for dataset, _ in datasets),
        secret=secret_name(file.secret) if file.secret else None,
        label=file.label,
        limits=file.limits or Limits(),
        purposes=file.purposes,
        recipients=file.recipients,
        read_only=file.read_only,
        excluded=file.excluded,
        folder=folder,
        check_minutes=file.check_minutes,
    )
    return system, datasets


def lone_system(dataset_file: Path, url: str) -> System:
    """One dataset file tried against `url`, without a system around it."""
    datasets = load_dataset(dataset_file)
    return System(str(datasets[0].fides_key), "", _kind(url), url, datasets)


def undescribed_system(key: str, controller: str, url: str) -> System:
    """A system of which only the address is known, given on a command line; raises `BadInput` for a password in it."""
    return System(key, controller, _kind(url), _url(_kind(url), url, Path(), "the address"), ())


def at_url(system: System, url: str) -> System:
    """The same system at another URL, given on a command line."""
    return replace(system, url=url, secret=None)


def _url(kind: str, url: str, folder: Path, place: str) -> str:
    """The URL made whole: relative paths start at `folder`; a password in it is refused."""
    if _kind(url) != kind:
        raise BadInput(f"url '{url.partition(':')[0]}:…' does not fit connector '{kind}'", place=place)
    if kind == "sqlite":
        name = url.partition("sqlite:///")[2]
        if not name:
            raise BadInput("url must be 'sqlite:///path'", place=place)
        return f"sqlite:///{(folder / name).resolve()}"
    if kind == "files":
        name = url.partition("file://")[2]
        if not name:
            raise BadInput("url must be 'file://path'", place=place)
        return f"file://{(folder / name).resolve()}"
    try:
        password = urlsplit(url).password
    except ValueError as exc:
        raise BadInput("url is not an address", place=place) from exc
    if password is not None:
        raise BadInput(
            "a password never stands in a file: name it with 'secret' and put it in the keyring", place=place
        )
    return url


def _kind(url: str) -> str:
    """The kind of system that an address is of; its scheme where there is none."""
    scheme = url.partition(":")[0]
    plain = scheme.partition("+")[0]
    return next((kind for kind, ways in KIND_SCHEMES.items() if scheme in ways or plain in ways), plain)
