"""The numbers of the law as a dated table, so that a change of law is a new row and old cases keep theirs."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from services.errors import BadInput
from services.types import Regime


@dataclass(frozen=True, slots=True)
class ClockRules:
    """What one regime counts from `valid_from` on; `ids` are the rules of rules.md 2.1 that every date rests on.

    `by_law`: identity or a fee restarts the month and days of a clarification do not count, as the text of the law says
    (UK Art 12A), and the last days for notices move along. Elsewhere a pause rests on guidance alone (SUS-2).
    `ask_days`: a question stops the clock when it was put within so many days after receipt; None: whenever.
    `confirm_days`: within which a complaint is confirmed; None: no law names them.
    """

    regime: Regime
    valid_from: date
    months: int = 1
    extended_months: int = 3
    by_law: bool = False
    ask_days: int | None = 3
    internal_days: int = 10
    reserve_days: int = 5
    breach_hours: int = 72
    confirm_days: int | None = None
    ids: tuple[str, ...] = ("CLK-1", "CLK-4", "CLK-5", "CLK-6")


_GDPR = date(2018, 5, 25)
_DUAA, _COMPLAINTS = date(2026, 2, 5), date(2026, 6, 19)
RULES = (
    ClockRules(Regime.EU, _GDPR),
    ClockRules(Regime.UK, _GDPR),
    # DUAA s 76: Art 12A, and Art 12(4) now runs to the end of the applicable period, extension included (CLK-4).
    ClockRules(Regime.UK, _DUAA, by_law=True, ask_days=None),
    # DUAA s 103: DPA 2018 s 164A, the complaint to the controller.
    ClockRules(Regime.UK, _COMPLAINTS, by_law=True, ask_days=None, confirm_days=30),
)

_EU = {"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT"}
_EU |= {"NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"}
_EEA = {"IS", "LI", "NO"}


@lru_cache(maxsize=65_536)
def rules_for(regime: Regime, received_on: date) -> ClockRules:
    """The row that counts for a request of that day; regime OTHER counts as EU. `BadInput` before the first row."""
    counted = Regime.EU if regime is Regime.OTHER else regime
    rows = [r for r in RULES if r.regime is counted and r.valid_from <= received_on]
    if not rows:
        raise BadInput(f"{received_on} is before {_GDPR}: there was no right to answer then", place="received")
    return max(rows, key=lambda r: r.valid_from)


def regime_of(country: str) -> Regime:
    """The regime of a controller established in that ISO country: EU and EEA states, GB, anything else."""
    if country == "GB":
        return Regime.UK
    return Regime.EU if country in _EU | _EEA else Regime.OTHER
