"""A customer's statement on any day: as a page, as paper, as a file."""

from flask import Response, g, render_template, request

from backoffice import backoffice, requires
from backoffice.customers import account_or_404, customer_or_404
from frame import files
from frame.forms import day
from models import accounts, clock
from models.policies.permissions import Permission

MOST_ROWS = 500  # On the page; paper and files hold all.


@backoffice.get("/customers/<int:customer_id>/statement")
@requires(Permission.READ_ACCOUNTS)
def statement(customer_id: int) -> str:
    customer = account_or_404(customer_id)
    as_of = day(request.args.get("as_of")) or g.company.today(clock.now())
    return render_template(
        "backoffice/statement.html",
        customer=customer,
        as_of=as_of,
        statements=accounts.statements(customer.id, as_of),
        most_rows=MOST_ROWS,
        known_at=clock.now(),
    )


@backoffice.get("/customers/<int:customer_id>/statement.pdf")
@requires(Permission.READ_ACCOUNTS)
def statement_pdf(customer_id: int) -> Response:
    customer = customer_or_404(customer_id)
    as_of = day(request.args.get("as_of")) or g.company.today(clock.now())
    language = customer.language or g.company.language
    paper = accounts.statement_pdf(customer, as_of, g.company, now=clock.now(), language=language)
    return files.pdf(paper, "statement", customer.number, str(as_of))


@backoffice.get("/customers/<int:customer_id>/statement.csv")
@requires(Permission.READ_ACCOUNTS)
def statement_csv(customer_id: int) -> Response:
    customer = account_or_404(customer_id)
    as_of = day(request.args.get("as_of")) or g.company.today(clock.now())
    return files.csv(accounts.statement_csv(customer, as_of), "statement", customer.number, str(as_of))
