"""A decision of an item as a screen shows it."""

from services.cases.case import Item
from services.cases.decision import pending
from services.controllers import Controller
from services.desk.context import Context
from services.types import DecisionView


def decision_view(item: Item, controller: Controller) -> DecisionView | None:
    """The decision of the item, if there is one."""
    made = item.decision
    if made is None:
        return None
    from services.letters.money import money  # Babel: only whoever shows a fee pays for it

    return DecisionView(
        id=made.id,
        outcome=made.outcome,
        grounds=made.grounds,
        by=made.by.removeprefix("agent:"),
        at=Context.as_time(made.at),
        earlier=made.earlier,
        fee=money(made.amount, controller.country, "en") if made.amount else "",
        waits=pending(item.state, made),
        referred_at=Context.as_time(made.referred_at) if made.referred_at else None,
        approved_by=made.approved_by.removeprefix("agent:"),
        told_at=Context.as_time(made.told_at) if made.told_at else None,
    )
