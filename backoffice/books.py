"""The company's own facts about its books: up to which day bank money is in, and up to which day they are closed."""

from datetime import timedelta
from typing import ClassVar

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired

from backoffice import backoffice, requires
from frame.forms import DayField, OurForm, form_page
from models import clock, company, desk, ledger, words
from models.desk import DeskRefused
from models.errors import N_
from models.policies.permissions import Permission
from models.transactions import transaction


class DayForm(OurForm):
    day = DayField(N_("Day"), validators=[InputRequired()])
    refusals: ClassVar = {DeskRefused: "day"}


@backoffice.get("/books")
@requires(Permission.RECEIVE)
def books() -> str:
    today = g.company.today(clock.now())
    unnamed = ledger.unapplied_credits([company.HOLDING_ACCOUNT], today)
    return render_template("backoffice/books.html", unnamed=unnamed)


@backoffice.route("/books/bank-day", methods=["GET", "POST"])
@requires(Permission.RECEIVE)
def record_bank_day() -> Response | tuple[str, int]:
    form = DayForm(request.form, data={"day": g.company.today(clock.now()) - timedelta(days=1)})
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            desk.record_bank_day(form.day.data, by=current_user.actor, now=clock.now())
        if not form.errors:
            flash(words.gettext("Bank money up to %(day)s is in.", day=form.day.data), "ok")
            return redirect(url_for("backoffice.books"), 303)
    return form_page("backoffice/bank_day.html", form)


@backoffice.route("/books/close", methods=["GET", "POST"])
@requires(Permission.RECEIVE)
def close_books() -> Response | tuple[str, int]:
    form = DayForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            desk.close_books(form.day.data, by=current_user.actor, now=clock.now())
        if not form.errors:
            flash(words.gettext("The books are closed up to %(day)s.", day=form.day.data), "ok")
            return redirect(url_for("backoffice.books"), 303)
    return form_page("backoffice/close_books.html", form)
