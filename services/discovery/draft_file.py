"""A dataset file under review: where each field stands in it, and putting other texts in place of some."""

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from yaml.nodes import MappingNode, Node

from services import strict_yaml
from services.catalog.checks import check_dataset
from services.catalog.dataset import Dataset, DatasetFile, Field
from services.discovery.draft import put_file
from services.discovery.field_text import FieldText, end_of
from services.errors import BadInput, Conflict

Place = tuple[int, int, int]
"""Numbers of dataset, collection and field."""
_ANCHOR = re.compile(r"(^|[\s\[{,:-])[&*]\w")


class ChangedMeanwhile(Conflict):
    """The file on disk is not the one that was read."""


class Span(NamedTuple):
    """Where a field stands: characters `start` to `end`, from `column` on; `flow`: in brackets."""

    place: Place
    start: int
    end: int
    column: int
    flow: bool


class DraftFile:
    """The file at `path`, read once; raises `BadInput` with file and line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = _stamp(path)
        self._text = strict_yaml.text_of(path)
        with _without_collector():
            root = strict_yaml.nodes(self._text, place=str(path))
            self.datasets = strict_yaml.built(root, DatasetFile, place=str(path)).dataset
            self.spans = list(_spans(root))
            del root
        for dataset in self.datasets:
            check_dataset(dataset, self.datasets, str(path))

    def touched(self) -> bool:
        """Whether the file may have changed since it was read or written here; costs one look at the folder."""
        return _stamp(self.path) != self._stamp

    def is_another(self) -> bool:
        """Whether what stands on disk is something else; raises `BadInput` when it cannot be read."""
        stamp = _stamp(self.path)
        if strict_yaml.text_of(self.path) != self._text:
            return True
        self._stamp = stamp
        return False

    def field(self, number: int) -> tuple[Dataset, str, Field]:
        """Dataset, collection's name and field of span `number`."""
        d, c, f = self.spans[number].place
        collection = self.datasets[d].collections[c]
        return self.datasets[d], str(collection.name), collection.fields[f]

    def text(self, number: int) -> str:
        """The text of span `number`."""
        span = self.spans[number]
        return self._text[span.start : span.end]

    def opened(self, number: int) -> FieldText:
        """The field of span `number`, to be changed. Raises `BadInput` for what only an editor can change."""
        span = self.spans[number]
        found = FieldText(self.text(number), span.column, span.flow)
        if found.name != str(self.field(number)[2].name):
            raise BadInput("this field is written so that only an editor can change it", place=str(self.path))
        return found

    def put(self, new: Mapping[int, str]) -> None:
        """Write other texts for some spans, all or none. Raises `ChangedMeanwhile` and `BadInput`."""
        parts, spans, at, moved = [], [], 0, 0
        for number, (place, start, end, column, flow) in enumerate(self.spans):
            if number in new:
                parts += [self._text[at:start], new[number]]
                at, grown = end, len(new[number]) - (end - start)
                spans.append(Span(place, start + moved, end + moved + grown, column, flow))
                moved += grown
            else:
                spans.append(Span(place, start + moved, end + moved, column, flow) if moved else self.spans[number])
        text = "".join([*parts, self._text[at:]])
        datasets = self._datasets(new, text)
        if self.is_another():
            raise ChangedMeanwhile(f"'{self.path.name}' was changed meanwhile", kept="the file as it is")
        try:
            put_file(self.path, text)
        except OSError as exc:
            raise BadInput(f"cannot be written: {exc.strerror or 'no reason given'}", place=str(self.path)) from exc
        self._text, self.spans, self.datasets, self._stamp = text, spans, datasets, _stamp(self.path)

    def _datasets(self, new: Mapping[int, str], text: str) -> tuple[Dataset, ...]:
        """The datasets with these fields in place, checked."""
        if any(self.spans[n].flow or _ANCHOR.search(self.text(n)) for n in new):  # it hangs together with its file
            datasets = strict_yaml.parse(text, DatasetFile, place=str(self.path)).dataset
        else:
            datasets = self.datasets
            fields = {self.spans[n].place: self._read(n, one) for n, one in new.items()}
            for d, c in {place[:2] for place in fields}:
                datasets = _with(datasets, d, c, fields)
        for d in {self.spans[n].place[0] for n in new}:
            touched = {self.spans[n].place[1] for n in new if self.spans[n].place[0] == d}
            parts = tuple(datasets[d].collections[c] for c in sorted(touched))  # the others were checked as they are
            try:
                check_dataset(replace(datasets[d], collections=parts), datasets, str(self.path))
            except BadInput as exc:
                raise BadInput(exc.reason, place=str(self.path)) from exc  # lines are those of single fields by now
        return datasets

    def _read(self, number: int, text: str) -> Field:
        return strict_yaml.parse(" " * self.spans[number].column + text, Field, place=str(self.path))


@contextmanager
def _without_collector() -> Iterator[None]:
    """While every word of a file is an object, a collection takes long, and no thread runs meanwhile."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _with(datasets: tuple[Dataset, ...], d: int, c: int, fields: Mapping[Place, Field]) -> tuple[Dataset, ...]:
    collection = datasets[d].collections[c]
    inside = tuple(fields.get((d, c, f), field) for f, field in enumerate(collection.fields))
    parts = datasets[d].collections
    parts = (*parts[:c], replace(collection, fields=inside), *parts[c + 1 :])
    return (*datasets[:d], replace(datasets[d], collections=parts), *datasets[d + 1 :])


def _spans(root: Node) -> Iterator[Span]:
    for d, dataset in enumerate(_items(root, "dataset")):
        for c, collection in enumerate(_items(dataset, "collections")):
            for f, field in enumerate(_items(collection, "fields")):
                start = field.start_mark
                yield Span((d, c, f), start.index, end_of(field), start.column, bool(field.flow_style))


def _items(node: Node, key: str) -> list[Node]:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value.value for name, value in pairs if name.value == key), [])


def _stamp(path: Path) -> tuple[int, int, int]:
    """When a file was last written (ns), its size and which one it is; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
