"""The words and values that cross from the desk to the screens: enums and frozen dataclasses, nothing else.

Times are aware UTC datetimes, legal dates are dates, durations are seconds. Persons are masked.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from services.breach_types import (  # isort: skip
    BreachDecision as BreachDecision, BreachForm as BreachForm, BreachLine as BreachLine, BreachPerson as BreachPerson,
    BreachRaise as BreachRaise, BreachTexts as BreachTexts, NoticeForm as NoticeForm, NoticeWords as NoticeWords,
    OpenBreaches as OpenBreaches, Raised as Raised,
)  # fmt: skip
from services.catalog_types import (
    CatalogChange as CatalogChange,
    CatalogCollection as CatalogCollection,
    CatalogField as CatalogField,
    CatalogSystem as CatalogSystem,
    CatalogVersion as CatalogVersion,
    CatalogView as CatalogView,
)
from services.correctable_line import CorrectableLine as CorrectableLine
from services.decision_types import Approval as Approval, DecisionView as DecisionView, Proposal as Proposal
from services.draft_types import (
    DraftDecision as DraftDecision,
    DraftFound as DraftFound,
    DraftLine as DraftLine,
    DraftState as DraftState,
    DraftView as DraftView,
)
from services.enums import (
    Band as Band,
    Channel as Channel,
    DutyRole as DutyRole,
    Factor as Factor,
    ItemState as ItemState,
    Outcome as Outcome,
    Regime as Regime,
    Requester as Requester,
    Right as Right,
    Role as Role,
    Tier as Tier,
    Wait as Wait,
)
from services.figure_types import FiguresView as FiguresView
from services.held_part import HeldPart as HeldPart
from services.hold_types import HoldView as HoldView
from services.letter_types import LetterText as LetterText, LetterView as LetterView, Printed as Printed
from services.person_match import (
    Matches as Matches,
    PersonMatch as PersonMatch,
)

from services.queue_types import (  # isort: skip
    PAUSE_ENDS_DAYS as PAUSE_ENDS_DAYS, Cursor as Cursor, QueueCounts as QueueCounts, QueuePage as QueuePage,
    QueueRow as QueueRow, QueueView as QueueView,
)  # fmt: skip
from services.settle_types import Unsettled as Unsettled
from services.task_types import TaskForm as TaskForm, TaskState as TaskState, TaskView as TaskView
from services.training_types import CallerLine as CallerLine, Scorecard as Scorecard, ScorePoint as ScorePoint


@dataclass(frozen=True, slots=True)
class Session:
    """Who is at the desk. Opened with a secret only; the token never stands in a repr."""

    id: str
    agent: str
    name: str
    role: Role
    roles: tuple[Role, ...]
    controllers: tuple[str, ...]
    started_at: datetime
    offline: bool
    token: bytes = field(repr=False)
    until: datetime | None = None
    """Where nobody but this desk looked at the PIN: how long that counts."""

    @property
    def actor(self) -> str:
        return f"agent:{self.agent}"


@dataclass(frozen=True, slots=True)
class Status:
    """What the status line shows."""

    sync_text: str
    waiting: int
    oldest_s: int | None
    log_ok: bool
    log_size: int
    key_store: str
    central: str
    worker_alive: bool
    training: bool
    system_alarms: int = 0
    halted: str = ""
    """Who stopped all work, for whom and why; empty when nobody did."""
    breaches: tuple[OpenBreaches, ...] = ()


@dataclass(frozen=True, slots=True)
class Date:
    """One date of a case with its name and why it is so."""

    name: str
    day: date
    why: str = ""


@dataclass(frozen=True, slots=True)
class SystemResult:
    """What happened in one system; `state` is a word a person can read.

    `until`: the next try, or the day a vendor named; of what runs alone, never of what an act says. Of what a law
    keeps, `stored_only` rows are marked as that, and `not_marked` are not.
    """

    system: str
    state: str
    found: int = 0
    deleted: int = 0
    masked: int = 0
    kept: int = 0
    reason: str = ""
    until: datetime | None = None
    stored_only: int = 0
    not_marked: int = 0


@dataclass(frozen=True, slots=True)
class RecipientState:
    """Somebody who had received the data: `told`, `failed` or `impossible`, with the reason (Art 19)."""

    recipient: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ItemView:
    """One right of a case as a screen shows it; `heard`: what the person says about what is weighed was noted."""

    id: str
    right: Right
    state: ItemState
    outcome: Outcome
    text: str
    run_at: datetime | None = None
    plan: str = ""
    digest: str = ""
    asked_by: str = ""
    approved_by: str = ""
    returned: str = ""
    package: str = ""
    systems: tuple[SystemResult, ...] = ()
    recipients: tuple[RecipientState, ...] = ()
    stuck: tuple[str, ...] = ()  # systems about which a lead may decide, as the acts have it, whatever runs now
    tasks: tuple[TaskView, ...] = ()
    decision: DecisionView | None = None
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check has reached and until when it holds."""

    tier: Tier
    passed: tuple[str, ...] = ()
    strikes: int = 0
    until: datetime | None = None
    session: str = ""
    check: str = ""
    template: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class KeyState:
    """Whether an act is open to this person now, and if not, why."""

    act: str
    allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One action of a case, as words; `mark` says why it did not count, if it did not; `under`: the instruction of the
    controller that a processor did it under."""

    at: datetime
    actor: str
    act: str
    text: str
    log: str
    seq: int
    synced: bool
    mark: str = ""
    under: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as a screen shows it. `person` and `delivery` are masked; `words` is what was asked, if we hold it.

    `leads`: the date by which the queue sorts it.
    `instruction`: the controller's, under which a processor acts here; empty for who is none.
    `consent_age`: it is about a minor, who consents alone from that age on (Art 8); 0 where it is not.
    `draft_since`: central does not answer and this person's hold on the case ended then; what they do is a draft.
    """

    id: str
    controller: str
    controller_name: str
    regime: Regime
    duty: DutyRole
    channel: Channel
    requester: Requester
    received_at: datetime
    person: str
    delivery: str
    words: str
    holder: str
    fence: int
    revision: int
    band: Band
    due: str
    dates: tuple[Date, ...]
    items: tuple[ItemView, ...]
    verification: Verification
    flags: tuple[str, ...]
    conflicts: tuple[Unsettled, ...]
    history: tuple[HistoryLine, ...]
    letters: tuple[LetterView, ...]
    keys: tuple[KeyState, ...]
    subject: str
    found: tuple[SystemResult, ...] = ()
    draft_since: datetime | None = None
    leads: date | None = None
    instruction: str = ""
    consent_age: int = 0

    def key(self, act: str) -> KeyState:
        """The state of one act's key; an unknown act is not allowed."""
        return next((k for k in self.keys if k.act == act), KeyState(act, False, "not on this case"))


@dataclass(frozen=True, slots=True)
class Intake:
    """What the intake screen hands to the desk. `identifier` is an e-mail, a phone or a customer number.

    Of a request by mouth (INT-5), `line`: the key of the controller's line that was called, empty when nobody knows;
    `read_back`: what is asked for was read back.
    """

    controller: str
    channel: Channel
    requester: Requester
    rights: tuple[Right, ...]
    identifier: str = field(repr=False)
    words: str = field(default="", repr=False)
    received_at: datetime | None = None
    line: str = ""
    read_back: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What intake answers: the case and what to tell the caller."""

    case: str
    due_nominal: date
    due_hard: date
    say: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an open checklist, with the words to say."""

    id: str
    kind: str
    title: str
    say: str
    state: str
    factor: str = ""
    compared: bool = False
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class ChecklistView:
    """An open checklist: where it stands, never what is expected."""

    case: str
    check: str
    template: str
    title: str
    tier_needed: Tier
    tier_reached: Tier
    strikes: int
    steps: tuple[Step, ...]
    current: int
    until: datetime
    ended: str = ""
    texts: bool = False
    """Whether codes can go by text message here."""


@dataclass(frozen=True, slots=True)
class FoundField:
    """A field of a preview, masked."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FoundCollection:
    """What one collection holds of the person; `public`: the controller had made it public (Art 17(2))."""

    system: str
    collection: str
    label: str
    rows: int
    action: str
    law: str = ""
    until: date | None = None
    sample: tuple[FoundField, ...] = ()
    public: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would touch: per system and collection, what is kept and by which law."""

    case: str
    ask: str
    systems: tuple[SystemResult, ...]
    collections: tuple[FoundCollection, ...]
    plan: str = ""
    digest: str = ""
    deletes: int = 0
    masks: int = 0
    keeps: int = 0
    others: int = 0
    blocked: str = ""
    unreachable: tuple[str, ...] = ()
    deleting: tuple[str, ...] = ()  # what systems delete by themselves before the answer is due, as sentences


@dataclass(frozen=True, slots=True)
class PurposeView:
    """A purpose of the controller with the text to read; `status` is empty below T1 (CL-CON-W)."""

    key: str
    title: str
    text: str
    text_version: str
    effect: str
    marketing: bool
    status: str = ""


@dataclass(frozen=True, slots=True)
class RiskFlag:
    """Personal data a note does not need: kind and span, never the value."""

    kind: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry of this terminal's log as the log screen lists it."""

    seq: int
    at: datetime
    act: str
    actor: str
    case: str
    synced: bool


@dataclass(frozen=True, slots=True)
class LogDetail:
    """One entry with its leaf and proof, as text."""

    seq: int
    body: str
    leaf: str
    proof: tuple[str, ...]
    checkpoint: str
    receipt: str
