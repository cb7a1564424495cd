"""What staff fill in."""

from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from frame.forms import OurForm, mail_address, options
from models.errors import N_, Refused
from models.staff import LONGEST, ROLE_NAMES
from models.words import explain

ROLES = options((role.value, label) for role, label in ROLE_NAMES.items())


class SignInForm(OurForm):
    next = HiddenField()
    email = EmailField(N_("E-mail"), [InputRequired(N_("Enter your e-mail address.")), Length(max=254)])
    password = PasswordField(N_("Password"), [InputRequired(N_("Enter your password.")), Length(max=LONGEST)])


class CodeForm(OurForm):
    next = HiddenField()
    code = StringField(N_("Code"), [InputRequired(N_("Enter the six digits from your app.")), Length(max=20)])


class ForgottenForm(OurForm):
    email = EmailField(N_("E-mail"), [InputRequired(N_("Enter your e-mail address.")), Length(max=254)])


class ResetForm(OurForm):
    password = PasswordField(N_("New password"), [InputRequired(N_("Choose a password.")), Length(max=LONGEST)])
    code = StringField(N_("Code"), [InputRequired(N_("Enter the six digits from your app.")), Length(max=20)])


class InvitedForm(OurForm):
    name = StringField(N_("Your name"), [InputRequired(N_("Enter your name.")), Length(max=80)])
    password = PasswordField(N_("Password"), [InputRequired(N_("Choose a password.")), Length(max=LONGEST)])
    code = StringField(N_("Code"), [InputRequired(N_("Enter the six digits from your app.")), Length(max=20)])


class InviteForm(OurForm):
    email = EmailField(
        N_("E-mail"),
        [InputRequired(N_("Enter an e-mail address.")), mail_address, Length(max=254)],
    )
    name = StringField(N_("Name"), [Optional(), Length(max=80)])
    role = SelectField(N_("Role"), choices=ROLES)


class RoleForm(OurForm):
    role = SelectField(N_("Role"), choices=ROLES)


class DecisionForm(OurForm):
    comment = TextAreaField(N_("Comment"), [Optional(), Length(max=2000)])
    decision = StringField()


def blame(field: object, refusal: Refused) -> None:
    """Show a refusal of the business beside the field that it is about."""
    field.errors = [*field.errors, explain(refusal)]  # type: ignore[attr-defined]
