"""The closed lists of the field: rights, roles, tiers, states. Their values stand in the log and never change."""

from enum import StrEnum


class Right(StrEnum):
    """What is asked for (rules.md 0)."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION_MARKETING = "objection-marketing"
    OBJECTION_OTHER = "objection-other"
    CONSENT_WITHDRAW = "consent-withdraw"
    CONSENT_GIVE = "consent-give"
    ADM_REVIEW = "adm-review"
    COMPLAINT = "complaint"
    UNKNOWN = "unknown"


class Regime(StrEnum):
    """Whose law counts the month (rules.md 2.6)."""

    EU = "EU"
    UK = "UK"
    OTHER = "OTHER"


class Wait(StrEnum):
    """What the person was asked for while the time may stand still (rules.md 2.2)."""

    IDENTITY = "identity"
    CLARIFICATION = "clarification"
    FEE = "fee"


class Role(StrEnum):
    """What a person acts as; one active at a time, granted per controller."""

    AGENT = "agent"
    LEAD = "lead"
    OFFICER = "officer"
    TRAINER = "trainer"
    OPERATOR = "operator"


class DutyRole(StrEnum):
    """Whether we answer for the controller or assist it (Art 4(7), 4(8), 26)."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"
    JOINT = "joint"


class Channel(StrEnum):
    """How the request came."""

    PHONE = "phone"
    MAIL = "mail"
    CHAT = "chat"
    LETTER = "letter"
    IN_PERSON = "in-person"


class Requester(StrEnum):
    """Who asks (rules.md 6)."""

    SELF = "self"
    REPRESENTATIVE = "representative"
    PARENT = "parent"
    GUARDIAN = "guardian"
    HEIR = "heir"
    EMPLOYEE = "employee"
    COMPANY = "company"
    AUTHORITY = "authority"
    UNKNOWN = "unknown"


class Tier(StrEnum):
    """How sure we are of the person (rules.md 7.4)."""

    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    TX = "TX"


class Factor(StrEnum):
    """What the checklist engine knows (rules.md 7.3)."""

    SES = "SES"
    OTP = "OTP"
    CBK = "CBK"
    PIN = "PIN"
    LTR = "LTR"
    KBD = "KBD"
    KBS = "KBS"
    ANI = "ANI"
    DOC = "DOC"
    REP = "REP"
    SUP = "SUP"


class ItemState(StrEnum):
    """Where one right of a case stands (rules.md 10.1)."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    VERIFYING = "verifying"
    IN_PROGRESS = "in-progress"
    REVIEW = "review"
    READY = "ready"
    RUNNING = "running"
    SENT = "sent"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How an item ended."""

    OPEN = "open"
    DONE = "done"
    PARTLY = "partly"
    NOTHING_HELD = "nothing-held"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_IDENTIFIED = "not-identified"
    REFERRED = "referred"
    MERGED = "merged"
    SPAM = "spam"


class Band(StrEnum):
    """Queue bands, most urgent first (design.md 7.11)."""

    BREACH = "0-breach"
    OVERDUE = "1-overdue"
    TODAY = "2-today"
    PAUSE_ENDS = "3-pause-ends"
    UNACKNOWLEDGED = "4-unacknowledged"
    REST = "5-rest"
    CLOSED = "9-closed"
