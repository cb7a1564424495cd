"""Work in the queue, what failed for good and waits for somebody to try it again, and what Stripe told of nobody."""

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from models import audit, clock, company, jobs, payments, words
from models.policies.permissions import Permission
from models.transactions import transaction


@backoffice.get("/jobs")
@requires(Permission.OPERATE)
def job_list() -> str:
    return render_template("backoffice/jobs.html", jobs=jobs.waiting_and_failed(), strange=payments.events_of_nobody())


@backoffice.post("/jobs/<int:job_id>/requeue")
@requires(Permission.OPERATE)
def requeue_job(job_id: int) -> Response:
    with transaction():
        jobs.requeue(job_id)
        audit.record(
            company.HOLDING_ACCOUNT, "job.requeued", by=current_user.actor, now=clock.now(), about=f"jobs:{job_id}"
        )
    flash(words.gettext("The job is tried again."), "ok")
    return redirect(url_for("backoffice.job_list"), 303)
