"""How often a worker takes up a job that was left where it stood: seldom while it cannot go on, soon when it did."""

from types import SimpleNamespace

from db.central_jobs import Job
from services.fulfilment.worker import Worker

LEFT = SimpleNamespace(id="3ce8cda24ac763f66e1a611e12b11ccf", kind="erase", fence=1)


def looks_taken_up(looks: int, went_on: list[int]) -> list[int]:
    """At which of so many looks an idle job is resumed, when steps of it were recorded before the looks `went_on`."""
    resumed: list[int] = []
    at = {"look": 0}
    engine = SimpleNamespace(
        runs=lambda _: False, went_on=lambda _: at["look"] in went_on, resume=lambda *_: resumed.append(at["look"])
    )
    worker = SimpleNamespace(_engine=engine, _idle={}, _journal=SimpleNamespace(say=lambda *_, **__: None))
    jobs: list[Job] = [LEFT]  # type: ignore[list-item]
    for at["look"] in range(1, looks + 1):
        Worker._take_up(worker, jobs)  # type: ignore[arg-type]
    return resumed


def test_what_cannot_go_on_is_tried_ever_more_seldom_and_never_given_up() -> None:
    assert looks_taken_up(256, []) == [2, 4, 8, 16, 32, 64, 128, 192, 256]


def test_what_went_on_since_is_taken_up_soon() -> None:
    assert looks_taken_up(40, [33]) == [2, 4, 8, 16, 32, 34, 36, 40]
