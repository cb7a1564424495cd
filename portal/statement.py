"""What a customer owes, item by item."""

from flask import abort, g, render_template, request
from flask_login import current_user

from frame.forms import page_asked
from models import accounts, clock
from portal import portal


@portal.get("/statement")
def statement() -> str:
    today = g.company.today(clock.now())
    page = page_asked()
    shown = accounts.statement_page(current_user.customer_id, today, page=page, currency=request.args.get("currency"))
    if page > shown.pages:
        abort(404)
    return render_template("portal/statement.html", statement=shown, today=today)
