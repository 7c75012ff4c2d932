"""Calls for tests of caller and score: entries as a training log would hold them, made along a path."""

from collections.abc import Sequence
from functools import cache

from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import Entry
from services.training.call import folder_of_scenarios
from services.training.moments import Moment, moment
from services.training.scenario import Scenario, read_scenario
from services.types import Factor
from tests.entries import AGENT, DIGEST, LEAD, T0, entry

CHECK, ASK, PLAN = "c" * 32, "a" * 32, "b" * 32
TIERS = {"CL-ACC-STD": "T2", "CL-ERA-STD": "T2"}


@cache
def shipped(name: str) -> Scenario:
    """A scenario of the program."""
    return read_scenario(folder_of_scenarios() / f"{name}.yml")


def call_of(scenario: Scenario, path: Sequence[str] = (), *, reached: str = "", reason: str = "done") -> list[Entry]:
    """A call along `path`, or the expected one; with `reached`, the check ends with that tier before the acts."""
    done: list[tuple[Act, str]] = [(acts.ScenarioStarted(name=scenario.id, version="1"), AGENT)]
    steps = [moment(word) for word in path] or list(scenario.path)
    open_check = False
    for step in steps:
        if open_check and not step.act.startswith("factor."):
            if reached:
                done.append((acts.CheckEnded(check=CHECK, tier=reached, reason=reason), AGENT))
            open_check = False
        open_check = open_check or step.act == "check.started"
        done.append((act_of(step), LEAD if step.act == "erase.approved" else AGENT))
        if step.act == "find.asked":
            done.append((acts.DataViewed(what="preview", reason="answer-request", system=None, count=9), AGENT))
    done.append((acts.ScenarioEnded(name=scenario.id), AGENT))
    return in_order([entry(act, actor=actor) for act, actor in done])


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """The same entries as training, numbered from 100, a second apart."""
    return [e._replace(training=True, seq=100 + n, ts=T0 + n * 1_000_000) for n, e in enumerate(entries)]


def act_of(step: Moment) -> Act:
    """An act that is this moment."""
    code = step.code
    method = "vouched" if code in tuple(Factor) else "agent"
    made: dict[str, Act] = {
        "case.opened": acts.CaseOpened(
            number="C-26-000001", channel="phone", regime="EU", requester="self", received_at=T0,
            received_on="2026-02-02", role="controller", key="e" * 64, line=None, read_back=False,
        ),
        "item.added": acts.ItemAdded(right=code or "access"),
        "item.resolved": acts.ItemResolved(outcome=code or "done", ground=None),
        "check.started": acts.CheckStarted(
            template=code or "CL-ACC-STD", version="1", tier=TIERS.get(code, "T2"), check=CHECK
        ),
        "factor.asked": acts.FactorAsked(check=CHECK, factor=code or "KBS", ask=ASK),
        "factor.passed": acts.FactorPassed(check=CHECK, factor=code or "g1", method=method, ask=None),
        "factor.failed": acts.FactorFailed(check=CHECK, factor=code or "g1", method=method, ask=None, reason="denied"),
        "find.asked": acts.FindAsked(ask=ASK, kinds=("requester",)),
        "export.asked": acts.ExportAsked(format="json", language="en", delivery="on-file"),
        "erase.asked": acts.EraseAsked(plan=PLAN, digest=DIGEST, ground=code or "17-1-a", language="de"),
        "erase.approved": acts.EraseApproved(digest=DIGEST),
        "data.viewed": acts.DataViewed(what=code or "preview", reason="answer-request", system=None, count=1),
        "wrap.coded": acts.WrapCoded(code=code or "LOGGED"),
    }  # fmt: skip
    return made[step.act]
