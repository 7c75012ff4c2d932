"""A processor acts on its controller's documented instruction: cited before what it does, shown with each action."""

import pytest

from services.action_log import acts
from services.action_log.act import Act
from services.cases.case import Case, from_json, to_json
from services.cases.fold import fold
from services.controllers import load_controllers
from services.desk.clock import EXTENSIONS
from services.errors import BadInput, Refused
from services.evidence import evidence_of
from services.home import Home, put_controllers
from services.secrets import Vault
from services.sync.rebuild import differences
from services.types import DutyRole, Right
from tests.centre import LEAD, LEAD_PIN, Centre, request, sign_in
from tests.entries import LEAD as LEADS, T0, after, entry, opened
from tests.services.test_restriction import lead_of
from tests.worker_centre import PEOPLE, Call
from tests.worker_fixtures import Make

STANDING, NEWER, TICKET = "DPA-2026/4", "DPA-2026/5", "HV-TICKET-118"


def instructed(home: Home, vault: Vault, reference: str = STANDING, controller: str = "nordlicht") -> None:
    """The controller's desk is a processor from now on, under that instruction."""
    file = home.path / "controllers" / controller / "controller.yml"
    kept = [one for one in file.read_text().splitlines() if not one.startswith(("duty:", "instruction:"))]
    file.write_text("\n".join([*kept, "duty: processor", f'instruction: "{reference}"', ""]))
    put_controllers(home, vault, load_controllers(home.path).values())


def of_processor(*rights: Right) -> Case:
    """A case that a processor logged, before anything was cited."""
    act = acts.CaseOpened(
        number="C-26-000001", channel="phone", regime="EU", requester="self", received_at=T0, received_on="2026-02-02",
        role="processor", key="e" * 64, line=None, read_back=None,
    )  # fmt: skip
    case = fold(None, entry(act), T0)
    assert case is not None
    added = [entry(acts.ItemAdded(right=right), item=str(n)) for n, right in enumerate(rights, 1)]
    return after(case, *added)


def cited(reference: str = STANDING, about: str | None = None) -> Act:
    return acts.InstructionCited(reference=reference, about=about)


# ── the fold ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("ART-28")
@pytest.mark.parametrize(
    ("act", "right"),
    [
        (acts.FindAsked(ask="a" * 32, kinds=("requester",)), Right.ACCESS),
        (acts.MarketingStopped(channels=("all",)), Right.OBJECTION_MARKETING),
        (acts.ConsentWithdrawn(purpose="newsletter", text="1", language="en", marketing=True), Right.CONSENT_WITHDRAW),
        (acts.ItemResolved(outcome="not-identified", ground=None), Right.ERASURE),
    ],
)
def test_a_processor_does_nothing_with_data_before_an_instruction_is_cited(act: Act, right: Right) -> None:
    bare = after(of_processor(right), entry(act, item="1"))
    assert [c.reason for c in bare.conflicts] == ["a processor acts on instruction, and none is cited (Art 28)"]
    under = after(of_processor(right), entry(cited()), entry(act, item="1"))
    assert under.conflicts == ()
    assert under.instruction == STANDING
    assert from_json(to_json(under)) == under
    assert after(opened(right), entry(act, item="1")).conflicts == (), "the control: a controller needs none"


@pytest.mark.rule("ART-28")
def test_a_processor_extends_under_a_reference_for_that_act_alone_and_once() -> None:
    extended = acts.CaseExtended(reason="volume", notice=None)
    case = after(of_processor(Right.ACCESS), entry(cited()), entry(extended, actor=LEADS, as_="lead"))
    assert case.conflicts[-1].reason == "only the controller decides that: its reference is missing (Art 28)"
    assert not case.extended
    case = after(case, entry(cited(TICKET, "erase.approved")), entry(extended, actor=LEADS, as_="lead"))
    assert not case.extended, "a reference for something else is none"
    case = after(case, entry(cited(TICKET, "case.extended")), entry(extended, actor=LEADS, as_="lead"))
    assert case.extended
    assert case.special == (("erase.approved", TICKET),), "it is used up"
    assert case.instruction == STANDING


def test_a_proposal_is_a_leads_of_a_processor_and_ends_with_the_decision() -> None:
    proposed = acts.ExtensionProposed(reason="volume")
    assert after(opened(Right.ACCESS), entry(proposed, actor=LEADS, as_="lead")).conflicts
    case = after(of_processor(Right.ACCESS), entry(cited()))
    assert after(case, entry(proposed)).proposed == "", "an agent does not propose it"
    case = after(case, entry(proposed, actor=LEADS, as_="lead"))
    assert (case.proposed, case.extended) == ("volume", False)
    decided = acts.CaseExtended(reason="volume", notice=None)
    case = after(case, entry(cited(TICKET, "case.extended")), entry(decided, actor=LEADS, as_="lead"))
    assert (case.proposed, case.extended) == ("", True)


def test_what_was_imported_does_not_say_who_we_are_until_an_instruction_is_cited() -> None:
    imported = acts.CaseImported(
        number="C-26-000001", channel="mail", regime="EU", requester="self", received_at=T0, received_on="2026-02-02",
        rights=("access",), states=("in-progress",), outcomes=(None,), source="older-tool", key=None,
    )  # fmt: skip
    case = fold(None, entry(imported, actor="import:7f3a90c1"), T0)
    assert case is not None
    assert (case.duty, case.instruction) == (DutyRole.CONTROLLER, "")
    assert from_json(to_json(case)) == case
    assert after(case, entry(cited())).duty is DutyRole.PROCESSOR


# ── the desk ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("ART-28")
def test_each_act_of_a_processor_carries_the_reference_and_a_new_one_is_cited_again(centre: Centre) -> None:
    instructed(centre.home, centre.vault)
    with centre.desk("desk-1") as desk:
        agent = sign_in(desk)
        case = desk.intake.open(agent, request(Right.OBJECTION_MARKETING)).case
        desk.act.stop_marketing(agent, case)
        desk.act.note(agent, case, "said it twice")
        centre.settle(desk)
        lines = desk.case.read(agent, case).history
        assert [line.act for line in reversed(lines)] == [
            "case.opened", "instruction.cited", "contact.started", "item.added", "marketing.stopped", "note.kept",
        ]  # fmt: skip
        assert {line.under for line in lines if line.act not in ("case.opened", "instruction.cited")} == {STANDING}
        view = desk.case.read(agent, case)
        assert (view.duty, view.instruction, view.conflicts) == (DutyRole.PROCESSOR, STANDING, ())
    instructed(centre.home, centre.vault, NEWER)
    with centre.desk("desk-1") as desk:
        agent = sign_in(desk)
        centre.settle(desk)
        desk.act.note(agent, case, "and once more")
        desk.act.note(agent, case, "and again")
        centre.settle(desk)
        newest = desk.case.read(agent, case).history[:4]
        assert [(line.act, line.under) for line in reversed(newest)][1:] == [
            ("instruction.cited", ""), ("note.kept", NEWER), ("note.kept", NEWER),
        ]  # fmt: skip
        other = desk.intake.open(agent, request(Right.ACCESS, controller="harbour")).case
        desk.act.note(agent, other, "nothing to cite here")
        centre.settle(desk)
        assert {line.under for line in desk.case.read(agent, other).history} == {""}, "the control: a controller's own"
    assert differences(centre.store) == []


@pytest.mark.rule("ART-28")
def test_a_processors_lead_extends_by_the_controllers_word_or_proposes_it(centre: Centre) -> None:
    instructed(centre.home, centre.vault)
    with centre.desk("desk-1") as desk, centre.desk("desk-2") as two:
        agent, lead = sign_in(desk), sign_in(two, LEAD, LEAD_PIN)
        case = desk.intake.open(agent, request(Right.ACCESS)).case
        centre.settle(desk, two)
        for wrong in ("they said so", "Frau Beispiel", "+49 30 901820", "x" * 65):
            with pytest.raises(BadInput, match="a reference has"):
                two.clock.extend(lead, case, EXTENSIONS[0], wrong)
        assert two.clock.extend(lead, case, EXTENSIONS[0]) is False
        centre.settle(desk, two)
        state = two.case.state(case)
        assert (state.extended, state.proposed) == (False, EXTENSIONS[0])
        why = next(one.why for one in two.case.read(lead, case).dates if one.name == "extend until")
        assert why.startswith("proposed to the controller (volume)")
        assert two.clock.extend(lead, case, EXTENSIONS[0], f" {TICKET} ") is True
        centre.settle(desk, two)
        state = two.case.state(case)
        assert (state.extended, state.proposed, state.conflicts) == (True, "", ())
        under = {line.act: line.under for line in two.case.read(lead, case).history}
        assert (under["case.extended"], under["extension.proposed"]) == (TICKET, STANDING)
        with pytest.raises(Refused, match="possible once"):
            two.clock.extend(lead, case, EXTENSIONS[0], TICKET)
    assert differences(centre.store) == []


@pytest.mark.rule("ART-28")
def test_the_controller_is_asked_by_mail_and_its_word_is_in_the_evidence(make_centre: Make) -> None:
    centre = make_centre()
    instructed(centre.home, centre.vault)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[1], Right.RESTRICTION)
    two, lead = lead_of(centre)
    assert two.caught_up()
    assert two.clock.extend(lead, call.case, EXTENSIONS[0]) is False
    assert two.synced()
    mail = centre.until(lambda: [one for one in centre.letters() if "zwei Monate länger" in one])[0]
    assert "To: datenschutz@nordlicht" in mail
    assert "Sie entscheiden" in " ".join(mail.split())
    assert not any("verlängern" in one and PEOPLE[1].email in one for one in centre.letters()), "the person is not told"
    two.clock.extend(lead, call.case, EXTENSIONS[0], TICKET)
    assert two.synced()
    centre.until(lambda: centre.case(call.case).noticed_at)
    call.verify()
    call.desk.act.restrict(call.session, call.case, "18-1-a")
    assert call.desk.synced()
    centre.until(lambda: centre.case(call.case).closed)
    case = centre.case(call.case)
    assert (case.instruction, case.conflicts) == (STANDING, ())
    assert centre.acts(call.case).count("instruction.cited") == 2
    assert differences(centre.store) == []
    evidence = evidence_of(centre.home, centre.vault)
    assert {evidence.check(file.path).state for file in evidence.files} == {"whole"}
