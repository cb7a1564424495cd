"""What customers complained about: from which causes, how much money that held, and in which words."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Response, abort, g, render_template, request, url_for

from backoffice import backoffice, requires
from frame import files
from frame.forms import day, page_asked
from models import causes, clock, complaints
from models.complaints import Asked, By, Case, Measure, Scope
from models.complaints.names import GROUPS, cause_name, group_name, group_title
from models.disputes import REASONS
from models.errors import N_
from models.money import EXPONENTS, Money
from models.policies.permissions import Permission
from models.reports import complaints as report
from models.reports.tables import as_csv, as_workbook

PERIOD = 90
PAGE_SIZE = 50
BARS = 12  # In the picture; the table has them all.
MEASURES = {
    Measure.CASES: N_("Cases"),
    Measure.HELD: N_("Money held"),
    Measure.CREDITED: N_("Money credited"),
}


@dataclass(frozen=True, slots=True)
class View:
    """What the address asks for."""

    asked: Asked
    by: By
    measure: Measure
    currency: str

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    def args(self, **other: object) -> dict[str, Any]:
        """For the same page with something else asked."""
        scope, (group, key) = self.asked.scope, self.asked.group or (None, None)
        said: dict[str, object] = {
            **{"from": self.asked.from_on, "until": self.asked.until_on, "by": self.by.value},
            **{"measure": self.measure.value, "currency": self.currency, "department": self.asked.department_id},
            **{"product": scope.product, "supplier": scope.supplier, "site": scope.site},
            **{"group": group and group.value, "key": key, **other},
        }
        return {name: value for name, value in said.items() if value is not None and (value != "" or name == "key")}


@backoffice.get("/complaints")
@requires(Permission.READ_COMPLAINTS)
def complaint_figures() -> str:
    view = _view()
    figures, _ = report.by_group(view.asked, view.by, view.measure, view.currency)
    return render_template(
        "backoffice/complaints.html",
        view=view,
        figures=figures,
        bars=figures.bars[:BARS],
        trend=_trend(view.asked),
        name_of=lambda bar: group_name(view.by, bar.case),
        only=_only(view.asked),
        groups=GROUPS,
        measures=MEASURES,
        **_choices(),
    )


@backoffice.get("/complaints.<ending>")
@requires(Permission.READ_COMPLAINTS)
def complaint_file(ending: str) -> Response:
    view = _view()
    _, table = report.by_group(view.asked, view.by, view.measure, view.currency)
    return _file(table, ending, "complaints", view.by.value, str(view.asked.until_on))


@backoffice.get("/complaints/cases")
@requires(Permission.READ_COMPLAINTS)
def complaint_cases() -> str:
    view, page = _view(), page_asked()
    found = complaints.cases(view.asked)[::-1]
    pages = max(-(-len(found) // PAGE_SIZE), 1)
    if page > pages:
        abort(404)
    return render_template(
        "backoffice/complaint_cases.html",
        view=view,
        cases=found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        count=len(found),
        page_no=page,
        pages=pages,
        only=_only(view.asked),
        cause_name=cause_name,
        case_url=case_url,
        reasons=REASONS,
        **_choices(),
    )


@backoffice.get("/complaints/cases.<ending>")
@requires(Permission.READ_COMPLAINTS)
def complaint_cases_file(ending: str) -> Response:
    view = _view()
    table = report.of_cases(view.asked, complaints.cases(view.asked))
    return _file(table, ending, "complaint-cases", str(view.asked.until_on))


def _view() -> View:
    today = g.company.today(clock.now())
    until = min(day(request.args.get("until")) or today, today)
    since = day(request.args.get("from")) or until - timedelta(days=PERIOD - 1)
    said = {name: request.args.get(name, "").strip() for name in ("product", "supplier", "site")}
    group = request.args.get("group", type=By)
    asked = Asked(
        from_on=min(since, until),
        until_on=until,
        scope=Scope(**said),
        department_id=request.args.get("department", type=int),
        group=(group, request.args.get("key", "")) if group else None,
    )
    currency = request.args.get("currency", g.company.currency)
    return View(
        asked,
        request.args.get("by", By.CAUSE, type=By),
        request.args.get("measure", Measure.CASES, type=Measure),
        currency if currency in EXPONENTS else g.company.currency,
    )


def _trend(asked: Asked) -> complaints.Trend:
    """Of what is asked for, whatever the period: a year back from its end."""
    found = complaints.cases(replace(asked, from_on=complaints.first_day(asked.until_on, PERIOD)))
    return complaints.trend(found, asked.scope, asked.until_on, PERIOD)


def case_url(case: Case) -> str:
    return url_for("backoffice.dispute", customer_id=case.customer_id, dispute_id=case.id)


def _only(asked: Asked) -> str:
    """What the group that is looked at is called; empty where it is all of them."""
    if asked.group is None:
        return ""
    by, key = asked.group
    return group_title(by, key)


def _choices() -> dict[str, Any]:
    return {"departments": causes.departments(all_of_them=True), "currencies": report.currencies(g.company.currency)}


def _file(table: report.Table, ending: str, *name: str) -> Response:
    if ending == "csv":
        return files.csv(as_csv(table), *name)
    if ending != "xlsx":
        abort(404)
    return files.workbook(as_workbook(table), *name)
