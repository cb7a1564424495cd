"""Instalment plans as their customer lives with them: what is paid, what comes next, what can be changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from frame import files
from frame.forms import form_page
from models import accounts, agreements, clock, customers, payments, plans, words
from models.dunning import advice
from models.errors import N_
from models.money import Money
from models.payments import AttemptState, SavedMethod
from models.plans import Because, Instalment, InstalmentState, Plan, PlanState, PlanVersion, Way
from models.transactions import transaction
from portal import portal
from portal.choosing import payer
from portal.plan_forms import DayForm

WORDS: Mapping[PlanState, str] = MappingProxyType(
    {
        PlanState.REQUESTED: N_("We are looking at it"),
        PlanState.OFFERED: N_("Not signed yet"),
        PlanState.ACTIVE: N_("In force"),
        PlanState.COMPLETED: N_("All paid"),
        PlanState.DEFAULTED: N_("Ended, not kept"),
        PlanState.CANCELLED: N_("Ended"),
    }
)
PART_WORDS: Mapping[InstalmentState, str] = MappingProxyType(
    {
        InstalmentState.PLANNED: N_("To come"),
        InstalmentState.DUE: N_("Due now"),
        InstalmentState.CHARGING: N_("Payment on its way"),
        InstalmentState.PAID: N_("Paid"),
        InstalmentState.MISSED: N_("Has not arrived"),
        InstalmentState.RETURNED: N_("Taken back by the bank"),
        InstalmentState.WAIVED: N_("No longer needed"),
    }
)
CHANGES: Mapping[Because, str] = MappingProxyType(
    {
        Because.SIGNED: N_("It began"),
        Because.PAID_OTHERWISE: N_("You paid something besides: it ends sooner"),
        Because.LESS_OWED: N_("Less is to be paid: it ends sooner"),
        Because.MORE_OWED: N_("More is to be paid: payments were added"),
        Because.RETURNED: N_("A payment was taken back by the bank"),
        Because.MOVED: N_("A payment was moved to another day"),
        Because.CHANGED: N_("The payments were changed"),
        Because.REVIVED: N_("What was missed came, and it went on"),
    }
)
AGREED = N_(
    "I agree that %(company)s takes the payments of the plan %(number)s on their days from the card or bank account"
    " that I give, until all of it is paid or I take this back."
)
# Why a plan ended; what is not here was written by a person.
ENDS: Mapping[str, str] = MappingProxyType(
    {
        "lapsed": N_("It was not signed in time."),
        "without_card": N_("It was signed, but no card or bank account was added."),
        plans.REPLACED: N_("You asked for another plan instead."),
        plans.DECLINED: N_("You did not want it like this."),
        plans.LEFT: N_("You ended it."),
    }
)


@portal.get("/plans")
def plan_list() -> str:
    return render_template("portal/plans.html", plans=_shown(plans.of_customers(current_user.family)))


@portal.get("/plans/<int:plan_id>")
def plan(plan_id: int) -> str:
    return _page(find_plan(plan_id))


@portal.get("/plans/<int:plan_id>/transfer.svg")
def plan_code(plan_id: int) -> Response:
    """A picture of its own, so that nobody waits for it who does not scan it."""
    mine = find_plan(plan_id)
    how = _transfer(mine, plans.instalments_of(mine))
    return files.svg(how.code()) if how and how.has_code else abort(404)


@portal.route("/plans/<int:plan_id>/instalments/<int:instalment_id>/move", methods=["GET", "POST"])
def move_instalment(plan_id: int, instalment_id: int) -> Response | tuple[str, int]:
    """'I will miss one': another day, the others larger, or a person, before anything has happened."""
    who, mine = payer(), find_plan(plan_id)
    row = _instalment(mine, instalment_id)
    form = DayForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            plans.move(mine, row.id, form.to.data, by=who.actor, on=_today(), now=clock.now())
        if not form.errors:
            return _said(mine, words.gettext("The payment is moved to %(day)s.", day=form.to.data))
    mine = find_plan(plan_id)
    return form_page(
        "portal/plan_move.html",
        form,
        plan=mine,
        row=row,
        may_move=plans.can_move(mine, row),
        may_spread=plans.can_spread(mine, row),
        larger=plans.spread_over(mine, row),
        next_day=plans.last_day_to_move_to(mine, row, _today()),
        before=plans.moves_before(mine, row, _today()),
        today=_today(),
        advice=_advice(mine),
    )


@portal.post("/plans/<int:plan_id>/instalments/<int:instalment_id>/spread")
def spread_instalment(plan_id: int, instalment_id: int) -> Response:
    who, mine = payer(), find_plan(plan_id)
    row = _instalment(mine, instalment_id)
    with transaction():
        plans.spread(mine, row.id, by=who.actor, on=_today(), now=clock.now())
    return _said(mine, words.gettext("The payment is spread over the others."))


@portal.post("/plans/<int:plan_id>/by-transfer")
def pay_by_transfer(plan_id: int) -> Response:
    """Nothing is charged from now on: the permission is taken back."""
    who, mine = payer(), find_plan(plan_id)
    if not g.company.iban:
        abort(404)
    with transaction():
        plans.pay_by_transfer(mine, by=who.actor, now=clock.now())
    return _said(mine, words.gettext("Nothing is taken by us any more. Please send each payment yourself."))


@portal.route("/plans/<int:plan_id>/end", methods=["GET", "POST"])
def end_plan(plan_id: int) -> Response | tuple[str, int] | str:
    """What follows is said before it is done."""
    who, mine = payer(), find_plan(plan_id)
    if request.method == "POST":
        if mine.state not in ENDABLE:
            raise plans.CannotChange(plans.HAS_ENDED)
        with transaction():
            plans.leave(mine, by=who.actor, on=_today(), now=clock.now())
        return _said(mine, words.gettext("Your plan has ended. What you paid stays paid."))
    rows = plans.instalments_of(mine)
    charging = [row for row in rows if row.state is InstalmentState.CHARGING]
    left = plans.not_on_its_way(mine)
    return render_template(
        "portal/plan_end.html", plan=mine, left=left, charging=charging, can_end=mine.state in ENDABLE
    )


ENDABLE = (PlanState.REQUESTED, PlanState.OFFERED, PlanState.ACTIVE)


def find_plan(plan_id: int) -> Plan:
    """Of the reader's account, or of one that is read as part of it."""
    found = plans.find(current_user.family, plan_id)
    return found if found and found.state is not PlanState.DRAFT else abort(404)


@portal.app_template_global()
def plan_word(plan: Plan) -> str:
    if plan.state is PlanState.OFFERED and plan.signed_at:
        missing, underway = N_("One step is missing"), N_("The first payment is on its way")
        return words.gettext(underway if _is_underway(plan) else missing)
    return words.gettext(WORDS[plan.state])


@portal.app_template_global()
def instalment_word(row: Instalment) -> str:
    return words.gettext(PART_WORDS[row.state])


@portal.app_template_global()
def version_word(version: PlanVersion) -> str:
    return words.gettext(CHANGES[version.because])


@portal.app_template_global()
def method_name(method: SavedMethod) -> str:
    return method.name


@portal.app_template_global()
def charged_method(plan: Plan) -> SavedMethod | None:
    """The card or account from which a plan's payments are taken; None once it was removed."""
    method = payments.methods.find(plan.customer_id, plan.method_id) if plan.method_id else None
    return method if method is not None and method.state is not payments.MethodState.REMOVED else None


@portal.app_template_global()
def consent_words(plan: Plan) -> str:
    """What is agreed to by whoever has a signed plan charged from now on."""
    return words.gettext(AGREED, company=g.company.name, number=plan.number)


@portal.app_template_global()
def living_plans() -> Sequence[Plan]:
    """Those that somebody reads about on their statement."""
    if not current_user.may_have_plans:
        return []
    over = (PlanState.COMPLETED, PlanState.CANCELLED)
    return [one for one in _shown(plans.of_customers(current_user.family)) if one.state not in over]


@portal.app_template_global()
def next_payment(plan: Plan) -> Instalment | None:
    return plans.next_of(plans.instalments_of(plan)) if plan.began_on else None


@portal.app_template_global()
def plan_of_item(source: str) -> int:
    """The number in the address of the plan that holds an item."""
    return int(source.partition(":")[2])


def _page(mine: Plan) -> str:
    rows = plans.instalments_of(mine)
    signed = agreements.signed(mine.customer_id, mine.source)
    return render_template(
        "portal/plan.html",
        plan=mine,
        rows=rows,
        items=plans.shown_items(mine),
        paid=_sum(
            mine, (row.amount_minor - row.left_minor for row in rows if row.state is not InstalmentState.RETURNED)
        ),
        left=_sum(mine, (row.left_minor for row in rows if row.is_living)),
        coming=plans.next_of(rows),
        missed=[row for row in rows if row.state is InstalmentState.MISSED],
        waits=[row for row in rows if row.is_living and row.waits_for_customer],
        rests=mine.state is PlanState.ACTIVE and plans.rests(mine, _today()),
        to_pay=plans.not_on_its_way(mine, rows),
        behind=plans.late(mine, rows),
        disputed=plans.disputed(mine, _today()),
        can_move=plans.can_move,
        underway=_is_underway(mine),
        signed=signed,
        method=charged_method(mine),
        transfer=_transfer(mine, rows),
        ended=words.gettext(ENDS[mine.end_reason]) if mine.end_reason in ENDS else "",
        versions=plans.versions_of(mine),
        today=_today(),
        advice=_advice(mine),
    )


def _transfer(mine: Plan, rows: Sequence[Instalment]) -> accounts.Transfer | None:
    """What is to be sent next, under a reference by which it comes to an item of the plan."""
    coming = plans.next_of(rows)
    if mine.way is not Way.TRANSFER or coming is None or mine.began_on is None:
        return None
    invoice_id = plans.invoice_sent_for(mine, coming, _today())
    return accounts.transfer_for_invoice(g.company, mine.customer_id, invoice_id, coming.left)


def _is_underway(plan: Plan) -> bool:
    """Its first payment is with the bank, as a debit is for days."""
    if plan.began_on is not None:
        return False
    return any(one.state is AttemptState.PROCESSING for one in payments.about(plan.customer_id, plan.source, []))


def _instalment(mine: Plan, instalment_id: int) -> Instalment:
    row = plans.find_instalment(mine.customer_id, instalment_id)
    return row if row and row.plan_id == mine.id else abort(404)


def _shown(found: Sequence[Plan]) -> list[Plan]:
    """Without what somebody tried and left, or asked for anew."""
    return [
        one
        for one in found
        if one.state is not PlanState.CANCELLED or one.signed_at or one.end_reason not in ENDS or one.requested_at
    ]


def _advice(mine: Plan) -> str:
    customer = customers.find(mine.customer_id)
    return advice.place(customer.kind, customer.country or g.company.country) if customer else ""


def _sum(mine: Plan, minor: Iterable[int]) -> Money:
    return mine.money(sum(minor))


def _said(mine: Plan, sentence: str) -> Response:
    flash(sentence, "ok")
    return redirect(url_for("portal.plan", plan_id=mine.id), 303)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
