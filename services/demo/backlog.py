"""The demo's backlog: cases as an import from an older tool, one signed action each, over rights, states and dates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

import orjson

from db.log import Detail
from services.action_log import acts
from services.action_log.entry import Draft
from services.action_log.sealing import new_key, seal
from services.controllers import Controller
from services.demo.people import Person
from services.identity import identifiers
from services.types import Channel, ItemState, Outcome, Requester, Right

T = TypeVar("T")
Batch = tuple[list[Draft], list[Detail]]

BATCH = 4096
_RIGHTS = (
    ((Right.ACCESS,), 30),
    ((Right.ERASURE,), 24),
    ((Right.OBJECTION_MARKETING,), 14),
    ((Right.CONSENT_WITHDRAW,), 10),
    ((Right.ACCESS, Right.ERASURE), 6),
    ((Right.ACCESS, Right.OBJECTION_MARKETING), 4),
    ((Right.PORTABILITY,), 4),
    ((Right.RECTIFICATION,), 5),
    ((Right.RESTRICTION,), 2),
    ((Right.CONSENT_GIVE,), 1),
)
_OPEN_STATES = (ItemState.NEW, ItemState.ACKNOWLEDGED, ItemState.VERIFYING, ItemState.IN_PROGRESS)
_OUTCOMES = (Outcome.DONE, Outcome.DONE, Outcome.DONE, Outcome.NOTHING_HELD, Outcome.NOT_IDENTIFIED, Outcome.WITHDRAWN)
_CHANNELS = (Channel.PHONE, Channel.PHONE, Channel.PHONE, Channel.MAIL, Channel.CHAT, Channel.LETTER)
_DAYS_BACK = 60
_OPEN_DAYS = 36


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour in which requests came: its start (µs UTC), the day at the controller's, the age in days, the year."""

    start: int
    day: str
    age: int
    year: int


def _hours(now: datetime, zone: ZoneInfo) -> tuple[Hour, ...]:
    """Every whole hour of the last `_DAYS_BACK` days. Zones here are whole hours off UTC, so an hour has one day."""
    newest = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    starts = (newest - timedelta(hours=n) for n in range(_DAYS_BACK * 24))
    return tuple(
        Hour(int(s.timestamp()) * 1_000_000, s.astimezone(zone).date().isoformat(), (now - s).days, s.year)
        for s in starts
    )


class Backlog:
    """`count` cases of `people`, spread over `controllers`; equal seeds give equal cases but for ids and keys.

    Each person turns to one controller and keeps one pseudonym there; who they are is sealed once, with their first
    case. What many cases share is made once, as a million of them are made while somebody waits.
    """

    def __init__(
        self,
        people: Sequence[Person],
        controllers: Sequence[Controller],
        deployment: str,
        deployment_key: bytes,
        seed: int,
        now: datetime,
    ) -> None:
        self._people = people
        self._deployment, self._deployment_key = deployment, deployment_key
        # Not for secrets: a demo must come out the same each time.
        self._random = Random(f"backlog/{seed}").random  # noqa: S311
        self._controllers = [controllers[p.number % len(controllers)] for p in people]
        self._subjects = [_pseudonym(c.key, p.number) for c, p in zip(self._controllers, people, strict=True)]
        self._hours = {c.key: _hours(now, ZoneInfo(c.zone)) for c in controllers}
        self._known: set[str] = set()
        self._rights = tuple(rights for rights, weight in _RIGHTS for _ in range(weight))

    def batches(self, count: int, first_number: int) -> Iterator[Batch]:
        """Drafts with their details, `BATCH` cases at a time; numbers run from `first_number`."""
        for start in range(0, count, BATCH):
            drafts: list[Draft] = []
            details: list[Detail] = []
            for number in range(start, min(start + BATCH, count)):
                draft, new = self._case(first_number + number)
                drafts.append(draft)
                details.extend(new)
            yield drafts, details

    def _case(self, number: int) -> tuple[Draft, list[Detail]]:
        place = int(self._random() * len(self._people))
        controller, subject = self._controllers[place], self._subjects[place]
        hour = self._one(self._hours[controller.key])
        rights = self._one(self._rights)
        closed = self._random() < (0.35 if hour.age < _OPEN_DAYS else 0.985)
        state = ItemState.CLOSED if closed else self._one(_OPEN_STATES)
        case = f"C-{hour.year % 100:02d}-{number:06d}"
        key, details = self._sealed(case, subject, controller, self._people[place])
        act = acts.CaseImported(
            number=case,
            channel=self._one(_CHANNELS),
            regime=controller.regime,
            requester=Requester.SELF,
            received_at=hour.start + int(self._random() * 3600) * 1_000_000,
            received_on=hour.day,
            rights=rights,
            states=(state,) * len(rights),
            outcomes=(self._one(_OUTCOMES) if closed else None,) * len(rights),
            source="older-tool",
            key=key,
        )
        draft = Draft(
            act=act,
            actor="import:older-tool",
            as_="import",
            controller=controller.key,
            case=case,
            subject=subject,
            details=tuple(d.hash for d in details),
        )
        return draft, details

    def _one(self, choices: Sequence[T]) -> T:
        return choices[int(self._random() * len(choices))]

    def _sealed(
        self, case: str, subject: str, controller: Controller, person: Person
    ) -> tuple[str | None, list[Detail]]:
        """A key and the sealed requester, for the first case of a person; nothing for their later ones."""
        if subject in self._known:
            return None, []
        self._known.add(subject)
        public, private = new_key()
        normal = identifiers.normalise(identifiers.EMAIL, person.email, controller.country)
        requester = orjson.dumps({"kind": identifiers.EMAIL, "normal": normal})
        sealed = (("key", self._deployment_key, private), ("requester", public, requester))
        return public.hex(), [_detail(to, plain, self._deployment, case, kind) for kind, to, plain in sealed]


def _detail(public: bytes, plain: bytes, deployment: str, case: str, kind: str) -> Detail:
    blob = seal(public, plain, deployment=deployment, owner=case, kind=kind)
    return Detail(sha256(blob).hexdigest(), case, kind, blob)


def _pseudonym(controller: str, number: int) -> str:
    """The older tool's id for a person, as an opaque pseudonym."""
    return f"psn:{sha256(f'older-tool/{controller}/{number}'.encode()).hexdigest()[:32]}"


def today() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)
