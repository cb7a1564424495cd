"""
Paying by a link that does not open the account here: forwarded, or printed on paper. It shows what a letter may show,
and what was paid by it; nothing else, and nothing of it makes a session.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from frame import files
from frame.admission import admitted
from frame.security import set_cookie
from models import accounts, clock, customers, payments, words
from models.audit import Actor, ActorKind
from models.claims import is_disowned
from models.customers import codes, links
from models.customers.codes import Recipient
from models.customers.links import Link
from models.errors import Refused
from models.policies import payment_limits
from models.transactions import transaction
from portal import portal
from portal.at_hand import BROWSER_COOKIE, LINK_COOKIE, cookie, link_at_hand, masked, no_link, settings
from portal.payments import result_address

DOOR = "portal.pay_only"
PAYS_AN_HOUR = 10
LIVES = timedelta(minutes=30)
ON_STRIPES_PAGE = timedelta(minutes=35)


@dataclass(frozen=True)
class Due:
    """What can be paid in one currency; `outside` says why not through Stripe."""

    choice: payments.Choice
    outside: str
    is_due: bool


def page(link: Link, status: int = 200, refusal: str = "") -> AnyResponse | tuple[str, int]:
    """What a link shows where it does not open the account: the offer of a code, and what there is to pay."""
    customer, to = customers.find(link.customer_id), codes.recipient_of(link)
    if customer is None or to is None:
        return no_link()
    elsewhere = links.bound_elsewhere(link, cookie(BROWSER_COOKIE)) and not link.paper
    told = {"masked_name": masked(customer.name), "to": to, "elsewhere": elsewhere}
    if not _shows_amounts(link, to):
        return render_template("portal/code_offer.html", **told), status
    dues = _dues(link)
    shown = render_template(
        "portal/pay_only.html",
        dues=dues,
        refusal=refusal,
        begun=payments.is_begun_by_link(link.customer_id, link.id),
        reference=accounts.reference_of_account(link.customer_id),
        transfer=_transfer(link, dues),
        **told,
    )
    return _kept(make_response(shown, status), LIVES)


@portal.post("/open/pay")
def pay_by_link() -> AnyResponse | tuple[str, int]:
    """What was seen is what is paid: where it is no longer the same, the page says so and nothing happens."""
    link = link_at_hand()
    to = codes.recipient_of(link) if link else None
    if link is None or to is None:
        return no_link()
    if not _shows_amounts(link, to) or not to.contact.may_pay:
        return redirect(url_for("portal.landing"), 303)
    choice = payments.due_by_link(link.customer_id, link.id, request.args.get("currency", ""), _today())
    if choice is None or request.form.get("seen") != choice.seen:
        return page(link, 409, words.gettext("Something changed since you looked. Nothing was paid."))
    admitted(DOOR, str(link.id), pauses=False, an_hour=PAYS_AN_HOUR)
    gateway = current_app.extensions["stripe"]
    payments.give_up_open(link.customer_id, None, link_id=link.id, gateway=gateway, now=clock.now)
    try:
        with transaction():
            attempt = _request(link, choice)
            key = (attempt.customer_id, attempt.id)
    except (payments.NotPayable, payment_limits.AmountOutsideLimits) as refusal:
        return page(link, 409, words.explain(refusal))
    address = payments.submit(*key, gateway=gateway, now=clock.now)
    return _kept(redirect(address, 303), ON_STRIPES_PAGE + LIVES)


@portal.get("/open/payments/<uuid:attempt_id>")
def payment_by_link(attempt_id: UUID) -> str | tuple[str, int]:
    """As `portal.payment`: coming back from Stripe is a reason to ask Stripe, never a proof of payment."""
    link = link_at_hand()
    if link is None:
        return no_link()
    attempt = _attempt(link, attempt_id)
    if not attempt.is_final:
        payments.sync_calmly(attempt.customer_id, attempt_id, gateway=current_app.extensions["stripe"], now=clock.now)
        attempt = _attempt(link, attempt_id)
    receipt = payments.receipt_of(attempt)
    mailed = receipt is not None and payments.is_mailed(receipt)
    return render_template("portal/payment_by_link.html", attempt=attempt, receipt=receipt, mailed=mailed)


@portal.get("/open/payments/<uuid:attempt_id>.pdf")
def receipt_by_link(attempt_id: UUID) -> Response | tuple[str, int]:
    link = link_at_hand()
    if link is None:
        return no_link()
    attempt = _attempt(link, attempt_id)
    receipt = payments.receipt_of(attempt) or abort(404)
    shown = accounts.credit_document(attempt.customer_id, receipt.id, _today()) or abort(404)
    customer = customers.find(attempt.customer_id) or abort(404)
    told = {"now": clock.now(), "language": words.language(), "masked_name": masked(customer.name)}
    return files.pdf(accounts.receipt_pdf(customer, shown, g.company, **told), "receipt", str(receipt.id))


@portal.get("/open/transfer.svg")
def link_code() -> Response:
    link = link_at_hand()
    to = codes.recipient_of(link) if link else None
    how = _transfer(link, _dues(link)) if link and to and _shows_amounts(link, to) else None
    return files.svg(how.code()) if how and how.has_code else abort(404)


def _shows_amounts(link: Link, to: Recipient) -> bool:
    hidden = is_disowned(link.customer_id, _today())
    return to.contact.may_see and links.pays_only(link, cookie(BROWSER_COOKIE)) and not hidden


def _dues(link: Link) -> list[Due]:
    today = _today()
    found = (
        payments.due_by_link(link.customer_id, link.id, currency, today)
        for currency in accounts.currencies_of(link.customer_id, today)
    )
    return [_due(choice, today) for choice in found if choice]


def _due(choice: payments.Choice, today: date) -> Due:
    outside = ""
    try:
        payment_limits.check(choice.total)
    except Refused as refusal:
        outside = words.explain(refusal)
    return Due(choice, outside if choice.total else "", any(line.item.due_on < today for line in choice.lines))


def _transfer(link: Link, dues: list[Due]) -> accounts.Transfer | None:
    return accounts.transfer_for_account(g.company, link.customer_id, [due.choice.total for due in dues])


def _request(link: Link, choice: payments.Choice) -> payments.Attempt:
    today = _today()
    return payments.request(
        choice.customer_id,
        choice.shares,
        by=Actor(ActorKind.LINK, link.id),
        on=today,
        now=clock.now(),
        success_url=result_address("portal.payment_by_link"),
        cancel_url=url_for("portal.landing", _external=True),
        language=words.language(),
        description=words.gettext("Statement of %(day)s", day=today),
        names=None,
    )


def _attempt(link: Link, attempt_id: UUID) -> payments.Attempt:
    return payments.find_by_link(link.customer_id, link.id, attempt_id) or abort(404)


def _kept(answer: AnyResponse, lives: timedelta) -> AnyResponse:
    """On a computer that others use the page is gone after a while; who holds the link can open it again."""
    set_cookie(answer, LINK_COOKIE, cookie(LINK_COOKIE) or "", settings(), lives=lives)
    return answer


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
