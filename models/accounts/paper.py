"""The statement on paper: what the page says, in the customer's language, with both its dates."""

from collections.abc import Sequence
from datetime import date, datetime

from models import words
from models.accounts.statement import Statement, statements
from models.company import Company
from models.customers import Customer
from models.gateways import pdf, qr
from models.ledger import OpenItem, Side
from models.money import Money, total
from models.policies.ageing import aged
from models.words import gettext as _

MOST_IN_A_CODE = 99_999_999_999  # Cents; EPC069-12 knows no larger transfer.
WORDS_OF_KINDS = {
    "invoice": lambda: _("Invoice"),
    "fee": lambda: _("Fee"),
    "interest": lambda: _("Interest"),
    "refund": lambda: _("Refund"),
    "chargeback": lambda: _("Chargeback"),
    "opening": lambda: _("Earlier balance"),
    "transfer": lambda: _("Moved to another account"),
    "reinstated": lambda: _("Write-off taken back"),
    "receipt": lambda: _("Payment"),
    "credit_note": lambda: _("Credit note"),
    "write_off": lambda: _("Write-off"),
    "opening_credit": lambda: _("Earlier credit"),
}


def statement_pdf(customer: Customer, as_of: date, company: Company, *, now: datetime, language: str) -> bytes:
    """
    A tagged PDF of the whole statement as of a day. It prints both dates, effective by and known at, so that the same
    statement can be printed again.
    """
    with words.speak(language, timezone=company.timezone):
        parts = statements(customer.id, as_of)
        return pdf.statement(_content(customer, parts, as_of, company, now), language=language, made_at=now)


def _content(
    customer: Customer, parts: Sequence[Statement], as_of: date, company: Company, now: datetime
) -> pdf.Statement:
    facts = [
        pdf.Fact(label=_("Customer number"), value=customer.number_as_written),
        pdf.Fact(label=_("As of"), value=words.date(as_of)),
        pdf.Fact(label=_("Printed"), value=words.datetime(now)),
    ]
    if company.bank_money_until:
        facts.append(pdf.Fact(label=_("Bank payments included up to"), value=words.date(company.bank_money_until)))
    return pdf.Statement(
        title=_("Statement %(number)s, %(day)s", number=customer.number_as_written, day=as_of),
        heading=_("Your statement"),
        sender=pdf.Sender(
            name=company.name,
            lines=[line.strip() for line in company.address.splitlines() if line.strip()],
            imprint=" · ".join(part for part in (company.registration, company.help_phone, company.help_email) if part),
        ),
        recipient=pdf.Recipient(
            name=customer.name, lines=[line.strip() for line in customer.address.splitlines() if line.strip()][:5]
        ),
        facts=facts,
        dates_line=_("Effective by %(day)s, as known at %(moment)s", day=as_of, moment=now),
        intro="" if parts else _("You owe nothing. Thank you."),
        notes=[_("If something is wrong or you cannot pay it all, tell us.")],
        accounts=[_account(part, several=len(parts) > 1) for part in parts],
        payment=_payment(parts, company, customer.number_as_written),
    )


def _account(part: Statement, *, several: bool) -> pdf.Account:
    balance = part.balance
    open_items = [item for item in part.rows if item.side == Side.DEBIT]
    credits = [item for item in part.rows if item.side == Side.CREDIT]
    summary = [pdf.Fact(label=_("Open"), value=words.money(balance.open))]
    if balance.overdue:
        summary.append(pdf.Fact(label=_("Due now"), value=words.money(balance.overdue)))
    if balance.unapplied:
        summary.append(pdf.Fact(label=_("Money not yet assigned"), value=words.money(balance.unapplied)))
        summary.append(pdf.Fact(label=_("Balance"), value=words.money(balance.owed)))
    return pdf.Account(
        heading=part.currency if several else "",
        summary=summary,
        items=_items(open_items, part),
        credits=_credits(credits, part.currency),
        ageing=_ageing(open_items, part) if open_items else None,
    )


def _items(items: Sequence[OpenItem], part: Statement) -> pdf.Table:
    headings = [_("Number"), _("What"), _("Issued"), _("Due"), _("Amount"), _("Open"), _("Status")]
    rows = [
        [
            *(item.number or item.reference, _kind(item), words.date(item.effective_on)),
            *(words.date(item.due_on) if item.due_on else "", words.amount(item.amount), words.amount(item.left)),
            _late(item.days_late(part.as_of)),
        ]
        for item in items
    ]
    open_total = words.amount(total((item.left for item in items), part.currency))
    return pdf.Table(
        heading=_("Open items in %(currency)s", currency=part.currency),
        columns=headings,
        rows=rows,
        total=[_("Total"), "", "", "", "", open_total, ""],
        empty=_("Nothing is open."),
    )


def _credits(items: Sequence[OpenItem], currency: str) -> pdf.Table:
    left = words.amount(total((-item.left for item in items), currency))
    return pdf.Table(
        heading=_("Money not yet assigned, in %(currency)s", currency=currency),
        columns=[_("Number"), _("What"), _("Received"), _("Amount"), _("Left")],
        rows=[
            [
                *(item.number or item.reference, _kind(item), words.date(item.effective_on)),
                *(words.amount(-item.amount), words.amount(-item.left)),
            ]
            for item in items
        ],
        total=[_("Total"), "", "", "", left],
    )


def _ageing(items: Sequence[OpenItem], part: Statement) -> pdf.Ageing:
    buckets = aged(((item.due_on, item.left.minor) for item in items if item.due_on), part.as_of)
    return pdf.Ageing(
        heading=_("How late"),
        columns=[_("Not due"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("Over 90 days")],
        amounts=[words.amount(Money(minor, part.currency)) for minor in buckets.minor],
    )


def _payment(parts: Sequence[Statement], company: Company, number: str) -> pdf.Payment | None:
    """How to pay by transfer, where the company has said where to; a code to scan for euros."""
    if not company.iban or not any(part.balance.owed.minor > 0 for part in parts):
        return None
    euro = next((part.balance.owed for part in parts if part.currency == "EUR" and part.balance.owed.minor > 0), None)
    code = None
    if euro and euro.minor <= MOST_IN_A_CODE:
        caption = _("Scan to pay %(amount)s", amount=euro)
        drawn = qr.transfer(
            payee=company.name, iban=company.iban, bic=company.bic, amount=euro, reference=number, title=caption
        )
        code = pdf.Code(svg=drawn, alt=caption, caption=caption)
    return pdf.Payment(
        heading=_("Pay by bank transfer"),
        intro=_("Please write your customer number, so that we know whose money it is."),
        facts=[
            pdf.Fact(label=_("Account holder"), value=company.name),
            pdf.Fact(label="IBAN", value=company.iban),
            *([pdf.Fact(label="BIC", value=company.bic)] if company.bic else []),
        ],
        qr=code,
    )


def _kind(item: OpenItem) -> str:
    return WORDS_OF_KINDS[item.kind]()


def _late(days: int) -> str:
    return words.ngettext("%(days)s day late", "%(days)s days late", days, days=days) if days else ""
