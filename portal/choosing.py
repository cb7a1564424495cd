"""Choosing what to pay: items and amounts, over several pages, kept until they are paid."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field

from frame.forms import AmountField, OurForm, above_zero, form_page, page_asked, up_to
from models import accounts, clock, payments, words
from models.money import Money, total
from models.payments import Choice, PayableItem
from models.policies import payment_limits
from models.transactions import transaction
from portal import portal
from portal.payments import item_name, result_address

PAGE = 50
TICK, AMOUNT = "pay-", "amount-"


class ChoiceForm(OurForm):
    """A tick and an amount for each item of a page; what is wrong with an amount counts where its tick is set."""

    def chosen(self, items: Sequence[PayableItem]) -> dict[int, int]:
        """Minor units by entry id; 0 for what is not ticked."""
        return {item.entry_id: self._share(item) for item in items if f"{AMOUNT}{item.entry_id}" in self._fields}

    def _share(self, item: PayableItem) -> int:
        field = self._fields[f"{AMOUNT}{item.entry_id}"]
        if not self._fields[f"{TICK}{item.entry_id}"].data:
            field.errors = []
            return 0
        if field.data is None and not field.errors:
            field.errors = [words.gettext("Enter an amount.")]
        share = None if field.errors else field.money(item.open.currency)
        return share.minor if share else 0


@portal.get("/pay")
def choose() -> str | tuple[str, int]:
    items, chosen = _items_and_chosen()
    return _choose_page(items, chosen, _form_for(_shown(items), chosen)())


@portal.post("/pay")
def keep_choice() -> Response | tuple[str, int]:
    """Every button of the page keeps what stands on it. A change asks for the sum alone, as often as one likes."""
    items, chosen = _items_and_chosen()
    then = request.form.get("then", "")
    if then in ("none", "due"):
        with transaction():
            _keep(payments.all_due(items, _today()) if then == "due" else {})
        return _to("portal.choose", page=page_asked())
    form = _form_for(_shown(items), chosen)(request.form)
    form.validate()
    chosen = chosen | form.chosen(_shown(items))
    if form.errors or "HX-Request" in request.headers:
        return _choose_page(items, chosen, form)
    with transaction():
        _keep(chosen)
    if then == "review":
        return _to("portal.review")
    return _to("portal.choose", page=int(then) if then.isdecimal() and len(then) < 7 else page_asked())


@portal.post("/pay/due")
def choose_all_due() -> Response:
    """All that is due by one click; the next page says how much that is, and nothing is paid before."""
    items, _ = _items_and_chosen()
    with transaction():
        _keep(payments.all_due(items, _today()))
    return _to("portal.review")


@portal.get("/pay/review")
def review() -> Response | str:
    choice = _choice()
    return _review_page(choice) if choice else _to("portal.choose")


@portal.post("/pay/review")
def pay_chosen() -> Response | tuple[str, int]:
    """What was seen is what is paid: where it is no longer the same, the page says so and nothing happens."""
    choice = _choice()
    if choice is None:
        return _to("portal.choose")
    if request.form.get("seen") != choice.seen:
        return _review_page(choice, words.gettext("Something changed since you looked. Nothing was paid.")), 409
    gateway = current_app.extensions["stripe"]
    who = current_user
    payments.give_up_open(who.customer_id, who.contact_id, gateway=gateway, now=clock.now)
    try:
        with transaction():
            attempt = _request(choice)
            payments.pay_with(who.customer_id, who.contact_id, attempt)
            key = (attempt.customer_id, attempt.id)
    except (payments.NotPayable, payment_limits.AmountOutsideLimits) as refusal:
        return _review_page(_choice() or choice, words.explain(refusal)), 409
    return redirect(payments.submit(*key, gateway=gateway, now=clock.now), 303)


@portal.post("/pay/credit")
def use_credit() -> Response:
    """Money of the customer that no item has used yet goes to what is chosen; the rest is still to pay."""
    choice = _choice()
    if choice is None:
        return _to("portal.choose")
    chosen = {one: share.minor for one, share in choice.shares}
    with transaction():
        got = payments.use_credits(
            choice.customer_id, chosen, choice.currency, by=current_user.actor, on=_today(), now=clock.now()
        )
        _keep({one: minor - got.get(one, 0) for one, minor in _items_and_chosen()[1].items()})
    used = Money(sum(got.values()), choice.currency)
    flash(words.gettext("%(amount)s of your money is used for what you chose.", amount=used), "ok")
    return _to("portal.review")


def _request(choice: Choice) -> payments.Attempt:
    today = _today()
    return payments.request(
        choice.customer_id,
        choice.shares,
        by=current_user.actor,
        on=today,
        now=clock.now(),
        success_url=result_address(),
        cancel_url=url_for("portal.review", currency=choice.currency, _external=True),
        language=words.language(),
        description=words.gettext("Statement of %(day)s", day=today),
        disputed=choice.disputed,
        names={line.item.entry_id: item_name(line.item) for line in choice.lines},
    )


def _choose_page(items: Sequence[PayableItem], chosen: Mapping[int, int], form: ChoiceForm) -> tuple[str, int]:
    payable = {item.entry_id: item.payable.minor for item in items}
    shares = [Money(min(minor, payable.get(one, 0)), currency_asked()) for one, minor in chosen.items()]
    return form_page(
        "portal/choose.html",
        form,
        items=_shown(items),
        tick=TICK,
        amount=AMOUNT,
        currency=currency_asked(),
        currencies=currencies(),
        count=len([share for share in shares if share]),
        total=total(shares, currency_asked()),
        today=_today(),
        page_no=page_asked(),
        pages=max(-(-len(items) // PAGE), 1),
    )


def _review_page(choice: Choice, refusal: str = "") -> str:
    outside = ""
    try:
        payment_limits.check(choice.total)
    except payment_limits.AmountOutsideLimits as error:
        outside = words.explain(error)
    return render_template(
        "portal/review.html",
        choice=choice,
        most=PAGE,
        refusal=refusal,
        outside=outside if choice.total else "",
        unapplied=payments.unapplied(choice.customer_id, choice.currency, _today()),
    )


def _form_for(items: Sequence[PayableItem], chosen: Mapping[int, int]) -> Callable[..., ChoiceForm]:
    fields: dict[str, Field] = {}
    for item in items:
        if item.payable:
            wanted = chosen.get(item.entry_id, 0) or item.undisputed.minor or item.payable.minor
            share = min(wanted, item.payable.minor)
            fields[f"{TICK}{item.entry_id}"] = BooleanField(item.number, default=bool(chosen.get(item.entry_id)))
            fields[f"{AMOUNT}{item.entry_id}"] = AmountField(
                item.number,
                default=Money(share, item.open.currency).amount,
                validators=[above_zero, up_to(item.payable)],
            )
    return type("ChoiceForm", (ChoiceForm,), fields)


def _items_and_chosen() -> tuple[list[PayableItem], dict[int, int]]:
    who = payer()
    items, chosen = payments.items_and_chosen(who.customer_id, who.contact_id, currency_asked(), _today())
    if page_asked() > max(-(-len(items) // PAGE), 1):
        abort(404)
    return items, chosen


def _choice() -> Choice | None:
    who = payer()
    return payments.choice(who.customer_id, who.contact_id, currency_asked(), _today())


def _keep(chosen: Mapping[int, int]) -> None:
    who = payer()
    payments.keep_choice(who.customer_id, who.contact_id, currency_asked(), chosen, now=clock.now())


def payer() -> object:
    if not current_user.may_pay:
        abort(403)
    return current_user


def _shown(items: Sequence[PayableItem]) -> Sequence[PayableItem]:
    return items[(page_asked() - 1) * PAGE : page_asked() * PAGE]


def currencies() -> list[str]:
    """Those in which something is open; asked once for a page."""
    if "currencies" not in g:
        g.currencies = accounts.currencies_of(current_user.customer_id, _today())
    return list(g.currencies)


def currency_asked() -> str:
    """The one that was asked for, where something is open in it; else the first."""
    open_in, asked = currencies(), request.args.get("currency")
    return asked if asked in open_in else next(iter(open_in), str(g.company.currency))


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today


def _to(endpoint: str, **values: int) -> Response:
    return redirect(url_for(endpoint, currency=currency_asked(), **values), 303)
