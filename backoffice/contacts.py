"""A customer's contacts, their links and calendar addresses: who they are, what they may do, how they come in."""

from typing import ClassVar

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from backoffice import backoffice, requires
from backoffice.customer_forms import languages
from backoffice.customers import customer_or_404, frame_of
from frame.forms import OurForm, form_page, mail_address
from models import clock, customers, words, worklist
from models.customers import Contact, Customer, calendars, contacts, links
from models.customers.contacts import DuplicateContact
from models.errors import N_
from models.messages import addresses
from models.policies.permissions import Permission
from models.transactions import transaction


class ContactForm(OurForm):
    name = StringField(N_("Name"), validators=[Length(max=120)])
    email = StringField(N_("Mail address"), validators=[Optional(), mail_address, Length(max=200)])
    phone = StringField(N_("Telephone"), validators=[Length(max=40)])
    language = SelectField(N_("Language"), choices=[])
    may_see = BooleanField(N_("May see the account"), default=True)
    may_pay = BooleanField(N_("May pay"), default=True)
    may_dispute = BooleanField(N_("May dispute"), default=True)
    may_sign = BooleanField(N_("May sign agreements"))
    active = BooleanField(N_("In use"), default=True)
    refusals: ClassVar = {DuplicateContact: "email"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = languages()

    def validate_name(self, field: StringField) -> None:
        if not field.data and not self.email.data:
            raise ValidationError(words.gettext("Write a name or a mail address."))


@backoffice.get("/customers/<int:customer_id>/contacts")
@requires(Permission.READ_ACCOUNTS)
def account_contacts(customer_id: int) -> str:
    customer = customer_or_404(customer_id)
    return render_template(
        "backoffice/contacts.html",
        links=links.of_customer(customer.id),
        stopped=addresses.stopped(one.email for one in customers.contacts_of(customer.id) if one.email),
        calendars=calendars.living_of_customer(customer.id),
        now=clock.real_now(),
        **frame_of(customer, "contacts"),
    )


@backoffice.route("/customers/<int:customer_id>/contacts/new", methods=["GET", "POST"])
@requires(Permission.CHANGE_CUSTOMERS)
def new_contact(customer_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    form = ContactForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            customers.lock_all(customer.id)
            customers.add_contact(customer, by=current_user.actor, now=clock.now(), **form.data)
        if not form.errors:
            return redirect(url_for("backoffice.account_contacts", customer_id=customer.id), 303)
    return form_page("backoffice/contact_form.html", form, contact=None, customer=customer)


@backoffice.route("/customers/<int:customer_id>/contacts/<int:contact_id>", methods=["GET", "POST"])
@requires(Permission.CHANGE_CUSTOMERS)
def change_contact(customer_id: int, contact_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    contact = customers.contact_of(customer.id, contact_id) or abort(404)
    form = ContactForm(request.form, obj=contact)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            customers.lock_all(customer.id)
            customers.change_contact(contact, by=current_user.actor, now=clock.now(), **form.data)
        if not form.errors:
            return redirect(url_for("backoffice.account_contacts", customer_id=customer.id), 303)
    return form_page("backoffice/contact_form.html", form, contact=contact, customer=customer)


@backoffice.post("/customers/<int:customer_id>/contacts/<int:contact_id>/try-again")
@requires(Permission.CHANGE_CUSTOMERS)
def release_address(customer_id: int, contact_id: int) -> Response:
    """A mailbox that was full, or a server that was wrong: mail goes there again."""
    customer = customer_or_404(customer_id)
    contact = customers.contact_of(customer.id, contact_id) or abort(404)
    with transaction():
        worklist.release_address(contact, by=current_user.actor, now=clock.now())
    flash(words.gettext("Mail goes to this address again."), "ok")
    return redirect(url_for("backoffice.account_contacts", customer_id=customer.id), 303)


@backoffice.get("/customers/<int:customer_id>/contacts/<int:contact_id>/link")
@requires(Permission.MAKE_LINKS)
def link_made(customer_id: int, contact_id: int) -> Response:
    """Whoever loads the answer again: the link was shown once, and no other is made for it."""
    customer = customer_or_404(customer_id)
    customers.contact_of(customer.id, contact_id) or abort(404)
    return redirect(url_for("backoffice.account_contacts", customer_id=customer.id), 303)


@backoffice.post("/customers/<int:customer_id>/contacts/<int:contact_id>/link")
@requires(Permission.MAKE_LINKS)
def make_link(customer_id: int, contact_id: int) -> str:
    customer = customer_or_404(customer_id)
    contact = customers.contact_of(customer.id, contact_id) or abort(404)
    if not contact.active:
        abort(404)
    with transaction():
        token = links.make(customer, contact, by=current_user.actor, now=clock.real_now())
    return _shown_once(customer, contact, token)


@backoffice.get("/customers/<int:customer_id>/letter-link")
@requires(Permission.MAKE_LINKS)
def letter_link_made(customer_id: int) -> Response:
    """As `link_made`."""
    return redirect(url_for("backoffice.account_contacts", customer_id=customer_or_404(customer_id).id), 303)


@backoffice.post("/customers/<int:customer_id>/letter-link")
@requires(Permission.MAKE_LINKS)
def make_letter_link(customer_id: int) -> str:
    """Nobody has to be known by name or mail address to get a letter."""
    customer, by = customer_or_404(customer_id), current_user.actor
    with transaction():
        customers.lock_all(customer.id)
        contact = contacts.for_letters(customer, by=by, now=clock.now())
        token = links.make(customer, contact, by=by, now=clock.real_now(), paper=True)
    return _shown_once(customer, contact, token, paper=True)


def _shown_once(customer: Customer, contact: Contact, token: str, *, paper: bool = False) -> str:
    """The link is shown on the answer itself: it is stored nowhere, so it cannot be shown again."""
    address = f"{current_app.extensions['settings'].url}/l/{token}"
    return render_template(
        "backoffice/link_made.html", address=address, contact=contact, customer=customer, paper=paper
    )


@backoffice.post("/customers/<int:customer_id>/contacts/<int:contact_id>/calendar/revoke")
@requires(Permission.MAKE_LINKS)
def revoke_contact_calendar(customer_id: int, contact_id: int) -> Response:
    customer = customer_or_404(customer_id)
    contact = customers.contact_of(customer.id, contact_id) or abort(404)
    with transaction():
        calendars.revoke(customer.id, contact.id, by=current_user.actor, now=clock.real_now())
    flash(words.gettext("The calendar address was revoked. Calendars that used it get nothing more."), "ok")
    return redirect(url_for("backoffice.account_contacts", customer_id=customer.id), 303)


@backoffice.post("/customers/<int:customer_id>/links/<int:link_id>/revoke")
@requires(Permission.MAKE_LINKS)
def revoke_link(customer_id: int, link_id: int) -> Response:
    customer = customer_or_404(customer_id)
    link = next((link for link in links.of_customer(customer.id) if link.id == link_id), None) or abort(404)
    if link.revoked_at is None:
        with transaction():
            links.revoke(customer.id, link.id, by=current_user.actor, now=clock.real_now())
    flash(words.gettext("The link was revoked. Whoever used it is signed out."), "ok")
    return redirect(url_for("backoffice.account_contacts", customer_id=customer.id), 303)
