"""Cards and accounts that a customer lets us keep, with what each is charged for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models import autopay, payments, plans
from models.audit import Actor
from models.autopay import Autopay
from models.payments import SavedMethod
from models.plans import Plan, PlanState


@dataclass(frozen=True, slots=True)
class KeptMethod:
    method: SavedMethod
    plans: Sequence[Plan]
    autopays: Sequence[Autopay]


def kept_methods(customers: Sequence[int]) -> list[KeptMethod]:
    """The newest first."""
    serves = [one for one in plans.of_customers(customers) if one.state is PlanState.ACTIVE and one.is_automatic]
    switched_on = autopay.of_customers(customers)
    return [
        KeptMethod(
            method,
            [one for one in serves if _is_by(one, method)],
            [one for one in switched_on if _is_by(one, method)],
        )
        for customer_id in customers
        for method in payments.methods.of_customer(customer_id)
    ]


def _is_by(one: Plan | Autopay, method: SavedMethod) -> bool:
    return (one.customer_id, one.method_id) == (method.customer_id, method.id)


def remove_method(kept: KeptMethod, *, by: Actor, now: datetime) -> None:
    """It is charged for nothing any more; a plan that it serves goes on, and asks for another one by mail."""
    autopay.remove_method(kept.method, by=by, now=now)
    for plan in kept.plans:
        plans.tell(plan, "card", now=now)
