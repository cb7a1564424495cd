"""What a customer owes, item by item: today and on any past day, as a page, as paper, as a file."""

from datetime import date

from flask import Response, abort, g, render_template, request
from flask_login import current_user

from frame import files
from frame.forms import day, page_asked
from models import accounts, clock, customers, words
from portal import portal


@portal.get("/statement")
def statement() -> str:
    today = g.company.today(clock.now())
    return render_template("portal/statement.html", statement=_page_of(today), today=today)


@portal.get("/statement/of-day")
def statement_of_day() -> str:
    as_of = _day_asked()
    return render_template("portal/statement_of_day.html", statement=_page_of(as_of), as_of=as_of, known_at=clock.now())


@portal.get("/statement.pdf")
def statement_pdf() -> Response:
    customer, as_of = customers.find(current_user.customer_id) or abort(404), _day_asked()
    paper = accounts.statement_pdf(customer, as_of, g.company, now=clock.now(), language=words.language())
    return files.pdf(paper, "statement", customer.number, str(as_of))


@portal.get("/statement.csv")
def statement_csv() -> Response:
    customer, as_of = customers.find(current_user.customer_id) or abort(404), _day_asked()
    return files.csv(accounts.statement_csv(customer, as_of), "statement", customer.number, str(as_of))


@portal.get("/statement/transfer.svg")
def account_code() -> Response:
    """The code of the transfer that the page of one currency describes."""
    today = g.company.today(clock.now())
    how = account_transfer(
        accounts.statement_page(current_user.customer_id, today, currency=request.args.get("currency"))
    )
    return files.svg(how.code()) if how and how.has_code else abort(404)


@portal.app_template_global()
def account_transfer(statement: accounts.StatementPage) -> accounts.Transfer | None:
    """How to pay by transfer what is owed, not on its way and not disputed."""
    if statement.balance is None or statement.in_flight is None or statement.disputed is None:
        return None
    owed = statement.balance.owed - statement.in_flight - statement.disputed
    return accounts.transfer_for_account(g.company, current_user.customer_id, [owed])


def _page_of(as_of: date) -> accounts.StatementPage:
    page = page_asked()
    shown = accounts.statement_page(current_user.customer_id, as_of, page=page, currency=request.args.get("currency"))
    return shown if page <= shown.pages else abort(404)


def _day_asked() -> date:
    """Today where none is asked for, and for a day that has not come."""
    today: date = g.company.today(clock.now())
    return min(day(request.args.get("as_of")) or today, today)
