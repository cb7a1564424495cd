"""The limits for pages: the least that a server, a database and Python can do for the same answer."""

import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from html import escape
from typing import Any

import psycopg
from flask import Flask

Start = Callable[..., Any]
DATABASE = "BENCH_DATABASE"  # in the environment of the server: what psycopg connects to

STATEMENT = """
select e.id, e.due_on, e.amount_minor, e.open_minor, i.number_as_written
from entries e join invoices i on i.customer_id = e.customer_id and i.id = e.invoice_id
where e.customer_id = %s and e.currency = 'EUR' and e.open_minor > 0
order by e.due_on, e.id limit %s
"""
PLAN = """
select number, due_on, amount_minor, covered_minor, state from instalments
where customer_id = %s and plan_id = %s order by due_on, number
"""


def bare_flask() -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def ok() -> str:
        return "ok"

    return app


def statement() -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """`/7/50` asks for 50 rows of a customer."""
    return _answering(STATEMENT, page)


def plan() -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """`/7/3` asks for the payments of a customer's plan."""
    return _answering(PLAN, plan_page)


def _answering(
    query: str, written: Callable[[Iterable[tuple[Any, ...]], date], str]
) -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """A WSGI function: one query on a kept connection, one f-string per row, nothing else."""
    kept = threading.local()
    today = datetime.now(UTC).date()

    def connection() -> psycopg.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(os.environ[DATABASE], autocommit=True)
        return kept.connection  # type: ignore[no-any-return]

    def answer(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        customer, _, other = environ["PATH_INFO"][1:].partition("/")
        body = written(connection().execute(query, (int(customer), int(other))), today).encode()
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def page(rows: Iterable[tuple[Any, ...]], today: date) -> str:
    """The cells that a customer reads, without frame, language or form."""
    lines = "".join(
        f"<tr><th>{escape(number)}</th><td>{due_on}</td><td>{max((today - due_on).days, 0)} days late</td>"
        f"<td>€{amount // 100:,}.{amount % 100:02d}</td><td>€{left // 100:,}.{left % 100:02d}</td>"
        f'<td><a href="/pay/{entry_id}">Pay</a></td></tr>\n'
        for entry_id, due_on, amount, left, number in rows
    )
    return f"<!doctype html><html><title>Your statement</title><body><table>{lines}</table></body></html>"


def plan_page(rows: Iterable[tuple[Any, ...]], today: date) -> str:
    """The payments as their customer reads them, without frame, language or buttons."""
    lines = "".join(
        f"<tr><th>{number}</th><td>{due_on}</td><td>{state if due_on > today else 'due'}</td>"
        f"<td>€{amount // 100:,}.{amount % 100:02d}</td><td>€{covered // 100:,}.{covered % 100:02d}</td></tr>\n"
        for number, due_on, amount, covered, state in rows
    )
    return f"<!doctype html><html><title>Your plan</title><body><table>{lines}</table></body></html>"
