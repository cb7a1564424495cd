"""Whose new cases are: rules that are tried in order, and who is away."""

from typing import Any, ClassVar

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from backoffice import backoffice, requires
from backoffice.disputes import today_here
from backoffice.fields import countable
from frame.forms import AmountField, DayField, OurForm, data_options, options
from models import causes, clock, company, disputes, staff, words
from models.disputes import REASONS, CannotDispute, Reason
from models.errors import N_
from models.money import Money
from models.policies.permissions import Permission
from models.staff import StaffState
from models.transactions import transaction
from models.words import LANGUAGES, gettext, native_name


class RuleForm(OurForm):
    reason = SelectField(N_("What is wrong"), [Optional()], choices=[])
    product = StringField(N_("The line or product contains"), [Length(max=100)])
    language = SelectField(N_("Language of the case"), [Optional()], choices=[])
    least = AmountField(N_("From this amount on"), [Optional(), countable])
    department = SelectField(N_("Department to ask about it"), [Optional()], choices=[])
    owner = SelectField(N_("Then it is given to"), choices=[])
    refusals: ClassVar = {CannotDispute: "owner"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whatever = words.gettext("Whatever it is")
        reasons = [(one.value, words.gettext(said)) for one, said in REASONS.items()]
        self.reason.choices = options([("", whatever), *reasons])
        spoken = data_options((one, native_name(one)) for one in LANGUAGES)
        self.language.choices = [*options([("", whatever)]), *spoken]
        named = [(str(one.id), one.name) for one in causes.departments()]
        self.department.choices = [*options([("", words.gettext("None"))]), *data_options(named)]
        self.owner.choices = data_options(people())

    def fits(self, currency: str) -> dict[str, object]:
        least = Money.of(self.least.data, currency).minor if self.least.data else 0
        return {
            "reason": Reason(self.reason.data) if self.reason.data else None,
            "product": self.product.data or "",
            "language": self.language.data or "",
            "least_minor": least,
            "department_id": int(self.department.data) if self.department.data else None,
        }


class AbsenceForm(OurForm):
    person = SelectField(N_("Who"), choices=[])
    from_on = DayField(N_("First day"), [InputRequired(N_("Choose a day."))])
    until_on = DayField(N_("Last day"), [InputRequired(N_("Choose a day."))])
    refusals: ClassVar = {CannotDispute: "until_on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person.choices = data_options(people())


def people() -> list[tuple[str, str]]:
    """Who can own a case."""
    return [
        (str(one.id), one.name)
        for one in staff.everybody()
        if one.state is StaffState.ACTIVE and staff.principal(one).may(Permission.WORK_DISPUTES)
    ]


@backoffice.route("/disputes/rules", methods=["GET", "POST"])
@requires(Permission.DECIDE_DISPUTES)
def assignment_rules() -> Response | tuple[str, int]:
    form = RuleForm(request.form)
    if request.method == "POST" and form.validate():
        fits = form.fits(company.get().currency)
        with form.telling_refusals(), transaction():
            disputes.add_rule(int(form.owner.data), by=current_user.actor, now=clock.now(), **fits)
        if not form.errors:
            flash(gettext("The rule is in force for new cases."), "ok")
            return redirect(url_for("backoffice.assignment_rules"), 303)
    return _page(form, AbsenceForm())


@backoffice.post("/disputes/rules/<int:rule_id>")
@requires(Permission.DECIDE_DISPUTES)
def change_rule(rule_id: int) -> Response:
    """Up by one, or away."""
    with transaction():
        if request.form.get("do") == "up":
            disputes.move_rule_up(rule_id)
        else:
            disputes.remove_rule(rule_id, by=current_user.actor, now=clock.now())
    return redirect(url_for("backoffice.assignment_rules"), 303)


@backoffice.route("/disputes/absences", methods=["GET", "POST"])
@requires(Permission.WORK_DISPUTES)
def absences() -> Response | tuple[str, int]:
    form = AbsenceForm(request.form)
    if request.method == "POST" and form.validate():
        days = (form.from_on.data, form.until_on.data)
        with form.telling_refusals(), transaction():
            disputes.add_absence(int(form.person.data), *days, by=current_user.actor, now=clock.now())
        if not form.errors:
            flash(gettext("New cases go to somebody else meanwhile."), "ok")
            return redirect(url_for("backoffice.absences"), 303)
    return _page(None, form)


@backoffice.post("/disputes/absences/<int:absence_id>/end")
@requires(Permission.WORK_DISPUTES)
def end_absence(absence_id: int) -> Response:
    with transaction():
        disputes.remove_absence(absence_id, by=current_user.actor, now=clock.now())
    return redirect(url_for("backoffice.absences"), 303)


def _page(form: RuleForm | None, absence_form: AbsenceForm) -> tuple[str, int]:
    """Rules with their form, or who is away with theirs."""
    page = render_template(
        "backoffice/dispute_rules.html" if form else "backoffice/absences.html",
        form=form or absence_form,
        rules=disputes.rules(),
        away=disputes.absences(today_here()),
        names={one.id: one.name for one in staff.everybody()},
        departments={one.id: one.name for one in causes.departments(all_of_them=True)},
        currency=company.get().currency,
        money_of=lambda minor: Money(minor, company.get().currency),
        today=today_here(),
    )
    return page, 422 if (form or absence_form).errors else 200
