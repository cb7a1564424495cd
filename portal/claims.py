"""'I already paid' and 'This is not mine': said in a minute, paused at once, looked at by a person."""

from collections.abc import Sequence
from datetime import date

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from frame.forms import AmountField, DayField, OurForm, above_zero, data_options, form_page, options
from frame.uploads import takes_files
from models import claims, clock, payments, words
from models.claims import Claim, ClaimKind, ClaimState, Said
from models.errors import N_
from models.money import Money
from models.payments import PayableItem
from models.transactions import transaction
from portal import portal
from portal.choosing import currencies, currency_asked
from portal.files import WithFiles
from portal.principal import account_of

MOST_ITEMS = 100


class PaidForm(WithFiles):
    amount = AmountField(N_("How much you paid"), [InputRequired(N_("Enter an amount.")), above_zero])
    paid_on = DayField(N_("When you paid"), [InputRequired(N_("Choose a day."))])
    how = SelectField(N_("How you paid"), choices=options(claims.WAYS.items()))
    payer = StringField(N_("Name of the payer, if it is another"), [Length(max=120)])
    item = SelectField(N_("What you paid"), choices=[])
    text = TextAreaField(N_("Anything else that helps us find it"), [Length(max=500)])

    def said(self, amount: Money) -> Said:
        return Said(
            amount,
            self.paid_on.data,
            self.how.data,
            payer=self.payer.data,
            text=self.text.data,
            item_id=int(self.item.data) if self.item.data else None,
        )

    def validate_paid_on(self, field: DayField) -> None:
        if field.data is not None and field.data > _today():
            raise ValidationError(words.gettext("Choose a day that has been."))


class ProofForm(WithFiles):
    """Files alone, for what was said before."""

    def validate_files(self, _: Field) -> None:
        if not self.kept:
            raise ValidationError(words.gettext("Choose a file first."))


class NotMineForm(OurForm):
    why = RadioField(
        N_("What is wrong?"), [InputRequired(N_("Choose what fits best."))], choices=options(claims.WHYS.items())
    )
    text = TextAreaField(N_("Anything that helps us"), [Length(max=500)])


@portal.route("/already-paid", methods=["GET", "POST"])
@takes_files()
def already_paid() -> Response | tuple[str, int]:
    items = payments.payable_items(current_user.customer_id, _today(), currency=currency_asked())
    form = _paid_form(items)
    form.take()
    amount = form.amount.money(currency_asked()) if form.is_sent and form.validate() else None
    form.blame_files()
    if amount is None or form.errors:
        shown = {"items": items, "currency": currency_asked(), "currencies": currencies(), "today": _today()}
        return form_page("portal/already_paid.html", form, **shown)
    customer, contact = account_of(current_user)
    with transaction():
        claim = claims.say_paid(
            customer, contact, items, form.said(amount), by=current_user.actor, on=_today(), now=clock.now()
        )
    return redirect(url_for("portal.claim", claim_id=claim.id), 303)


@portal.route("/claims/<int:claim_id>", methods=["GET", "POST"])
@takes_files()
def claim(claim_id: int) -> Response | tuple[str, int]:
    """What was said; while it helps, files that prove it can be added."""
    form = ProofForm(request.form)
    form.take()
    mine = _claim(claim_id)
    ready = form.is_sent and form.validate()
    form.blame_files()
    if ready and not form.errors:
        with form.telling_refusals(), transaction():
            _, contact = account_of(current_user)
            claims.send_proof(mine, contact, by=current_user.actor, on=_today(), now=clock.now())
        if not form.errors:
            flash(words.gettext("Thank you. A person will look at your files."), "ok")
            return redirect(url_for("portal.claim", claim_id=claim_id), 303)
    asked = mine.asked_on is not None or mine.receipt_id is not None
    shown = {"matches": [] if asked else claims.matches(mine), "sent": claims.proof_of(mine)}
    return form_page("portal/claim.html", form, claim=mine, takes_proof=claims.takes_proof(mine), **shown)


@portal.post("/claims/<int:claim_id>/yes")
def claim_yes(claim_id: int) -> Response:
    mine, entry_id = _claim(claim_id), request.form.get("entry", type=int) or abort(400)
    customer, contact = account_of(current_user)
    with transaction():
        claims.answer_yes(mine, entry_id, customer, contact, by=current_user.actor, on=_today(), now=clock.now())
    return redirect(url_for("portal.claim", claim_id=claim_id), 303)


@portal.post("/claims/<int:claim_id>/no")
def claim_no(claim_id: int) -> Response:
    mine = _claim(claim_id)
    with transaction():
        claims.answer_no(mine, by=current_user.actor, on=_today(), now=clock.now())
    return redirect(url_for("portal.claim", claim_id=claim_id), 303)


@portal.route("/not-mine", methods=["GET", "POST"])
def not_mine() -> Response | str | tuple[str, int]:
    """Once it is said, this page stands before all others, and says that a person looks."""
    if current_user.is_hidden:
        return render_template("portal/looked_at.html")
    form = NotMineForm(request.form)
    if request.method == "GET" or not form.validate():
        return form_page("portal/not_mine.html", form)
    customer, contact = account_of(current_user)
    with transaction():
        claims.disown(
            customer, contact, form.why.data, form.text.data, by=current_user.actor, on=_today(), now=clock.now()
        )
    flash(words.gettext("Thank you. We have written it down."), "ok")
    return redirect(url_for("portal.not_mine"), 303)


def _paid_form(items: Sequence[PayableItem]) -> PaidForm:
    named = {str(item.entry_id): item for item in items[:MOST_ITEMS] if item.payable}
    asked = named.get(request.args.get("item", ""))
    form = PaidForm(
        request.form, data={"item": request.args.get("item", ""), "amount": asked.payable.amount if asked else None}
    )
    form.item.choices = [
        SelectChoice("", words.gettext("I do not know, or several")),
        *data_options(
            (key, f"{item.number or words.gettext('Other item')} · {words.money(item.open)}")
            for key, item in named.items()
        ),
    ]
    return form


def _claim(claim_id: int) -> Claim:
    """Of the reader's account, or of one that is read as part of it."""
    found = claims.find_for(current_user.family, claim_id) or abort(404)
    return found if found.kind is ClaimKind.ALREADY_PAID else abort(404)


@portal.app_template_global()
def way_word(how: str) -> str:
    return words.gettext(claims.WAYS[how]) if how in claims.WAYS else ""


@portal.app_template_global()
def living_claims() -> Sequence[Claim]:
    """What was said to be paid and is being looked at."""
    return claims.of_customers(current_user.family, kind=ClaimKind.ALREADY_PAID, state=ClaimState.OPEN, most=5)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
