"""Complaints as rows: by what they come from, a row for each group and currency; and the cases themselves."""

from collections.abc import Iterable

from sqlalchemy import select

from models.complaints import Asked, By, Case, Measure, Pareto, cases, pareto
from models.complaints.names import cause_name, group_name
from models.database import session
from models.disputes import REASONS, Dispute
from models.reports.tables import Table
from models.words import gettext

COLUMNS = ("group", "currency", "cases", "customer_right", "held", "still_held", "credited", "share", "cumulative")
CASE_COLUMNS = (
    *("case", "customer", "opened_on", "state", "cause", "said_as_cause", "reason", "product", "supplier", "site"),
    *("currency", "held", "still_held", "credited", "words"),
)


def by_group(asked: Asked, by: By, measure: Measure, currency: str) -> tuple[Pareto, Table]:
    """The figures of the page, and the rows in which they leave the house; `share` is of the measure."""
    figures = pareto(cases(asked), by, measure, currency)
    rows = [
        (
            *(group_name(by, bar.case), part.currency, part.cases, part.right),
            *(part.held, part.still_held, part.credited),
            *(round(bar.share, 4), round(bar.cumulative, 4)),
        )
        for bar in figures.bars
        for part in bar.sum.parts
    ]
    return figures, Table("complaints", COLUMNS, rows, {"by": by.value, "measure": measure.value, **_period(asked)})


def of_cases(asked: Asked, found: Iterable[Case]) -> Table:
    rows = [
        (
            *(case.number, case.customer, case.opened_on.isoformat(), case.state.value, cause_name(case)),
            *(case.other_cause, gettext(REASONS[case.reason]), case.product, case.supplier, case.site),
            *(case.currency, case.held, case.still_held, case.credited, case.text),
        )
        for case in found
    ]
    return Table("cases", CASE_COLUMNS, rows, _period(asked))


def currencies(first: str) -> list[str]:
    """Those that any case is in, the company's first."""
    found = set(session.scalars(select(Dispute.currency).distinct()))
    return [first, *sorted(found - {first})]


def _period(asked: Asked) -> dict[str, str]:
    return {"from": asked.from_on.isoformat(), "until": asked.until_on.isoformat()}
