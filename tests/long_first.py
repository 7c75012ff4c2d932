"""In which order tests run: with several processes, the longest first, so that none is left over at the end.

Each process begins with a share of the tests in their order, and takes from another's share when its own is done.
"""

from itertools import groupby

import pytest

LONG = (
    "tests/test_setup", "tests/stories/", "tests/faults/", "tests/terminal/", "tests/screens/",
    "tests/services/test_worker", "tests/services/test_demo", "tests/services/test_weighing",
)  # fmt: skip
"""Where a test takes seconds, the longest first; everywhere else it is a fraction of one."""


def in_order(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """The same tests: every process's share begins with its part of the long ones. Files stay whole, for what
    is made once for all of a file."""
    long, short = [], list[pytest.Item]()
    for _, of_file in groupby(items, key=_file):
        one = list(of_file)
        rank = next((n for n, start in enumerate(LONG) if _file(one[0]).startswith(start)), len(LONG))
        if rank < len(LONG):
            long.append((rank, one))
        else:
            short += one
    shares = [list[pytest.Item]() for _ in range(processes)]
    for _, one in sorted(long, key=lambda ranked: ranked[0]):
        min(shares, key=_work).extend(one)
    ordered = list[pytest.Item]()
    for place, share in enumerate(shares):
        size = (len(items) - len(ordered)) // (processes - place)  # as xdist gives them out
        room = max(0, size - len(share))
        ordered += [*share, *short[:room]]
        short = short[room:]
    return ordered + short


def _work(share: list[pytest.Item]) -> int:
    """How many of them run by default."""
    return sum("long" not in item.keywords for item in share)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
