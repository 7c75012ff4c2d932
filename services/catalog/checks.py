"""What the shape of a dataset file cannot say: names that must exist, categories, strategies that fit."""

from collections import Counter
from collections.abc import Iterable, Sequence

from services.catalog import strategies, taxonomy
from services.catalog.console_keys import Consent, Restriction
from services.catalog.dataset import Collection, Dataset, Field
from services.catalog.retention_law import keys
from services.errors import BadInput
from services.strict_yaml import line_of, nearest


class _Checker:
    """Raises `BadInput` at the first fault, with its line."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, at: object, what: str) -> None:
        """Refuse what stands at the line of `at`."""
        raise BadInput(what, place=f"{self.file}:{line_of(at)}")

    def unique(self, named: Sequence[object], kind: str) -> None:
        """No name stands twice."""
        seen: Counter[str] = Counter()
        for name in named:
            seen[str(name)] += 1
            if seen[str(name)] > 1:
                self.fail(name, f"{kind} '{name}' stands twice")

    def known(self, word: str, valid: Iterable[str], kind: str) -> None:
        """`word` is one of `valid`."""
        valid = list(valid)
        if word not in valid:
            self.fail(word, f"there is no {kind} called '{word}'{nearest(word, valid)}")


def check_dataset(dataset: Dataset, together: Sequence[Dataset], file: str, *, whole: bool = False) -> None:
    """Raises `BadInput` for the first fault of `dataset`.

    `together`: the datasets known beside it. `whole`: these are all, so a reference to any other is a fault too.
    """
    check = _Checker(file)
    if not dataset.collections:
        check.fail(dataset, f"dataset '{dataset.fides_key}' has no collections")
    check.unique([other.fides_key for other in together], "dataset")
    check.unique([collection.name for collection in dataset.collections], "collection")
    _categories(check, dataset.data_categories)
    for collection in dataset.collections:
        _categories(check, collection.data_categories)
        if not collection.fields:
            check.fail(collection, f"collection '{collection.name}' has no fields")
        _fields(check, collection.fields)
        for path, field in collection.walk():
            _field(check, collection, path, field)
        _rules(check, dataset, collection)
        _targets(check, dataset, collection, {str(other.fides_key): other for other in together}, whole)


def _categories(check: _Checker, categories: tuple[str, ...] | None) -> None:
    for category in categories or ():
        fault = taxonomy.fault(category)
        if fault:
            check.fail(category, fault)


def _fields(check: _Checker, fields: tuple[Field, ...]) -> None:
    check.unique([field.name for field in fields], "field")
    for field in fields:
        if not field.name or "." in field.name:
            check.fail(field.name, f"'{field.name}' is not a field's name: nested fields stand under 'fields'")
        _fields(check, field.fields or ())


def _field(check: _Checker, collection: Collection, path: str, field: Field) -> None:
    meta = field.meta
    _categories(check, field.data_categories)
    if field.fields and meta.data_type not in (None, "object", "object[]"):
        check.fail(field.fides_meta, f"'{path}' has nested fields and cannot be of data_type '{meta.data_type}'")
    if meta.primary_key and "." in path:
        check.fail(field.fides_meta, f"'{path}' is nested and cannot be a primary key")
    if field.console.changed_at is not None:
        check.known(field.console.changed_at, collection.columns, f"field of '{collection.name}'")
    for evidence in field.console.evidence:
        if evidence.of == "category":
            _categories(check, (evidence.said,))
    if field.mask is None:
        return
    fault = strategies.fault(field.mask, meta.data_type, meta.length)
    if meta.primary_key:
        fault = f"'{path}' is a primary key and cannot be masked"
    if meta.read_only:
        fault = f"'{path}' is read_only and cannot be masked"
    if fault:
        check.fail(field.mask, fault)


def _rules(check: _Checker, dataset: Dataset, collection: Collection) -> None:
    own, kind = collection.console, f"field of '{collection.name}'"
    if own.retention is not None:
        check.known(own.retention.field, collection.columns, kind)
    if own.deletes is not None:
        check.known(own.deletes.field, collection.columns, kind)
    rules = dataset.rules(collection)
    if rules.retention is not None and rules.retention.entry is not None:
        check.known(rules.retention.entry, keys(), "duty to keep")
    if rules.erase == "keep" and rules.retention is None and rules.reason is None:
        check.fail(collection, f"'{collection.name}' is kept: say under which 'retention' or for which 'reason'")
    if rules.retention is not None and rules.retention.field not in collection.columns:
        check.fail(collection, f"'{collection.name}' has no field '{rules.retention.field}' to count retention from")
    if rules.deletes is not None and rules.deletes.field not in collection.columns:
        check.fail(collection, f"'{collection.name}' has no field '{rules.deletes.field}' to count its deletion from")
    speaking: list[Consent | Restriction] = [*own.consent, *([own.restriction] if own.restriction else [])]
    for one in speaking:
        for name in one.columns:
            if name not in collection.columns:
                check.fail(one, f"there is no {kind} called '{name}'{nearest(name, collection.columns)}")


def _targets(
    check: _Checker, dataset: Dataset, collection: Collection, together: dict[str, Dataset], whole: bool
) -> None:
    paths = [path for path, _ in collection.walk()]
    for _, field in collection.walk():
        for reference in field.meta.references or ():
            target, _, target_field = reference.field.partition(".")
            if not target_field:
                check.fail(reference.field, f"'{reference.field}' must be 'collection.field'")
            _target(check, reference.dataset, reference.field, target, target_field, together, whole)
    for key in collection.console.references:
        for name in key.fields:
            check.known(name, paths, f"field of '{collection.name}'")
        for name in key.on:
            _target(check, key.dataset, name, str(key.to), str(name), together, whole)
    nodes = [f"{other.fides_key}.{c.name}" for other in together.values() for c in other.collections]
    for word in (*(collection.meta.after or ()), *(collection.meta.erase_after or ())):
        other, _, tail = word.partition(".")
        if not tail:
            check.fail(word, f"'{word}' must be 'dataset.collection'")
        if other in together or whole:
            check.known(word, nodes, "collection")


def _target(
    check: _Checker, dataset: str, at: str, name: str, path: str, together: dict[str, Dataset], whole: bool
) -> None:
    """That a reference's target exists; `at` is the word whose line is named."""
    if dataset not in together:
        if whole:
            check.known(dataset, together, "dataset")
        return
    target = together[dataset].collection(name)
    if target is None:
        names = [str(c.name) for c in together[dataset].collections]
        check.fail(at, f"dataset '{dataset}' has no collection '{name}'{nearest(name, names)}")
    elif path not in (known := [p for p, _ in target.walk()]):
        check.fail(at, f"collection '{name}' has no field '{path}'{nearest(path, known)}")
