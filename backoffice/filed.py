"""Documents on file of an account: put there, shown, sent to be signed, taken back."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, MultipleFileField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404, frame_of
from backoffice.files import WithFiles
from frame import files as given
from frame.forms import OurForm, data_options, form_page, options
from frame.uploads import takes_files
from models import accounts, agreements, audit, clock, customers, filed, invoices, words
from models.customers import Customer, merges
from models.errors import N_
from models.filed import CannotSend, FiledDocument, FiledKind, FiledState
from models.files import FileKind
from models.policies.permissions import Permission
from models.transactions import transaction
from models.words import gettext

STATES: Mapping[FiledState, tuple[str, str]] = MappingProxyType(
    {
        FiledState.ON_FILE: (N_("On file"), ""),
        FiledState.WAITING: (N_("Waits for a signature"), "warn"),
        FiledState.SIGNED: (N_("Signed"), "ok"),
        FiledState.DECLINED: (N_("Declined"), "bad"),
        FiledState.WITHDRAWN: (N_("Taken back"), ""),
        FiledState.LAPSED: (N_("Not signed in time"), "bad"),
    }
)
PDF = "application/pdf"
ONE_PDF = N_("Add the document: one PDF.")
NOTHING_ELSE = N_("It has to be one PDF. Remove what else was added.")


class FileForm(WithFiles):
    hint = N_("One PDF of up to 10 MB. It is written anew without whatever acts in it; those bytes are what is signed.")
    files = MultipleFileField(N_("The document"))
    kind = SelectField(N_("What it is"), choices=options((one.value, word) for one, word in filed.KINDS.items()))
    title = StringField(N_("Title"), [InputRequired(N_("Give it a title.")), Length(max=120)])
    language = SelectField(N_("Language of the document"), choices=[])
    invoice = StringField(N_("Number of the invoice that it belongs to"), [Optional(), Length(max=80)])
    shared = BooleanField(N_("The customer may read it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = data_options(words.LANGUAGES.items())

    def blame_files(self) -> None:
        super().blame_files()
        if self.is_sent and [one.kind for one in self.kept] != [FileKind.PDF]:
            self.blame("files", gettext(NOTHING_ELSE if self.kept else ONE_PDF))


class SendForm(OurForm):
    contact = SelectField(N_("Who signs"), choices=[])
    refusals: ClassVar = {CannotSend: "contact"}

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact.choices = data_options(people)


class WithdrawForm(OurForm):
    reason = TextAreaField(N_("A word to the customer"), [Optional(), Length(max=1000)])


@backoffice.get("/customers/<int:customer_id>/documents")
@requires(Permission.READ_ACCOUNTS)
def account_documents(customer_id: int) -> str:
    customer = customer_or_404(customer_id)
    found = filed.of_customers(merges.family(customer.id))
    return render_template("backoffice/account_documents.html", found=found, **frame_of(customer, "documents"))


@backoffice.route("/customers/<int:customer_id>/documents/new", methods=["GET", "POST"])
@takes_files()
@requires(Permission.FILE_DOCUMENTS)
def file_document(customer_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    usual = {"language": customer.language or g.company.language, "invoice": request.args.get("invoice", "")[:80]}
    form = FileForm(request.form, data=usual)
    form.lies_at(customer.id, "filed")
    if form.is_ready() and not _missing(form, customer):
        with form.telling_refusals(), transaction():
            made = _file(form, customer)
        if not form.errors:
            flash(gettext("It is on file."), "ok")
            return redirect(_address(made), 303)
    return form_page("backoffice/filed_new.html", form, customer=customer)


@backoffice.get("/customers/<int:customer_id>/documents/<int:document_id>")
@requires(Permission.READ_ACCOUNTS)
def filed_page(customer_id: int, document_id: int) -> str:
    return render_template("backoffice/filed.html", **_page(_document_or_404(customer_id, document_id)))


@backoffice.get("/customers/<int:customer_id>/documents/<int:document_id>/document.pdf")
@requires(Permission.READ_ACCOUNTS)
def filed_pdf(customer_id: int, document_id: int) -> Response:
    found = filed.file_of(_document_or_404(customer_id, document_id))
    return given.given_out(found.content, PDF, found.name)


@backoffice.get("/customers/<int:customer_id>/documents/<int:document_id>/certificate.pdf")
@requires(Permission.READ_ACCOUNTS)
def filed_certificate(customer_id: int, document_id: int) -> Response:
    found = _document_or_404(customer_id, document_id)
    return given.pdf(found.certificate, found.number, "certificate") if found.certificate else abort(404)


@backoffice.route("/customers/<int:customer_id>/documents/<int:document_id>/send", methods=["GET", "POST"])
@requires(Permission.FILE_DOCUMENTS)
def send_document(customer_id: int, document_id: int) -> Response | tuple[str, int]:
    found = _document_or_404(customer_id, document_id)
    form = SendForm(request.form, people=_people(customer_id))
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            _send(found, int(form.contact.data))
        if not form.errors:
            flash(gettext("Sent. They can sign it until %(day)s.", day=found.sign_until), "ok")
            return redirect(_address(found), 303)
    until = filed.last_day(_today())
    return form_page(
        "backoffice/filed_send.html", form, until=until, **_page(_document_or_404(customer_id, document_id))
    )


@backoffice.route("/customers/<int:customer_id>/documents/<int:document_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.FILE_DOCUMENTS)
def withdraw_document(customer_id: int, document_id: int) -> Response | tuple[str, int]:
    found, form = _document_or_404(customer_id, document_id), WithdrawForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            told = {"by": current_user.actor, "on": _today(), "now": clock.now()}
            filed.withdraw(found, form.reason.data or "", **told)
        if not form.errors:
            flash(gettext("Taken back. Nobody is asked to sign it any more."), "ok")
            return redirect(_address(found), 303)
    return form_page("backoffice/filed_withdraw.html", form, **_page(_document_or_404(customer_id, document_id)))


@backoffice.post("/customers/<int:customer_id>/documents/<int:document_id>/share")
@requires(Permission.FILE_DOCUMENTS)
def share_document(customer_id: int, document_id: int) -> Response:
    found = _document_or_404(customer_id, document_id)
    with transaction():
        filed.share(found, request.form.get("shared") == "yes", by=current_user.actor, now=clock.now())
    return redirect(_address(found), 303)


@backoffice.post("/customers/<int:customer_id>/documents/<int:document_id>/remove")
@requires(Permission.FILE_DOCUMENTS)
def remove_document(customer_id: int, document_id: int) -> Response:
    found = _document_or_404(customer_id, document_id)
    with transaction():
        filed.remove(found, by=current_user.actor, now=clock.now())
    flash(gettext("Taken off file. Nobody is shown it any more."), "ok")
    return redirect(url_for("backoffice.account_documents", customer_id=customer_id), 303)


def _missing(form: FileForm, customer: Customer) -> bool:
    """Whether an invoice is named that the customer does not have."""
    if form.invoice.data and invoices.of_customer(customer.id, form.invoice.data) is None:
        form.blame("invoice", gettext("This customer has no invoice with this number."))
    return bool(form.errors)


def _file(form: FileForm, customer: Customer) -> FiledDocument:
    invoice = invoices.of_customer(customer.id, form.invoice.data) if form.invoice.data else None
    return filed.file_away(
        form.tray,
        FiledKind(form.kind.data),
        form.title.data,
        form.language.data,
        invoice_id=invoice.id if invoice else None,
        shared=form.shared.data,
        by=current_user.actor,
        on=_today(),
        now=clock.now(),
    )


def _send(found: FiledDocument, contact_id: int) -> None:
    """In the language of whoever signs."""
    contact = merges.reader_of(found.customer_id, contact_id) or abort(404)
    owner = customers.find(found.customer_id) or abort(404)
    paper = accounts.filed_paper(found, owner, accounts.language_to_sign(contact))
    filed.send(found, contact, paper, by=current_user.actor, on=_today(), now=clock.now())


def _people(customer_id: int) -> list[tuple[str, str]]:
    """Who can be written to, and may open the account."""
    able = (one for one in customers.contacts_of(customer_id) if one.active and one.may_see and one.email)
    return [(str(one.id), " · ".join(filter(None, (one.name, one.email)))) for one in able]


def _page(found: FiledDocument) -> dict[str, object]:
    agreement = agreements.find([found.customer_id], found.agreement_id) if found.agreement_id else None
    return {
        "document": found,
        "customer": customer_or_404(found.customer_id),
        "file": filed.file_of(found),
        "invoice": invoices.find(found.customer_id, found.invoice_id) if found.invoice_id else None,
        "contact": merges.reader_of(found.customer_id, found.contact_id) if found.contact_id else None,
        "agreement": agreement,
        "events": audit.events_about(found.customer_id, found.source),
    }


@backoffice.app_template_global()
def filed_kind(found: FiledDocument) -> str:
    return gettext(filed.KINDS[found.kind])


@backoffice.app_template_global()
def filed_state(found: FiledDocument) -> tuple[str, str]:
    word, tone = STATES[found.state]
    return gettext(word), tone


@backoffice.app_template_global()
def filed_about(customer_id: int, invoice_id: int) -> Sequence[FiledDocument]:
    return filed.of_invoice(customer_id, invoice_id)


def _document_or_404(customer_id: int, document_id: int) -> FiledDocument:
    return filed.find([customer_id], document_id) or abort(404)


def _address(found: FiledDocument) -> str:
    return url_for("backoffice.filed_page", customer_id=found.customer_id, document_id=found.id)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
