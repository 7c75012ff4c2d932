"""The demo's backlog: cases as an import from an older tool, one signed action each, over rights, states and dates."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
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

Batch = tuple[list[Draft], list[Detail]]

BATCH = 1024
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


class Backlog:
    """`count` cases of `people`, spread over `controllers`; equal seeds give equal cases but for ids and keys.

    Each person keeps one pseudonym per controller. Who they are is sealed once, with their first case.
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
        self._people, self._controllers = people, controllers
        self._deployment, self._deployment_key = deployment, deployment_key
        # Not for secrets: a demo must come out the same each time.
        self._rng = Random(f"backlog/{seed}")  # noqa: S311
        self._now = now
        self._known: set[str] = set()
        self._zones = {c.key: ZoneInfo(c.zone) for c in controllers}
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
        rng = self._rng
        controller = self._controllers[number % len(self._controllers)]
        person = self._people[rng.randrange(len(self._people))]
        received = self._now - timedelta(days=rng.randrange(_DAYS_BACK), seconds=rng.randrange(86_400))
        rights = rng.choice(self._rights)
        age = (self._now - received).days
        closed = rng.random() < (0.35 if age < _OPEN_DAYS else 0.985)
        state = ItemState.CLOSED if closed else rng.choice(_OPEN_STATES)
        case = f"C-{received.year % 100:02d}-{number:06d}"
        subject = _pseudonym(controller.key, person.number)
        key, details = self._sealed(case, subject, controller, person)
        act = acts.CaseImported(
            number=case,
            channel=rng.choice(_CHANNELS),
            regime=controller.regime,
            requester=Requester.SELF,
            received_at=int(received.timestamp() * 1_000_000),
            received_on=received.astimezone(self._zones[controller.key]).date().isoformat(),
            rights=rights,
            states=(state,) * len(rights),
            outcomes=(rng.choice(_OUTCOMES) if closed else None,) * len(rights),
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
