"""Which items money is used for: chosen over several searches and pages, and taken back."""

from collections.abc import Sequence

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField

from backoffice import backoffice, requires
from backoffice.customers import account_or_404, customer_or_404
from backoffice.fields import reason_field
from backoffice.receipts import credit_or_404
from frame.forms import LARGEST_ID, AmountField, OurForm, above_zero, form_page, page_asked, up_to
from models import clock, desk, ledger, words
from models.ledger import Entry, EntryKind, OpenItem
from models.money import Money
from models.policies.permissions import Permission
from models.transactions import transaction

ITEMS = 50
SHARE = "share-"
LOOKING = {"look", "page"}  # Buttons that do not send the form: they search, or turn a page.
# What these debits took went to the payer, to another customer or is undone already; each has its own opposite.
FOR_GOOD = frozenset({EntryKind.REFUND, EntryKind.CHARGEBACK, EntryKind.TRANSFER, EntryKind.REINSTATED})


class SharesForm(OurForm):
    """One amount for each item; `seen` is what was unapplied when the page was made: sent twice it is used once."""

    seen = HiddenField()

    def shares(self, currency: str) -> list[tuple[int, Money]]:
        """Debit and amount of each item that something was typed for; what is no amount is told beside it."""
        typed = {name: field for name, field in self._fields.items() if name.startswith(SHARE) and field.data}
        shares = [(int(name.removeprefix(SHARE)), field.money(currency)) for name, field in typed.items()]
        return [(debit_id, share) for debit_id, share in shares if share]


class ReasonForm(OurForm):
    reason = reason_field()


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/allocate", methods=["GET", "POST"])
@requires(Permission.ALLOCATE)
def allocate(customer_id: int, entry_id: int) -> Response | tuple[str, int]:
    """A search or another page of the list keeps what was typed, and does nothing yet."""
    customer, credit = customer_or_404(customer_id), credit_or_404(customer_id, entry_id)
    query, page = request.values.get("q", "").strip(), page_asked()
    chosen = _chosen(credit)
    found, count = ledger.find_open_items(customer.id, credit.currency, query, most=ITEMS, skip=(page - 1) * ITEMS)
    items = [*chosen, *(item for item in found if item not in chosen)]
    form = _form_for(items)(request.values)
    looking = not request.form.keys().isdisjoint(LOOKING)
    if request.method == "POST" and not looking and _carry_out(form, credit, chosen):
        flash(words.gettext("The money is allocated."), "ok")
        return redirect(url_for("backoffice.entry", customer_id=customer.id, entry_id=credit.id), 303)
    form.seen.data = str(credit.left.minor)
    return form_page(
        "backoffice/allocate.html",
        form,
        credit=credit,
        customer=customer,
        items=items,
        count=count,
        query=query,
        page_no=page,
        pages=max(-(-count // ITEMS), 1),
    )


@backoffice.route("/customers/<int:customer_id>/allocations/<int:allocation_id>/take-back", methods=["GET", "POST"])
@requires(Permission.ALLOCATE)
def take_back(customer_id: int, allocation_id: int) -> Response | tuple[str, int]:
    allocation = ledger.allocation_of(customer_id, allocation_id) or abort(404)
    if allocation.reverses_id or ledger.entry_of(customer_id, allocation.debit_id).kind in FOR_GOOD:
        abort(404)
    form = ReasonForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            desk.take_back(allocation, reason=form.reason.data, by=current_user.actor, now=clock.now())
        if not form.errors:
            flash(words.gettext("The allocation of %(amount)s is taken back.", amount=allocation.amount), "ok")
            return redirect(url_for("backoffice.entry", customer_id=customer_id, entry_id=allocation.credit_id), 303)
    customer = account_or_404(customer_id)
    return form_page("backoffice/take_back.html", form, allocation=allocation, customer=customer)


def _carry_out(form: SharesForm, credit: Entry, chosen: Sequence[OpenItem]) -> bool:
    """Use the money as it was typed; False where something is wrong, which the form then tells."""
    if not form.validate():
        return False
    shares = form.shares(credit.currency)
    if len(chosen) < len(_typed_ids()):
        form.blame(None, words.gettext("An item that you chose is not open any more."))
    elif not shares and not form.errors:
        form.blame(None, words.gettext("Enter an amount beside at least one item."))
    if form.errors:
        return False
    seen = Money(int(form.seen.data), credit.currency) if form.seen.data.isdecimal() else None
    with form.telling_refusals(), transaction():
        desk.allocate(credit, shares, seen=seen, by=current_user.actor, now=clock.now())
    return not form.errors


def _chosen(credit: Entry) -> list[OpenItem]:
    """Items that something was typed for, here or before the last search; they stay on top of the list."""
    ids = _typed_ids()
    return ledger.find_open_items(credit.customer_id, credit.currency, among=ids, most=len(ids))[0] if ids else []


def _typed_ids() -> list[int]:
    typed = [name for name, text in request.values.items() if name.startswith(SHARE) and text.strip()]
    ids = [name.removeprefix(SHARE) for name in typed]
    return [int(text) for text in ids if text.isdecimal() and int(text) <= LARGEST_ID]


def _form_for(items: Sequence[OpenItem]) -> type[SharesForm]:
    fields = {
        f"{SHARE}{item.entry_id}": AmountField(item.number, validators=[above_zero, up_to(item.left)]) for item in items
    }
    return type("SharesForm", (SharesForm,), fields)
