"""The ledger as people read it: an account's entries, and of each entry where every cent went or came from."""

from flask import abort, render_template

from backoffice import backoffice, requires
from backoffice.allocations import FOR_GOOD
from backoffice.customers import PAGE, account_or_404, frame_of
from frame.forms import page_asked
from models import company, ledger, payments
from models.policies.permissions import Permission


@backoffice.get("/customers/<int:customer_id>/entries")
@requires(Permission.READ_ACCOUNTS)
def account_entries(customer_id: int) -> str:
    customer, page = account_or_404(customer_id), page_asked()
    entries, count = ledger.page_of_entries(customer.id, page=page, size=PAGE)
    if not entries and page > 1:
        abort(404)
    return render_template(
        "backoffice/entries.html",
        entries=entries,
        count=count,
        attempts=payments.of_customer(customer.id, most=20),
        refunds=payments.refunds_of_customer(customer.id),
        chargebacks=payments.chargebacks_of_customer(customer.id),
        page_no=page,
        pages=max(-(-count // PAGE), 1),
        **frame_of(customer, "entries"),
    )


@backoffice.get("/customers/<int:customer_id>/entries/<int:entry_id>")
@requires(Permission.READ_ACCOUNTS)
def entry(customer_id: int, entry_id: int) -> str:
    customer = account_or_404(customer_id)
    shown = ledger.shown_entry(customer.id, entry_id) or abort(404)
    return render_template(
        "backoffice/entry.html",
        customer=customer,
        entry=shown.entry,
        invoice=shown.invoice,
        lines=shown.lines,
        used=ledger.allocations_of(customer.id, entry_id),
        refunds=payments.refunds_of_receipt(customer.id, entry_id),
        chargebacks=payments.chargebacks_of_receipt(customer.id, entry_id),
        holding=customer.id == company.HOLDING_ACCOUNT,
        for_good=FOR_GOOD,
    )
