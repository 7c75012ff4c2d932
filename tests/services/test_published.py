"""What had been made public: other controllers are told by people before the person's letter leaves (Art 17(2))."""

import pytest

from services.cases.fold_tasks import TELL
from services.sync.rebuild import differences
from services.types import Right
from tests.by_hand import answer, waits
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make


def published(centre: WorkerCentre) -> None:
    """The shop shows its accounts to everybody."""
    file = centre.home.systems("nordlicht") / "shop" / "shop.yml"
    text = file.read_text("utf-8")
    private = 'fr: "Compte de la boutique"}, erase: delete,'
    assert private in text
    file.write_text(text.replace(private, f"{private} public: true,"), "utf-8")


@pytest.mark.rule("ERA-6")
def test_what_was_public_is_shown_in_the_plan_and_told_by_people_before_the_letter(make_centre: Make) -> None:
    centre = make_centre()
    published(centre)
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.ERASURE)
    call.verify()
    preview = desk.find.preview(call.session, call.case)
    assert {one.collection for one in preview.collections if one.public} == {"account"}
    call.ask_to_erase()
    call.approve(centre.desk("desk-2"))
    task = waits(call, TELL)
    assert (task.state.system, task.state.responsible, task.late) == ("shop", "privacy", False)
    assert centre.rows("shop", "SELECT count(*) FROM account WHERE email=?".replace("?", f"'{PEOPLE[1].email}'")) == [
        (0,)
    ]
    assert "erasure-outcome" not in [x.template for x in centre.case(call.case).letters], "the letter waits"
    form = desk.task.form(call.session, call.case, task.state.task)
    assert "Shop-Konto" in form.say
    assert ("email", PEOPLE[1].email.lower()) in [(kind, value.lower()) for kind, value in form.identities]
    answer(call, task, "completed", 2)
    centre.until(lambda: centre.case(call.case).shredded)
    letter = next(one for one in centre.letters() if "gelöscht" in one and "Art. 17 Abs. 2" in one)
    assert "Shop-Konto: 2 anderen haben wir mitgeteilt" in " ".join(letter.split())
    item = centre.case(call.case).items[0]
    assert [(t.what, t.outcome, t.count) for t in item.tasks] == [(TELL, "completed", 2)]
    assert all(one.reason != "by-hand" for one in item.systems), "the shop is worked by a program all the same"
    assert differences(centre.store) == []
