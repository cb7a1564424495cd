"""The tree of root causes: departments, their processes, their faults. Nothing is deleted; what is retired is kept."""

from typing import ClassVar

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from backoffice import backoffice, requires
from frame.forms import OurForm, data_options, form_page, mail_address
from models import causes, clock, staff
from models.causes import Cause, Department, NameInUse
from models.errors import N_
from models.policies.permissions import Permission
from models.staff import StaffState
from models.transactions import transaction
from models.words import gettext


class DepartmentForm(OurForm):
    name = StringField(N_("Name"), [DataRequired(N_("Give it a name.")), Length(max=80)])
    email = StringField(N_("Mail address"), [Optional(), mail_address, Length(max=254)])
    head = SelectField(N_("Head"), choices=[])
    active = BooleanField(N_("Is chosen for new cases"))
    refusals: ClassVar = {NameInUse: "name"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.id), one.name) for one in staff.everybody() if one.state is StaffState.ACTIVE]
        self.head.choices = data_options([("", gettext("Nobody")), *people])

    def facts(self) -> dict[str, object]:
        head_id = int(self.head.data) if self.head.data else None
        return {"name": self.name.data, "email": self.email.data or "", "head_id": head_id}


class CauseForm(OurForm):
    process_name = StringField(N_("Process"), [DataRequired(N_("Name the process.")), Length(max=80)])
    name = StringField(N_("Cause"), [DataRequired(N_("Name the fault.")), Length(max=120)])
    active = BooleanField(N_("Is chosen for new cases"))
    refusals: ClassVar = {NameInUse: "name"}

    def facts(self) -> dict[str, object]:
        return {"process": self.process_name.data, "name": self.name.data, "active": self.active.data}


@backoffice.get("/complaints/causes")
@requires(Permission.READ_COMPLAINTS)
def cause_tree() -> str:
    heads = {member.id: member.name for member in staff.everybody()}
    return render_template("backoffice/causes.html", tree=causes.tree(all_of_them=True), heads=heads)


@backoffice.route("/complaints/departments/new", methods=["GET", "POST"])
@requires(Permission.LEAD_COMPLAINTS)
def add_department() -> Response | tuple[str, int]:
    form = DepartmentForm(request.form, data={"active": True})
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            causes.add_department(**form.facts(), by=current_user.actor, now=clock.now())
        if not form.errors:
            return _done(gettext("The department is there."))
    return form_page("backoffice/department_form.html", form, department=None)


@backoffice.route("/complaints/departments/<int:department_id>", methods=["GET", "POST"])
@requires(Permission.LEAD_COMPLAINTS)
def change_department(department_id: int) -> Response | tuple[str, int]:
    department = _department_or_404(department_id)
    given = {"name": department.name, "email": department.email, "head": str(department.head_id or "")}
    form = DepartmentForm(request.form, data={**given, "active": department.active})
    if request.method == "POST" and form.validate():
        facts = {**form.facts(), "active": form.active.data}
        with form.telling_refusals(), transaction():
            causes.change_department(department, **facts, by=current_user.actor, now=clock.now())
        if not form.errors:
            return _done(gettext("Saved."))
    return form_page("backoffice/department_form.html", form, department=department)


@backoffice.route("/complaints/departments/<int:department_id>/causes/new", methods=["GET", "POST"])
@requires(Permission.LEAD_COMPLAINTS)
def add_cause(department_id: int) -> Response | tuple[str, int]:
    department = _department_or_404(department_id)
    form = CauseForm(request.form, data={"process_name": request.args.get("process", ""), "active": True})
    if request.method == "POST" and form.validate():
        process, name = form.process_name.data, form.name.data
        with form.telling_refusals(), transaction():
            causes.add(department.id, process, name, by=current_user.actor, now=clock.now())
        if not form.errors:
            return _done(gettext("The cause can be chosen now."))
    return form_page("backoffice/cause_form.html", form, department=department, cause=None)


@backoffice.route("/complaints/causes/<int:cause_id>", methods=["GET", "POST"])
@requires(Permission.LEAD_COMPLAINTS)
def change_cause(cause_id: int) -> Response | tuple[str, int]:
    cause: Cause = causes.find(cause_id) or abort(404)
    given = {"process_name": cause.process, "name": cause.name, "active": cause.active}
    form = CauseForm(request.form, data=given)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            causes.change(cause, **form.facts(), by=current_user.actor, now=clock.now())
        if not form.errors:
            return _done(gettext("Saved."))
    department = _department_or_404(cause.department_id)
    return form_page("backoffice/cause_form.html", form, department=department, cause=cause)


def _department_or_404(department_id: int) -> Department:
    return causes.department(department_id) or abort(404)


def _done(word: str) -> Response:
    flash(word, "ok")
    return redirect(url_for("backoffice.cause_tree"), 303)
