"""Who of a customer may open the account: a contact who signs, or is alone, lets colleagues in and out."""

from typing import ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, EmailField, StringField
from wtforms.validators import InputRequired, Length

from frame.forms import OurForm, form_page, mail_address
from models import clock, customers, words
from models.customers import Contact, Customer
from models.customers.contacts import DuplicateContact, may_manage
from models.errors import N_
from models.transactions import transaction
from portal import portal
from portal.confirming import fresh_code_first
from portal.principal import account_of


class AddressForm(OurForm):
    name = StringField(N_("Name"), [Length(max=120)])
    email = EmailField(
        N_("Mail address"), [InputRequired(N_("Enter your e-mail address.")), mail_address, Length(max=200)]
    )
    refusals: ClassVar = {DuplicateContact: "email"}


class ColleagueForm(AddressForm):
    may_pay = BooleanField(N_("May pay and promise to pay"), default=True)
    may_sign = BooleanField(N_("May sign, and decide who sees this account"))


@portal.route("/preferences/address", methods=["GET", "POST"])
@fresh_code_first("portal.own_address")
def own_address() -> Response | tuple[str, int]:
    """The new address is where codes and links go from now on; the old one is told."""
    customer, me = account_of(current_user)
    form = AddressForm(request.form, obj=me)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            customers.lock_all(customer.id)
            facts = {"name": form.name.data, "email": form.email.data}
            customers.change_own_address(customer, me, by=current_user.actor, now=clock.now(), **facts)
        if not form.errors:
            flash(words.gettext("Saved."), "ok")
            return redirect(url_for("portal.preferences"), 303)
    return form_page("portal/address.html", form)


@portal.route("/preferences/contacts/new", methods=["GET", "POST"])
def new_colleague() -> Response | tuple[str, int]:
    customer, _ = _manager()
    return _add(customer)


@fresh_code_first("portal.new_colleague")
def _add(customer: Customer) -> Response | tuple[str, int]:
    form = ColleagueForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            customers.lock_all(customer.id)
            customers.add_contact(customer, by=current_user.actor, now=clock.now(), **form.data)
        if not form.errors:
            flash(words.gettext("They can now ask for a link with this address."), "ok")
            return redirect(url_for("portal.preferences"), 303)
    return form_page("portal/colleague.html", form)


@portal.post("/preferences/contacts/<int:contact_id>")
def let_colleague(contact_id: int) -> Response:
    """In or out; nobody shuts out themselves."""
    customer, me = _manager()
    colleague = customers.contact_of(customer.id, contact_id) or abort(404)
    return abort(409) if colleague.id == me.id else _let(colleague)


@fresh_code_first("portal.preferences")
def _let(colleague: Contact) -> Response:
    with transaction():
        customers.lock_all(colleague.customer_id)
        let_in = request.form.get("let") == "in"
        customers.change_contact(colleague, active=let_in, by=current_user.actor, now=clock.now())
    flash(words.gettext("Saved."), "ok")
    return redirect(url_for("portal.preferences"), 303)


def _manager() -> tuple[Customer, Contact]:
    customer, me = account_of(current_user)
    return (customer, me) if may_manage(me) else abort(403)
