"""Checklists as people write them: YAML beside the code, read strictly (rules.md 7.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Literal

from services.errors import BadInput
from services.identity.engine import STRONG, channel, tier_reached
from services.types import Factor, Requester, Right, Tier

LANGUAGES = ("en", "de", "fr")
"""Every word that is said is there in each of these: those in which letters are written, too."""
GUARDS = tuple(f"G{n}" for n in range(1, 11))
PLACES = frozenset({"case", "controller", "due", "received"})
"""What the words of a step may ask to be filled in: `{due}`. Never a value that is held about the person."""

_FOLDER = Path(__file__).parent / "checklists"
_SHARED = ("guards", "phrases", "steps")

Words = dict[str, str]


def check_words(words: Words, of: str) -> None:
    """Raises `ValueError` unless every language has words whose places are all known."""
    for language in LANGUAGES:
        if not words.get(language, "").strip():
            raise ValueError(f"{of} has no words in '{language}'")
    for language, text in words.items():
        unknown = {name for _, name, _, _ in Formatter().parse(text) if name is not None} - PLACES
        if unknown:
            raise ValueError(f"{of} ({language}) asks for '{sorted(unknown)[0]}'; it may ask for {sorted(PLACES)}")


@dataclass(frozen=True)
class TemplateStep:
    """One step: a guard to tick, a choice of factors (one of them must pass), words to say, a thing to confirm.

    `from_tier` hides the step below it. A guard without words takes those of `guards.yml`; a `shared` step is the
    one of its id in `steps.yml`, with words of its own if it has any.
    """

    id: str
    kind: Literal["guard", "factor", "say", "confirm", "shared"]
    guard: str = ""
    factors: tuple[Factor, ...] = ()
    from_tier: Tier = field(default=Tier.T0, metadata={"key": "from"})
    title: Words = field(default_factory=dict)
    say: Words = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "." in self.id or not self.id:
            raise ValueError("a step's id is a word without a dot")
        if (self.kind == "guard") != bool(self.guard) or (self.guard and self.guard not in GUARDS):
            raise ValueError(f"a guard step names one of {', '.join(GUARDS)}, no other step does")
        if (self.kind == "factor") != bool(self.factors):
            raise ValueError("a factor step offers factors, no other step does")
        if self.kind not in ("guard", "shared"):
            check_words(self.title, f"the title of '{self.id}'")
            check_words(self.say, f"step '{self.id}'")


@dataclass(frozen=True)
class Template:
    """A checklist. `held` are the guards that the desk keeps itself; with the guard steps they must be all ten."""

    id: str
    version: int
    rights: tuple[Right, ...]
    tier: Tier
    title: Words
    held: tuple[str, ...]
    steps: tuple[TemplateStep, ...]
    requesters: tuple[Requester, ...] = (Requester.SELF,)

    def __post_init__(self) -> None:
        check_words(self.title, "the title")
        ids = [s.id for s in self.steps]
        if len(set(ids)) < len(ids):
            raise ValueError("two steps have the same id")
        guards = [*self.held, *(s.guard for s in self.steps if s.guard)]
        if sorted(guards) != sorted(GUARDS):
            odd = set(GUARDS).symmetric_difference(guards) or {g for g in guards if guards.count(g) > 1}
            raise ValueError(f"every guard stands in a checklist once: look at {', '.join(sorted(odd))}")
        filled = all(s.kind != "shared" for s in self.steps)
        if filled and not (self.tier in (Tier.T0, Tier.TX) or self.reaches(self.tier)):
            raise ValueError(f"its factors cannot reach {self.tier}")

    def offers(self, tier: Tier) -> frozenset[Factor]:
        """The factors of the steps shown when `tier` is needed."""
        return frozenset(f for s in self.steps if s.from_tier <= tier for f in s.factors)

    def reaches(self, tier: Tier) -> bool:
        """Whether one factor of each step shown at `tier` can add up to it."""
        pairs: list[tuple[str, str]] = []
        taken: set[str] = set()
        for step in (s for s in self.steps if s.factors and s.from_tier <= tier):
            ways = [(f, m) for f in step.factors for m in (("email", "phone") if f is Factor.OTP else ("",))]
            new = [(f, m) for f, m in ways if f not in STRONG or channel(f, m) not in taken]
            pairs += new[:1]
            taken |= {channel(f, m) for f, m in new[:1] if f in STRONG}
        return tier_reached(pairs) >= tier


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Template]:
    """Every checklist of the program by id, guards filled in; raises `BadInput` with file and line."""
    found: dict[str, Template] = {}
    for path in sorted(_FOLDER.glob("*.yml")):
        if path.stem not in _SHARED:
            template = read_template(path)
            found[template.id] = template
    return found


def read_template(path: Path) -> Template:
    """The checklist in `path`, whose name is its id; raises `BadInput` with file and line."""
    from services import strict_yaml  # PyYAML: paid when the first checklist opens

    template = strict_yaml.read(path, Template)
    if template.id != path.stem:
        raise BadInput(f"id '{template.id}' is not the file's name", place=f"{path}:1")
    try:
        return replace(template, steps=tuple(_filled(step) for step in template.steps))
    except ValueError as exc:
        raise BadInput(str(exc), place=f"{path}:1") from None


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, Words]:
    """Sentences said outside a step, by name: the same words whether or not anything is held about the caller."""
    from services import strict_yaml

    path = _FOLDER / "phrases.yml"
    found = strict_yaml.read(path, Phrases).phrases
    for name, words in found.items():
        check_words(words, f"'{name}'")
    return found


@dataclass(frozen=True)
class Phrases:
    """The shape of `phrases.yml`."""

    phrases: dict[str, Words]


@dataclass(frozen=True)
class Guards:
    """The shape of `guards.yml`."""

    guards: tuple[TemplateStep, ...]

    def __post_init__(self) -> None:
        for step in self.guards:
            check_words(step.title, f"the title of {step.guard}")
            check_words(step.say, step.guard)


@dataclass(frozen=True)
class SharedSteps:
    """The shape of `steps.yml`."""

    steps: tuple[TemplateStep, ...]


@lru_cache(maxsize=1)
def _guards() -> Mapping[str, TemplateStep]:
    from services import strict_yaml

    return {step.guard: step for step in strict_yaml.read(_FOLDER / "guards.yml", Guards).guards}


@lru_cache(maxsize=1)
def _steps() -> Mapping[str, TemplateStep]:
    from services import strict_yaml

    return {step.id: step for step in strict_yaml.read(_FOLDER / "steps.yml", SharedSteps).steps}


def _filled(step: TemplateStep) -> TemplateStep:
    """A guard or a shared step with what `guards.yml` and `steps.yml` say where it says nothing of its own."""
    if step.kind == "shared":
        if step.id not in _steps():
            raise ValueError(f"there is no shared step '{step.id}'")
        shared = _steps()[step.id]
        return replace(shared, title=step.title or shared.title, say=step.say or shared.say)
    if not step.guard:
        return step
    guard = _guards()[step.guard]
    return replace(step, title=step.title or guard.title, say=step.say or guard.say)
