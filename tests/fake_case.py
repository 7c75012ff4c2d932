"""A desk without stores that knows one case, for the looks of its screens. All persons are fictional."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.errors import Refused
from services.types import (
    Approval,
    Band,
    CaseView,
    Channel,
    ChecklistView,
    Date,
    DutyRole,
    FoundCollection,
    FoundField,
    HistoryLine,
    ItemState,
    ItemView,
    KeyState,
    LetterView,
    LogDetail,
    LogLine,
    Outcome,
    Preview,
    PurposeView,
    Regime,
    Requester,
    Right,
    RiskFlag,
    Session,
    Step,
    SystemResult,
    Tier,
    Unsettled,
    Verification,
)
from tests.fake_breach import FakeBreach, FakeNotice
from tests.fake_catalog import FakeCatalog
from tests.fake_clock import CLOCK_KEYS, FakeClock
from tests.fake_desk import FakeDesk, FakeDraft
from tests.fake_figures import FakeFigures
from tests.fake_intake import FakeIntake
from tests.fake_rectify import FakeRectify
from tests.fake_tasks import FakeTask, tasks
from tests.fake_whom import FakeWhom

NOW = datetime(2026, 3, 5, 14, 3, tzinfo=UTC)
CASE = "C-26-004155"
SYSTEMS = (
    SystemResult("crm", "found", 3),
    SystemResult("desk", "found", 5),
    SystemResult("news", "found", 2),
    SystemResult("shop", "found", 18),
)
ACTS = {
    "hold": "",
    "take": "you hold it already", "assign": "for lead only", "verify": "", "find": "", "export": "", "erase": "",
    "consent": "", "consent-give": "", "consent-withdraw": "", "marketing": "", "note": "", "reveal": "",
    "rectify": "", "rectify-grave": "needs T3, reached T2 (v)",
    "restrict": "nobody asked for restriction in this case", "lift": "for lead only", "second": "for lead only",
    "resolve": "", "withdraw": "it is in-progress", "hand-over": "", "wrap-up": "", "approve": "for lead only",
    "return": "for lead only", "task": "nothing is to be done by hand", "people": "",
    "redact": "nothing waits for it", "disclose": "nothing waits for it", "read-letter": "",
    "letter": "no letter has failed", "breach-letter": "no letter of a breach has failed",
    "print-letter": "", "print-notice": "", **CLOCK_KEYS,
}  # fmt: skip
OTHERS = "0017 did it: they settle it, or a lead"
SAY = "Your request is logged as of Thursday 05 March 2026. You will have an answer by Tuesday 07 April 2026."


def view(**changed: Any) -> CaseView:
    """A case in which the person asks for access and erasure."""
    base = CaseView(
        id=CASE, controller="nordlicht", controller_name="Nordlicht Versand GmbH", regime=Regime.EU,
        duty=DutyRole.CONTROLLER, channel=Channel.PHONE, requester=Requester.SELF, received_at=NOW,
        person="a•••@ex•••.com", delivery="the contact point on file", words="", holder="0042", fence=1, revision=9,
        band=Band.REST, due="33d left",
        dates=(
            Date("received", date(2026, 3, 5), "in Europe/Berlin"), Date("internal target", date(2026, 3, 19)),
            Date("one month", date(2026, 4, 5), "Art 12(3)"), Date("legal end", date(2026, 4, 7)),
        ),
        items=(
            ItemView("1", Right.ACCESS, ItemState.CLOSED, Outcome.DONE, "done", package="5f0e" * 8, systems=SYSTEMS),
            ItemView(
                "2", Right.ERASURE, ItemState.READY, Outcome.OPEN, "approved", run_at=NOW + timedelta(seconds=25),
                approved_by="0007",
            ),
        ),
        verification=Verification(
            Tier.T2, ("KBS", "PIN"), 0, NOW + timedelta(minutes=21), "s1", "c1", "CL-ERA-STD", open=False
        ),
        flags=("fraud",), conflicts=(), history=lines(),
        letters=(LetterView("l1", "access-answer", "de", "sent", "mail"),),
        keys=tuple(KeyState(act, not reason, reason) for act, reason in ACTS.items()), subject="psn:1", found=SYSTEMS,
    )  # fmt: skip
    return replace(base, **changed)


def unsettled(number: int = 0, **changed: Any) -> Unsettled:
    """A marketing stop of 0042's while their line was down, which 0017's hold overtook."""
    base = Unsettled(
        kind="conflict", log="5f0e9a1b/1", seq=30 + number, case=CASE, controller="nordlicht", text="marketing stopped",
        who="0042", at=NOW - timedelta(minutes=40), met=NOW - timedelta(minutes=4),
        why="the hold it was done under is over: hold 1, now 2", holder="0017", no_repeat="held by 0017",
    )  # fmt: skip
    return replace(base, **changed)


MARKED = (
    ("marketing stopped", "not taken: the hold it was done under is over: hold 1, now 2"),
    ("package made", "came too late: another worker had this job"),
    ("consent withdrawn: newsletter", "not taken; repeated by 0007"),
    ("erasure asked for, ground 17-1-b", ""),
)


def not_taken() -> CaseView:
    """The case with a conflict, and a history in which not all counted."""
    marked = tuple(
        HistoryLine(NOW - timedelta(minutes=n), "agent:0042", "act", text, "5f0e9a1b/1", 31 - n, True, mark)
        for n, (text, mark) in enumerate(MARKED)
    )
    return view(holder="0017", conflicts=(unsettled(),), history=marked, items=view().items[:1])


def cut_off() -> CaseView:
    """The case while central does not answer and the hold on it is over."""
    draft = HistoryLine(
        NOW, "agent:0042", "act", "marketing stopped", "5f0e9a1b/1", 31, False, "a draft: not taken yet"
    )
    return view(draft_since=NOW - timedelta(minutes=3), history=(draft, *lines()[1:]), items=view().items[:1])


def lines() -> tuple[HistoryLine, ...]:
    """Newest first."""
    done = (
        ("agent:0007", "erase.approved", "erasure approved"),
        ("agent:0042", "erase.asked", "erasure asked for, ground 17-1-b"),
        ("worker:5f0e9a1b", "export.delivered", "package sent"),
        ("agent:0042", "export.asked", "export asked for"),
        ("agent:0042", "check.ended", "identity check ended at T2: done"),
        ("agent:0042", "case.opened", "request logged (phone)"),
    )
    return tuple(
        HistoryLine(NOW - timedelta(seconds=40 * n), actor, act, text, "5f0e9a1b/1", 20 - n, n > 0)
        for n, (actor, act, text) in enumerate(done)
    )


def preview() -> Preview:
    """A plan with rows kept by law."""
    return Preview(
        case=CASE, ask="a1", systems=SYSTEMS,
        collections=(
            FoundCollection("crm", "customer", "Customer", 1, "delete", sample=(FoundField("name", "A•••"),)),
            FoundCollection("desk", "ticket", "Ticket", 2, "mask"),
            FoundCollection("news", "subscription", "Subscription", 2, "delete"),
            FoundCollection("shop", "invoice", "Invoice", 6, "keep", "§ 147 AO", date(2034, 12, 31)),
            FoundCollection("shop", "order", "Order", 12, "delete"),
        ),
        plan="p1", digest="c94a" * 16, deletes=15, masks=2, keeps=6, others=2,
    )  # fmt: skip


STEPS = (
    Step("g1", "guard", "Hear the request", "What would you like me to do?", "passed"),
    Step("g6", "guard", "No pressure: urgency, authority, pity, threat, a prompting voice", "I take time.", "failed"),
    Step("identify.KBS", "factor", "Find the record", "To look for a record:", "open", "KBS", compared=True),
    Step("prove.OTP", "factor", "A proof: Code to the address on file", "I have a code sent.", "blocked", "OTP", True,
         "tried often enough in this contact"),
    Step("prove.CBK", "factor", "A proof: Call back the number on file", "I hang up and call.", "open", "CBK"),
    Step("g9", "guard", "Logged; the date told", "You get an answer by 2026-04-07.", "open"),
)  # fmt: skip


def checklist(**changed: Any) -> ChecklistView:
    """An open check at the step that finds the record."""
    base = ChecklistView(
        CASE, "c1", "CL-ACC-STD", "Send my data", Tier.T2, Tier.T0, 0, STEPS, 2, NOW + timedelta(minutes=29)
    )
    return replace(base, **changed)


def by_hand() -> CaseView:
    """The case while its search waits for people."""
    waiting = replace(
        view().items[0], state=ItemState.RUNNING, outcome=Outcome.OPEN, text="running", package="", tasks=tasks(CASE)
    )
    keys = tuple(KeyState(key.act, True) if key.act == "task" else key for key in view().keys)
    return view(items=(waiting,), keys=keys)


class FakeCase:
    """`desk.case`."""

    def __init__(self) -> None:
        self.view = view()
        self.reads = 0

    def read(self, session: Session, case: str) -> CaseView:
        self.reads += 1
        return replace(self.view, id=case)


class FakeCheck:
    """`desk.check`: knows a question, compares nothing."""

    def __init__(self) -> None:
        self.grave: bool | None = None
        self.confirmed: list[str] = []
        self.view_now = checklist()

    def start(self, session: Session, case: str, *, grave: bool = False) -> ChecklistView:
        self.grave = grave
        return self.view_now

    def second(self, session: Session, case: str) -> None:
        self.confirmed.append(case)

    def mark(self, session: Session, case: str, step: str, mark: str) -> ChecklistView:
        return self.view_now

    def question(self, session: Session, case: str, step: str) -> Any:
        return type("Asked", (), {"key": "crm.customer.postcode", "text": "What is your postcode?"})

    def answer(self, session: Session, case: str, step: str, key: str, answer: str, stage: Any) -> ChecklistView:
        self.view_now = replace(self.view_now, strikes=self.view_now.strikes + 1)
        return self.view_now


class FakeFind:
    """`desk.find`."""

    def __init__(self) -> None:
        self.preview_now = preview()

    def preview(self, session: Session, case: str, item: str, stage: Any) -> Preview:
        return self.preview_now

    def reveal(self, session: Session, case: str, what: str, reason: str = "") -> str:
        return "ada.example@example.com" if what == "person" else ""


class FakeAct:
    """`desk.act`: keeps what it was asked."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, ...]] = []

    def purposes(self, session: Session, case: str) -> tuple[PurposeView, ...]:
        read = "May we send you our newsletter, about twice a month? You can end this at any time."
        effect = "You will get no more newsletters. What was done until now stays lawful."
        return (
            PurposeView("newsletter", "Newsletter", read, "2025-11", effect, True),
            PurposeView(
                "profiling", "Recommendations", "May we look at your orders?", "2025-02", "None any more.", False
            ),
        )

    def check_text(self, text: str, controller: str) -> tuple[RiskFlag, ...]:
        at = text.find("4111")
        return (RiskFlag("card", at, at + 19, "looks like a card number"),) if at >= 0 else ()

    def erase(self, session: Session, case: str, typed: str, *, ground: str, digest: str) -> None:
        self.kept.append(("erase", typed, ground, digest))

    def export(self, session: Session, case: str, *, item: str) -> None:
        self.kept.append(("export", item))

    def transfer(self, session: Session, case: str, name: str, mail: str) -> None:
        self.kept.append(("transfer", name, mail))

    def stop_marketing(self, session: Session, case: str) -> str:
        self.kept.append(("marketing",))
        return "That is done."

    def lift(self, session: Session, case: str, reason: str) -> None:
        self.kept.append(("lift", reason))

    def wrap_up(self, session: Session, case: str, code: str, seconds: int) -> None:
        self.kept.append(("wrap", code))


class FakeReview:
    """`desk.review`: two wait, one of them asked for by lead 0007."""

    def __init__(self) -> None:
        self.approved: list[str] = []

    def waiting(self, session: Session) -> tuple[Approval, ...]:
        counts = "15 deleted, 2 masked, 6 kept"
        return (
            Approval(CASE, "2", Right.ERASURE, "0042", NOW, "c94a" * 16, counts, "33d left", False, "nordlicht"),
            Approval("C-26-004199", "1", Right.ERASURE, "0007", NOW, "77ab" * 16, counts, "TODAY", True, "nordlicht"),
        )

    def approve(self, session: Session, case: str, item: str, digest: str) -> None:
        if session.agent == "0007" and case != CASE:
            raise Refused("you asked for it: a second person approves")
        self.approved.append(digest)


class FakeSettle:
    """`desk.settle`: keeps what was settled."""

    def __init__(self) -> None:
        check = "a check holds for its own contact only: check again (v)"
        self.found = [
            unsettled(),
            unsettled(1, text="consent withdrawn: newsletter", no_repeat=""),
            unsettled(2, text="identity check CL-ERA-STD, aims at T2", no_repeat=check),
            unsettled(3, text="g1 passed", no_repeat=check),
            unsettled(
                4, kind="closed", case="C-26-004199", text="request logged (phone)", met=None, holder="", no_repeat="",
                why="central never took it: its log was closed",
            ),
            unsettled(5, case="C-26-004201", who="0017", no_repeat=OTHERS, no_drop=OTHERS),
        ]  # fmt: skip
        self.kept: list[tuple[object, ...]] = []

    def waiting(self, session: Session, case: str = "") -> tuple[Unsettled, ...]:
        return tuple(one for one in self.found if case in ("", one.case))

    def repeat(self, session: Session, case: str, log: str, seq: int) -> None:
        self._settle([(log, seq)], "repeat")

    def drop(self, session: Session, case: str, places: list[tuple[str, int]], reason: str) -> int:
        self._settle(places, reason)
        return len(places)

    def _settle(self, places: list[tuple[str, int]], how: str) -> None:
        self.kept += [(how, seq) for _, seq in places]
        self.found = [one for one in self.found if one.place not in places]


class FakeLog:
    """`desk.log` with 40 entries."""

    size = 40
    whole = True

    def verify(self, session: Session, stage: Any) -> tuple[bool, str]:
        stage("checking 40 entries")
        return (True, "whole: 40 entries") if self.whole else (False, "tampered: changed-entry at 5f0e9a1b/1:7")

    def page(
        self, session: Session, before: int | None = None, limit: int = 100, case: str = ""
    ) -> tuple[LogLine, ...]:
        top = self.size if before is None else before
        acts = ("factor.passed", "check.started", "case.opened", "session.started")
        return tuple(
            LogLine(n, NOW - timedelta(seconds=self.size - n), acts[n % 4], "agent:0042", CASE if n % 4 else "", n < 38)
            for n in range(top - 1, max(-1, top - 1 - limit), -1)
        )

    def detail(self, session: Session, seq: int) -> LogDetail:
        body = json.dumps({"act": "factor.passed", "actor": "agent:0042", "params": {"factor": "PIN"}, "seq": seq})
        return LogDetail(seq, body, "59fe" * 16, ("KRq0zq/a2FKN=", "qy+4IDGnNrHN="), "demo/5f0e9a1b/1\n40\nGRp288=", "")


class CaseDesk(FakeDesk):
    """The door, as far as the screens of a case use it."""

    def __init__(self, **words: Any) -> None:
        super().__init__(**words)
        self.case, self.check, self.find, self.act = FakeCase(), FakeCheck(), FakeFind(), FakeAct()
        self.intake, self.draft, self.review, self.log = FakeIntake(), FakeDraft(), FakeReview(), FakeLog()
        self.settle, self.queue.not_taken = FakeSettle(), (2, 0, 1)
        self.task, self.catalog, self.rectify = FakeTask(CASE), FakeCatalog(), FakeRectify()
        self.breach, self.notice, self.figures = FakeBreach(), FakeNotice(), FakeFigures()
        self.clock, self.whom = FakeClock(), FakeWhom()
        self.state = replace(self.state, log_size=40)

    def controllers(self) -> tuple[tuple[str, str], ...]:
        return (("nordlicht", "Nordlicht Versand GmbH"), ("albion", "Albion Ltd"))
