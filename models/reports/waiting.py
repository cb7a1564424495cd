"""What waits for somebody, of every room: counted in one go, because each page of the staff asks it for its menu."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from models.database import session


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    Of one member of staff: `tasks` that are due and `cases` that are new, theirs or nobody's yet; `actions` that they
    have to begin or finish; `alerts` of complaints, and `proposals` that others have made. Of everybody: `plans` that
    customers asked for, `decisions` that wait for a second person, whoever may take them.
    """

    tasks: int
    cases: int
    actions: int
    alerts: int
    proposals: int
    plans: int
    decisions: int


_WAITING = text(
    """
select (select count(*) from tasks
        where state = 'open' and due_on <= :today and (owner_id is null or owner_id = :staff)),
       (select count(*) from disputes where state = 'new' and (owner_id is null or owner_id = :staff)),
       (select count(*) from corrective_actions where owner_id = :staff and state in ('agreed', 'in_work')),
       (select count(*) from complaint_alerts where state = 'open'),
       (select count(*) from corrective_actions where state = 'proposed' and proposed_by <> :staff),
       (select count(*) from plans where state = 'requested'),
       (select count(*) from approvals where state = 'waiting')
           + (select count(*) from sequence_versions where state in ('in_review', 'approved'))
           + (select count(*) from plan_policies where state = 'waiting')
"""
)


def for_staff(staff_id: int, today: date) -> Waiting:
    return Waiting(*session.execute(_WAITING, {"staff": staff_id, "today": today}).one())
