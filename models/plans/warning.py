"""Cards that run out before the plans that are charged to them."""

from datetime import date, datetime
from functools import partial

from sqlalchemy import exists, select

from models.database import session
from models.payments import methods
from models.plans import telling
from models.plans.records import LIVING, Instalment, Plan, PlanState, Way
from models.transactions import each, transaction


def warn_of_cards(on: date, *, now: datetime) -> int:
    """Write once to whoever's card runs out within 30 days and before their plan. Returns how many it concerns."""
    found = [(card.customer_id, plan_id, card.id) for card in methods.expiring(on) for plan_id in _charged_to(card)]
    session.rollback()
    each(found, partial(_warn, now=now))
    return len(found)


def _charged_to(card: methods.SavedMethod) -> list[int]:
    later = exists().where(
        Instalment.customer_id == Plan.customer_id,
        Instalment.plan_id == Plan.id,
        Instalment.state.in_(LIVING),
        Instalment.due_on > card.last_day,
    )
    query = select(Plan.id).where(Plan.customer_id == card.customer_id, Plan.method_id == card.id, later)
    return list(session.scalars(query.where(Plan.state == PlanState.ACTIVE, Plan.way == Way.AUTOMATIC)))


def _warn(customer_id: int, plan_id: int, card_id: int, *, now: datetime) -> None:
    plan, card = session.get(Plan, (customer_id, plan_id)), methods.find(customer_id, card_id)
    if plan is None or card is None or card.last_day is None:
        return
    once = f"{card.id}:{card.last_day}"
    if not telling.is_told(plan, "card_expires", once):
        with transaction():
            telling.tell(plan, "card_expires", now=now, once=once, card=card)
