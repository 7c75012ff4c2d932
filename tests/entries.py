"""Entries for tests of the fold: as a log would hold them, without a log."""

import itertools

from services.action_log.act import Act, to_params
from services.action_log.acts import CaseOpened, ItemAdded
from services.action_log.entry import Entry, new_id
from services.cases.case import Case
from services.cases.fold import fold
from services.types import Right

T0 = 1_770_000_000_000_000
AGENT, OTHER, LEAD, WORKER = "agent:0042", "agent:0017", "agent:0007", "worker:7f3a90c1"
SESSION, OTHER_SESSION, LEAD_SESSION = "a" * 32, "b" * 32, "c" * 32
DIGEST = "d" * 64
_seq = itertools.count(1)


def entry(act: Act, *, actor: str = AGENT, as_: str = "agent", item: str | None = None, **more: object) -> Entry:
    """One entry of case C-26-000001; `more` replaces fields."""
    made = Entry(
        act=act.NAME,
        actor=actor,
        as_=as_,
        base=None,
        boot="0" * 32,
        case="C-26-000001",
        controller="nordlicht",
        details=(),
        fence=None,
        item=item,
        log="7f3a90c1/1",
        mono=1,
        op=new_id(),
        params=to_params(act),
        seq=next(_seq),
        session=SESSION if actor == AGENT else LEAD_SESSION if actor == LEAD else None,
        subject="psn:" + "9" * 32,
        training=False,
        ts=T0,
    )
    return made._replace(**more)


def opened(*rights: Right) -> Case:
    """A case just logged by AGENT, with one item a right."""
    act = CaseOpened(
        number="C-26-000001",
        channel="phone",
        regime="EU",
        requester="self",
        received_at=T0,
        received_on="2026-02-02",
        role="controller",
        key="e" * 64,
        line=None,
        read_back=False,
    )
    case = fold(None, entry(act), T0)
    for number, right in enumerate(rights, 1):
        case = fold(case, entry(ItemAdded(right=right), item=str(number)), T0)
    assert case is not None
    return case


def after(case: Case, *entries: Entry, at: int = T0) -> Case:
    """The case with entries folded at `at`."""
    for one in entries:
        folded = fold(case, one, at)
        assert folded is not None
        case = folded
    return case
