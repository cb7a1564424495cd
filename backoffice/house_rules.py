"""The rules of the house: deadlines, limits and alerts, each with its reason and its default."""

from datetime import time
from decimal import Decimal
from typing import ClassVar

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField, RadioField, TimeField
from wtforms.validators import InputRequired

from backoffice import backoffice, requires
from frame.forms import AmountField, OurForm, options
from models import clock, company, words
from models.company import RuleChanged
from models.errors import N_
from models.money import Money, TooManyDecimals
from models.policies.house_rules import GROUPS, Group, Rule, RuleRefused, Unit, Value, find
from models.policies.permissions import Permission
from models.transactions import transaction

DAYS_OF_WEEK = {
    "1,2,3,4,5": N_("Monday to Friday"),
    "1,2,3,4,5,6": N_("Monday to Saturday"),
    "1,2,3,4,5,6,7": N_("Every day"),
}
COUNTED = {
    Unit.DAYS: (N_("%(number)s day"), N_("%(number)s days")),
    Unit.WORKING_DAYS: (N_("%(number)s working day"), N_("%(number)s working days")),
    Unit.TIMES: (N_("once"), N_("%(number)s times")),
    Unit.CASES: (N_("%(number)s case"), N_("%(number)s cases")),
}


class RuleForm(OurForm):
    """`was` is the value that was looked at: nobody overwrites what somebody else has just changed."""

    was = HiddenField()
    value: Field
    refusals: ClassVar = {RuleRefused: "value", TooManyDecimals: "value"}

    def typed(self) -> Value:
        return self.value.data


class NumberForm(RuleForm):
    value = AmountField(N_("New value"), [InputRequired()])


class ClockForm(RuleForm):
    value = TimeField(N_("New value"), [InputRequired()])


class WeekdaysForm(RuleForm):
    value = RadioField(N_("New value"), [InputRequired()], choices=options(DAYS_OF_WEEK.items()))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.value.choices = options((days, words.gettext(word)) for days, word in DAYS_OF_WEEK.items())

    def typed(self) -> Value:
        return frozenset(map(int, self.value.data.split(",")))


FORMS = {Unit.CLOCK: ClockForm, Unit.WEEKDAYS: WeekdaysForm}


@backoffice.get("/rules")
@requires(Permission.READ_RULES)
def house_rules() -> str:
    return render_template(
        "backoffice/house_rules.html", groups=GROUPS, limits=company.get().limits, value_word=value_word
    )


@backoffice.route("/rules/<key>", methods=["GET", "POST"])
@requires(Permission.READ_RULES)
def change_house_rule(key: str) -> Response | tuple[str, int]:
    group, rule = find(key) or abort(404)
    if not current_user.may(group.changed_by):
        abort(403)
    now = rule.of(company.get().limits)
    form = FORMS.get(rule.unit, NumberForm)(request.form, data={"value": _for_field(rule, now), "was": rule.write(now)})
    if request.method == "POST" and ("reset" in request.form or form.validate()):
        value = rule.default if "reset" in request.form else form.typed()
        try:
            with form.telling_refusals(RuleChanged), transaction():
                company.set_rule(rule, value, was=form.was.data, by=current_user.actor, now=clock.now())
        except RuleChanged:
            return _overtaken(group, rule, form, value), 409
        if not form.errors:
            flash(words.gettext("Saved."), "ok")
            return redirect(url_for("backoffice.house_rules", _anchor=group.key), 303)
    return _page(group, rule, form, now), 422 if form.errors else 200


def _page(group: Group, rule: Rule, form: RuleForm, now: Value) -> str:
    hint = ""
    if isinstance(rule.default, Decimal):
        least, most = value_word(rule, rule.least), value_word(rule, rule.most)
        hint = words.gettext("From %(least)s to %(most)s.", least=least, most=most)
    return render_template(
        "backoffice/house_rule.html", form=form, group=group, rule=rule, now=now, hint=hint, value_word=value_word
    )


def _overtaken(group: Group, rule: Rule, form: RuleForm, value: Value) -> str:
    """Both values are shown; who saves again means it."""
    now = rule.of(company.get().limits)
    form.was.data = rule.write(now)
    said = words.gettext(
        "Somebody else has changed this in the meantime. It is %(now)s now, and you wrote %(yours)s."
        " Save again if yours should count.",
        now=value_word(rule, now),
        yours=value_word(rule, value),
    )
    form.blame(None, said)
    return _page(group, rule, form, now)


def _for_field(rule: Rule, value: Value) -> Value | str:
    return rule.write(value) if rule.unit is Unit.WEEKDAYS else value


def value_word(rule: Rule, value: Value) -> str:
    """A value with its unit, in words."""
    if isinstance(value, Decimal):
        if rule.unit is Unit.MONEY:
            return words.money(Money.of(value, g.company.currency))
        if rule.unit is Unit.PERCENT:
            return words.percent(value / 100, 0 if value == value.to_integral_value() else 2)
        one, many = COUNTED[rule.unit]
        return words.gettext(one if value == 1 else many, number=words.number(value.normalize()))
    if isinstance(value, time):
        return words.digits(f"{value:%H:%M}")
    text = rule.write(value)
    return words.gettext(DAYS_OF_WEEK[text]) if text in DAYS_OF_WEEK else text
