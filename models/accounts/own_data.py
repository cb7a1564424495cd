"""What we hold about a contact and their account, for whoever asks for it: the copy that the GDPR promises."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from models import company, files
from models.database import session
from models.money import Money

# By heading. Neither what staff note for each other, nor anything about a colleague.
_QUERIES = {
    "you": """
select name, email, phone, language, calendar, channel, quiet_from, quiet_until, may_see, may_pay, may_dispute,
       may_sign, active, added_at
from contacts where customer_id = :customer and id = :contact""",
    "account": """
select number_as_written as number, name, kind, country, language, timezone, address, tax_number, terms, added_at
from customers where id = :customer""",
    "names": "select name, last_on from customer_names where customer_id = :customer order by id",
    "entries": """
select e.kind, coalesce(i.number_as_written, e.reference) as number, e.effective_on, e.due_on, e.currency,
       e.amount_minor, coalesce(e.open_minor, e.unapplied_minor) as left_minor, e.payer, e.recorded_at
from entries e left join invoices i on i.customer_id = e.customer_id and i.id = e.invoice_id
where e.customer_id = :customer order by e.id""",
    "payments": """
select asked_at, currency, amount_minor, state from attempts
where customer_id = :customer and kind <> 'setup' order by asked_at""",
    "saved_cards_and_accounts": """
select kind, brand, last4, exp_month, exp_year, state, added_at, ended_at from saved_methods
where customer_id = :customer and contact_id = :contact order by id""",
    "permissions_to_charge": """
select about, text, language, given_at, ip as address, browser, withdrawn_at from consents
where customer_id = :customer and contact_id = :contact order by id""",
    "automatic_payment": """
select currency, limit_minor, notice_days, state, on_at, off_at, off_why from autopays
where customer_id = :customer and contact_id = :contact order by id""",
    "automatic_payments": """
select currency, amount_minor, charge_on, state, told_at, ended_at, ended_why from autopay_charges
where customer_id = :customer order by id""",
    "promises": """
select pay_on, currency, amount_minor, state, moves, made_at, ended_on, end_reason
from promises where customer_id = :customer order by id""",
    "claims": """
select kind, state, currency, amount_minor, paid_on, how, payer, why, text, made_at, ended_on, end_reason
from claims where customer_id = :customer order by id""",
    "cases": """
select id, currency, claimed_minor, reason, wanted, text, state, opened_on, answer_on, decided_on, resume_on,
       appealed_on, accepted_on, credit_wish, ended_on
from disputes where customer_id = :customer order by id""",
    "case_lines": """
select l.dispute_id, d.currency, l.description, l.claimed_minor
from dispute_lines l join disputes d on d.customer_id = l.customer_id and d.id = l.dispute_id
where l.customer_id = :customer order by l.dispute_id, l.position""",
    "case_messages": """
select dispute_id, case when staff_id is null then 'customer' else 'us' end as by, text, written_at
from dispute_messages where customer_id = :customer order by id""",
    "case_answers": """
select dispute_id, outcome, currency, credited_minor, text, remedy, remedy_on, decided_at
from dispute_decisions where customer_id = :customer and state = 'final' order by id""",
    "case_drafts": """
select entry_id, answers, changed_at from dispute_drafts
where customer_id = :customer and contact_id = :contact order by id""",
    "files": """
select name, kind, size, sha256, about, added_at from files
where customer_id = :customer
  and (split_part(about, ':', 1) = any(:shown) or (about = '' and contact_id = :contact)) order by id""",
    "documents": """
select d.kind, d.title, d.language, d.state, d.filed_on, d.sent_on, d.sign_until, d.ended_on, d.reason, f.name, f.sha256
from filed_documents d
join files f on f.customer_id = d.customer_id and f.about = 'filed_documents:' || d.id
where d.customer_id = :customer and d.shared and d.state <> 'removed' order by d.id""",
    "signatures": """
select title, language, text, text_sha256, pdf_sha256, typed_name, signed_at, address, browser
from agreements where customer_id = :customer and contact_id = :contact and state = 'signed' order by id""",
    "pauses": """
select kind, representative, from_on, until_on, placed_at, ended_on from pauses
where customer_id = :customer order by id""",
    "messages": """
select kind, address, language, subject, text, state, queued_at, sent_at
from messages where customer_id = :customer and contact_id = :contact order by id""",
    "calls": """
select called_at, outcome from calls where customer_id = :customer and contact_id = :contact order by id""",
    "opt_outs": """
select how, from_at, ended_at from opt_outs where customer_id = :customer and contact_id = :contact order by id""",
    "earlier": """
select facts, until_at from former_facts
where customer_id = :customer
  and about in ('customers:' || cast(:customer as text), 'contacts:' || cast(:contact as text))
order by id""",
    "links": """
select made_at, expires_at, first_used_at, revoked_at from links
where customer_id = :customer and contact_id = :contact order by id""",
    "sign_ins": """
select started_at, seen_at, ended_at, address, agent from sessions
where customer_id = :customer and contact_id = :contact order by id""",
}
_ONE = ("you", "account")


def own_data(customer_id: int, contact_id: int, *, now: datetime) -> dict[str, Any]:
    """Everything as JSON can hold it: amounts with their decimals, days and moments in ISO."""
    found: dict[str, Any] = {"company": company.get().name, "made_at": now.isoformat()}
    told_of = {"customer": customer_id, "contact": contact_id, "shown": list(files.SHOWN)}
    for heading, query in _QUERIES.items():
        rows = session.execute(text(query), told_of).mappings()
        told = [_told(dict(row)) for row in rows]
        found[heading] = (told[0] if told else None) if heading in _ONE else told
    return found


def _told(row: dict[str, Any]) -> dict[str, Any]:
    told = {}
    for name, value in row.items():
        if name.endswith("_minor"):
            amount = value is not None and row["currency"] is not None
            told[name.removesuffix("_minor")] = Money(value, row["currency"]).plain() if amount else None
        else:
            told[name] = value.isoformat() if isinstance(value, date | datetime) else value
    return told
