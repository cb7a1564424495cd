"""What a case has given: credited by its decisions and for goods that came back, and what is left to give."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select

from models.database import session
from models.disputes.decisions import Decision, DecisionLine, DecisionState
from models.disputes.goods import ReturnState, returns_of
from models.disputes.records import Dispute, lines_of
from models.ledger import entry_of
from models.money import Money


def left_by_line(dispute: Dispute) -> dict[int, Money]:
    """By the position of the case's line: claimed, less what was credited or will be for goods on their way."""
    given = _decided(dispute) + _returned(dispute, ReturnState.RECEIVED) + _returned(dispute, ReturnState.OFFERED)
    return {
        line.position: dispute.money(max(line.claimed_minor - given[line.position], 0)) for line in lines_of(dispute)
    }


def credited(dispute: Dispute) -> Money:
    """All that was credited, by decisions and for goods that came back."""
    return dispute.money((_decided(dispute) + _returned(dispute, ReturnState.RECEIVED)).total())


def is_about_paid(dispute: Dispute) -> bool:
    """Whether some of what is disputed has been paid: then a credit is given back, or kept, as the customer likes."""
    return entry_of(dispute.customer_id, dispute.entry_id).left < dispute.claimed - credited(dispute)


def _decided(dispute: Dispute) -> Counter[int]:
    query = (
        select(DecisionLine.position, DecisionLine.credited_minor)
        .join(
            Decision,
            (Decision.customer_id == DecisionLine.customer_id) & (Decision.id == DecisionLine.decision_id),
        )
        .where(
            Decision.customer_id == dispute.customer_id,
            Decision.dispute_id == dispute.id,
            Decision.state == DecisionState.FINAL,
        )
    )
    return _summed((position, minor) for position, minor in session.execute(query))


def _returned(dispute: Dispute, state: ReturnState) -> Counter[int]:
    return _summed((one.position, one.credit_minor) for one in returns_of(dispute) if one.state is state)


def _summed(rows: Iterable[tuple[int, int]]) -> Counter[int]:
    found: Counter[int] = Counter()
    for position, minor in rows:
        found[position] += minor
    return found
