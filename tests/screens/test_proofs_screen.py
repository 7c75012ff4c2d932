"""Proofs on the checklist that ask no question: a letter is posted, a number typed; and what is read out."""

from collections.abc import Callable
from dataclasses import replace

from screens.kit.widgets.confirm import Choice
from screens.reveal import RevealBox
from services.types import Step, Tier, Verification
from tests.fake_case import NOW, CaseDesk, checklist, view
from tests.screens.conftest import until
from tests.screens.test_case_screens import Opened, flash, opened, press, shown  # noqa: F401

CLOSED = "no letter with a code has left in this case (s posts one)"
LETTER = Step("strong.LTR", "factor", "A proof: code in a letter", "A letter can go.", "blocked", "LTR", True, CLOSED)
NUMBER = Step("prove.ANI", "factor", "One proof: the number that calls", "(Do not ask.)", "open", "ANI", True)


def desk_with(step: Step) -> CaseDesk:
    desk = CaseDesk()
    desk.check.view_now = checklist(steps=(step,), current=0)
    return desk


async def test_a_letter_is_posted_where_its_code_cannot_be_typed_yet(opened: Callable[..., Opened]) -> None:  # noqa: F811
    desk, posted = desk_with(LETTER), []

    def post_code(session: object, case: str, step: str) -> str:
        posted.append(step)
        return "If we hold a postal address of yours, a letter goes there."

    desk.check.post_code = post_code  # type: ignore[attr-defined]
    async with opened("enter", "v", "enter", desk=desk) as (app, _, pilot):
        assert "this way is closed: no letter" in flash(app)
        await press(pilot, "s")
        assert isinstance(app.screen, Choice)
        await press(pilot, "escape")
        assert posted == []
        await press(pilot, "s", "y")
        await until(pilot, lambda: posted == ["strong.LTR"])
        await until(pilot, lambda: "If we hold a postal address" in shown(app))


async def test_the_number_that_calls_is_typed_without_a_question(opened: Callable[..., Opened]) -> None:  # noqa: F811
    async with opened("enter", "v", desk=desk_with(NUMBER)) as (app, _, pilot):
        await press(pilot, "s")
        assert "no code belongs to this step" in flash(app)
        await press(pilot, "enter")
        assert "Not to be said: the number that the telephone shows." in shown(app)


async def test_a_summary_is_offered_by_its_own_checklist_alone_and_stays_to_be_read(
    opened: Callable[..., Opened],  # noqa: F811
) -> None:
    desk = CaseDesk()
    desk.find.reveal = lambda session, case, what, reason: f"told: {what}"  # type: ignore[method-assign, assignment]
    async with opened("enter", "full_stop", desk=desk) as (app, _, pilot):
        assert "s" not in app.screen.answers  # type: ignore[attr-defined]
        await press(pilot, "escape")
        proven = Verification(Tier.T2, ("KBS", "OTP"), until=NOW, template="CL-ACC-ORAL")
        desk.case.view = replace(view(), verification=proven)
        app.screen.recall()  # type: ignore[attr-defined]
        await until(pilot, lambda: app.screen.view.verification.template == "CL-ACC-ORAL")  # type: ignore[attr-defined]
        await press(pilot, "full_stop", "s", "1")
        await until(pilot, lambda: isinstance(app.screen, RevealBox))
        assert "told: summary" in shown(app)
        assert app.screen.rest > 60, "long enough to be read out"  # type: ignore[attr-defined]
