"""
Instalment plans: some open items, paid in parts on agreed days. `review` is the only writer of what came of a plan, as
`payments.sync` is of a payment.
"""

from models.plans.changing import (
    CannotChange,
    can_move,
    charge_another,
    last_day_to_move_to,
    move,
    pay_by_transfer,
    reschedule,
)
from models.plans.charging import charge
from models.plans.records import (
    LIVING,
    Because,
    Instalment,
    InstalmentState,
    Plan,
    PlanItem,
    PlanState,
    PlanVersion,
    Way,
    find,
    find_instalment,
    instalments_of,
    items_of,
    of_customers,
    versions_of,
)
from models.plans.starting import (
    CannotPlan,
    ChangedMeanwhile,
    Proposal,
    cancel,
    draft_of,
    is_ready,
    keep_draft,
    offer,
    offer_new,
    request,
    sign,
)
from models.plans.sums import ItemLeft, items_left
from models.plans.tending import rests, review, settle, tend
from models.plans.warning import warn_of_cards

__all__ = [
    "LIVING",
    "Because",
    "CannotChange",
    "CannotPlan",
    "ChangedMeanwhile",
    "Instalment",
    "InstalmentState",
    "ItemLeft",
    "Plan",
    "PlanItem",
    "PlanState",
    "PlanVersion",
    "Proposal",
    "Way",
    "can_move",
    "cancel",
    "charge",
    "charge_another",
    "draft_of",
    "find",
    "find_instalment",
    "instalments_of",
    "is_ready",
    "items_left",
    "items_of",
    "keep_draft",
    "last_day_to_move_to",
    "move",
    "of_customers",
    "offer",
    "offer_new",
    "pay_by_transfer",
    "request",
    "reschedule",
    "rests",
    "review",
    "settle",
    "sign",
    "tend",
    "versions_of",
    "warn_of_cards",
]
