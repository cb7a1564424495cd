"""Documents on file: read, and signed by whoever shows with a code that it is them."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from frame import files
from frame.forms import OurForm, form_page
from models import accounts, agreements, clock, customers, filed, words
from models.agreements import NotSigned, Paper, Signature
from models.customers import codes, contacts, merges
from models.errors import N_
from models.filed import FiledDocument, FiledState
from models.transactions import transaction
from portal import portal
from portal.confirming import fresh_code_first
from portal.plan_forms import SignForm
from portal.principal import account_of

WORDS: Mapping[FiledState, str] = MappingProxyType(
    {
        FiledState.ON_FILE: N_("For your information"),
        FiledState.WAITING: N_("Please sign"),
        FiledState.SIGNED: N_("Signed"),
        FiledState.DECLINED: N_("Declined"),
        FiledState.WITHDRAWN: N_("Need not be signed"),
        FiledState.LAPSED: N_("Not signed in time"),
    }
)
PDF = "application/pdf"


class DeclineForm(OurForm):
    reason = TextAreaField(
        N_("Why do you not sign it?"), [InputRequired(N_("Say in a few words why.")), Length(max=1000)]
    )


@portal.get("/documents")
def filed_list() -> str:
    return render_template("portal/filed_list.html", found=_shown())


@portal.get("/documents/<int:document_id>")
def filed_document(document_id: int) -> tuple[str, int]:
    return _page(_find(document_id), SignForm())


@portal.get("/documents/<int:document_id>/document.pdf")
def filed_pdf(document_id: int) -> Response:
    found = filed.file_of(_find(document_id))
    return files.given_out(found.content, PDF, found.name)


@portal.get("/documents/<int:document_id>/certificate.pdf")
def filed_certificate(document_id: int) -> Response:
    found = _find(document_id)
    return files.pdf(found.certificate, found.number, "certificate") if found.certificate else abort(404)


@portal.post("/documents/<int:document_id>/sign")
def sign_document(document_id: int) -> Response | tuple[str, int]:
    """A code is sent to nobody who may not sign."""
    if not _may_sign(_find(document_id)):
        abort(403)
    return _sign_with_code(document_id)


@fresh_code_first("portal.filed_document")
def _sign_with_code(document_id: int) -> Response | tuple[str, int]:
    """What was read is what is signed: where it is no longer the same, the page says so and nothing is agreed."""
    found, form = _find(document_id), SignForm(request.form)
    if not found.is_waiting:
        if found.state is FiledState.SIGNED:
            flash(words.gettext("You have signed it already."), "info")
        return redirect(url_for("portal.filed_document", document_id=document_id), 303)
    if not form.validate():
        return _page(found, form)
    paper = _paper(found)
    if request.form.get("seen") != paper.digest:
        form.blame(None, words.gettext("Something changed since you looked. Nothing is agreed."))
        return _page(found, form)[0], 409
    try:
        _sign(found, paper, form)
    except NotSigned as refusal:
        form.blame(None, words.explain(refusal))
        return _page(_find(document_id), form)[0], 409
    flash(words.gettext("Signed. We have mailed you the document and the certificate of your signature."), "ok")
    return redirect(url_for("portal.filed_document", document_id=document_id), 303)


@portal.route("/documents/<int:document_id>/decline", methods=["GET", "POST"])
def decline_document(document_id: int) -> Response | tuple[str, int]:
    found, form = _find(document_id), DeclineForm(request.form)
    if not _may_sign(found):
        abort(403)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            filed.decline(found, form.reason.data, by=current_user.actor, on=_today(), now=clock.now())
        if not form.errors:
            flash(words.gettext("You declined. Nothing was signed, and a person reads why."), "info")
            return redirect(url_for("portal.filed_document", document_id=document_id), 303)
    return form_page("portal/filed_decline.html", form, document=_find(document_id))


def _sign(found: FiledDocument, paper: Paper, form: SignForm) -> None:
    """The certificate is made from the same values before the transaction that keeps them."""
    who, now = current_user, clock.now()
    _, contact = account_of(who)
    signature = Signature(
        form.typed_name.data,
        form.agreed.data,
        request.remote_addr or "",
        request.user_agent.string[:400],
        clock.real_now(),
    )
    owner = customers.find(found.customer_id) or abort(404)
    page = accounts.certificate(found, owner, contact, paper, signature, now=now)
    kept = {"contact_id": who.contact_id, "by": who.actor, "on": _today(), "now": now}
    with transaction():
        filed.sign(found, paper, signature, page, **kept)


def _page(found: FiledDocument, form: SignForm) -> tuple[str, int]:
    agreement = agreements.find([found.customer_id], found.agreement_id) if found.agreement_id else None
    return form_page(
        "portal/filed.html",
        form,
        document=found,
        file=filed.file_of(found),
        written_in=words.native_name(found.language),
        agreement=agreement,
        paper=_paper(found) if found.is_waiting else None,
        text_direction=words.direction(),
        may_sign=_may_sign(found),
        confirmed=not codes.fresh_code_needed(current_user.session_id, now=clock.real_now()),
    )


def _paper(found: FiledDocument) -> Paper:
    owner = customers.find(found.customer_id) or abort(404)
    language = words.language() if words.language() in words.LANGUAGES else str(g.company.language)
    return accounts.filed_paper(found, owner, language)


def _may_sign(found: FiledDocument) -> bool:
    """Whoever it was sent to, or who may sign for the account."""
    _, contact = account_of(current_user)
    return found.contact_id == contact.id or contacts.may_manage(contact)


def _find(document_id: int) -> FiledDocument:
    """Shown to the reader's account, or to one that is read as part of it."""
    found = filed.find(_family(), document_id)
    return found if found and found.shared else abort(404)


@portal.app_template_global()
def documents_shown() -> Sequence[FiledDocument]:
    """Those that wait for a signature first."""
    return sorted(_shown(), key=lambda one: not one.is_waiting)


@portal.app_template_global()
def documents_about(customer_id: int, invoice_id: int | None) -> Sequence[FiledDocument]:
    return filed.shown_to(filed.of_invoice(customer_id, invoice_id)) if invoice_id else []


@portal.app_template_global()
def document_word(found: FiledDocument) -> str:
    return words.gettext(WORDS[found.state])


@portal.app_template_global()
def document_kind(found: FiledDocument) -> str:
    return words.gettext(filed.KINDS[found.kind])


def _shown() -> list[FiledDocument]:
    return filed.shown_to(filed.of_customers(_family()))


def _family() -> Sequence[int]:
    return merges.family(current_user.customer_id)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
