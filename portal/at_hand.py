"""What a browser brings to this door: its cookies, and the link it came with."""

from flask import render_template, request
from wtforms import EmailField
from wtforms.validators import InputRequired, Length

from frame.forms import OurForm, mail_address
from frame.security import cookie_name
from frame.settings import settings
from models import clock
from models.customers import links
from models.customers.links import Link
from models.errors import N_

LINK_COOKIE = "duewell_link"
BROWSER_COOKIE = "duewell_browser"
SESSION_COOKIE = "duewell"


class AskForm(OurForm):
    email = EmailField(
        N_("Your mail address"), [InputRequired(N_("Enter your e-mail address.")), mail_address, Length(max=254)]
    )


def link_at_hand() -> Link | None:
    """The link that this browser came with, while it can still be used by somebody."""
    token = cookie(LINK_COOKIE)
    return links.living(token, now=clock.real_now()) if token else None


def no_link() -> tuple[str, int]:
    return render_template("portal/link_unusable.html", form=AskForm()), 404


def masked(name: str) -> str:
    """First and last letter: enough to recognise oneself by, too little to learn a name from."""
    return f"{name[0]}••••{name[-1]}" if len(name) > 2 else "••••"


def cookie(name: str) -> str | None:
    return request.cookies.get(cookie_name(name, settings()))
