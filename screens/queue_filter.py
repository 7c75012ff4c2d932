"""What is typed after `/` as a view of the queue: words, and `right:`, `state:`, `controller:` with one."""

from dataclasses import replace

from services.types import ItemState, QueueView

FIELDS: dict[str, tuple[str, ...]] = {"right": (), "state": tuple(ItemState), "controller": ()}


def view_of(base: QueueView, text: str) -> tuple[QueueView, str]:
    """`base` narrowed by `text`, and a sentence about what was not understood (empty: all was)."""
    words: list[str] = []
    fields: dict[str, str] = {}
    problem = ""
    for part in text.split():
        name, colon, value = part.partition(":")
        if not colon or name not in FIELDS:
            words.append(part)
        elif value and FIELDS[name]:
            fields[name], problem = _word(name, value, problem)
        elif value:
            fields[name] = value
    view = replace(
        base,
        text=" ".join(words),
        right=fields.get("right", ""),
        state=fields.get("state", ""),
        controller=fields.get("controller", ""),
    )
    return view, problem


def is_identifier(text: str) -> bool:
    """Whether this reads like a whole e-mail or telephone number, which is never shown back."""
    many_digits = sum(c.isdigit() for c in text) >= 7
    return "@" in text or (many_digits and not text.upper().startswith("C-"))


def _word(name: str, value: str, problem: str) -> tuple[str, str]:
    fitting = [str(word) for word in FIELDS[name] if str(word).startswith(value.lower())]
    if not fitting:
        return "", f"no {name} starts with that; there are {', '.join(map(str, FIELDS[name]))}"
    return fitting[0], problem
