"""The review of a draft, one question at a time: each decision is written into its file at once, and can be taken back.

The screen and the prompts of `rightsdesk catalog review` both stand on `Draft`.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services import strict_yaml
from services.catalog import taxonomy
from services.catalog.dataset import Dataset, Field
from services.catalog.system import SystemFile
from services.discovery.draft_file import DraftFile
from services.discovery.field_text import FieldText
from services.discovery.joins import Join, directions
from services.discovery.name_words import words
from services.draft_types import DraftDecision, DraftFound, DraftLine, DraftView
from services.errors import BadInput, Conflict, NotFound

Edit = tuple[DraftLine, DraftDecision, str]
"""A line, what is decided of it, and the category of a change."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What a decision did to a field, to take it back."""

    name: tuple[str, str, str]
    before: str
    after: str


class Draft:
    """The draft in a system folder; every thread may call. Raises `BadInput` with file and line.

    `allowed` is called before anything is written, and raises when it may not be.
    """

    def __init__(self, folder: Path, allowed: Callable[[], object] = lambda: None) -> None:
        self.folder, self._allowed = folder, allowed
        self._lock = threading.RLock()
        self._undo: list[list[_Done]] = []
        self._reads = self._number = 0
        self._read()

    def view(self) -> DraftView:
        """It as it stands."""
        with self._lock:
            lines = tuple(line for file in self._lines for field in file for line in field)
            waiting = sum(line.state == "open" for line in lines)
            return DraftView(
                str(self.folder), str(self.system.key), str(self.system.controller), lines, waiting,
                sum(line.asked for line in lines), known_categories(), bool(self._undo), self._reads,
                self._number,
            )  # fmt: skip

    def changed(self) -> DraftView | None:
        """It read again, when somebody else has changed a file of it since; None when nobody has."""
        with self._lock:
            if not any(file.touched() and file.is_another() for file in self._files):
                return None
            self._read()
            return self.view()

    def decide(self, line: DraftLine, decision: DraftDecision, category: str = "") -> DraftView:
        """Write a decision; `category` is that of a change. What stands elsewhere in the file stays as it is.

        Raises `BadInput` for a category there is none of, `Conflict` when the line was judged meanwhile.
        """
        if decision == "changed" and (fault := taxonomy.fault(category)):
            raise BadInput(fault, place="category")
        with self._lock:
            self._write([(line, decision, category)])
            return self.view()

    def accept_all(self, lines: Sequence[DraftLine]) -> DraftView:
        """Accept these lines of one collection in one step, or none. Raises `Conflict`: one was judged meanwhile."""
        with self._lock:
            self._write([(line, "accepted", "") for line in lines])
            return self.view()

    def undo(self) -> DraftView:
        """Take the last decision of this sitting back. Raises `Conflict` where the field was changed since."""
        with self._lock:
            self._allowed()
            if not self._undo:
                raise NotFound("nothing was decided in this sitting")
            self.changed()
            done = self._undo[-1]
            if any(self._text(one.name) != one.after for one in done):
                self._undo.pop()
                raise Conflict("it was changed elsewhere since", kept="the file as it is")
            self._put([(one.name, one.before) for one in done])
            self._undo.pop()
            return self.view()

    # --- reading -----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        path = self.folder / "system.yml"
        system = strict_yaml.read(path, SystemFile)
        for name in system.datasets:
            if Path(name).name != name:
                raise BadInput(f"'{name}' is not a file of this folder", place=f"{path}:{strict_yaml.line_of(name)}")
        files = [DraftFile(self.folder / str(name)) for name in dict.fromkeys(system.datasets)]
        self.system, self._files = system, files
        self._lines = [[_lines(*file.field(n)) for n in range(len(file.spans))] for file in files]
        self._places = {_name(some[0]): (f, n) for f, fields in enumerate(self._lines) for n, some in enumerate(fields)}
        self._reads, self._number = self._reads + 1, self._number + 1

    def _found(self, line: DraftLine) -> tuple[int, int]:
        """Number of file and field of a line that nobody judged since it was shown."""
        place = self._places.get(_name(line))
        here = [] if place is None else [one for one in self._lines[place[0]][place[1]] if one.key == line.key]
        if place is None or not here or (here[0].said, here[0].state) != (line.said, line.state):
            raise Conflict(f"'{line.collection}.{line.field}' was judged meanwhile", kept="the file as it is")
        return place

    def _text(self, name: tuple[str, str, str]) -> str:
        place = self._places.get(name)
        return "" if place is None else self._files[place[0]].text(place[1])

    # --- writing -----------------------------------------------------------------------------------------------------

    def _write(self, edits: Sequence[Edit]) -> None:
        """All of these, of one file, or none."""
        self._allowed()
        self.changed()  # what is asked of here may be as it was, all the same
        done = self._judged(edits)
        self._put([(one.name, one.after) for one in done])
        self._undo.append(done)

    def _judged(self, edits: Sequence[Edit]) -> list[_Done]:
        opened: dict[tuple[str, str, str], FieldText] = {}
        joins: list[Join] = []
        for line, decision, category in edits:
            f, number = self._found(line)
            name, file = _name(line), self._files[f]
            if name not in opened:
                opened[name] = file.opened(number)
            _judge(opened[name], line, decision, category, file.field(number)[0], joins)
        return [_Done(name, self._text(name), field.text()) for name, field in opened.items()]

    def _put(self, texts: Sequence[tuple[tuple[str, str, str], str]]) -> None:
        """Other texts for some fields of one file."""
        f = self._places[texts[0][0]][0]
        numbers = {self._places[name][1]: text for name, text in texts}
        self._files[f].put(numbers)
        for number in numbers:
            self._lines[f][number] = _lines(*self._files[f].field(number))
        self._number += 1


def drafts_in(folder: Path) -> Iterator[DraftFound]:
    """The system folders in `folder` of which something was proposed, also those that cannot be read."""
    for path in sorted(folder.glob("*/system.yml")):
        try:
            if not any(b"evidence" in file.read_bytes() for file in path.parent.glob("*.y*ml")):
                continue
            view = Draft(path.parent).view()
        except BadInput as exc:
            yield DraftFound(str(path.parent), path.parent.name, folder.parent.name, fault=str(exc))
        except OSError as exc:
            yield DraftFound(str(path.parent), path.parent.name, folder.parent.name, fault=exc.strerror or "unreadable")
        else:
            if view.asked:
                yield DraftFound(view.folder, view.system, view.controller, view.open, view.asked)


@cache
def known_categories() -> tuple[str, ...]:
    """What can be chosen from: the two upper levels of the taxonomy about people, and all that discovery proposes."""
    return tuple(sorted({*taxonomy.about_people(), *words().sure, *words().unsure}))


def _name(line: DraftLine) -> tuple[str, str, str]:
    return line.dataset, line.collection, line.field


def _lines(dataset: Dataset, collection: str, field: Field) -> tuple[DraftLine, ...]:
    """The lines of one field: of each evidence, or one that says nothing."""
    held = [str(reference.field) for reference in field.meta.references or ()]
    asked = [e for e in field.console.evidence if e.of == "reference" and e.review]
    joins = (*held, *(f"{e.said} (open, {e.confidence:.2f})" for e in asked))
    start = (str(dataset.fides_key), collection, str(field.name))
    kind, now = field.meta.data_type or "", tuple(map(str, field.data_categories or ()))
    found = tuple(
        DraftLine(
            "\n".join((*start, str(at))), *start, kind, e.of, str(e.said), e.confidence, e.because,
            "open" if e.review else e.decided or "holds", now, joins,
        )
        for at, e in enumerate(field.console.evidence)
    )  # fmt: skip
    if any(line.of == "category" for line in found):
        return found
    return (DraftLine("\n".join((*start, "-")), *start, kind, "", "", 0.0, "", "", now, joins), *found)


def _judge(
    field: FieldText, line: DraftLine, decision: DraftDecision, category: str, dataset: Dataset, joins: list[Join]
) -> None:
    if line.of:
        field.decided(int(line.key.rpartition("\n")[2]), decision)
    if line.of != "reference":
        if decision == "not-personal":
            field.not_personal()
        else:
            field.hold(category if decision == "changed" else line.said)
    elif decision == "accepted":
        target, _, on = line.said.partition(".")
        new = Join(line.collection, (line.field,), target, (on,), 1.0, "")
        people = {str(c.name) for c in dataset.collections if any(f.meta.identity for _, f in c.walk())}
        field.refer(line.dataset, line.said, directions([*_joins(dataset), *joins, new], people)[new])
        joins.append(new)
    else:
        field.refer_not(line.dataset, line.said)


def _joins(dataset: Dataset) -> Sequence[Join]:
    found = []
    for collection in dataset.collections:
        for path, field in collection.walk():
            for reference in field.meta.references or ():
                parent, _, on = reference.field.partition(".")
                if reference.dataset == dataset.fides_key:
                    found.append(Join(str(collection.name), (path,), parent, (on,), 1.0, "held"))
    return found
