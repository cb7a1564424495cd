"""Runs of reminders: started, watched, seen before they come, and explained afterwards."""

from datetime import date, timedelta

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404, frame_of
from frame.forms import row_id
from models import autopay, clock, plans, words
from models.customers import merges
from models.dunning import preview, runs, why
from models.errors import N_
from models.policies.dunning.for_staff import STAFF
from models.policies.permissions import Permission
from models.transactions import transaction


@backoffice.get("/reminders/runs")
@requires(Permission.READ_ACCOUNTS)
def run_list() -> str:
    return render_template("backoffice/reminder_runs.html", runs=runs.latest())


@backoffice.post("/reminders/runs")
@requires(Permission.RUN_REMINDERS)
def start_run() -> Response:
    with transaction():
        run = runs.start(by=current_user.actor, now=clock.now())
    if run.refused:
        flash(
            words.gettext("Bank money is in up to %(day)s only: nobody is reminded.", day=run.bank_money_until), "warn"
        )
    return redirect(url_for("backoffice.reminder_run", run_id=run.id), 303)


@backoffice.get("/reminders/runs/<int:run_id>")
@requires(Permission.READ_ACCOUNTS)
def reminder_run(run_id: int) -> str:
    run = runs.find(run_id) or abort(404)
    return render_template(
        "backoffice/reminder_run.html", run=run, progress=runs.progress(run.id), messages=runs.messages_of(run.id)
    )


@backoffice.get("/reminders/preview")
@requires(Permission.READ_ACCOUNTS)
def preview_reminders() -> str:
    version_id = request.args.get("version", type=row_id)
    live = preview.preview(now=clock.now())
    draft = preview.preview(now=clock.now(), version_id=_draft_or_404(version_id)) if version_id else None
    return render_template(
        "backoffice/reminder_preview.html",
        shown=draft or live,
        differences=preview.differences(live, draft) if draft else None,
        last=live.first + timedelta(days=preview.DAYS - 1),
        version_id=version_id,
        drafts=preview.drafts(),
    )


@backoffice.get("/customers/<int:customer_id>/reminders/sample")
@requires(Permission.READ_ACCOUNTS)
def sample_reminder(customer_id: int) -> str:
    """A rendered message of the days to come."""
    customer, now = customer_or_404(customer_id), clock.now()
    day = _asked_day() or g.company.today(now)
    version_id = request.args.get("version", type=row_id)
    mail = preview.sample(customer.id, day, now=now, version_id=_draft_or_404(version_id) if version_id else None)
    return render_template(
        "backoffice/reminder_sample.html", customer=customer, day=day, mail=mail, version_id=version_id
    )


@backoffice.get("/customers/<int:customer_id>/reminders")
@requires(Permission.READ_ACCOUNTS)
def account_reminders(customer_id: int) -> str:
    """Why this customer was, was not, or will not be contacted."""
    customer, now = customer_or_404(customer_id), clock.now()
    today = g.company.today(now)
    day = _asked_day() or today
    return render_template(
        "backoffice/account_reminders.html",
        day=day,
        today=today,
        answers=why.why(customer.id, day, now=now),
        planned=preview.preview(now=now, only=customer.id).planned,
        coming=autopay.coming(merges.family(customer.id)),
        of_plans=plans.coming(customer.id),
        **frame_of(customer, "reminders"),
    )


def _asked_day() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _draft_or_404(version_id: int) -> int:
    return version_id if version_id in {version.id for _, version in preview.drafts()} else abort(404)


@backoffice.app_template_global()
def weekday_word(day: date) -> str:
    return words.gettext(WEEKDAYS[day.weekday()])


@backoffice.app_template_global()
def rule_words(rule: str) -> str:
    """A rule by itself, as in the figures of a run: without what it is about."""
    return words.gettext(STAFF[rule], **dict.fromkeys(_VALUES, "…")) if rule in STAFF else rule


WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_VALUES = ("number", "until", "on", "amount", "missed", "days", "most", "step")
