"""What happens next, in kind words: the same answer that staff get to 'why?', looked at from here on."""

from flask import g
from flask_login import current_user

from models import clock
from models.customers import merges
from models.dunning import why
from portal import portal


@portal.context_processor
def what_happens_next() -> dict[str, object]:
    return {"coming": coming}


def coming() -> why.Coming:
    """Asked by the pages that show it alone. A joined account is written to by way of the one it was joined to."""
    customer_id = getattr(current_user, "customer_id", None)
    if customer_id is None or merges.living_merge(customer_id) is not None:
        return why.Coming(None, None, ())
    now = clock.now()
    return why.coming(customer_id, g.company.today(now), now=now)
