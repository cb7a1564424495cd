"""Taking goods back: offer it with a number, say that they have arrived, or expect them no more."""

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import abort, flash, redirect, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from backoffice import backoffice, requires
from backoffice.disputes import address_of, dispute_or_404, page_of, today_here
from backoffice.fields import amount_field
from frame.forms import DayField, OurForm, data_options, one_form_key
from models import approvals, clock, disputes, words
from models.approvals import Done, GoodsBack
from models.disputes import CannotDispute, Dispute, DisputeLine, GoodsReturn
from models.errors import N_
from models.policies.permissions import Permission
from models.transactions import transaction
from models.words import gettext


class OfferForm(OurForm):
    line = SelectField(N_("Of which line"), choices=[])
    what = StringField(N_("What comes back"), [InputRequired(N_("Say what comes back.")), Length(max=200)])
    condition = StringField(N_("In which condition"), [Length(max=200)])
    amount = amount_field()
    until_on = DayField(N_("Expected by"), [InputRequired(N_("Choose a day."))])
    refusals: ClassVar = {CannotDispute: "amount"}

    def __init__(self, *args: Any, lines: Sequence[DisputeLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = words.gettext("The whole item")
        self.line.choices = data_options((str(line.position), line.description or whole) for line in lines)


class ArrivedForm(OurForm):
    key = HiddenField()
    condition = StringField(
        N_("In which condition it arrived"), [InputRequired(N_("Say how it looks.")), Length(max=200)]
    )


@backoffice.route("/disputes/<int:customer_id>/<int:dispute_id>/returns/new", methods=["GET", "POST"])
@requires(Permission.WORK_DISPUTES)
def offer_return(customer_id: int, dispute_id: int) -> Response | tuple[str, int]:
    """Asked for by the customer or not; the case says how much its lines have left."""
    found = dispute_or_404(customer_id, dispute_id)
    form = OfferForm(request.form, lines=disputes.lines_of(found))
    if request.method == "POST" and form.validate() and (amount := form.amount.money(found.currency)):
        with form.telling_refusals(), transaction():
            disputes.offer(
                found,
                int(form.line.data),
                form.what.data,
                form.condition.data or "",
                amount,
                until_on=form.until_on.data,
                by=current_user.actor,
                on=today_here(),
                now=clock.now(),
            )
        if not form.errors:
            flash(gettext("Offered. The customer gets the number of the return by mail."), "ok")
            return redirect(address_of(found), 303)
    return _page("backoffice/dispute_offer.html", form, found, left=disputes.left_by_line(found))


@backoffice.route(
    "/disputes/<int:customer_id>/<int:dispute_id>/returns/<int:return_id>/received", methods=["GET", "POST"]
)
@requires(Permission.DECIDE_DISPUTES)
def receive_goods(customer_id: int, dispute_id: int, return_id: int) -> Response | tuple[str, int]:
    """Credits what was offered for them, in the same transaction; above the limit once a second person agrees."""
    found, goods = _found(customer_id, dispute_id, return_id)
    form = ArrivedForm(request.form, data={"key": one_form_key()})
    if request.method == "POST" and form.validate() and _received(form, found, goods):
        return redirect(address_of(found), 303)
    limit = approvals.limit_of(approvals.Kind.RETURN)
    return _page("backoffice/dispute_receive.html", form, found, goods=goods, limit=limit)


@backoffice.post("/disputes/<int:customer_id>/<int:dispute_id>/returns/<int:return_id>/cancel")
@requires(Permission.WORK_DISPUTES)
def cancel_return(customer_id: int, dispute_id: int, return_id: int) -> Response:
    found, goods = _found(customer_id, dispute_id, return_id)
    with transaction():
        disputes.cancel(goods, by=current_user.actor, now=clock.now())
    flash(gettext("It is not expected any more."), "ok")
    return redirect(address_of(found), 303)


def _received(form: ArrivedForm, found: Dispute, goods: GoodsReturn) -> bool:
    asked = GoodsBack(
        customer_id=goods.customer_id,
        return_id=goods.id,
        amount=goods.credit,
        reason=found.number,
        effective_on=today_here(),
        condition=form.condition.data,
        key=form.key.data or one_form_key(),
    )
    with form.telling_refusals(), transaction():
        outcome = approvals.submit(asked, by=current_user, now=clock.now())
    if form.errors:
        return False
    if isinstance(outcome, Done):
        flash(gettext("The credit note is written."), "ok")
    else:
        flash(gettext("A second person is asked. Nothing is booked until then."), "info")
    return True


def _found(customer_id: int, dispute_id: int, return_id: int) -> tuple[Dispute, GoodsReturn]:
    found, goods = dispute_or_404(customer_id, dispute_id), disputes.find_return(customer_id, return_id)
    if goods is None or goods.dispute_id != found.id:
        abort(404)
    return found, goods


def _page(template: str, form: OurForm, found: Dispute, **values: object) -> tuple[str, int]:
    return render_template(template, form=form, **page_of(found), **values), 422 if form.errors else 200
