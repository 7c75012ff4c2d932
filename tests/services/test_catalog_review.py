"""The review of a draft: each decision is in the file at once, nothing else in it changes, and it goes on later."""

import io
from pathlib import Path

import pytest

from console.cli import main
from services.catalog.dataset import Field
from services.catalog.system import load_system
from services.discovery.review import Draft, drafts_in
from services.draft_types import DraftDecision, DraftLine
from services.errors import BadInput, Conflict, NotFound
from tests.draft_folder import SHOP, put_draft, text_of

SYSTEM = "key: s\ncontroller: c\nconnector: sqlite\nurl: sqlite:///s.db\ndatasets: [s.yml]\n"
DATASET = """\
# A comment at the top.
dataset:
  - fides_key: s
    collections:
      - name: person
        fields:
          - name: id
            fides_meta: {primary_key: true}   # beside
          - name: alias
            fides_meta:
              data_type: string
            x_console:
              evidence:
                - {of: category, said: user.name, confidence: 0.42, because: "a word: 'x'", review: true}

          # before mail
          - name: mail
            x_console:
              evidence:
                - of: category
                  said: user.contact.email
                  confidence: 0.55
                  because: a word of its name
                  review: true
      - name: note
        # of a collection
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: person_ref, x_console: {evidence: [{of: reference, said: person.id, confidence: 0.5, because: its name, review: true}]}}
"""  # noqa: E501


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A system folder with three questions, partly written by hand."""
    (tmp_path / "system.yml").write_text(SYSTEM)
    (tmp_path / "s.yml").write_text(DATASET)
    return tmp_path


def field(folder: Path, collection: str, name: str) -> Field:
    (dataset,) = load_system(folder).datasets
    found = dataset.collection(collection)
    assert found is not None
    return next(one for one in found.fields if one.name == name)


def questions(folder: Path) -> list[DraftLine]:
    return [line for line in Draft(folder).view().lines if line.state == "open"]


def decide(folder: Path, name: str, decision: DraftDecision, category: str = "") -> None:
    draft = Draft(folder)
    draft.decide(next(line for line in draft.view().lines if line.field == name and line.of), decision, category)


def test_accepting_a_category_makes_it_hold_and_an_identity_of_it(folder: Path) -> None:
    decide(folder, "mail", "accepted")
    mail = field(folder, "person", "mail")
    assert (mail.data_categories, mail.meta.identity, mail.waits) == (("user.contact.email",), "email", False)
    assert mail.console.evidence[0].decided == "accepted"


def test_another_category_holds_instead_and_what_was_proposed_stays_to_be_seen(folder: Path) -> None:
    decide(folder, "alias", "changed", "user.account.username")
    alias = field(folder, "person", "alias")
    assert alias.data_categories == ("user.account.username",)
    assert (str(alias.console.evidence[0].said), alias.console.evidence[0].decided) == ("user.name", "changed")


def test_what_is_not_personal_has_no_category_and_is_not_asked_again(folder: Path) -> None:
    decide(folder, "alias", "not-personal")
    assert not field(folder, "person", "alias").personal
    assert [one.field for one in questions(folder)] == ["mail", "person_ref"]


def test_a_reference_that_is_accepted_is_followed_from_the_person(folder: Path) -> None:
    decide(folder, "mail", "accepted")
    decide(folder, "person_ref", "accepted")
    (reference,) = field(folder, "note", "person_ref").meta.references or ()
    assert (reference.dataset, reference.field, reference.direction) == ("s", "person.id", "from")


def test_nothing_else_in_the_file_changes(folder: Path) -> None:
    decide(folder, "alias", "not-personal")
    decide(folder, "person_ref", "no-reference")
    text = (folder / "s.yml").read_text()
    for kept in (
        "# A comment at the top.\n",
        "# beside\n",
        "\n\n          # before mail\n",
        "        # of a collection\n",
    ):
        assert kept in text
    before, after = DATASET.splitlines(), text.splitlines()
    assert len([line for line in before if line not in after]) == 2


def test_all_answers_leave_a_catalog_that_is_valid(folder: Path) -> None:
    draft = Draft(folder)
    for one in questions(folder):
        draft.decide(one, "accepted")
    assert questions(folder) == []
    assert main(["catalog", "check", str(folder)]) == 0


def test_a_category_that_there_is_not_changes_nothing(folder: Path) -> None:
    with pytest.raises(BadInput, match="did you mean"):
        decide(folder, "alias", "changed", "user.contakt.email")
    assert (folder / "s.yml").read_text() == DATASET


def test_what_somebody_else_judged_meanwhile_is_not_judged_again(folder: Path) -> None:
    draft = Draft(folder)
    mine = next(line for line in draft.view().lines if line.field == "mail")
    decide(folder, "mail", "not-personal")
    before = (folder / "s.yml").read_text()
    with pytest.raises(Conflict, match="meanwhile"):
        draft.decide(mine, "accepted")
    assert (folder / "s.yml").read_text() == before


def test_a_file_that_cannot_be_replaced_stays_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BadInput, match="No space left"):
        decide(folder, "mail", "accepted")
    assert (folder / "s.yml").read_text() == DATASET


# ── by numbers ────────────────────────────────────────────────────────────────────────────────────────────────


def typed(
    folder: Path, keys: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(keys))
    code = main(["catalog", "review", str(folder)])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_it_stops_when_input_ends_and_goes_on_where_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = typed(folder, "1\n", monkeypatch, capsys)
    assert (code, "1 of 3" in said, "2 of 3" in said) == (1, True, True)
    assert "2 questions wait for review" in said
    code, said = typed(folder, "7\n1\n4\n", monkeypatch, capsys)
    assert "a number of the line above" in said
    assert [one.field for one in questions(folder)] == ["person_ref"]
    code, said = typed(folder, "3\n", monkeypatch, capsys)
    assert (code, "nothing waits for review" in said) == (0, True)


def test_a_category_is_chosen_by_its_number_or_typed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = typed(folder, "2\nuser.nothing\n2\n1\n2\nuser.contact.email.work\n0\n", monkeypatch, capsys)
    assert "unknown data category 'user.nothing'" in said
    assert field(folder, "person", "alias").data_categories == ("user.account.username",)
    assert field(folder, "person", "mail").data_categories == ("user.contact.email.work",)


def test_a_folder_that_is_none_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "review", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# ── taking back, many at once, changes from elsewhere ─────────────────────────────────────────────────────────────


def by_name(draft: Draft, name: str, of: str = "category") -> DraftLine:
    return next(line for line in draft.view().lines if (line.field, line.of) == (name, of))


def test_every_decision_can_be_taken_back_to_the_letter_in_turn(folder: Path) -> None:
    draft, texts = Draft(folder), [DATASET]
    draft.decide(by_name(draft, "alias"), "changed", "user.contact.email")
    texts.append((folder / "s.yml").read_text())
    draft.decide(by_name(draft, "alias"), "not-personal")
    assert by_name(draft, "alias").categories == ()
    texts.append((folder / "s.yml").read_text())
    draft.decide(by_name(draft, "person_ref", "reference"), "accepted")
    while draft.view().can_undo:
        draft.undo()
        assert (folder / "s.yml").read_text() == texts.pop()
    assert texts == []
    with pytest.raises(NotFound):
        draft.undo()


def test_many_are_accepted_in_one_step_and_taken_back_in_one(folder: Path) -> None:
    draft = Draft(folder)
    lines = [line for line in draft.view().lines if line.state == "open" and line.collection == "person"]
    assert draft.accept_all(lines).open == 1
    assert field(folder, "person", "mail").meta.identity == "email"
    assert draft.undo().open == 3
    assert (folder / "s.yml").read_text() == DATASET
    decide(folder, "mail", "not-personal")
    before = (folder / "s.yml").read_text()
    with pytest.raises(Conflict):
        draft.accept_all(lines)
    assert (folder / "s.yml").read_text() == before


def test_what_held_at_once_can_be_judged_too_and_so_can_a_field_of_which_nothing_was_said(folder: Path) -> None:
    draft = Draft(folder)
    draft.decide(by_name(draft, "mail"), "accepted")
    again = Draft(folder)
    again.decide(by_name(again, "mail"), "changed", "user.name")
    assert (field(folder, "person", "mail").meta.identity, by_name(again, "mail").state) == (None, "changed")
    again.decide(by_name(again, "id", ""), "changed", "user.unique_id")
    assert field(folder, "person", "id").data_categories == ("user.unique_id",)
    assert field(folder, "person", "id").meta.primary_key
    again.decide(by_name(again, "person_ref", "reference"), "accepted")
    again.decide(by_name(again, "person_ref", "reference"), "no-reference")
    assert not field(folder, "note", "person_ref").meta.references


def test_a_change_from_elsewhere_is_seen_and_neither_decision_is_lost(folder: Path) -> None:
    draft = Draft(folder)
    mine = by_name(draft, "mail")
    draft.decide(by_name(draft, "person_ref", "reference"), "accepted")
    assert draft.changed() is None
    file = folder / "s.yml"
    file.write_text(file.read_text().replace("# A comment at the top.", "# Another comment, and a longer one."))
    seen = draft.changed()
    assert seen is not None
    assert seen.reads == 2
    decide(folder, "alias", "accepted")
    assert draft.decide(mine, "accepted").open == 0
    assert file.read_text().startswith("# Another comment")
    file.write_text(file.read_text().replace("decided: accepted", "decided: changed"))
    with pytest.raises(Conflict, match="changed elsewhere"):
        draft.undo()


def test_a_draft_that_cannot_be_read_any_more_says_so_and_is_left_alone(folder: Path) -> None:
    draft = Draft(folder)
    (folder / "s.yml").write_text("dataset: [")
    with pytest.raises(BadInput, match=r"s\.yml:"):
        draft.decide(by_name(draft, "mail"), "accepted")
    assert (folder / "s.yml").read_text() == "dataset: ["


@pytest.mark.parametrize("text", ["dataset: []\n", "dataset: [{fides_key: s, collections: []}]\n",
                                  "dataset: [{fides_key: s, collections: [{name: t, fields: []}]}]\n"])  # fmt: skip
def test_a_draft_without_a_field_is_told_where(folder: Path, text: str) -> None:
    (folder / "s.yml").write_text(text)
    if text.startswith("dataset: []"):
        assert Draft(folder).view().lines == ()
    else:
        with pytest.raises(BadInput, match=r"s\.yml:1"):
            Draft(folder)


def test_a_file_that_leads_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "system.yml").write_text(SYSTEM.replace("[s.yml]", "[../s.yml]"))
    with pytest.raises(BadInput, match="not a file of this folder"):
        Draft(folder)


NAMES = (
    "[red]x[/]",
    "\x1b[2J",
    "a" * 500,
    "null",
    "- x: y",
    "it's #1",
    "\u202eabc",
    "new\nline",
    "{a}",
    "*id",
    "ä 名 😀",
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_names_that_mean_something_in_yaml_stay_names(folder: Path, newline: str) -> None:
    tables = {name: {one: [("category", "user.name", 0.5, one)] for one in NAMES} for name in NAMES[:3]}
    text = "# 😀 before\n" + text_of(tables, "s")
    (folder / "s.yml").write_bytes(text.replace("\n", newline).encode())
    draft = Draft(folder)
    for line in draft.view().lines:
        draft.decide(line, "changed", "user.contact.email")
    (dataset,) = load_system(folder).datasets
    assert [str(f.name) for c in dataset.collections for f in c.fields] == [*NAMES] * 3
    assert {f.data_categories for c in dataset.collections for f in c.fields} == {("user.contact.email",)}
    while draft.view().can_undo:
        draft.undo()
    assert (folder / "s.yml").read_bytes() == text.replace("\n", newline).encode()


ODD = {
    "flow": "dataset: [{fides_key: s, collections: [{name: t, fields: [name: a, {name: b}]}]}]\n",
    "anchor": "dataset:\n- fides_key: s\n  collections:\n  - name: t\n    fields:\n"
              "    - name: a\n      fides_meta: &m {data_type: string}\n    - name: b\n      fides_meta: *m\n",
    "mark": "\ufeffdataset:\n- fides_key: s\n  collections:\n  - name: t\n    fields:\n    - name: a\n    - name: b\n",
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_a_file_written_oddly_is_changed_rightly_or_not_at_all(folder: Path, odd: str) -> None:
    file = folder / "s.yml"
    file.write_bytes(ODD[odd].encode())
    for name in ("a", "b"):
        before, draft = file.read_bytes(), Draft(folder)
        try:
            draft.decide(by_name(draft, name, ""), "changed", "user.name")
        except BadInput:
            assert file.read_bytes() == before
        else:
            assert field(folder, "t", name).data_categories == ("user.name",)
    if odd == "flow":
        assert field(folder, "t", "a").personal


def test_the_drafts_of_a_folder_are_found_also_those_that_cannot_be_read(tmp_path: Path) -> None:
    systems = tmp_path / "nordlicht" / "systems"
    put_draft(systems, text_of(SHOP))
    put_draft(systems, text_of({"t": {"a": []}}, "plain"), "plain")
    put_draft(systems, "evidence: [", "wrong")
    found = {one.system: one for one in drafts_in(systems)}
    assert found.keys() == {"shop", "wrong"}
    assert (found["shop"].open, found["shop"].asked, found["shop"].controller) == (7, 7, "nordlicht")
    assert "wrong.yml" in found["wrong"].fault
