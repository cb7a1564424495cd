"""One message to one customer: approved words, a few sentences beside them, looked at, then sent."""

from hashlib import sha256
from typing import ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length, Optional

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404
from frame.forms import OurForm, form_page, one_form_key, row_id
from models import clock, words
from models.customers import Customer
from models.dunning import single
from models.dunning.single import Draft, OwnWordsRefused
from models.errors import N_
from models.policies.permissions import Permission
from models.transactions import transaction


class MessageForm(OurForm):
    """`seen` and `version` are what was looked at last: nothing else is sent."""

    key = HiddenField()
    seen = HiddenField()
    version = HiddenField()
    own = TextAreaField(
        N_("Your own words"), [Optional(), Length(max=single.LONGEST_OWN)], filters=[lambda own: single.tidy(own or "")]
    )
    refusals: ClassVar = {OwnWordsRefused: "own"}

    def was_seen(self, draft: Draft) -> bool:
        return (self.seen.data, self.version.data) == (_mark(self.own.data), str(draft.words_of.version_id))

    def is_seen(self, draft: Draft) -> None:
        self.seen.data, self.version.data = _mark(self.own.data), str(draft.words_of.version_id)


def _mark(own: str | None) -> str:
    return sha256((own or "").encode()).hexdigest()[:16]


@backoffice.route("/customers/<int:customer_id>/message", methods=["GET", "POST"])
@requires(Permission.WRITE_MESSAGES)
def write_message(customer_id: int) -> Response | tuple[str, int]:
    customer, bases = customer_or_404(customer_id), single.bases()
    form = MessageForm(request.form, data={"key": one_form_key()})
    template_id = _base(form, customer, [template.id for template, _ in bases])
    draft = single.draft(customer, template_id, form.own.data or "", now=clock.now())
    if request.method == "POST" and form.validate() and draft and _sent(form, customer, template_id, draft):
        return redirect(url_for("backoffice.account_timeline", customer_id=customer.id), 303)
    if draft:
        form.is_seen(draft)
    return form_page(
        "backoffice/message_form.html",
        form,
        customer=customer,
        bases=bases,
        template_id=template_id,
        draft=draft,
        most=single.LONGEST_OWN,
        text_direction=words.direction(draft.language) if draft else "",
    )


def _base(form: MessageForm, customer: Customer, approved: list[int]) -> int:
    """Which words: those asked for, else the first that can be sent; 0 where there are none."""
    first = approved[0] if approved else 0
    asked = request.args.get("template", type=row_id)
    if asked in approved:
        return asked
    if asked is None:
        return single.fitting(customer, approved, now=clock.now()) or first
    if request.method == "GET":
        abort(404)
    form.blame(None, words.gettext("These words are not approved any more. Choose others."))
    return first


def _sent(form: MessageForm, customer: Customer, template_id: int, draft: Draft) -> bool:
    """False where it is looked at first, or the form tells why not."""
    if request.form.get("do") != "send" or form.errors:
        return False
    if not form.was_seen(draft):
        flash(words.gettext("This is not what you looked at before. Read it once more, then send it."), "info")
        return False
    now = clock.now()
    with form.telling_refusals(), transaction():
        message, _ = single.write(
            customer,
            template_id,
            form.own.data,
            key=form.key.data or one_form_key(),
            by=current_user.actor,
            now=now,
        )
    if form.errors:
        return False
    waits = words.gettext("It waits in the outbox until %(moment)s.", moment=message.next_try_at)
    flash(waits if message.next_try_at > now else words.gettext("The message is on its way."), "ok")
    return True
