"""'I will pay on a day': what was chosen becomes a promise, and reminders of it rest until then."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import abort, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, ValidationError

from frame.forms import DayField, OurForm, form_page
from models import clock, payments, promises, words
from models.errors import N_, Refused
from models.money import Money, total
from models.payments import PayableItem
from models.promises import Promise, PromiseState
from models.transactions import transaction
from portal import portal
from portal.choosing import currencies, currency_asked, payer
from portal.principal import account_of

FIRST_WISH, LATER = timedelta(days=7), timedelta(days=3)
MOST_SHOWN = 50


class PromiseForm(OurForm):
    """`seen` is the day whose consequences the page has told: another one is told before it counts."""

    pay_on = DayField(N_("The day on which you will pay"), [InputRequired(N_("Choose a day."))])

    def validate_pay_on(self, field: DayField) -> None:
        try:
            if field.data is not None:
                promises.check_day(field.data, _today())
        except Refused as refusal:
            raise ValidationError(words.explain(refusal)) from refusal


@portal.get("/promise")
def promise() -> str | tuple[str, int]:
    payer()
    return _page(_form_of_address(_today() + FIRST_WISH))


@portal.post("/promise")
def make_promise() -> Response | tuple[str, int]:
    """The page said what happens until the day that is promised; for another day it says it first."""
    who, form = payer(), PromiseForm(request.form)
    shares = _shares()
    if not form.validate() or not shares or request.form.get("seen") != _seen(form.pay_on.data, shares):
        return _page(form)
    customer, contact = account_of(who)
    with form.telling_refusals(), transaction():
        promises.make_for(
            customer,
            contact,
            shares,
            pay_on=form.pay_on.data,
            by=who.actor,
            on=_today(),
            now=clock.now(),
        )
        payments.forget_choice(who.customer_id, who.contact_id, currency_asked())
    if form.errors:
        return _page(form)
    newest = promises.of_customers(who.family, state=PromiseState.OPEN, most=1)[0]
    return redirect(url_for("portal.promised", promise_id=newest.id), 303)


@portal.get("/promises/<int:promise_id>")
def promised(promise_id: int) -> str | tuple[str, int]:
    mine = _promise(promise_id)
    return _promised_page(mine, _form_of_address(min(mine.pay_on + LATER, promises.limits().last_day(_today()))))


@portal.post("/promises/<int:promise_id>")
def move_promise(promise_id: int) -> Response | tuple[str, int]:
    who, mine, form = payer(), _promise(promise_id), PromiseForm(request.form)
    if not form.validate() or request.form.get("seen") != str(form.pay_on.data):
        return _promised_page(mine, form)
    customer, contact = account_of(who)
    with form.telling_refusals(), transaction():
        promises.move(mine, form.pay_on.data, by=who.actor, on=_today(), now=clock.now())
        promises.confirm(mine, customer, contact, now=clock.now())
    if form.errors:
        return _promised_page(mine, form)
    flash(words.gettext("Your promise is moved to %(day)s.", day=mine.pay_on), "ok")
    return redirect(url_for("portal.promised", promise_id=promise_id), 303)


@portal.post("/promises/<int:promise_id>/withdraw")
def withdraw_promise(promise_id: int) -> Response:
    who, mine = payer(), _promise(promise_id)
    customer, contact = account_of(who)
    with transaction():
        promises.withdraw(mine, by=who.actor, on=_today(), now=clock.now())
        promises.confirm(mine, customer, contact, now=clock.now())
    flash(words.gettext("Your promise is withdrawn."), "ok")
    return redirect(url_for("portal.statement"), 303)


def _page(form: PromiseForm) -> tuple[str, int]:
    shares, today = _shares(), _today()
    pay_on = form.pay_on.data if form.pay_on.data and not form.pay_on.errors else None
    return form_page(
        "portal/promise.html",
        form,
        shares=shares,
        most=MOST_SHOWN,
        total=total((share for _, share in shares), currency_asked()),
        pay_on=pay_on,
        answer_on=promises.limits().answer_on(pay_on) if pay_on else None,
        seen=_seen(pay_on, shares),
        last_day=promises.limits().last_day(today),
        today=today,
        moves=promises.limits().moves,
        currency=currency_asked(),
        currencies=currencies(),
        living=promises.of_customers(current_user.family, state=PromiseState.OPEN),
    )


def _promised_page(mine: Promise, form: PromiseForm) -> tuple[str, int]:
    pay_on = form.pay_on.data if form.pay_on.data and not form.pay_on.errors else None
    return form_page(
        "portal/promised.html",
        form,
        promise=mine,
        lines=promises.shown_lines(mine),
        can_move=promises.can_move(mine),
        pay_on=pay_on,
        answer_on=promises.limits().answer_on(pay_on) if pay_on else None,
        last_day=promises.limits().last_day(_today()),
        today=_today(),
    )


def _form_of_address(at_first: date) -> PromiseForm:
    """The day that somebody looks at, before they promise it."""
    if "pay_on" not in request.args:
        return PromiseForm(data={"pay_on": at_first})
    form = PromiseForm(request.args)
    form.validate()
    return form


def _shares() -> list[tuple[PayableItem, Money]]:
    """What was chosen to be paid, without what is promised already. At first: all that is due."""
    who = payer()
    items, chosen = payments.items_and_chosen(who.customer_id, who.contact_id, currency_asked(), _today())
    wanted = ((item, min(Money(chosen.get(item.entry_id, 0), currency_asked()), item.promisable)) for item in items)
    return [(item, share) for item, share in wanted if share]


def _seen(pay_on: date | None, shares: Sequence[tuple[PayableItem, Money]]) -> str:
    return f"{pay_on}:{sum(share.minor for _, share in shares)}:{len(shares)}"


def _promise(promise_id: int) -> Promise:
    """Of the reader's account, or of one that is read as part of it."""
    return promises.find_for(current_user.family, promise_id) or abort(404)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
