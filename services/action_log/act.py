"""How an act becomes the `params` of an entry and back; `acts.py` lists the acts."""

import dataclasses
import enum
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

from services.action_log.lint import what_is_wrong
from services.action_log.shapes import Text, Whole, matcher
from services.errors import BadInput

Param = str | int | bool | None | list[str] | list[int]
Params = dict[str, Param]


class Act:
    """What somebody did: one frozen dataclass for each act, its fields are the entry's `params`."""

    __slots__ = ()
    NAME: typing.ClassVar[str]


ACTS: dict[str, type[Act]] = {}

A = TypeVar("A", bound=Act)


@dataclass_transform(frozen_default=True)
def act(name: str) -> Callable[[type[A]], type[A]]:
    """Makes a class the act `name`: a frozen dataclass with slots, listed in `ACTS`."""

    def make(cls: type[A]) -> type[A]:
        made = dataclasses.dataclass(frozen=True, slots=True)(cls)
        made.NAME = name
        ACTS[name] = made
        return made

    return make


def name_of(done: Act) -> str:
    """`noun.past` of an act."""
    return done.NAME


def to_params(done: Act) -> Params:
    """The act's fields as JSON values; raises `BadInput` when one does not have its shape."""
    return {name: check(getattr(done, name)) for name, check in _checks(type(done))}


def from_params(name: str, params: Params) -> Act:
    """The act `name` from an entry's `params`; raises `BadInput` on anything unknown, missing or misshapen."""
    cls = ACTS.get(name)
    if cls is None:
        raise BadInput("there is no such act", place="act")
    checks = _checks(cls)
    if type(params) is not dict or len(params) != len(checks):
        raise BadInput(f"params of {name} are not those of the act", place=name)
    values: list[Any] = []
    for field, check in checks:
        if field not in params:
            raise BadInput("is missing", place=f"{name}.{field}")
        value = params[field]
        values.append(tuple(check(tuple(value))) if type(value) is list else check(value))
    return cls(*values)


Check = Callable[[object], Any]


_CHECKS: dict[str, tuple[tuple[str, Check], ...]] = {}
_REMEMBER = 1024


def _checks(cls: type[Act]) -> tuple[tuple[str, Check], ...]:
    """Field names and their checks, made once for each act, when it is first used."""
    made = _CHECKS.get(cls.NAME)
    if made is None:
        hints = typing.get_type_hints(cls, include_extras=True)
        names = [name for name in hints if name != "NAME"]
        made = _CHECKS[cls.NAME] = tuple((name, check_of(hints[name], f"{cls.NAME}.{name}")) for name in names)
    return made


def check_of(hint: object, place: str) -> Check:
    """A function that returns a value of type `hint` as JSON value or raises `BadInput` at `place`."""
    if hint is bool:
        return _bool_check(place)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = check_of(next(a for a in args if a is not type(None)), place)
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = check_of(args[0], place)
        return _tuple_check(item, place)
    shape = args[1]
    return _text_check(shape, place) if isinstance(shape, Text) else _whole_check(shape, place)


def _bool_check(place: str) -> Check:
    def check(value: object) -> bool:
        if value is True or value is False:
            return value
        raise BadInput("is neither true nor false", place=place)

    return check


def _text_check(shape: Text, place: str) -> Check:
    fits = matcher(shape).fullmatch
    seen: set[str] = set()  # codes come from short lists: most were met before

    def check(value: object) -> str:
        if type(value) is str:
            if value in seen:
                return value
            if fits(value):
                if len(seen) < _REMEMBER:
                    seen.add(value)
                return value
        if isinstance(value, enum.Enum) and type(value.value) is str:
            return check(value.value)
        raise BadInput(what_is_wrong(value, shape.word), place=place)

    return check


def _whole_check(shape: Whole, place: str) -> Check:
    low, high = shape.low, shape.high

    def check(value: object) -> int:
        if type(value) is int and low <= value <= high:
            return value
        raise BadInput(what_is_wrong(value, shape.word), place=place)

    return check


def _tuple_check(item: Check, place: str) -> Check:
    def check(value: object) -> list[Any]:
        if type(value) is not tuple:
            raise BadInput("is not a tuple", place=place)
        return [item(one) for one in value]

    return check
