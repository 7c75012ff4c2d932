"""`rightsdesk.toml` and the environment as one frozen `Settings`.

Every key is `[table] key` in the file and `RIGHTSDESK_TABLE_KEY` in the environment, which wins. docs/configuration.md
explains each. How a value is read and what is said about a wrong one stands in `settings_reader`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from console.secret_file import first_line
from services.errors import BadInput

FILE = "rightsdesk.toml"
HOME_VARIABLE = "RIGHTSDESK_HOME"

Theme = Literal["dark", "high-contrast", "no-colour"]
KeySet = Literal["single", "ctrl", "function", "off"]
Tls = Literal["starttls", "tls", "none"]
Store = Literal["auto", "keyring", "passphrase"]


@dataclass(frozen=True, slots=True)
class Screen:
    """What the console looks like."""

    theme: Theme = "dark"
    mouse: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """Times in seconds after which the desk asks who is there (rules.md TRM-1, 3 and 6)."""

    idle_seconds: int = field(default=180, metadata={"range": (30, 900)})
    warning_seconds: int = field(default=30, metadata={"range": (20, 120)})
    checklist_seconds: int = field(default=600, metadata={"range": (60, 900)})
    grace_seconds: int = field(default=120, metadata={"range": (0, 600)})
    locked_end_seconds: int = field(default=1_800, metadata={"range": (60, 36_000)})
    session_seconds: int = field(default=36_000, metadata={"range": (600, 86_400)})
    step_up_seconds: int = field(default=900, metadata={"range": (0, 3_600)})

    def __post_init__(self) -> None:
        if self.warning_seconds >= self.idle_seconds:
            raise ValueError("warning_seconds must be less than idle_seconds")


@dataclass(frozen=True, slots=True)
class Keys:
    """Which kind of keys act, and single actions moved to another key ("off": to none). Ids: `?` in the console."""

    set: KeySet = "single"
    map: Mapping[str, str] = field(default_factory=dict, metadata={"rest": True})

    @property
    def chosen(self) -> dict[str, str]:
        """Both as the one table that stands in the file."""
        return {"set": self.set, **self.map}


@dataclass(frozen=True, slots=True)
class Central:
    """The central database; the password of a server stands in the vault or in ~/.pgpass, never here."""

    url: str = ""

    def __post_init__(self) -> None:
        scheme, _, rest = self.url.partition("://")
        if self.url and scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
            raise ValueError("url must start with sqlite:/// or postgresql://")
        if ":" in rest.rpartition("@")[0]:
            raise ValueError("url must not hold a password; keep it in ~/.pgpass")


@dataclass(frozen=True, slots=True)
class Mail:
    """The server for letters and codes (its password: in the vault); without a host they become files in `outbox`."""

    host: str = ""
    port: int = field(default=587, metadata={"range": (1, 65_535)})
    tls: Tls = "starttls"
    sender: str = ""
    user: str = ""
    timeout_seconds: int = field(default=20, metadata={"range": (1, 300)})
    outbox: Path = Path("outbox")

    def __post_init__(self) -> None:
        if self.host and "@" not in self.sender:
            raise ValueError("sender must be a mail address when a host is named")


@dataclass(frozen=True, slots=True)
class Texts:
    """The gateway that takes text messages by HTTP (its secret: in the vault); without a url codes go by mail alone.

    `to`, `text` and `sender_field` are what its JSON body calls them; `header` is where its secret goes.
    """

    url: str = ""
    sender: str = ""
    to: str = "to"
    text: str = "text"
    sender_field: str = "from"
    header: str = ""
    timeout_seconds: int = field(default=10, metadata={"range": (1, 60)})

    def __post_init__(self) -> None:
        if self.url and not self.url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("url must start with https://")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where this home's keys are kept; `passphrase_file` is for services that nobody types at."""

    store: Store = "auto"
    passphrase_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one home. Paths are absolute."""

    home: Path
    deployment: str = field(default="rightsdesk", metadata={"pattern": r"[a-z0-9][a-z0-9.-]{0,62}"})
    terminal: str = field(default="", metadata={"pattern": r"([a-z0-9][a-z0-9-]{0,31})?"})
    demo: bool = False
    packages: Path = Path("packages")
    screen: Screen = Screen()
    lock: Lock = Lock()
    keys: Keys = Keys()
    central: Central = Central()
    mail: Mail = Mail()
    texts: Texts = Texts()
    secrets: Secrets = Secrets()

    @property
    def central_url(self) -> str:
        """The central database as SQLAlchemy names it; the file in this home when nothing else is set."""
        if not self.central.url:
            return f"sqlite:///{(self.home / 'central.db').as_posix()}"
        return self.central.url.replace("postgresql://", "postgresql+psycopg://", 1)


def load(home: Path | str | None = None) -> Settings:
    """The settings of `home` (see `resolve_home`); defaults where there is no file. Raises `BadInput`: `file:line`."""
    from console.settings_reader import Source, build

    folder = resolve_home(home)
    settings = build(Settings, Source.read(folder / FILE, os.environ), home=folder)
    return _absolute(_without_colour(settings))


def load_standing(home: Path | str | None = None) -> Settings:
    """As `load`, for a home that stands already: a name mistyped must not make a new one. Raises `BadInput`."""
    settings = load(home)
    if not settings.home.is_dir():
        raise BadInput("there is no desk here", place=str(settings.home), next_key="rightsdesk demo makes one to try")
    return settings


def keymap(settings: Settings) -> dict[str, str]:
    """For `App.set_keymap`: what `[keys]` changes. Raises `BadInput`: `file:line`. Imports Textual."""
    from console.settings_reader import Source
    from screens.kit import keys

    try:
        return keys.keymap(settings.keys.chosen)
    except BadInput as error:
        action = error.place.removeprefix("[keys]").strip()
        source = Source.read(settings.home / FILE, {})
        raise BadInput(error.reason, place=source.place(("keys", *action.split("."))[: 1 + bool(action)])) from error


def resolve_home(home: Path | str | None = None) -> Path:
    """The home asked for, else the one `RIGHTSDESK_HOME` names, else the usual place of this user's data."""
    named = home or os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser().absolute() if named else default_home()


def default_home(name: str = "rightsdesk") -> Path:
    """Where a home called `name` lies when nobody says otherwise."""
    from platformdirs import user_data_path  # never its runtime folder: that one warns on the screen

    return user_data_path(name, appauthor=False)


def passphrase(settings: Settings) -> str | None:
    """The first line of the passphrase file, if one is set. Raises `BadInput` when it is lost or open to others."""
    file = settings.secrets.passphrase_file
    if file is None:
        return None
    return first_line(file, "passphrase")


def _without_colour(settings: Settings) -> Settings:
    """https://no-color.org: any value that is not empty."""
    if not os.environ.get("NO_COLOR"):
        return settings
    return replace(settings, screen=replace(settings.screen, theme="no-colour"))


def _absolute(settings: Settings) -> Settings:
    home = settings.home
    secret = settings.secrets
    if secret.passphrase_file is not None:
        secret = replace(secret, passphrase_file=home / secret.passphrase_file.expanduser())
    return replace(
        settings,
        packages=home / settings.packages.expanduser(),
        mail=replace(settings.mail, outbox=home / settings.mail.outbox.expanduser()),
        secrets=secret,
    )
