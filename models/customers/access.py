"""What a contact sees of their own ways in: signed-in browsers and links, and how each is ended."""

from datetime import datetime

from models import audit, sessions
from models.audit import Actor
from models.customers import links
from models.customers.links import LinkUnusable


def end_session(customer_id: int, contact_id: int, session_id: int, *, by: Actor, now: datetime) -> bool:
    """End one of a contact's sessions; False where they have no such session."""
    if session_id not in {row.id for row in sessions.of_contact(customer_id, contact_id, now=now)}:
        return False
    sessions.end(session_id, now=now)
    audit.record(customer_id, "session.ended", by=by, now=now, about=f"sessions:{session_id}", facts={})
    return True


def revoke_link(customer_id: int, contact_id: int, link_id: int, *, by: Actor, now: datetime) -> bool:
    """Revoke one of a contact's links, and end what it opened; False where they have no such link."""
    if link_id not in {link.id for link in links.living_of_contact(customer_id, contact_id, now=now)}:
        return False
    try:
        links.revoke(customer_id, link_id, by=by, now=now)
    except LinkUnusable:
        return True  # Somebody was quicker: it is as wanted.
    return True
