"""Everything that happened on a customer's account, newest first."""

from flask import abort, g, render_template
from flask_login import current_user

from frame.forms import page_asked
from models import accounts, clock
from portal import portal


@portal.get("/history")
def history() -> str:
    page = page_asked()
    events, pages = accounts.history(current_user.customer_id, g.company.today(clock.now()), page=page)
    if page > pages:
        abort(404)
    return render_template("portal/history.html", events=events, page_no=page, pages=pages)
