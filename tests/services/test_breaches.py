"""Breaches at the desk: raised by anybody, also offline; decided by leads and officers; told to the authority."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.breach_content import COLUMNS, content, parts, row
from services.desk.breaches import CATEGORIES, LONGEST, REASONS, Breaches
from services.desk.desk import Desk
from services.errors import BadInput, NotFound, Refused
from services.fulfilment.breach_pdf import breach_pdf
from services.fulfilment.package_tables import csv_line
from services.sync.rebuild import differences
from services.types import BreachLine, BreachRaise, BreachTexts, DutyRole, Right, Role, Session
from tests.centre import LEAD, LEAD_PIN, Centre, request, sign_in
from tests.cut_off import Line

HOSTILE = '=HYPERLINK("http://x")\n[@click=app.quit]\x1b[2J\u202e #import "x" $(reboot) \'; DROP TABLE case_; --'
NOTHING = BreachTexts("", (), (), ())


def said(case: str = "", **more: Any) -> BreachRaise:
    made = BreachRaise(
        controller="nordlicht", case=case, words="an order was read to a wrong caller", aware_at=None,
        categories=("user.contact",), persons=1, ongoing="no", contained="yes",
    )  # fmt: skip
    return replace(made, **more)


@pytest.fixture
def desk(centre: Centre) -> Iterator[Desk]:
    with centre.desk() as made:
        centre.settle(made)
        yield made
    centre.engine.dispose()


@pytest.fixture
def agent(desk: Desk) -> Session:
    return sign_in(desk)


@pytest.fixture
def lead(desk: Desk) -> Session:
    return sign_in(desk, LEAD, LEAD_PIN, Role.LEAD)


def raised(centre: Centre, desk: Desk, agent: Session, breach: BreachRaise | None = None) -> str:
    number = desk.breach.raise_(agent, breach or said()).number
    centre.settle(desk)
    return number


def test_a_breach_locks_its_case_first_in_the_queue_and_stands_the_same_in_a_central_from_nothing(
    centre: Centre, desk: Desk, agent: Session, lead: Session
) -> None:
    case = desk.intake.open(agent, request(Right.ACCESS)).case
    other = desk.intake.open(agent, request(Right.ACCESS, identifier="other@example.com")).case
    number = raised(centre, desk, agent, said(case, words=HOSTILE))
    from services.types import QueueView

    rows = desk.queue.page(lead, QueueView(), None, 10).rows
    assert [(one.case, one.due) for one in rows[:2]] == [(number, "71 h left"), (case, "LOCKED")]
    assert [one.case for one in rows[2:]] == [other], "the control: what nobody locked keeps its place"
    assert not desk.case.read(agent, case).key("note").reason
    assert desk.case.read(agent, case).key("verify").reason.startswith("a breach is open")
    following = desk.queue.next(agent)
    assert following is not None
    assert following.case == other, "nobody is handed a case on which nothing can be done"
    assert [(one.controller, one.count, one.light) for one in desk.status().breaches] == [("nordlicht", 1, "71 h left")]
    assert differences(centre.store) == []
    logs = b"".join(path.read_bytes() for path in centre.home.path.glob("terminals/*/log-*.db"))
    assert number.encode() in logs
    for piece in (b"HYPERLINK", b"DROP TABLE", b"wrong caller"):
        assert piece not in logs


def test_raising_needs_no_central(
    centre: Centre, desk: Desk, agent: Session, lead: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(monkeypatch)
    case = desk.intake.open(agent, request(Right.ACCESS)).case
    centre.settle(desk)
    line.cut(desk)
    number = desk.breach.raise_(agent, said(case)).number
    assert desk.case.state(case).locked
    assert desk.case.read(agent, case).key("consent-withdraw").reason
    line.mend(desk)
    centre.settle(desk)
    assert [one.number for one in desk.breach.register(lead)] == [number]
    assert desk.breach.register(lead)[0].locks


def test_the_register_is_for_leads_and_officers(centre: Centre, desk: Desk, agent: Session, lead: Session) -> None:
    number = raised(centre, desk, agent)
    for call in (
        lambda who: desk.breach.register(who),
        lambda who: desk.breach.texts(who, number),
        lambda who: desk.breach.decide(who, number, "authority", "risk-unlikely", "small"),
        lambda who: desk.breach.update(who, number, "persons", "4"),
        lambda who: desk.breach.close(who, number, "all-done"),
        lambda who: desk.breach.release(who, number, "contained"),
    ):  # type: Any
        with pytest.raises(Refused, match="for lead or officer only"):
            call(agent)
    assert [one.number for one in desk.breach.register(lead)] == [number]
    assert not [name for name in dir(Breaches) if "delete" in name or "remove" in name or "withdraw" in name]


def test_another_controllers_breach_is_not_there(centre: Centre, desk: Desk, agent: Session, lead: Session) -> None:
    number = raised(centre, desk, agent, said(controller="harbour"))
    here = replace(lead, controllers=("nordlicht",))
    assert desk.breach.register(here) == ()
    with pytest.raises(NotFound):
        desk.breach.read(here, number)
    with pytest.raises(Refused):
        desk.breach.raise_(replace(agent, controllers=("nordlicht",)), said(controller="harbour"))
    assert desk.breach.read(lead, number).number == number, "the control"


@pytest.mark.parametrize(
    ("breach", "place"),
    [
        (said(words=" \n"), "words"),
        (said(words="x" * (LONGEST + 1)), "words"),
        (said(persons=-1), "persons"),
        (said(persons=10**9), "persons"),
        (said(ongoing="maybe"), "ongoing"),
        (said(contained=HOSTILE), "ongoing"),
        (said(categories=("user.shoes.size of ada",)), "categories"),
        (said(aware_at=datetime(2031, 1, 1, tzinfo=UTC)), "aware"),
        (said(aware_at=datetime(1999, 1, 1, tzinfo=UTC)), "aware"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_a_form_cannot_mean_is_said_beside_its_field(
    desk: Desk, agent: Session, breach: BreachRaise, place: str
) -> None:
    size = desk.status().log_size
    with pytest.raises(BadInput) as refused:
        desk.breach.raise_(agent, breach)
    assert refused.value.place == place
    assert desk.status().log_size == size


def test_words_and_a_time_are_enough_and_every_category_is_one_of_the_taxonomy(desk: Desk, agent: Session) -> None:
    assert desk.breach.raise_(agent, said(categories=(), persons=None, ongoing="unknown", contained="no")).number
    every = said(categories=tuple(code for _, code in CATEGORIES))
    assert desk.breach.raise_(agent, every).number
    form = desk.breach.form(agent)
    assert len({key for key, _, _ in form.categories}) == len(CATEGORIES)
    assert all(words and "." not in words for _, _, words in form.categories)


def test_decisions_need_their_reason_and_closing_needs_the_decisions_and_the_pin(
    centre: Centre, desk: Desk, agent: Session, lead: Session
) -> None:
    case = desk.intake.open(agent, request(Right.ACCESS)).case
    number, now = raised(centre, desk, agent, said(case)), datetime.now(UTC)
    for whom, reason, words, at, why in (
        ("controller", "told", "", now, "the authority and the persons"),
        ("authority", "unreadable", "x", None, "a reason is one of"),
        ("authority", "risk-unlikely", " ", None, "say why"),
        ("authority", "told-late", "", now, "say why"),
        ("authority", "told", "", now + timedelta(hours=1), "in the future"),
        ("persons", "no-high-risk", "x" * (LONGEST + 1), None, "at most"),
    ):
        with pytest.raises((BadInput, Refused), match=why):
            desk.breach.decide(lead, number, whom, reason, words, at)
    with pytest.raises(Refused, match="whether the authority is told is not decided"):
        desk.breach.close(lead, number, "all-done")
    desk.breach.decide(lead, number, "authority", "told", told_at=now)
    desk.breach.decide(lead, number, "persons", "unreadable", "the file was encrypted")
    for what, value in (
        ("persons", "12"),
        ("records", "40"),
        ("measures", "the mailbox was closed"),
        ("ongoing", "no"),
    ):
        desk.breach.update(lead, number, what, value)
    for what, value in (("persons", "-1"), ("persons", "²"), ("ongoing", "maybe"), ("raised_by", "0001")):
        with pytest.raises(BadInput):
            desk.breach.update(lead, number, what, value)
    line = desk.breach.read(lead, number)
    assert (line.persons, line.records, line.light, line.missing) == (12, 40, "open", "")
    desk._ctx.live[lead.id].pin_at -= 3600
    with pytest.raises(Refused, match="PIN again"):
        desk.breach.close(lead, number, "all-done")
    desk.sign.step_up(lead, LEAD_PIN)
    desk.breach.close(lead, number, "all-done")
    centre.settle(desk)
    closed = desk.breach.register(lead)[0]
    assert (closed.closed, closed.light, closed.locks) == ("all-done", "closed", False)
    assert not desk.case.state(case).locked, "closing lets the case go on"
    with pytest.raises(Refused):
        desk.breach.update(lead, number, "persons", "1")
    assert desk.status().breaches == ()


def test_each_reason_can_be_given_and_nobody_gives_another(desk: Desk) -> None:
    from screens import breach_persons
    from screens.breach_deciding import CLOSINGS, NOT_TOLD, RELEASES, TOLD
    from screens.words import BREACH_REASONS
    from services.desk import breach_notices, breaches

    for (whom, told), reasons in REASONS.items():
        asked = TOLD[whom] if told else NOT_TOLD[whom]
        assert set(asked) | {"told-late"} == set(reasons) | {"told-late"}
    assert (RELEASES, CLOSINGS) == (breaches.RELEASES, breaches.CLOSINGS)
    assert breach_persons.WITHOUT == breach_notices.WITHOUT
    assert set(breach_notices.WITHOUT) <= set(BREACH_REASONS)
    assert {r for one in (*REASONS.values(), RELEASES, CLOSINGS) for r in one} <= set(BREACH_REASONS)


# ── what the authority is told ────────────────────────────────────────────────────────────────────────────────


def line_of(**more: Any) -> BreachLine:
    at = datetime(2026, 11, 20, 15, 20, tzinfo=UTC)
    made = BreachLine(
        number="C-26-000009", controller="nordlicht", controller_name="Nordlicht", zone="Europe/Berlin",
        duty=DutyRole.CONTROLLER, first="authority", about="", locks=False, aware_at=at, raised_at=at,
        raised_by="0042", categories=("contact data",), persons=-1, records=40, ongoing="no", contained="partly",
        light="71 h left", safe=at + timedelta(hours=72), latest=at + timedelta(hours=72, minutes=40), decisions=(),
        missing="", alerts=(),
    )  # fmt: skip
    return replace(made, **more)


@pytest.mark.rule("ART-33-5")
def test_an_export_holds_all_that_article_33_3_asks_for_and_says_what_is_not_known(desk: Desk) -> None:
    controller = desk._ctx.controller("nordlicht")
    found = content(line_of(), replace(NOTHING, words="a list went to a wrong address"), controller)
    assert found["nature"] == {
        "what_happened": "a list went to a wrong address", "categories_of_data": ["contact data"],
        "persons_about": "not known yet", "records_about": 40, "goes_on": "no", "contained": "partly",
    }  # fmt: skip
    assert found["contact"] == controller.privacy_contact
    assert found["likely_consequences"] == found["measures"] == "not known yet"
    assert found["tell_by"]["safe"] == "2026-11-23T16:20+01:00"
    assert "0042" not in str(found), "who raised it is no part of it"
    heads = [head for head, _ in parts(found)]
    assert [head[:3] for head in heads if head.startswith("(")] == ["(a)", "(b)", "(c)", "(d)"]
    processor = content(line_of(duty=DutyRole.PROCESSOR, first="controller"), NOTHING, controller)
    assert processor["tell_by"] == {"rule": "Art 33(2): the controller, without undue delay"}


def test_hostile_words_stay_words_in_every_form(desk: Desk) -> None:
    texts = BreachTexts(HOSTILE, (HOSTILE,), (HOSTILE,), ())
    found = content(line_of(), texts, desk._ctx.controller("nordlicht"))
    table = list(csv.reader(io.StringIO((csv_line(COLUMNS) + csv_line(row(found))).decode())))
    assert [len(line) for line in table] == [len(COLUMNS)] * 2
    assert table[1][COLUMNS.index("what_happened")].startswith("'=HYPERLINK")
    pdf = breach_pdf("x", parts(found), datetime(2026, 11, 20, tzinfo=UTC))
    assert pdf.startswith(b"%PDF-")
