"""The app as it is, with one more address: the customer's statement with all 200 rows on one page."""

from flask import Flask, g, render_template
from flask_login import current_user

from app import create_app
from bench.sizes import LONG_PAGE
from models import accounts, clock


def with_long_statement() -> Flask:
    app = create_app()

    @app.get("/bench/statement")
    def long_statement() -> str:
        today = g.company.today(clock.now())
        alone = len(current_user.family) == 1
        shown = accounts.statement_page(current_user.customer_id, today, size=LONG_PAGE, alone=alone)
        return render_template("portal/statement.html", statement=shown, today=today)

    return app
