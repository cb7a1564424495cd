"""The statement on paper: what the page says, in the customer's language, with both its dates."""

from collections.abc import Sequence
from datetime import date, datetime

from models import words
from models.accounts import stationery
from models.accounts.kinds import kind_word
from models.accounts.statement import Statement, statements
from models.accounts.transfer import transfer_for_account
from models.company import Company
from models.customers import Customer
from models.gateways import pdf
from models.ledger import OpenItem, Side
from models.money import Money, total
from models.policies.ageing import aged
from models.words import gettext as _


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
        sender=stationery.sender(company),
        recipient=stationery.recipient(customer),
        facts=facts,
        dates_line=_("Effective by %(day)s, as known at %(moment)s", day=as_of, moment=now),
        intro="" if parts else _("You owe nothing. Thank you."),
        notes=[_("If something is wrong or you cannot pay it all, tell us.")],
        accounts=[_account(part, several=len(parts) > 1) for part in parts],
        payment=stationery.payment(transfer_for_account(company, customer.id, [part.total for part in parts])),
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
            *(item.number or item.reference, kind_word(item.kind), words.date(item.effective_on)),
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
                *(item.number or item.reference, kind_word(item.kind), words.date(item.effective_on)),
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


def _late(days: int) -> str:
    return words.ngettext("%(days)s day late", "%(days)s days late", days, days=days) if days else ""
