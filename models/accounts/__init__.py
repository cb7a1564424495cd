"""What both doors show of a customer: statement, account, timeline; each item, its papers, how to pay it."""

from models.accounts.agreement_example import example_pdf, example_plan, example_words
from models.accounts.agreement_paper import Drawn, can_be_signed, enclosed_with_plan, plan_paper, put_before
from models.accounts.dispute_paper import PROMISES as DISPUTE_PROMISES
from models.accounts.dispute_paper import answers_enclosed, dispute_letter_pdf, dispute_letter_preview
from models.accounts.documents import Document, credit_document, debit_document
from models.accounts.due_dates import calendar, plan_calendar
from models.accounts.filed_paper import certificate, filed_paper, language_to_sign, signed_enclosed
from models.accounts.files import safe_cell, statement_csv, statement_json
from models.accounts.history import HistoryEvent, history
from models.accounts.invoice_paper import heading_of, invoice_pdf
from models.accounts.kept_methods import KeptMethod, kept_methods, remove_method
from models.accounts.kinds import kind_word
from models.accounts.letter_list import Listed, letter_list_csv, letter_list_pdf
from models.accounts.letters import Printed, invoices_enclosed, make_letters, write_letters
from models.accounts.own_data import own_data
from models.accounts.paper import statement_pdf
from models.accounts.receipt_paper import receipt_pdf
from models.accounts.reminder_paper import reminder_pdf
from models.accounts.statement import (
    PAGE_SIZE,
    Statement,
    StatementPage,
    StatementRow,
    currencies_of,
    statement_page,
    statements,
)
from models.accounts.stopping import Stopping, stopping, stopping_by
from models.accounts.timeline import TimelineEvent, timeline
from models.accounts.transfer import Transfer, reference_of_account, transfer_for_account, transfer_for_invoice

__all__ = [
    "DISPUTE_PROMISES",
    "PAGE_SIZE",
    "Document",
    "Drawn",
    "HistoryEvent",
    "KeptMethod",
    "Listed",
    "Printed",
    "Statement",
    "StatementPage",
    "StatementRow",
    "Stopping",
    "TimelineEvent",
    "Transfer",
    "answers_enclosed",
    "calendar",
    "can_be_signed",
    "certificate",
    "credit_document",
    "currencies_of",
    "debit_document",
    "dispute_letter_pdf",
    "dispute_letter_preview",
    "enclosed_with_plan",
    "example_pdf",
    "example_plan",
    "example_words",
    "filed_paper",
    "heading_of",
    "history",
    "invoice_pdf",
    "invoices_enclosed",
    "kept_methods",
    "kind_word",
    "language_to_sign",
    "letter_list_csv",
    "letter_list_pdf",
    "make_letters",
    "own_data",
    "plan_calendar",
    "plan_paper",
    "put_before",
    "receipt_pdf",
    "reference_of_account",
    "reminder_pdf",
    "remove_method",
    "safe_cell",
    "signed_enclosed",
    "statement_csv",
    "statement_json",
    "statement_page",
    "statement_pdf",
    "statements",
    "stopping",
    "stopping_by",
    "timeline",
    "transfer_for_account",
    "transfer_for_invoice",
    "write_letters",
]
