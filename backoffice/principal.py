"""Who is at the staff's door: a member of staff, by the session of their browser."""

from datetime import datetime

from models import sessions, staff
from models.staff import Principal
from models.transactions import transaction


def of_session(token: str, *, now: datetime) -> Principal | None:
    """The person of a living session; who was disabled has none."""
    found = staff.of_session(token, now)
    if found is not None and found.seen_at is not None and sessions.needs_seen(found.seen_at, now=now):
        with transaction():
            sessions.seen(found.session_id, now=now)
    return found
