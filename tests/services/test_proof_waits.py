"""A worker waits for a check that is on its way to central, and for nothing else."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from services.cases.case import Check
from services.errors import Refused
from services.fulfilment.proof import Proof
from services.identity.check import End
from services.types import Tier

OPEN = Check("f" * 32, "CL-RECT-CRIT", "1", Tier.T3, "s" * 32, "agent:0042", time.time_ns() // 1000)


def asking(*seen: Check) -> tuple[Proof, list[Check]]:
    """A worker that sees these states of the check, one after the other, the last for good; what it has not seen."""
    left = list(seen)
    case = lambda _: SimpleNamespace(check=left.pop(0) if len(left) > 1 else left[0])  # noqa: E731
    room = SimpleNamespace(now=lambda: time.time_ns() // 1000, case=case, stopped=lambda: False)
    return Proof(room), left  # type: ignore[arg-type]


def test_a_check_that_is_done_may_be_aimed_higher_on_the_way() -> None:
    done = replace(OPEN, ended=End.DONE)
    proof, _ = asking(done, done, OPEN)
    assert proof._open_check("C-26-000001", OPEN.id) == OPEN


@pytest.mark.parametrize("why", [End.TWO_WRONG, End.CANNOT_VERIFY, End.CONTACT_ENDED, End.SWITCHED])
def test_a_check_that_ended_otherwise_is_over_at_once(why: End) -> None:
    proof, left = asking(replace(OPEN, ended=why), OPEN, OPEN)
    with pytest.raises(Refused, match="the check is over"):
        proof._open_check("C-26-000001", OPEN.id)
    assert left == [OPEN, OPEN], "nothing was waited for"
