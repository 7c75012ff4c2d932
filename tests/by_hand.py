"""A paper archive beside a centre's systems, and what people answer there."""

from pathlib import Path

from services.types import Right, TaskView
from tests.worker_centre import PEOPLE, Call, WorkerCentre

DATASET = """\
dataset:
  - fides_key: archive
    x_console:
      label: {en: Paper files, de: Papierakten}
      purpose: {en: To keep contracts, de: Verträge aufbewahren}
      storage: {en: Ten years, de: Zehn Jahre}
      source: {en: You, de: Sie selbst}
      recipients: [Archiv GmbH]
      basis: contract
      origin: provided
    collections:
      - name: paper
        x_console: {erase: delete}
        fields:
          - {name: task, fides_meta: {primary_key: true}}
          - {name: person, fides_meta: {identity: email}}
          - {name: count}
          - {name: found}
          - {name: answered_on}
"""
WORDS = """\
find: {en: "Look through the binders in room 12", de: Ordner in Raum 12 durchsehen}
erase: {en: Shred what was found}
responsible: archive
identities: [email]
days: {find: 5, erase: 7}
consents: [newsletter]
"""


def with_archive(centre: WorkerCentre, words: str = WORDS, key: str = "archive") -> None:
    """One more system, worked by hand."""
    folder: Path = centre.home.systems("nordlicht") / key
    folder.mkdir()
    head = f"key: {key}\ncontroller: nordlicht\nconnector: manual\nurl: manual:{key}\ndatasets: [{key}.yml]\n"
    (folder / "system.yml").write_text(head, "utf-8")
    (folder / f"{key}.yml").write_text(DATASET.replace("fides_key: archive", f"fides_key: {key}"), "utf-8")
    (folder / "manual.yml").write_text(words, "utf-8")


def tasks(call: Call, what: str) -> list[TaskView]:
    """The tasks of that kind, as the case's desk has them now."""
    assert call.desk.synced()
    return [one for one in call.desk.task.of(call.session, call.case) if one.state.what == what]


def waits(call: Call, what: str, round: int = 1) -> TaskView:
    """The task of that kind that waits for an answer, once it was asked for the `round`-th time."""

    def there() -> TaskView | None:
        return next((one for one in tasks(call, what) if one.waits and one.state.round >= round), None)

    return call.centre.until(there)


def answer(call: Call, task: TaskView, outcome: str, count: int = 0, reason: str = "", found: str = "") -> None:
    """Answered at the desk, and in central."""
    call.desk.task.answer(call.session, call.case, task.state.task, outcome, count, reason, found)
    assert call.desk.synced()


def answered_export(centre: WorkerCentre, right: Right, outcome: str, count: int = 0, found: str = "") -> Call:
    """An export that met the archive, was answered so, and ended."""
    call = Call(centre, centre.desk(), PEOPLE[4], right)
    call.verify()
    call.step_up()
    call.desk.act.export(call.session, call.case)
    answer(call, waits(call, "find"), outcome, count, found=found)
    call.keep_in()
    centre.until(lambda: "item.resolved" in centre.acts(call.case))
    return call
