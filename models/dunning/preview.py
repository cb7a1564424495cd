"""See it before: who would get what on the days to come, if nobody pays; and what a draft would change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from models import company, words
from models.customers import Customer, find
from models.database import session
from models.dunning import runs, sequences, writing
from models.dunning.choosing import candidates
from models.dunning.loading import Whole, load, whole_at
from models.dunning.sequences import WORKED_ON, DunningSequence, SequenceVersion
from models.gateways.mail_templates import Mail
from models.policies.dunning import Decision, Facts, Send, ahead, decide
from models.policies.dunning.ahead import Ahead
from models.policies.dunning.rules import said
from models.policies.sequences import Sequence as Steps

DAYS = 30
MOST = 400
MOST_ITEMS = 4_000  # Of all customers looked at: each is decided on every one of the days.
SAID = 4  # Sentences about one customer; all of them stand on the customer's own page.


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that would go. `changed`: what is in use would send something else that day, or nothing."""

    day: date
    customer_id: int
    number: str
    name: str
    send: Send


@dataclass(frozen=True, slots=True)
class Silent:
    """Somebody who would get nothing, and the sentences that say why on the first day."""

    customer_id: int
    number: str
    name: str
    because: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """`looked_at` of `customers` who may have something due in these days."""

    first: date
    planned: Sequence[Planned]
    silent: Sequence[Silent]
    looked_at: int
    customers: int

    @property
    def weeks(self) -> list[list[tuple[date, int]]]:
        """The calendar: whole weeks from Monday, with how many messages each day has."""
        counts: dict[date, int] = {}
        for one in self.planned:
            counts[one.day] = counts.get(one.day, 0) + 1
        monday = self.first - timedelta(days=self.first.weekday())
        last = self.first + timedelta(days=DAYS - 1)
        return [
            [
                (monday + timedelta(days=week * 7 + day), counts.get(monday + timedelta(days=week * 7 + day), 0))
                for day in range(7)
            ]
            for week in range((last - monday).days // 7 + 1)
        ]

    def by_day(self) -> Iterator[tuple[date, list[Planned]]]:
        for day in sorted({one.day for one in self.planned}):
            yield day, [one for one in self.planned if one.day == day]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a customer would get on a day by what is in use, and by the draft; either may be nothing."""

    day: date
    customer_id: int
    number: str
    name: str
    live: Send | None
    draft: Send | None


def preview(*, now: datetime, version_id: int | None = None, only: int | None = None) -> Preview:
    """
    :param version_id: a sequence that is looked at instead of what is in use.
    :param only: one customer.
    """
    creditor = company.get()
    first = creditor.today(now)
    whole = whole_at(creditor, None, creditor.bank_money_until)
    draft = sequences.at_version(version_id) if version_id else None
    found = [only] if only else _found(first, whole, draft)
    facts = load(found[:MOST], first, now, whole, sequence=draft)
    facts = facts if only else _quick(facts)
    planned: list[Planned] = []
    silent: list[Silent] = []
    who = session.scalars(select(Customer).where(Customer.id.in_(facts)))
    for customer in sorted(who, key=lambda one: one.id):
        known = facts[customer.id]
        mine = [one for one in (_planned(one, customer) for one in _days(known, first, creditor, now)) if one]
        planned += mine
        if not mine:
            silent.append(_silent(decide(known, first, _moment(first, creditor, now)), customer))
    return Preview(first, planned, silent, len(facts), len(found))


def _quick(facts: Mapping[int, Facts]) -> dict[int, Facts]:
    """As many customers as a page can wait for: those with thousands of items are looked at alone."""
    quick, items = set[int](), 0
    for customer_id, known in sorted(facts.items(), key=lambda one: len(one[1].items)):
        items += len(known.items)
        if items <= MOST_ITEMS:
            quick.add(customer_id)
    return {customer_id: known for customer_id, known in facts.items() if customer_id in quick}


def _found(first: date, whole: Whole, draft: Steps | None) -> list[int]:
    """Who may have a step due on any of the days."""
    seen: dict[int, None] = {}
    for number in range(0, DAYS, 7):
        seen.update(dict.fromkeys(candidates(first + timedelta(days=number), whole, draft)))
    return sorted(seen)


def _days(known: Facts, first: date, creditor: company.Company, now: datetime) -> Iterator[Ahead]:
    return ahead.days_ahead(known, first, days=DAYS, moment_of=lambda day: _moment(day, creditor, now))


def _moment(day: date, creditor: company.Company, now: datetime) -> datetime:
    return max(runs.moment_of(day, creditor), now)


def _planned(one: Ahead, customer: Customer) -> Planned | None:
    send = one.decision.send
    return Planned(one.day, customer.id, customer.number_as_written, customer.name, send) if send else None


def _silent(decision: Decision, customer: Customer) -> Silent:
    because = [words.gettext(said(spoke).staff, **spoke.values) for spoke in decision.rules[:SAID]]
    return Silent(customer.id, customer.number_as_written, customer.name, because)


def differences(live: Preview, draft: Preview) -> list[Difference]:
    """Day by day, what would not be the same."""
    before = {(one.day, one.customer_id): one for one in live.planned}
    after = {(one.day, one.customer_id): one for one in draft.planned}
    found = []
    for key in sorted({*before, *after}):
        one, other = before.get(key), after.get(key)
        shown = one or other
        if shown and not _same(one, other):
            found.append(
                Difference(
                    *(shown.day, shown.customer_id, shown.number, shown.name),
                    *(one.send if one else None, other.send if other else None),
                )
            )
    return found


def _same(one: Planned | None, other: Planned | None) -> bool:
    if one is None or other is None:
        return False
    return (one.send.step, one.send.channel, one.send.totals) == (
        other.send.step,
        other.send.channel,
        other.send.totals,
    )


def drafts() -> Sequence[tuple[DunningSequence, SequenceVersion]]:
    """Versions that are worked on, with what they are of."""
    query = select(DunningSequence, SequenceVersion).join(
        SequenceVersion, SequenceVersion.sequence_id == DunningSequence.id
    )
    working = query.where(SequenceVersion.state.in_(WORKED_ON)).order_by(SequenceVersion.id)
    return [(one, version) for one, version in session.execute(working)]


def sample(customer_id: int, day: date, *, now: datetime, version_id: int | None = None) -> Mail | None:
    """What a customer would read on a day; None where nothing would go."""
    shown = preview(now=now, version_id=version_id, only=customer_id)
    send = next((one.send for one in shown.planned if one.day == day), None)
    creditor = company.get()
    readers = writing.readers([customer_id], None)
    said_by = writing.wording_for(send, readers.live) if send else None
    customer = find(customer_id)
    if send is None or said_by is None or customer is None:
        return None
    contact = readers.contacts.get((customer_id, send.person_id or 0))
    language, text = said_by.text(writing.language_of(customer, contact, creditor), creditor.language)
    return writing.rendered(send, text, language, creditor, customer, contact, day)
