"""The controllers of a deployment: whose customers call, under which law, with which purposes and promises."""

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from services.action_log.shapes import REFERENCE, matcher
from services.cases.own_retention import OwnRetention
from services.errors import BadInput
from services.identity.session_codes import SessionCodes
from services.types import DutyRole, Regime


@dataclass(frozen=True)
class PurposeText:
    """The words read to a person for one purpose, in one version (Art 7(1))."""

    version: str
    texts: dict[str, str]
    effect: dict[str, str]


@dataclass(frozen=True)
class Purpose:
    """Something personal data is used for on the ground of consent."""

    key: str
    title: dict[str, str]
    consent: PurposeText
    marketing: bool = False


@dataclass(frozen=True)
class Recipient:
    """Who gets data, processors included (Art 4(9), 15(1)(c), 19); `mail` is where they are told what became of it."""

    name: str
    role: str
    purpose: str | dict[str, str]
    mail: str | None = None


@dataclass(frozen=True)
class Authority:
    """The supervisory authority a letter names (Art 12(4), 15(1)(f))."""

    name: str
    address: str


@dataclass(frozen=True)
class AccessFacts:
    """What Art 15(1)(a)-(h) and 15(2) ask for beside the data, where it is the same for every person of the controller.

    Purposes, categories, storage and sources of each collection come from the catalog.
    """

    purposes: dict[str, str]
    storage: dict[str, str]
    rights: dict[str, str]
    complaint: dict[str, str]
    source: dict[str, str]
    automated_decisions: dict[str, str]
    transfers: dict[str, str]


@dataclass(frozen=True)
class Cost:
    """What a minute of handling costs, for figures."""

    per_minute: float
    currency: str

    def __post_init__(self) -> None:
        if not 0 < self.per_minute < 1000 or not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError("a cost is a number of at most 1000 a minute, and a currency such as EUR")


@dataclass(frozen=True)
class Controller:
    """One customer of the contact centre, as `controller.yml` states it."""

    key: str
    name: str
    country: str
    zone: str
    regime: Regime
    language: str
    address: str
    privacy_contact: str
    authority: Authority
    remedy: dict[str, str]
    access: AccessFacts
    subdivision: str = ""
    regional_holidays: bool = False
    duty: DutyRole = DutyRole.CONTROLLER
    instruction: str = ""
    waiting_period_s: int = 86_400
    package_days: int = 14
    internal_target_days: int = 10
    backup_days: int = 35
    retention: OwnRetention = field(default_factory=OwnRetention)
    ask_days: int = 3
    languages: tuple[str, ...] = ("en",)
    channels: tuple[str, ...] = ("phone", "mail", "chat", "letter")
    lines: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    recipients: tuple[Recipient, ...] = field(default_factory=tuple)
    breach_contacts: tuple[str, ...] = ()
    session: SessionCodes | None = None
    intake_lines: dict[str, dict[str, str]] = field(default_factory=dict)
    cost: Cost | None = None

    def __post_init__(self) -> None:
        if self.waiting_period_s < 0:
            raise ValueError("waiting_period_s cannot be negative")
        if not 0 <= self.ask_days <= 14:
            raise ValueError("ask_days is 0 to 14: who must be asked is asked without undue delay (SUS-1)")
        if self.duty is DutyRole.PROCESSOR and not self.instruction:
            raise ValueError("a processor acts on documented instruction: 'instruction' is missing (Art 28(3)(a))")
        if self.instruction and not matcher(REFERENCE).fullmatch(self.instruction):
            raise ValueError(
                "'instruction' is a reference without blanks and names, such as DPA-2026/4: the log holds it"
            )

    @property
    def told_of_breaches(self) -> tuple[str, ...]:
        """Mail addresses of those who must know of a breach at once: the privacy contact unless others are named."""
        return self.breach_contacts or (self.privacy_contact,)

    def purpose(self, key: str) -> Purpose | None:
        """The purpose of that key, if there is one."""
        return next((p for p in self.purposes if p.key == key), None)

    def to_json(self) -> bytes:
        """As central and the terminal's replica keep it."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @staticmethod
    def from_json(data: bytes) -> "Controller":
        """Back from `to_json`."""
        raw = orjson.loads(data)
        made = {
            "regime": Regime(raw["regime"]),
            "duty": DutyRole(raw["duty"]),
            "authority": Authority(**raw["authority"]),
            "access": AccessFacts(**raw["access"]),
            "purposes": tuple(Purpose(**{**p, "consent": PurposeText(**p["consent"])}) for p in raw["purposes"]),
            "retention": OwnRetention(**raw.get("retention", {})),
            "cost": Cost(**raw["cost"]) if raw.get("cost") else None,
            "recipients": tuple(Recipient(**r) for r in raw["recipients"]),
            "session": SessionCodes(**raw["session"]) if raw.get("session") else None,
        }
        lists = {name: tuple(raw[name]) for name in ("languages", "channels", "lines", "breach_contacts")}
        return Controller(**{**raw, **lists, **made})


def words(texts: str | dict[str, str], language: str) -> str:
    """The text in `language`, else English, else the first there is; empty when there is none."""
    if isinstance(texts, str):
        return texts
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def load_controllers(home: Path) -> dict[str, Controller]:
    """Every `controllers/<key>/controller.yml` under `home`, by key; raises `BadInput` with file and line."""
    from services import strict_yaml  # PyYAML: only readers of files pay for it

    found = {}
    for path in sorted((home / "controllers").glob("*/controller.yml")):
        controller = strict_yaml.read(path, Controller)
        if controller.key != path.parent.name:
            raise BadInput(f"key '{controller.key}' is not the folder's name", place=f"{path}:1")
        found[controller.key] = controller
    return found
