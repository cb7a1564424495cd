"""Who did what and why, with the proof that nothing was changed afterwards."""

from flask import abort, render_template, request

from backoffice import backoffice, requires
from frame.forms import page_asked
from models import audit, company, customers
from models.policies.permissions import Permission

PAGE = 50


@backoffice.get("/audit")
@requires(Permission.READ_AUDIT)
def audit_trail() -> str:
    """The company's stream, or a customer's by its number."""
    number = request.args.get("q", "").strip()
    customer = customers.by_number(number) if number else customers.find(company.HOLDING_ACCOUNT)
    if customer is None:
        return render_template("backoffice/audit.html", number=number, customer=None, events=(), page_no=1, pages=1)
    page = page_asked()
    events, count = audit.page_of_events(customer.id, page=page, size=PAGE)
    if not events and page > 1:
        abort(404)
    return render_template(
        "backoffice/audit.html",
        number=number,
        customer=customer,
        events=events,
        count=count,
        broken=audit.broken_event(customer.id),
        page_no=page,
        pages=max(-(-count // PAGE), 1),
    )
