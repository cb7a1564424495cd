"""Every customer, and the account page: what staff see of one."""

from collections.abc import Sequence

from flask import abort, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.customer_forms import CustomerForm, NoteForm
from frame.forms import form_page, page_asked
from models import accounts, clock, company, customers, ledger
from models.customers import Customer, merges, notes, search
from models.customers.merges import Joined
from models.ledger import Balance
from models.policies.permissions import Permission
from models.transactions import transaction

PAGE = 50
LONGEST_QUERY = 200


def account_or_404(customer_id: int) -> Customer:
    """Any account: a customer's, or the company's own with the money that has no name yet."""
    return customers.find(customer_id) or abort(404)


def customer_or_404(customer_id: int) -> Customer:
    """A customer: the company's own account has no contacts, notes, invoices or statement on paper."""
    return abort(404) if customer_id == company.HOLDING_ACCOUNT else account_or_404(customer_id)


def query_typed() -> str:
    return request.args.get("q", "")[:LONGEST_QUERY].strip()


@backoffice.get("/")
@requires(None)
def home() -> Response:
    """The first page of whoever is signed in."""
    if current_user.may(Permission.READ_ACCOUNTS):
        return redirect(url_for("backoffice.customer_list"), 303)
    if current_user.may(Permission.APPOINT_STAFF):
        return redirect(url_for("backoffice.staff"), 303)
    if current_user.may(Permission.READ_WORDS):
        return redirect(url_for("backoffice.reminders"), 303)
    return redirect(url_for("backoffice.own_sessions"), 303)


@backoffice.get("/customers")
@requires(Permission.READ_ACCOUNTS)
def customer_list() -> str:
    query, page = query_typed(), page_asked()
    found, hits = search.search(query, most=PAGE, skip=(page - 1) * PAGE)
    if not found and page > 1:
        abort(404)
    today = g.company.today(clock.now())
    return render_template(
        "backoffice/customers.html",
        found=found,
        hits=hits,
        balances=ledger.balances_by_customer([one.id for one in found], today),
        query=query,
        page_no=page,
        pages=max(-(-hits // PAGE), 1),
    )


@backoffice.get("/customers/<int:customer_id>")
@requires(Permission.READ_ACCOUNTS)
def account(customer_id: int) -> str:
    customer, page = account_or_404(customer_id), page_asked()
    today = g.company.today(clock.now())
    joined = merges.joined(customer.id)
    shown = accounts.statement_page(
        customer.id, today, page=page, currency=request.args.get("currency"), alone=not joined.members
    )
    if page > shown.pages:
        abort(404)
    around = frame_of(customer, "items", joined=joined, balances=shown.balances)
    return render_template("backoffice/account.html", statement=shown, **around)


@backoffice.get("/customers/<int:customer_id>/timeline")
@requires(Permission.READ_ACCOUNTS)
def account_timeline(customer_id: int) -> str:
    customer, page = account_or_404(customer_id), page_asked()
    events = accounts.timeline(merges.family(customer.id), most=PAGE + 1, skip=(page - 1) * PAGE)
    if not events and page > 1:
        abort(404)
    return render_template(
        "backoffice/timeline.html",
        events=events[:PAGE],
        page_no=page,
        more=len(events) > PAGE,
        **frame_of(customer, "timeline"),
    )


@backoffice.route("/customers/<int:customer_id>/notes", methods=["GET", "POST"])
@requires(Permission.WRITE_NOTES)
def account_notes(customer_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    form = NoteForm(request.form)
    if request.method == "POST" and form.validate():
        with transaction():
            customers.lock_all(customer.id)
            notes.write(customer.id, form.text.data, by=current_user.actor, now=clock.now())
        return redirect(request.path, 303)
    written = notes.of_customer(customer.id)
    return form_page("backoffice/notes.html", form, notes=written, **frame_of(customer, "notes"))


@backoffice.route("/customers/new", methods=["GET", "POST"])
@requires(Permission.CHANGE_CUSTOMERS)
def new_customer() -> Response | tuple[str, int]:
    form = CustomerForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            customer = customers.add(by=current_user.actor, now=clock.now(), **form.facts())
        if not form.errors:
            return redirect(url_for("backoffice.account", customer_id=customer.id), 303)
    return form_page("backoffice/customer_form.html", form, customer=None)


@backoffice.route("/customers/<int:customer_id>/change", methods=["GET", "POST"])
@requires(Permission.CHANGE_CUSTOMERS)
def change_customer(customer_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    form = CustomerForm(request.form, obj=customer)
    del form.number
    if request.method == "POST" and form.validate():
        with transaction():
            customers.lock_all(customer.id)
            customers.change(customer, by=current_user.actor, now=clock.now(), **form.facts())
        return redirect(url_for("backoffice.account", customer_id=customer.id), 303)
    return form_page("backoffice/customer_form.html", form, customer=customer)


def usual_currency(customer: Customer) -> str:
    """What a form about a customer begins with: the currency of what is open, else the company's."""
    today = g.company.today(clock.now())
    return next(iter(accounts.currencies_of(customer.id, today)), g.company.currency)


def frame_of(
    customer: Customer, tab: str, *, joined: Joined | None = None, balances: Sequence[Balance] | None = None
) -> dict[str, object]:
    """What every page of an account shows around its own part; what the caller has read need not be read again."""
    joined = joined or merges.joined(customer.id)
    if balances is None:
        today = g.company.today(clock.now())
        family = merges.family(customer.id, today) if joined.members else [customer.id]
        balances = ledger.balances(family, today)
    return {
        "customer": customer,
        "holding": customer.id == company.HOLDING_ACCOUNT,
        "tab": tab,
        "names": customers.also_known_as(customer.id),
        "contacts": customers.contacts_of(customer.id),
        "balances": balances,
        "joined": joined,
    }
