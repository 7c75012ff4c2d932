"""What may be about others is held back until a person decides, part by part, and never slips out by itself."""

from dataclasses import replace

import pytest

from services import strict_yaml
from services.catalog.dataset import DatasetFile
from services.catalog.graph import Graph, Node, build
from services.fulfilment.found import Found, FoundCollection, FoundRow, FoundSystem, Reach, Whose
from services.fulfilment.others import Others
from services.fulfilment.package_tables import BLACK, Blacked
from services.fulfilment.redactions import Decided, Redactions

DATASET = """\
dataset:
  - fides_key: d
    collections:
      - name: person
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
          - {name: phone, data_categories: [user.contact.phone_number], x_console: {contact: phone}}
          - {name: name, data_categories: [user.name]}
          - {name: iban, data_categories: [user.financial]}
      - name: talk
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: words, data_categories: [user.content.private]}
          - {name: agent, data_categories: [user.name], x_console: {third_party: true}}
      - name: house
        x_console: {shared: true}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: note, data_categories: [user.content.private]}
"""
KEY = b"k" * 32
PERSON, TALK, HOUSE = Node("d", "person"), Node("d", "talk"), Node("d", "house")
IBAN = "DE02 1203 0000 0000 2020 51"
ME: dict[str, object] = {
    "id": 1, "email": "Ada@example.com", "phone": "030 901820", "name": "Ada Stein", "iban": IBAN.replace(" ", ""),
}  # fmt: skip
SHE: dict[str, object] = {"id": 2, "email": "bo@example.org", "phone": None, "name": "Bo Winter", "iban": None}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build({"s": strict_yaml.parse(DATASET, DatasetFile).dataset})


def answer(*talks: str, agent: str | None = None, house: str = "the key is under the mat", **more: object) -> Found:
    """The person, a row of Bo's, the talks, and a house that both live in."""

    def rows(node: Node, *given: tuple[dict[str, object], Whose]) -> FoundCollection:
        return FoundCollection(node, ("id",), tuple(FoundRow(node, (v["id"],), v, w) for v, w in given))  # type: ignore[arg-type]

    told = [({"id": n, "words": words, "agent": agent}, Whose.OWN) for n, words in enumerate(talks)]
    collections = (
        rows(PERSON, (ME, Whose.OWN), (SHE, Whose.OTHER)),
        rows(TALK, *told),
        rows(HOUSE, ({"id": 7, "note": house}, Whose.SHARED)),
    )
    system = FoundSystem("s", Reach.FOUND, "", collections)
    return Found((("email", ("ada@example.com",)),), "DE", (system,), (), (), 1, ())


def judged(graph: Graph, found: Found, decided: Decided = ()) -> Redactions:
    return Redactions(graph, found, "DE", KEY, decided)


def parts(held: Redactions) -> list[tuple[str, str, str]]:
    return [(p.node.collection, p.field, p.why) for group in held.groups for p in group.parts]


def out(held: Redactions, node: Node) -> list[dict[str, object]]:
    """Rows as they go out."""
    collection = held.found.collection(node)
    assert collection is not None
    return [
        {name: value.shown if isinstance(value, Blacked) else value for name, value in row.items()}
        for row in held.rows(collection)
    ]


def all_of(held: Redactions, decision: str, reason: str = "others") -> list[tuple[str, str, str, str]]:
    return [(group, "", decision, reason) for group in held.undecided]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to bo@example.org", ["email"]),
        ("call 0170 1234567 for her", ["phone"]),
        ("pay to DE75 5121 0800 1245 1261 99", ["iban"]),
        ("Bo Winter said so", ["name"]),
        ("BO WINTER said so, and bo   winter not", ["name"]),
        ("with Mara K. at the desk", ["name"]),
        ("write to ADA@example.com or 030/90 18 20", []),
        (f"my account is {IBAN}", []),
        ("I am ill, my PIN is 4711", []),
        ("Bo Winterberg is a town", []),
        ("nobody", []),
        ("\x1b]52;c;aGk=\x07 [red] #eval \u202e\x00", []),
    ],
)
def test_Art_15_4_others_are_found_in_a_text_and_the_person_is_not(graph: Graph, text: str, kinds: list[str]) -> None:
    others = Others(graph, answer(text, agent="Mara K."), "DE")
    assert [kind for _, _, kind in others.places(text)] == kinds


def test_a_letter_that_grows_in_small_letters_moves_no_place(graph: Graph) -> None:
    text = "İİİ ßß Bo Winter."
    ((start, end, _),) = Others(graph, answer(text), "DE").places(text)
    assert text[start:end] == "Bo Winter"


def test_rows_fields_and_texts_about_others_are_held_back_and_nothing_else(graph: Graph) -> None:
    held = judged(graph, answer("ask bo@example.org", "all is well", agent="Mara K."))
    assert parts(held) == [
        ("house", "*", "shared-row"), ("person", "*", "withheld-rows"),
        ("talk", "agent", "third-party"), ("talk", "agent", "third-party"), ("talk", "words", "free-text"),
    ]  # fmt: skip
    assert sum(held.undecided.values()) == 5
    assert [row["name"] for row in out(held, PERSON)] == ["Ada Stein"]
    assert out(held, HOUSE) == []
    assert [row["words"] for row in out(held, TALK)] == [f"ask {BLACK}", "all is well"]
    assert [row["agent"] for row in out(held, TALK)] == [BLACK, BLACK]
    assert sorted(held.withheld()) == [(HOUSE, "shared-row", 1), (PERSON, "withheld-rows", 1)]
    assert {node.collection: n for node, n in held.counts().items()} == {"person": 1, "talk": 2, "house": 0}


def test_what_is_disclosed_goes_out_and_what_is_redacted_says_why(graph: Graph) -> None:
    found = answer("ask bo@example.org", "or bo@example.org", agent=None)
    first = judged(graph, found)
    group = next(g for g in first.groups if g.parts[0].why == "free-text")
    one = group.parts[0]
    held = judged(graph, found, [(group.id, one.id, "disclose", "no-harm"), (group.id, "", "redact", "in-confidence")])
    assert [row["words"] for row in out(held, TALK)] == ["ask bo@example.org", f"or {BLACK}"]
    collection = found.collection(TALK)
    assert collection is not None
    (why,) = [v.why for row in held.rows(collection) for v in row.values() if isinstance(v, Blacked)]
    assert why == "in-confidence"
    assert group.id not in held.undecided


def test_a_row_that_goes_out_is_looked_at_field_by_field_next(graph: Graph) -> None:
    found = answer(house="Bo Winter has the key")
    rows = [g for g in judged(graph, found).groups if g.parts[0].why == "shared-row"]
    held = judged(graph, found, [(rows[0].id, "", "disclose", "no-harm")])
    assert ("house", "note", "free-text") in parts(held)
    assert out(held, HOUSE) == [{"id": 7, "note": f"{BLACK} has the key"}]


def test_a_decision_holds_for_what_was_read_and_for_nothing_that_came_later(graph: Graph) -> None:
    before = judged(graph, answer("ask bo@example.org"))
    decided = all_of(before, "disclose", "no-harm")
    assert judged(graph, answer("ask bo@example.org"), decided).undecided == {}, "the control: the same is decided"
    changed = judged(graph, answer("ask bo@example.org, she is ill"), decided)
    more = judged(graph, answer("ask bo@example.org", "or zoe@example.org"), decided)
    assert out(changed, TALK)[0]["words"] == f"ask {BLACK}, she is ill"
    assert [row["words"] for row in out(more, TALK)] == [f"ask {BLACK}", f"or {BLACK}"]
    assert changed.undecided
    assert more.undecided


def test_a_word_that_is_no_decision_gives_nothing_out(graph: Graph) -> None:
    found = answer("ask bo@example.org")
    held = judged(graph, found, [(group, "", "yes", "others") for group in judged(graph, found).undecided])
    assert out(held, TALK)[0]["words"] == f"ask {BLACK}"


def test_ids_are_the_same_each_time_and_tell_nothing_without_the_key(graph: Graph) -> None:
    found = answer("ask bo@example.org")
    ids = [g.id for g in judged(graph, found).groups]
    assert ids == [g.id for g in judged(graph, found).groups]
    other = replace(judged(graph, found), key=b"o" * 32)
    assert not set(ids) & {g.id for g in other.groups}


def test_what_a_reviewer_reads_first_is_masked(graph: Graph) -> None:
    held = judged(graph, answer("please ask bo@example.org \x1b[2J about it"))
    part = next(p for g in held.groups for p in g.parts if p.why == "free-text")
    assert "[email]" in held.around(part)
    assert "bo@" not in held.around(part)


def test_texts_within_structures_are_looked_through(graph: Graph) -> None:
    held = judged(graph, answer({"a": ["x", {"b": "bo@example.org"}]}))  # type: ignore[arg-type]
    assert out(held, TALK)[0]["words"] == {"a": ["x", {"b": BLACK}]}
