"""What staff can do. Every view names the permission it needs, or says that every signed-in person may open it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, abort, g, request, url_for
from flask_login import current_user

from frame.refusals import see_other
from models import clock
from models.errors import N_
from models.policies.permissions import Permission
from models.reports.waiting import Waiting, for_staff
from models.words import gettext

backoffice = Blueprint("backoffice", __name__, url_prefix="/staff")

View = Callable[..., Any]


def requires(permission: Permission | None) -> Callable[[View], View]:
    """
    Stand before a view: signed out → sign in and come back; signed in without the permission → 403.
    `None` is every signed-in member of staff, for what concerns nobody but themselves.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not signed_in():
                return see_other(url_for("backoffice.sign_in", next=way_back()))
            if permission is not None and not current_user.may(permission):
                abort(403)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return mark


def open_to_all(view: View) -> View:
    """Mark the few pages that stand before the sign-in."""
    view.permission = "open"  # type: ignore[attr-defined]
    return view


def signed_in() -> bool:
    return str(current_user.get_id() or "").startswith("staff:")


def way_back() -> str | None:
    """Where to return after signing in: the page that was asked for; after a lost POST the page it stood on."""
    if request.method != "GET":
        return None
    return request.full_path if request.query_string else request.path


@dataclass(frozen=True, slots=True)
class NavLink:
    label: str
    url: str
    current: bool
    count: int | None = None


# In the order of the menu: label, endpoint, the permission that opens it.
NAV: tuple[tuple[str, str, Permission | None], ...] = (
    (N_("Customers"), "backoffice.customer_list", Permission.READ_ACCOUNTS),
    (N_("Tasks"), "backoffice.task_list", Permission.WORK_TASKS),
    (N_("Cases"), "backoffice.dispute_board", Permission.READ_ACCOUNTS),
    (N_("Complaints"), "backoffice.complaint_figures", Permission.READ_COMPLAINTS),
    (N_("Corrective actions"), "backoffice.action_list", Permission.WORK_ACTIONS),
    (N_("Reminders"), "backoffice.reminders", Permission.READ_WORDS),
    (N_("Instalment plans"), "backoffice.plan_requests", Permission.OFFER_PLAN),
    (N_("Plan rules"), "backoffice.plan_policy", Permission.OFFER_PLAN),
    (N_("Books"), "backoffice.books", Permission.RECEIVE),
    (N_("Imports"), "backoffice.import_list", Permission.IMPORT),
    (N_("Approvals"), "backoffice.approvals", Permission.WRITE_OFF),
    (N_("Outbox"), "backoffice.outbox", Permission.READ_OUTBOX),
    (N_("Jobs"), "backoffice.job_list", Permission.OPERATE),
    (N_("Audit trail"), "backoffice.audit_trail", Permission.READ_AUDIT),
    (N_("Staff"), "backoffice.staff", Permission.APPOINT_STAFF),
    (N_("Settings"), "backoffice.house_rules", Permission.READ_RULES),
    (N_("Company"), "backoffice.company_settings", Permission.CHANGE_SETTINGS),
    (N_("Your sign-ins"), "backoffice.own_sessions", None),
)


class Menu:
    """What whoever is signed in may open. Read by the layout alone, so that an error page asks the database nothing."""

    def __iter__(self) -> Iterator[NavLink]:
        waiting = for_staff(current_user.staff_id, g.company.today(clock.now()))
        for label, endpoint, permission in NAV:
            if permission is None or current_user.may(permission):
                url = url_for(endpoint)
                yield NavLink(
                    gettext(label),
                    url,
                    current=request.path == url or request.path.startswith(f"{url}/"),
                    count=COUNTS[endpoint](waiting) or None if endpoint in COUNTS else None,
                )


@backoffice.app_context_processor
def frame() -> dict[str, object]:
    """What the staff's layout shows around every page, error pages included."""
    if not signed_in():
        return {}
    return {
        "nav": Menu(),
        "sign_out_url": url_for("backoffice.sign_out"),
        "search_url": url_for("backoffice.customer_list") if current_user.may(Permission.READ_ACCOUNTS) else None,
    }


from backoffice import (  # noqa: E402
    actions,  # noqa: F401
    alerts,
    allocations,  # noqa: F401
    approvals,
    audit,  # noqa: F401
    books,  # noqa: F401
    causes,  # noqa: F401
    complaints,  # noqa: F401
    contacts,  # noqa: F401
    customers,  # noqa: F401
    decisions,  # noqa: F401
    dispute_acts,  # noqa: F401
    dispute_deciding,  # noqa: F401
    dispute_goods,  # noqa: F401
    dispute_opening,  # noqa: F401
    dispute_rules,  # noqa: F401
    dispute_words,  # noqa: F401
    disputes,  # noqa: F401
    entries,  # noqa: F401
    filed,  # noqa: F401
    files,  # noqa: F401
    holds,  # noqa: F401
    house_rules,  # noqa: F401
    imports,  # noqa: F401
    instalment_words,  # noqa: F401
    instalments,  # noqa: F401
    invoices,  # noqa: F401
    jobs,  # noqa: F401
    joining,  # noqa: F401
    merges,  # noqa: F401
    messages,  # noqa: F401
    outbox,  # noqa: F401
    plan_acts,  # noqa: F401
    plan_figure_words,  # noqa: F401
    plan_figures,  # noqa: F401
    plan_offering,  # noqa: F401
    plan_policy,  # noqa: F401
    plan_words,  # noqa: F401
    principal,  # noqa: F401
    receipts,  # noqa: F401
    reminder_words,  # noqa: F401
    runs,  # noqa: F401
    sequences,  # noqa: F401
    settings,  # noqa: F401
    sign_in,  # noqa: F401
    staff,  # noqa: F401
    statement,  # noqa: F401
    tasks,  # noqa: F401
    templates,  # noqa: F401
    words,  # noqa: F401
)

# What waits behind a line of the menu.
COUNTS: dict[str, Callable[[Waiting], int]] = {
    "backoffice.action_list": lambda waiting: waiting.actions,
    "backoffice.complaint_figures": alerts.waiting_for_me,
    "backoffice.approvals": approvals.waiting_for_me,
    "backoffice.dispute_board": lambda waiting: waiting.cases,
    "backoffice.plan_requests": lambda waiting: waiting.plans,
    "backoffice.task_list": lambda waiting: waiting.tasks,
}
