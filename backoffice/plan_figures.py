"""How instalment plans do: where they stand, how many are kept, the cash they bring, what a change of the rules did."""

from datetime import date

from flask import Response, abort, g, render_template, request

from backoffice import backoffice, requires
from backoffice.customers import PAGE
from backoffice.instalments import SHOWN
from frame import files
from frame.forms import page_asked
from models import clock
from models.money import EXPONENTS
from models.plans import figures
from models.plans.figures import Figures
from models.policies.permissions import Permission
from models.policies.plans.risks import Risk, Standing
from models.reports import plans as report
from models.reports.tables import as_csv, as_workbook

ALL = "plan-figures"  # The workbook with all tables.


@backoffice.get("/instalment-plans/figures")
@requires(Permission.READ_PLAN_FIGURES)
def plan_figures() -> str:
    return render_template(
        "backoffice/plan_figures.html",
        found=_figures(),
        currencies=figures.currencies(g.company.currency),
        whole=ALL,
        tabs=SHOWN,
    )


@backoffice.get("/instalment-plans/figures/<name>.<ending>")
@requires(Permission.READ_PLAN_FIGURES)
def plan_figures_file(name: str, ending: str) -> Response:
    found = _figures()
    tables = report.tables(found)
    chosen = report.chosen(tables, None if name == ALL else name) if name in (ALL, *tables) else []
    called = ("plans", name, found.currency, str(found.on))
    if ending == "csv" and len(chosen) == 1:
        return files.csv(as_csv(chosen[0]), *called)
    if ending != "xlsx" or not chosen:
        abort(404)
    return files.workbook(as_workbook(*chosen), *called)


@backoffice.get("/instalment-plans/standing")
@requires(Permission.OFFER_PLAN)
def plan_standing() -> str:
    """The plans of one standing, and why they are at risk; the one that is to pay next comes first."""
    standing = request.args.get("standing", Standing.AT_RISK, type=Standing)
    risk = request.args.get("risk", type=Risk) if standing is Standing.AT_RISK else None
    currency, page = _currency(), page_asked()
    found = figures.chosen(figures.followed(currency, _today()), standing, risk)
    pages = max(-(-len(found) // PAGE), 1)
    if page > pages:
        abort(404)
    return render_template(
        "backoffice/plan_standing.html",
        found=found[(page - 1) * PAGE : page * PAGE],
        count=len(found),
        standing=standing,
        risk=risk,
        standings=list(Standing),
        risks=list(Risk),
        currency=currency,
        currencies=figures.currencies(g.company.currency),
        page_no=page,
        pages=pages,
        tabs=SHOWN,
        today=_today(),
    )


def _figures() -> Figures:
    return figures.figures(_currency(), _today())


def _currency() -> str:
    asked: str = request.args.get("currency", g.company.currency)
    return asked if asked in EXPONENTS else str(g.company.currency)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
