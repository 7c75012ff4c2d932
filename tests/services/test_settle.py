"""What did not count is settled by a person: nothing is lost, nothing is done twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from db.central import INBOX
from services.action_log import acts
from services.action_log.entry import new_id
from services.desk.desk import Desk
from services.errors import BadInput, DeskError, Refused
from services.sync.rebuild import differences
from services.types import QueueView, Right, Session, Unsettled
from tests.centre import AGENT, COLLEAGUE, COLLEAGUE_PIN, LEAD, LEAD_PIN, Centre, request, sign_in
from tests.cut_off import Line, later, lease_over
from tests.log_samples import unguarded
from tests.lone_terminal import wait_until


class Two:
    """Agent 0042 at desk-1 was cut off while 0017, at desk-2, took their case."""

    def __init__(self, centre: Centre, line: Line, one: Desk, two: Desk) -> None:
        self.centre, self.line, self.one, self.two = centre, line, one, two
        self.mine, self.theirs = sign_in(one), sign_in(two, COLLEAGUE, COLLEAGUE_PIN)
        self.case = one.intake.open(self.mine, request(Right.CONSENT_WITHDRAW, Right.OBJECTION_MARKETING)).case
        self.settle()

    def settle(self) -> None:
        self.centre.settle(self.one, self.two)

    def cut(self) -> None:
        """The line of desk-1 goes; its hold ends; 0017 takes the case."""
        self.line.cut(self.one)
        later(self.one)
        lease_over(self.centre.engine, self.case)
        later(self.two)
        self.two.queue.take(self.theirs, self.case)
        self.centre.settle(self.two)

    def back(self) -> None:
        self.line.mend(self.one)
        self.settle()

    def waiting(self, desk: Desk | None = None, session: Session | None = None) -> tuple[Unsettled, ...]:
        return (desk or self.one).settle.waiting(session or self.mine)

    def acts(self) -> list[str]:
        return [line.act for line in reversed(self.one.case.read(self.mine, self.case).history)]


@pytest.fixture
def desks(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    line = Line(monkeypatch)
    with ExitStack() as stack:
        yield Two(centre, line, *(stack.enter_context(centre.desk(name)) for name in ("desk-1", "desk-2")))


def handed_in(centre: Centre, log: str) -> int:
    """Entries of a log that central has or has in its inbox."""
    with centre.engine.connect() as conn:
        last = sa.select(sa.func.max(INBOX.c.start + INBOX.c.count)).where(INBOX.c.log == log)
        return int(conn.execute(last).scalar() or 0)


def jobs_of(centre: Centre, kind: str) -> int:
    return sum(1 for job in centre.store.due_jobs(2**62, 100) if job.kind == kind)


def stopped_offline(desks: Two) -> Unsettled:
    """0042 stopped marketing while cut off; it is a conflict now."""
    desks.cut()
    desks.one.act.stop_marketing(desks.mine, desks.case)
    desks.back()
    (met,) = desks.waiting()
    return met


def test_an_act_after_the_hold_ended_is_a_draft_and_says_so(desks: Two) -> None:
    desks.line.cut(desks.one)
    assert desks.one.case.read(desks.mine, desks.case).draft_since is None
    desks.one.act.note(desks.mine, desks.case, "said in time")
    later(desks.one)
    desks.one.act.stop_marketing(desks.mine, desks.case)
    view = desks.one.case.read(desks.mine, desks.case)
    assert view.draft_since is not None
    assert [(line.act, line.mark) for line in view.history[:2]] == [
        ("marketing.stopped", "a draft: not taken yet"), ("note.kept", ""),
    ]  # fmt: skip
    (draft,) = desks.waiting()
    assert (draft.kind, draft.case, draft.who) == ("draft", desks.case, AGENT)
    assert desks.one.queue.counts(desks.mine, ALL).drafts == 1
    with pytest.raises(DeskError):
        desks.one.settle.drop(desks.mine, desks.case, [draft.place], "mistake")


def test_a_draft_is_taken_when_nobody_took_the_case_meanwhile(desks: Two) -> None:
    desks.line.cut(desks.one)
    later(desks.one)
    desks.one.act.stop_marketing(desks.mine, desks.case)
    desks.back()
    assert desks.waiting() == ()
    assert jobs_of(desks.centre, "consent") == 1


def test_an_act_under_an_old_hold_is_a_conflict_in_words_and_does_nothing(desks: Two) -> None:
    met = stopped_offline(desks)
    assert (met.kind, met.text, met.who, met.holder) == ("conflict", "marketing stopped", AGENT, COLLEAGUE)
    assert "the hold it was done under is over" in met.why
    assert met.met is not None
    assert met.no_repeat == "held by 0017"
    assert met.no_drop == ""
    assert jobs_of(desks.centre, "consent") == 0
    assert desks.one.queue.counts(desks.mine, ALL).conflicts == 1
    assert desks.one.queue.page(desks.mine, ALL, None, 1).rows[0].conflicts == 1


def test_the_agent_repeats_it_once_under_the_present_hold(desks: Two) -> None:
    met = stopped_offline(desks)
    with pytest.raises(Refused, match="held by 0017"):
        desks.one.settle.repeat(desks.mine, *where(met))
    desks.two.act.hand_over(desks.theirs, desks.case)
    desks.settle()
    desks.one.queue.take(desks.mine, desks.case)
    desks.one.settle.repeat(desks.mine, *where(met))
    with pytest.raises(Refused, match="settled already"):
        desks.one.settle.repeat(desks.mine, *where(met))
    desks.settle()
    assert desks.waiting() == ()
    assert jobs_of(desks.centre, "consent") == 1
    assert desks.acts()[-2:] == ["conflict.settled", "marketing.stopped"]
    marks = {line.seq: line.mark for line in desks.one.case.read(desks.mine, desks.case).history if line.mark}
    assert marks == {met.seq: f"not taken; repeated by {AGENT}"}
    assert differences(desks.centre.store) == []


def test_a_lead_repeats_what_an_agent_did_without_taking_the_case(desks: Two) -> None:
    met = stopped_offline(desks)
    lead = sign_in(desks.two, LEAD, LEAD_PIN)
    (seen,) = desks.waiting(desks.two, lead)
    assert seen.no_repeat == ""
    desks.two.settle.repeat(lead, *where(met))
    desks.settle()
    assert desks.waiting() == ()
    assert jobs_of(desks.centre, "consent") == 1
    assert desks.one.case.state(desks.case).holder == f"agent:{COLLEAGUE}"
    assert differences(desks.centre.store) == []


def test_another_agent_settles_nothing_of_mine(desks: Two) -> None:
    met = stopped_offline(desks)
    (seen,) = desks.waiting(desks.two, desks.theirs)
    assert seen.no_drop == seen.no_repeat == "0042 did it: they settle it, or a lead"
    with pytest.raises(Refused, match="0042 did it"):
        desks.two.settle.drop(desks.theirs, desks.case, [met.place], "mistake")
    with pytest.raises(Refused, match="0042 did it"):
        desks.two.settle.repeat(desks.theirs, *where(met))


def test_a_drop_needs_a_reason_of_the_list_and_leaves_the_entry_where_it_is(desks: Two) -> None:
    met = stopped_offline(desks)
    with pytest.raises(BadInput, match="a reason is one of"):
        desks.one.settle.drop(desks.mine, desks.case, [met.place], "because")
    assert desks.one.settle.drop(desks.mine, desks.case, [met.place], "not-wanted") == 1
    with pytest.raises(Refused, match="settled already"):
        desks.one.settle.drop(desks.mine, desks.case, [met.place], "not-wanted")
    desks.settle()
    assert desks.waiting() == ()
    history = desks.one.case.read(desks.mine, desks.case).history
    assert next(line.mark for line in history if line.seq == met.seq) == f"not taken; dropped by {AGENT}"
    assert jobs_of(desks.centre, "consent") == 0
    assert differences(desks.centre.store) == []


@pytest.mark.parametrize("first", ["repeat", "drop"])
def test_two_who_settle_at_the_same_time_do_it_once_and_lose_nothing(desks: Two, first: str) -> None:
    """Neither sees what the other does: nothing is ingested in between."""
    met = stopped_offline(desks)
    lead = sign_in(desks.two, LEAD, LEAD_PIN)
    desks.two.case.read(lead, desks.case)
    if first == "repeat":
        other = sign_in(desks.one, LEAD, LEAD_PIN)
        desks.one.settle.repeat(other, *where(met))
    else:
        desks.one.settle.drop(desks.mine, desks.case, [met.place], "mistake")
    book = desks.one._ctx.book  # what was read at desk-2 is in the inbox too: wait for what desk-1 did
    wait_until(lambda: handed_in(desks.centre, book.log) >= book.writer.size)
    desks.two.settle.repeat(lead, *where(met))
    desks.settle()
    left = desks.waiting()
    assert jobs_of(desks.centre, "consent") == (1 if first == "repeat" else 0)
    assert [one.why for one in left] == ([] if first == "repeat" else ["it was dropped before it was repeated"])
    assert differences(desks.centre.store) == []


def test_a_key_pressed_twice_settles_once(desks: Two) -> None:
    met = stopped_offline(desks)
    lead = sign_in(desks.two, LEAD, LEAD_PIN)
    with ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(desks.two.settle.repeat, lead, *where(met)) for _ in range(4)]
        failed = [error for one in tries if (error := one.exception()) is not None]
    assert [type(error) for error in failed] == [Refused] * 3
    desks.settle()
    assert jobs_of(desks.centre, "consent") == 1
    assert desks.acts().count("marketing.stopped") == 2


def test_a_withdrawn_consent_and_its_item_can_both_be_done_anew(desks: Two) -> None:
    desks.cut()
    desks.one.intake.add_item(desks.mine, desks.case, Right.ACCESS.value)
    desks.one.act.consent(desks.mine, desks.case, "newsletter", given=False)
    desks.back()
    lead = sign_in(desks.two, LEAD, LEAD_PIN)
    for met in desks.waiting(desks.two, lead):
        assert met.no_repeat == ""
        desks.two.settle.repeat(lead, *where(met))
        desks.settle()
    state = desks.one.case.state(desks.case)
    assert [i.right for i in state.items][-1] is Right.ACCESS
    assert next(i for i in state.items if i.right is Right.CONSENT_WITHDRAW).purpose == "newsletter"


def test_what_a_check_found_is_only_dropped_and_all_of_it_at_once(desks: Two) -> None:
    desks.cut()
    state = desks.one.case.state(desks.case)
    check = new_id()
    started = acts.CheckStarted(template="CL-ERA-STD", version="1", tier="T2", check=check)
    mark = acts.FactorPassed(check=check, factor="g1", method="agent", ask=None)
    desks.one._ctx.write([desks.one._ctx.draft(desks.mine, act, state) for act in (started, mark)])
    desks.back()
    found = desks.waiting()
    assert len(found) == 2
    assert {one.no_repeat for one in found} == {"a check holds for its own contact only: check again (v)"}
    with pytest.raises(Refused, match="check again"):
        desks.one.settle.repeat(desks.mine, *where(found[0]))
    assert desks.one.settle.drop(desks.mine, desks.case, [one.place for one in found], "only-a-record") == 2
    desks.settle()
    assert desks.waiting() == ()


def where(met: Unsettled) -> tuple[str, str, int]:
    return met.case, met.log, met.seq


ALL = QueueView()


# ── closed logs ───────────────────────────────────────────────────────────────────────────────────────────────────


def closed_offline(desks: Two) -> str:
    """A new case, a note and a marketing stop on the old one, written while cut off; then the log is closed."""
    desks.line.cut(desks.one)
    new = desks.one.intake.open(desks.mine, request(Right.ACCESS, identifier="else@example.com")).case
    desks.one.act.note(desks.mine, desks.case, "said while the line was down")
    desks.one.act.stop_marketing(desks.mine, desks.case)
    desks.one._ctx.book.refused("forked", "for the test")
    desks.back()
    return new


def closed_of(found: tuple[Unsettled, ...]) -> dict[str, Unsettled]:
    """By what they say."""
    return {one.text: one for one in found if one.kind == "closed"}


def test_what_a_closed_log_holds_is_shown_to_a_lead_and_counts_for_nothing(desks: Two) -> None:
    new = closed_offline(desks)
    assert closed_of(desks.waiting()) == {}, "an agent is not asked"
    lead = sign_in(desks.one, LEAD, LEAD_PIN)
    found = closed_of(desks.waiting(session=lead))
    assert {(one.case, one.text) for one in found.values()} == {
        (new, "request logged (phone)"), (new, "contact begun (phone)"), (new, "asks for access"),
        (desks.case, "note kept"), (desks.case, "marketing stopped"),
    }  # fmt: skip
    assert found["asks for access"].no_repeat == "the case is not there: repeat its first entry first"
    assert desks.one.queue.counts(lead, ALL).kept == 5
    assert desks.one.queue.counts(desks.mine, ALL).kept == 0
    assert "marketing.stopped" not in desks.acts()
    assert desks.waiting(desks.two, sign_in(desks.two, LEAD, LEAD_PIN)) == (), "settled at its own terminal"


def test_a_lead_repeats_or_drops_each_once_and_the_details_come_along(desks: Two) -> None:
    new = closed_offline(desks)
    lead, settle = sign_in(desks.one, LEAD, LEAD_PIN), desks.one.settle
    found = closed_of(desks.waiting(session=lead))
    for text in ("request logged (phone)", "note kept", "marketing stopped"):
        settle.repeat(lead, *where(found[text]))
        with pytest.raises(Refused):
            settle.repeat(lead, *where(found[text]))
        with pytest.raises(Refused):
            settle.drop(lead, found[text].case, [found[text].place], "mistake")
    desks.settle()
    settle.repeat(lead, *where(found["asks for access"]))
    settle.drop(lead, new, [found["contact begun (phone)"].place], "only-a-record")
    desks.settle()
    assert desks.waiting(session=lead) == ()
    case = desks.one.case.state(new)
    assert ([i.right for i in case.items], case.holder) == ([Right.ACCESS], "")
    assert desks.two.queue.page(desks.theirs, ALL, None, 9).rows[-1].person == "e•••@ex•••.com"
    assert jobs_of(desks.centre, "consent") == 1
    assert desks.centre.store.count_details(desks.case) == 4  # its key, the requester, the words, and now the note
    assert desks.one.alarms() != ()
    assert differences(desks.centre.store) == []


def test_what_was_settled_stays_settled_after_a_restart(desks: Two) -> None:
    closed_offline(desks)
    lead = sign_in(desks.one, LEAD, LEAD_PIN)
    found = desks.waiting(session=lead)
    desks.one.settle.drop(lead, desks.case, [o.place for o in found if o.case == desks.case], "not-wanted")
    desks.settle()
    desks.one.close()
    with desks.centre.desk("desk-1") as again:
        desks.centre.settle(again)
        lead = sign_in(again, LEAD, LEAD_PIN)
        assert {one.case for one in again.settle.waiting(lead)} == {o.case for o in found} - {desks.case}
        assert again.queue.counts(lead, ALL).kept == 3


def test_a_settlement_that_central_never_took_settles_nothing(desks: Two) -> None:
    """The log with the settlement is closed in its turn: the first entry stands open again, once."""
    closed_offline(desks)
    lead = sign_in(desks.one, LEAD, LEAD_PIN)
    stop = closed_of(desks.waiting(session=lead))["marketing stopped"]
    desks.line.cut(desks.one)
    desks.line.mend(desks.one)
    desks.one.settle.repeat(lead, *where(stop))
    desks.one._ctx.book.refused("forked", "for the test")
    desks.settle()
    again = [one for one in desks.waiting(session=lead) if one.text == "marketing stopped"]
    assert [one.place for one in again] == [stop.place]
    assert all("entry" not in one.text for one in desks.waiting(session=lead))
    desks.one.settle.repeat(lead, *where(stop))
    desks.settle()
    assert jobs_of(desks.centre, "consent") == 1


def test_an_entry_of_a_changed_log_is_doubted_and_only_dropped(desks: Two) -> None:
    closed_offline(desks)
    lead = sign_in(desks.one, LEAD, LEAD_PIN)
    path = desks.centre.home.log("terminal", desks.one._ctx.terminal, 1)
    edited = closed_of(desks.waiting(session=lead))["marketing stopped"]
    with unguarded(path) as db:
        body = db.execute("SELECT body FROM log WHERE seq = ?", (edited.seq,)).fetchone()[0]
        db.execute("UPDATE log SET body = ? WHERE seq = ?", (body.replace(b'["all"]', b'["sms"]'), edited.seq))
    found = closed_of(desks.waiting(session=lead))
    assert "may not be what was done" in found["marketing stopped"].why
    with pytest.raises(Refused, match="it can only be dropped"):
        desks.one.settle.repeat(lead, *where(found["marketing stopped"]))
    assert desks.one.settle.drop(lead, desks.case, [edited.place], "mistake") == 1


def test_a_log_that_was_rolled_back_gives_nothing_to_settle(desks: Two) -> None:
    """Control: central holds all that the file holds."""
    desks.one._ctx.book.refused("rolled-back", "for the test")
    desks.settle()
    assert desks.waiting(session=sign_in(desks.one, LEAD, LEAD_PIN)) == ()
