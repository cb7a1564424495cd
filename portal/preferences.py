"""How a contact wants to be written to, and what we hold about them."""

import json
from datetime import timedelta

from flask import Response, current_app, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice

from frame import files
from frame.forms import OurForm, form_page, options
from frame.pages import LANGUAGE_COOKIE
from frame.security import forget_cookie, set_cookie
from models import accounts, clock, customers, words
from models.customers import Channel, opt_outs
from models.customers.contacts import may_manage
from models.customers.opt_outs import OptedOutBy
from models.errors import N_
from models.transactions import transaction
from portal import portal
from portal.principal import account_of

CALENDAR_NAMES = {"": N_("As usual in my language"), "gregorian": N_("Gregorian"), "jalali": N_("Jalali")}
CHANNEL_NAMES = {Channel.MAIL.value: N_("By mail"), Channel.LETTER.value: N_("By letter")}


class PreferencesForm(OurForm):
    language = SelectField(N_("Language"), choices=[])
    calendar = SelectField(N_("Calendar"), choices=options(CALENDAR_NAMES.items()))
    channel = RadioField(N_("How reminders come"), choices=options(CHANNEL_NAMES.items()))
    quiet_from = SelectField(N_("No mails from"), choices=[])
    quiet_until = SelectField(N_("until"), choices=[])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        names = [(code, words.native_name(code)) for code in words.LANGUAGES]
        self.language.choices = [
            SelectChoice("", words.gettext("The company's language")),
            *(SelectChoice(code, name, {"lang": code}) for code, name in names),
        ]
        hours = [SelectChoice(str(hour), words.digits(f"{hour:02}:00")) for hour in range(24)]
        self.quiet_from.choices = [SelectChoice("", words.gettext("No quiet hours")), *hours]
        self.quiet_until.choices = [SelectChoice("", "–"), *hours]

    def facts(self) -> dict[str, object]:
        """As `customers.change_contact` takes them. Half a pair of hours is none."""
        hours = (self.quiet_from.data, self.quiet_until.data)
        some = all(hours) and hours[0] != hours[1]
        return {
            "language": self.language.data,
            "calendar": self.calendar.data,
            "channel": Channel(self.channel.data),
            "quiet_from": int(hours[0]) if some else None,
            "quiet_until": int(hours[1]) if some else None,
        }


@portal.route("/preferences", methods=["GET", "POST"])
def preferences() -> AnyResponse | tuple[str, int]:
    _, me = account_of(current_user)
    given = {
        name: "" if getattr(me, name) is None else str(getattr(me, name)) for name in ("quiet_from", "quiet_until")
    }
    form = PreferencesForm(request.form, obj=me, data=given)
    if request.method == "GET" or not form.validate():
        return form_page(
            "portal/preferences.html",
            form,
            me=me,
            manages=may_manage(me),
            colleagues=customers.contacts_of(me.customer_id),
            stopped=opt_outs.living(me),
        )
    with transaction():
        customers.lock_all(me.customer_id)
        customers.change_contact(me, by=current_user.actor, now=clock.now(), **form.facts())
    answer = redirect(url_for("portal.preferences"), 303)
    settings = current_app.extensions["settings"]
    if me.language:
        set_cookie(answer, LANGUAGE_COOKIE, me.language, settings, lives=timedelta(days=365))
        words.use(me.language, timezone=g.company.timezone)
    else:
        forget_cookie(answer, LANGUAGE_COOKIE, settings)
    flash(words.gettext("Saved."), "ok")
    return answer


@portal.post("/preferences/mails")
def prefer_mails() -> AnyResponse:
    """Stop or allow what is not essential."""
    _, me = account_of(current_user)
    with transaction():
        if request.form.get("stop"):
            opt_outs.opt_out(me, OptedOutBy.PREFERENCES, now=clock.now())
        else:
            opt_outs.opt_in(me, now=clock.now())
    flash(words.gettext("Saved."), "ok")
    return redirect(url_for("portal.preferences"), 303)


@portal.get("/preferences/data.json")
def own_data() -> Response:
    who = current_user
    data = accounts.own_data(who.customer_id, who.contact_id, now=clock.now())
    content = json.dumps(data, ensure_ascii=False, indent=2).encode()
    return files.download(content, "application/json", "my-data", who.customer_number, ending="json")
