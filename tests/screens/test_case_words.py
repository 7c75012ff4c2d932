"""Pure parts of the screens of a case: masks, suggestions, tables, pages of the log."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from screens import case_panes, preview_table
from screens.kit.pages import Answer
from screens.lines import hang, pair
from screens.log import _page
from screens.watched_text import masked
from screens.words import left
from screens.wrap import CODES, contact_seconds, suggestion
from services.cases.words import act_words
from services.types import HistoryLine, ItemState, ItemView, Outcome, Right, RiskFlag, SystemResult
from tests.fake_case import NOW, FakeLog, preview, view
from tests.fake_decisions import waiting


def line(act: str, minutes_ago: int = 0) -> HistoryLine:
    return HistoryLine(NOW - timedelta(minutes=minutes_ago), "agent:0042", act, act, "5f0e9a1b/1", 1, True)


def test_a_mask_names_the_kind_and_leaves_the_rest() -> None:
    text = "pays with 4111, mail a@b.de"
    flags = (RiskFlag("email", 21, 27, ""), RiskFlag("card", 10, 14, ""))
    assert masked(text, flags) == "pays with [card], mail [email]"
    assert masked(text, ()) == text


def test_fifteen_codes_each_with_its_own_letter() -> None:
    assert len(CODES) == len({code for code, _ in CODES.values()}) == 15
    assert all(len(key) == 1 for key in CODES)


def test_the_suggested_code_fits_what_was_done() -> None:
    for acts, code in (
        (("decision.proposed",), "REFUSE-PROP"),
        (("erase.asked", "export.asked"), "ERASE-STARTED"), (("export.asked",), "EXPORT-SENT"),
        (("marketing.stopped",), "MKT-STOP"), (("factor.passed",), "VERIFIED"), ((), "LOGGED"),
    ):  # fmt: skip
        fitting = view(history=tuple(line(act) for act in (*acts, "case.opened")))
        assert CODES[suggestion(fitting)][0] == code
    earlier = view(history=(line("contact.ended"), line("export.asked")))
    assert CODES[suggestion(earlier)][0] == "LOGGED", "what an earlier contact did is not counted again"


def test_a_decision_that_waits_is_the_next_step_of_whoever_may_decide_it_and_of_nobody_else() -> None:
    assert case_panes.next_step(waiting()).startswith("y  read the letter"), "an access request, and not its parts"
    assert case_panes.next_step(waiting("you proposed it")).startswith("wait: a second person")


def test_a_list_in_an_action_reads_as_words() -> None:
    made = {"outcome": "refused", "grounds": ["12-5-unfounded", "15-4"]}
    assert act_words("decision.proposed", made) == "proposed: refused, on 12-5-unfounded, 15-4"


def test_the_contact_is_timed_from_its_start() -> None:
    calls = (
        line("factor.passed", 1),
        line("contact.started", 7),
        line("contact.ended", 60),
        line("contact.started", 70),
    )
    assert contact_seconds(view(history=calls), NOW) == 7 * 60
    assert contact_seconds(view(history=calls[2:]), NOW) == 0


def test_what_is_kept_is_said_by_law_and_date() -> None:
    found = preview()
    assert preview_table.kept(found) == "6 Invoice (§ 147 AO, until 31 Dec 2034)"
    one = replace(found.collections[3], until=found.collections[3].until and datetime(2031, 12, 31, tzinfo=UTC).date())
    both = replace(found, collections=(*found.collections, one))
    assert preview_table.kept(both) == "12 Invoice (§ 147 AO, until 31 Dec 2034 at the latest)"
    assert preview_table.kept(replace(found, collections=())) == "nothing"


def test_only_what_came_after_the_act_proves_it() -> None:
    lines = (line("letter.sent"), line("export.built"), line("export.asked"), line("letter.sent"))
    assert len(case_panes.proofs(lines, ("export.asked",), NOW, 60)) == 2


@given(st.text(max_size=300), st.integers(24, 120))
def test_lines_never_run_over_their_room(text: str, room: int) -> None:
    for made in (pair("Answer to", text, room), hang("14:03 0042", text, room)):
        assert max(row.cell_length for row in made.split("\n", allow_blank=True)) <= room or not text.isascii()


@given(st.integers(-10, 200_000))
def test_a_countdown_is_never_negative(seconds: int) -> None:
    words = left(NOW + timedelta(seconds=seconds), NOW)
    assert int(words.split()[0]) >= 0


def walk(reverse: bool) -> list[int]:
    """All entries by pages of seven, from the newest or from the oldest."""
    seen: list[int] = []
    after: Any = None
    while True:
        answer: Answer[Any, Any] = _page(_Door(), None, FakeLog.size, after, 7, reverse)
        rows = [row.seq for row in answer.rows]
        seen = rows + seen if reverse else seen + rows
        after = answer.first if reverse else answer.last
        if not rows or (seen[0] == FakeLog.size - 1 and seen[-1] == 0):
            return seen


class _Door:
    log = FakeLog()


def test_pages_of_the_log_meet_from_both_ends() -> None:
    newest_first = list(range(FakeLog.size - 1, -1, -1))
    assert walk(reverse=False) == newest_first
    assert walk(reverse=True) == newest_first


@pytest.mark.rule("ERA-2")
def test_ERA_2_what_a_law_keeps_says_whether_it_is_marked_as_stored_only() -> None:
    done = SystemResult("shop", "done", deleted=12, kept=7, reason="retention", stored_only=4, not_marked=2)
    told = "shop  done: 12 deleted, 7 kept: 4 stored only, 2 not marked as stored only (retention)"
    assert case_panes.system_words(done) == told
    assert (
        case_panes.system_words(replace(done, stored_only=0, not_marked=0))
        == "shop  done: 12 deleted, 7 kept (retention)"
    )


def test_an_approved_erasure_that_waits_for_a_copy_is_not_about_to_run() -> None:
    ready = ItemView("1", Right.ERASURE, ItemState.READY, Outcome.OPEN, "", run_at=NOW, approved_by="0007")
    assert case_panes.countdown(ready, NOW) == "approved by 0007, about to run"
    waits = SystemResult("crm", "waits: a copy is asked for, answer that first", reason="C-26-000009")
    assert case_panes.countdown(replace(ready, systems=(waits,)), NOW) == "approved by 0007, waits (u takes it back)"
    told = "crm  waits: a copy is asked for, answer that first (C-26-000009)"
    assert case_panes.system_words(waits) == told
