"""The company's own facts: what every page, mail and letter says of it."""

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import URL, InputRequired, Length, Optional, Regexp, ValidationError

from backoffice import backoffice, requires
from backoffice.customer_forms import languages
from frame.forms import OurForm, mail_address, options
from models import clock, company, words
from models.errors import N_
from models.money import EXPONENTS
from models.policies.permissions import Permission
from models.transactions import transaction


class CompanyForm(OurForm):
    name = StringField(N_("Name"), validators=[InputRequired(), Length(max=200)])
    registration = StringField(N_("Registration number"), validators=[Length(max=60)])
    address = TextAreaField(N_("Address"), validators=[Length(max=500)])
    country = StringField(N_("Country"), validators=[InputRequired(), Regexp("^[A-Z]{2}$")])
    currency = SelectField(N_("Currency"), choices=options((code, code) for code in sorted(EXPONENTS)))
    language = SelectField(N_("Language"), choices=[])
    timezone = StringField(N_("Time zone"), validators=[InputRequired()])
    help_phone = StringField(N_("Telephone for customers"), validators=[Length(max=40)])
    help_email = StringField(N_("Mail address for customers"), validators=[Optional(), mail_address])
    privacy_url = StringField(N_("Address of the privacy notice"), validators=[Optional(), URL()])
    imprint_url = StringField(N_("Address of the imprint"), validators=[Optional(), URL()])
    accessibility_url = StringField(N_("Address of the accessibility statement"), validators=[Optional(), URL()])
    account_holder = StringField(N_("Account holder"), validators=[Length(max=70)])
    iban = StringField("IBAN", validators=[Optional()])
    bic = StringField("BIC", validators=[Optional(), Length(max=11)])
    law_firm = TextAreaField(N_("Law firm"), validators=[Length(max=500)])
    codes_always = BooleanField(N_("Every link also asks for a code"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = languages()[1:]  # It is the company itself that has to have one.

    def validate_timezone(self, field: StringField) -> None:
        if not clock.is_timezone(field.data):
            raise ValidationError(words.gettext("Write a time zone such as Europe/Vilnius."))

    def validate_iban(self, field: StringField) -> None:
        if not company.is_iban(field.data):
            raise ValidationError(words.gettext("This is not an IBAN: a digit may be wrong or missing."))

    def validate_bic(self, field: StringField) -> None:
        if not company.is_bic(field.data):
            raise ValidationError(words.gettext("A BIC has 8 or 11 letters and digits, such as AGBLLT2X."))


@backoffice.route("/settings", methods=["GET", "POST"])
@requires(Permission.CHANGE_SETTINGS)
def company_settings() -> Response | str | tuple[str, int]:
    form = CompanyForm(request.form, obj=company.get())
    if request.method == "POST" and form.validate():
        with transaction():
            company.change(form.data, by=current_user.actor, now=clock.now())
        flash(words.gettext("Saved."), "ok")
        return redirect(url_for("backoffice.company_settings"), 303)
    shown = render_template("backoffice/settings.html", form=form)
    return (shown, 422) if form.errors else shown
