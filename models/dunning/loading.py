"""What is known of many customers at a moment, in a handful of queries: the facts that the policy decides by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from sqlalchemy import select, text

from models import holds
from models.company import Company
from models.customers import contacts, former, opt_outs
from models.database import session
from models.dunning import dated, sequences
from models.dunning.dated import CustomerThen
from models.dunning.lines import LineState, ReminderLine
from models.dunning.reviewed import ReviewState
from models.dunning.sequences import Segment
from models.dunning.templates import Template, TemplateVersion
from models.ledger import OpenItem, Side, items_as_of
from models.messages import addresses
from models.policies import contact_limits
from models.policies.calling_hours import Quiet
from models.policies.contact_limits import BANK_MONEY_DAYS, GRACE_DAYS, Contacted, ContactLimits, limits_of
from models.policies.dunning.facts import Claim, Facts, Item, Person, WentOut
from models.policies.public_holidays import holidays_of
from models.policies.sequences import Purpose
from models.policies.sequences import Sequence as Steps
from models.worklist import CONVERSATIONS, calls

LOGGED = timedelta(days=30)
AHEAD = timedelta(days=60)
REMINDER, INVOICE, STATEMENT = "reminder", "invoice_mail", "statement_mail"
LIMITED = (REMINDER, STATEMENT)
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Whole:
    """
    What is the same for all customers: the company's settings, the sequences of a moment (or of now), and by the ids
    of their templates which words are approved. `statements`: those of statements are.
    """

    creditor: Company
    segments: Sequence[Segment]
    moment: datetime | None
    words: frozenset[int]
    statements: bool
    bank_money_until: date | None

    @property
    def ours(self) -> ContactLimits:
        return contact_limits.ours(self.creditor.limits)

    def setting(self, name: str, default: int) -> int:
        return int(self.creditor.limits.get(name, default))


def whole_at(creditor: Company, moment: datetime | None, bank_money_until: date | None) -> Whole:
    """As it was at a moment, or is now."""
    live = select(Template.id, Template.purpose).join(TemplateVersion, TemplateVersion.template_id == Template.id)
    if moment is None:
        live = live.where(TemplateVersion.state == ReviewState.APPROVED)
    else:
        still = TemplateVersion.retired_at.is_(None) | (TemplateVersion.retired_at > moment)
        live = live.where(TemplateVersion.live_at <= moment, still)
    words = {row.id: row.purpose for row in session.execute(live)}
    statements = Purpose.STATEMENT in words.values()
    then = dated.company_at(creditor, moment)
    return Whole(then, sequences.live(moment), moment, frozenset(words), statements, bank_money_until)


@dataclass(slots=True)
class _Found:
    """What the queries brought for one customer."""

    items: list[Item] = field(default_factory=list)
    credits: dict[str, int] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    lines: list[WentOut] = field(default_factory=list)
    log: list[Contacted] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


def load(
    customers: Sequence[int], day: date, known_at: datetime, whole: Whole, *, sequence: Steps | None = None
) -> dict[int, Facts]:
    """
    By customer: what was so on a day, as known at a moment.

    :param sequence: a draft that is looked at instead of what is in use.
    """
    families = _families(customers, day, known_at)
    everyone = [*customers, *families]
    found: dict[int, _Found] = defaultdict(_Found)
    whose = {customer_id: families.get(customer_id, customer_id) for customer_id in everyone}
    _items(found, everyone, whose, day, known_at, whole.creditor)
    for held in holds.in_force(everyone, day, known_at=known_at):
        claim = Claim(held.kind, held.entry_id, held.currency, held.claimed_minor, held.from_on, held.until_on)
        found[whose[held.customer_id]].claims.append(claim)
    _lines(found, everyone, whose, known_at)
    _log(found, customers, known_at, datetime.combine(day - LOGGED, time(), UTC), whole.creditor)
    were = former.at(customers, known_at)
    _people(found, customers, known_at, were)
    rows = dated.customers_at(customers, were)
    return {row.id: _facts(row, found[row.id], whole, day, sequence) for row in rows}


def _facts(
    who: CustomerThen,
    found: _Found,
    whole: Whole,
    day: date,
    sequence: Steps | None,
) -> Facts:
    land = who.country or whole.creditor.country
    return Facts(
        customer_id=who.id,
        kind=who.kind.value,
        country=land,
        zones=tuple(zone.strip() for zone in who.timezone.split(",") if zone.strip()),
        postal=who.postal,
        items=tuple(found.items),
        credits=MappingProxyType(found.credits),
        claims=tuple(found.claims),
        lines=tuple(found.lines),
        log=tuple(found.log),
        people=tuple(found.people),
        sequence=sequence or sequences.live_for(who.kind, who.country, among=whole.segments),
        limits=limits_of(land, who.kind.value, day, whole.ours),
        company_currency=whole.creditor.currency,
        company_zone=whole.creditor.timezone,
        holidays=holidays_of(land, day, day + AHEAD),
        grace_days=whole.setting("grace_days", GRACE_DAYS),
        statements=whole.statements,
        words=whole.words,
        bank_money_until=whole.bank_money_until,
        bank_money_days=whole.setting("bank_money_days", BANK_MONEY_DAYS),
    )


_JOINED = text(
    """
select customer_id, into_id from merges
where into_id = any(:customers) and effective_on <= :day and recorded_at <= :known_at
  and (undone_at is null or undone_at > :known_at)
"""
)


def _families(customers: Sequence[int], day: date, known_at: datetime) -> dict[int, int]:
    """Whose items are read with another's, and whose: a joined account's belong to the one it was joined to."""
    rows = session.execute(_JOINED, {"customers": list(customers), "day": day, "known_at": known_at})
    return {customer_id: into_id for customer_id, into_id in rows}


_MORE = text(
    """
select e.customer_id, e.id, e.recorded_at,
       exists (select from invoice_lines l where l.customer_id = e.customer_id and l.invoice_id = e.invoice_id)
from entries e where e.customer_id = any(:customers) and e.id = any(:entries)
"""
)


def _items(
    found: dict[int, _Found],
    everyone: Sequence[int],
    whose: Mapping[int, int],
    day: date,
    known_at: datetime,
    creditor: Company,
) -> None:
    rows = items_as_of(everyone, day, known_at=known_at)
    debits = [row for row in rows if row.side == Side.DEBIT]
    asked = {"customers": list(everyone), "entries": [row.entry_id for row in debits]}
    more = {(row[0], row[1]): (row[2], row[3]) for row in session.execute(_MORE, asked)} if debits else {}
    for row in debits:
        recorded_at, complete = more[row.customer_id, row.entry_id]
        found[whose[row.customer_id]].items.append(_item(row, creditor.today(recorded_at), complete))
    for row in rows:
        if row.side == Side.CREDIT:
            credits = found[whose[row.customer_id]].credits
            credits[row.left.currency] = credits.get(row.left.currency, 0) - row.left.minor


def _item(row: OpenItem, recorded_on: date, complete: bool) -> Item:
    return Item(
        customer_id=row.customer_id,
        entry_id=row.entry_id,
        number=row.number or row.reference,
        currency=row.left.currency,
        open_minor=row.left.minor,
        due_on=row.due_on,
        recorded_on=recorded_on,
        complete=complete,
    )


def _lines(found: dict[int, _Found], everyone: Iterable[int], whose: Mapping[int, int], known_at: datetime) -> None:
    """Lines that lived at the moment: what was skipped or failed later had not been yet."""
    lived = ReminderLine.state.in_((LineState.SELECTED, LineState.SENT)) | (ReminderLine.done_at > known_at)
    query = select(
        *(ReminderLine.customer_id, ReminderLine.entry_id, ReminderLine.step_id),
        *(ReminderLine.occurrence, ReminderLine.on),
    ).where(ReminderLine.customer_id.in_(list(everyone)), ReminderLine.selected_at < known_at, lived)
    for customer_id, entry_id, step_id, occurrence, on in session.execute(query):
        found[whose[customer_id]].lines.append(WentOut(entry_id, step_id, occurrence, on))


_WRITTEN = text(
    """
select customer_id, id, channel, kind = :statement, state = 'queued',
       case when sent_at <= :known_at then sent_at else cast(made_from ->> 'goes_at' as timestamptz) end as at
from messages
where customer_id = any(:customers) and kind = any(:limited) and queued_at < :known_at and queued_at > :since
  and (bounced_at is null or bounced_at > :known_at)
  and (made_from ->> 'ended_at' is null or cast(made_from ->> 'ended_at' as timestamptz) > :known_at)
"""
)


def _log(
    found: dict[int, _Found], customers: Sequence[int], known_at: datetime, since: datetime, creditor: Company
) -> None:
    """Mails and letters that went or wait, and calls: each with its business day."""
    asked = {"customers": list(customers), "limited": list(LIMITED), "statement": STATEMENT}
    for customer_id, message_id, channel, statement, waits, at in session.execute(
        _WRITTEN, {**asked, "known_at": known_at, "since": since}
    ):
        one = Contacted(at, creditor.today(at), channel, message_id=message_id, statement=statement, waits=waits)
        found[customer_id].log.append(one)
    made = select(calls.Call.customer_id, calls.Call.called_at, calls.Call.outcome).where(
        calls.Call.customer_id.in_(customers), calls.Call.called_at <= known_at, calls.Call.called_at > since
    )
    for customer_id, called_at, outcome in session.execute(made):
        spoke = outcome in CONVERSATIONS
        found[customer_id].log.append(Contacted(called_at, creditor.today(called_at), "call", spoke=spoke))


def _people(found: dict[int, _Found], customers: Sequence[int], known_at: datetime, were: former.Versions) -> None:
    """Contacts who may see the account and have an address, in the order in which they were added."""
    rows = [row for row in dated.contacts_at(customers, known_at, were) if row.may_be_written_to]
    dead = addresses.stopped([row.email for row in rows], known_at)
    out = opt_outs.opted_out(customers, known_at)
    for row in rows:
        person = Person(
            row.id,
            row.email,
            opted_out=(row.customer_id, row.id) in out,
            stopped=row.email.lower() in dead,
            by_letter=row.channel == contacts.Channel.LETTER,
            quiet=_quiet(row.quiet_from, row.quiet_until),
        )
        found[row.customer_id].people.append(person)


def _quiet(begins: int | None, ends: int | None) -> Quiet | None:
    return None if begins is None or ends is None or begins == ends else Quiet(time(begins % 24), time(ends % 24))


__all__ = ["INVOICE", "LIMITED", "REMINDER", "STATEMENT", "Whole", "load"]
