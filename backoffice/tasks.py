"""What people have to do: one list, each task with what is known about it, and calls."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404, frame_of
from backoffice.task_forms import OUTCOMES, CallForm, FinishForm, HandForm
from frame.forms import form_page, page_asked
from models import claims, clock, customers, filed, plans, worklist
from models.customers import merges
from models.dunning import calling
from models.dunning.calling import NotNow
from models.errors import N_
from models.policies.permissions import Permission
from models.transactions import transaction
from models.words import gettext
from models.worklist import CallOutcome, Task, TaskKind, TaskState, Whose

WHOSE = {Whose.MINE: N_("Mine"), Whose.NOBODYS: N_("Nobody's"), Whose.ALL: N_("All")}


@backoffice.get("/tasks")
@requires(Permission.WORK_TASKS)
def task_list() -> str:
    whose, page = _whose_asked(), page_asked()
    kind = _kind_asked()
    tasks, count = worklist.listed(whose, current_user.staff_id, kind=kind, page=page)
    if not tasks and page > 1:
        abort(404)
    return render_template(
        "backoffice/tasks.html",
        tasks=tasks,
        count=count,
        whose=whose,
        whose_words=WHOSE,
        kind=kind,
        kinds=worklist.WORDS,
        page_no=page,
        pages=max(-(-count // worklist.PAGE_SIZE), 1),
        today=g.company.today(clock.now()),
    )


@backoffice.get("/customers/<int:customer_id>/tasks")
@requires(Permission.WORK_TASKS)
def account_tasks(customer_id: int) -> str:
    customer = customer_or_404(customer_id)
    return render_template(
        "backoffice/account_tasks.html",
        tasks=worklist.of_customers(merges.family(customer.id)),
        kinds=worklist.WORDS,
        calls=worklist.calls_of(customer.id),
        today=g.company.today(clock.now()),
        **frame_of(customer, "tasks"),
    )


@backoffice.route("/customers/<int:customer_id>/tasks/<int:task_id>", methods=["GET", "POST"])
@requires(Permission.WORK_TASKS)
def task(customer_id: int, task_id: int) -> Response | tuple[str, int]:
    """Finish it: a call by what came of the call, any other by a word."""
    found = _task_or_404(customer_id, task_id)
    if found.kind is TaskKind.CALL and found.state is TaskState.OPEN:
        return _call(customer_id, found)
    form = FinishForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            worklist.finish(found, form.note.data or "", by=current_user, now=clock.now())
        if not form.errors:
            flash(gettext("Done."), "ok")
            return redirect(url_for("backoffice.task_list"), 303)
    return form_page("backoffice/task.html", form, **_frame(found))


@backoffice.post("/customers/<int:customer_id>/tasks/<int:task_id>/owner")
@requires(Permission.WORK_TASKS)
def hand_task(customer_id: int, task_id: int) -> Response:
    found, form = _task_or_404(customer_id, task_id), HandForm(request.form)
    if not form.validate():
        abort(422)
    with transaction():
        worklist.hand_to(found, form.staff_id, by=current_user, now=clock.now())
    return redirect(url_for("backoffice.task", customer_id=customer_id, task_id=task_id), 303)


@backoffice.route("/customers/<int:customer_id>/calls/new", methods=["GET", "POST"])
@requires(Permission.WORK_TASKS)
def new_call(customer_id: int) -> Response | tuple[str, int]:
    customer_or_404(customer_id)
    return _call(customer_id, None)


def _call(customer_id: int, found: Task | None) -> Response | tuple[str, int]:
    form = CallForm(request.form, customer_id=customer_id)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            call = calling.record(
                customer_id,
                CallOutcome(form.outcome.data),
                by=current_user,
                now=clock.now(),
                note=form.note.data or "",
                contact_id=form.contact_id,
                task=found,
                again_on=form.again_on.data,
            )
        if not form.errors:
            if call.outside:
                flash(gettext("It is written down that this call was outside the limits."), "warn")
            return _after_call(customer_id, call.outcome)
    return form_page("backoffice/call.html", form, **_frame(found, customer_id))


def _after_call(customer_id: int, outcome: CallOutcome) -> Response:
    if outcome == CallOutcome.PROMISE:
        flash(gettext("The call is written down. Now write down what they promise."), "ok")
        return redirect(url_for("backoffice.write_promise", customer_id=customer_id), 303)
    flash(gettext("The call is written down."), "ok")
    return redirect(url_for("backoffice.account_tasks", customer_id=customer_id), 303)


def _frame(found: Task | None, customer_id: int | None = None) -> dict[str, object]:
    """What a page about one task shows around its form."""
    customer = customer_or_404(found.customer_id if found else customer_id or 0)
    return {
        "task": worklist.one(found) if found else None,
        "words": worklist.WORDS[found.kind] if found else None,
        "plan": plans.about(found.customer_id, found.about) if found else None,
        "document": filed.about(found.customer_id, found.about) if found else None,
        "claim": claims.about(found.customer_id, found.about) if found else None,
        "customer": customer,
        "contacts": [one for one in customers.contacts_of(customer.id) if one.active],
        "calls": worklist.calls_of(customer.id, most=5),
        "not_now": calling.not_now(customer.id, now=clock.now()),
        "hand_form": HandForm(owner=str(found.owner_id or "")) if found else None,
        "today": g.company.today(clock.now()),
    }


def _task_or_404(customer_id: int, task_id: int) -> Task:
    return worklist.find(customer_id, task_id) or abort(404)


def _whose_asked() -> Whose:
    asked = request.args.get("whose", Whose.ALL)
    return Whose(asked) if asked in list(Whose) else abort(404)


def _kind_asked() -> TaskKind | None:
    asked = request.args.get("kind", "")
    return TaskKind(asked) if asked in list(TaskKind) else None


@backoffice.app_template_global()
def call_word(outcome: CallOutcome) -> str:
    return gettext(OUTCOMES[outcome])


@backoffice.app_template_global()
def why_not_now(found: NotNow) -> str:
    return gettext(found.sentence, **found.spoke.values)
