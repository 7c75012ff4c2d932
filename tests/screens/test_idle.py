"""TRM-3: when the desk locks by itself."""

import pytest

from console.idle import Idle


@pytest.mark.rule("TRM-1", "TRM-3")
def test_TRM_3_warns_thirty_seconds_before_and_locks_at_three_minutes() -> None:
    idle = Idle()
    assert idle.judge(149, 149, 0, 180) == "stay"
    assert idle.judge(150, 150, 0, 180) == "warn"
    assert idle.left == 30
    assert idle.judge(180, 180, 0, 180) == "lock"


def test_a_key_starts_the_time_anew() -> None:
    idle = Idle()
    assert idle.judge(170, 170, 0, 180) == "warn"
    assert idle.judge(171, 171, 170.5, 180) == "stay"


def test_an_open_checklist_has_ten_minutes() -> None:
    assert Idle().judge(500, 500, 0, 600) == "stay"


def test_a_machine_that_slept_is_locked() -> None:
    idle = Idle()
    assert idle.judge(10, 1_000, 9, 180) == "stay"
    assert idle.judge(11, 1_001, 9, 180) == "stay"
    assert idle.judge(12, 1_300, 9, 180) == "lock"


@pytest.mark.rule("TRM-2")
def test_a_locked_session_ends_after_half_an_hour_and_any_after_ten_hours() -> None:
    idle = Idle()
    assert idle.judge_locked(1_799, 0, 0) == "stay"
    assert idle.judge_locked(1_800, 0, 0) == "end"
    assert idle.judge_locked(36_000, 35_990, 0) == "end"
