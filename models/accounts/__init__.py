"""What both doors show of a customer: statement, account, timeline."""

from models.accounts.files import safe_cell, statement_csv, statement_json
from models.accounts.paper import statement_pdf
from models.accounts.statement import (
    PAGE_SIZE,
    Statement,
    StatementPage,
    StatementRow,
    currencies_of,
    statement_page,
    statements,
)
from models.accounts.timeline import TimelineEvent, timeline

__all__ = [
    "PAGE_SIZE",
    "Statement",
    "StatementPage",
    "StatementRow",
    "TimelineEvent",
    "currencies_of",
    "safe_cell",
    "statement_csv",
    "statement_json",
    "statement_page",
    "statement_pdf",
    "statements",
    "timeline",
]
