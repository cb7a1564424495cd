"""What happens next, in kind words: the same answer that staff get to 'why?', looked at from here on."""

from flask import g, render_template
from flask_login import current_user

from models import clock, promises
from models.customers import merges
from models.dunning import why
from portal import portal


@portal.get("/next")
def what_next() -> str:
    """A page of its own, which other pages fetch: nobody waits for it to see what they owe."""
    missed = promises.missed(current_user.family)
    return render_template("portal/next.html", next=_coming(), missed=missed)


def _coming() -> why.Coming:
    """A joined account is written to by way of the one it was joined to."""
    if merges.living_merge(current_user.customer_id) is not None:
        return why.Coming(None, None, ())
    now = clock.now()
    return why.coming(current_user.customer_id, g.company.today(now), now=now)
