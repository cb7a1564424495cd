"""Whether a plan is inside the terms; why not, in whole sentences for the customer."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from models.errors import N_
from models.money import Money
from models.policies.plans.charges import fee_of, interest_of
from models.policies.plans.schedule import Ask, CannotBeBuilt, Schedule, build, months_after, working_day
from models.policies.plans.sentences import Sentence
from models.policies.plans.terms import Frequency, Terms

NOT_OFFERED = {
    Frequency.WEEKLY: N_("Weekly payments are not offered here."),
    Frequency.FORTNIGHTLY: N_("Payments every two weeks are not offered here."),
    Frequency.MONTHLY: N_("Monthly payments are not offered here."),
    Frequency.OWN: N_("Days of your own choice are not offered here."),
}


def schedule_of(terms: Terms, balance: Money, ask: Ask, *, country: str, today: date) -> Schedule:
    """
    With fee and interest.

    :raises CannotBeBuilt: no schedule comes of it.
    """

    def built(fee: Money) -> Schedule:
        return build(balance, fee, ask, country=country, working_days=terms.working_days, today=today)

    plain = built(fee_of(terms, balance))
    return built(plain.fee + interest_of(terms, plain, today)) if terms.interest_percent else plain


def look(
    terms: Terms, balance: Money, ask: Ask, *, country: str, today: date
) -> tuple[Schedule | None, tuple[Sentence, ...]]:
    """The schedule, where there is one, and every reason why it may not be offered."""
    reasons = list(_of_the_wish(terms, balance, ask, today))
    try:
        schedule = schedule_of(terms, balance, ask, country=country, today=today)
    except CannotBeBuilt as refusal:
        return None, (*reasons, Sentence.of(refusal.message_id, **refusal.values))
    return schedule, (*reasons, *_of_the_schedule(terms, schedule, country, today))


def fits(terms: Terms, balance: Money, ask: Ask, *, country: str, today: date) -> Schedule | None:
    """The schedule of a plan that may be offered; none for any other."""
    schedule, reasons = look(terms, balance, ask, country=country, today=today)
    return None if reasons else schedule


def last_day(terms: Terms, country: str, today: date) -> date:
    """On which a plan of these terms may still end."""
    day = months_after(today, terms.most_months)
    return working_day(country, day) if terms.working_days else day


def widest_gap(ask: Ask, today: date) -> int:
    """Days from today to the next payment, or between two that the customer names, whichever is more."""
    wished = ask.own_dates if ask.frequency == Frequency.OWN else (ask.start_on,)
    return max(((later - earlier).days for earlier, later in pairwise((today, *wished))), default=0)


def _of_the_wish(terms: Terms, balance: Money, ask: Ask, today: date) -> Iterator[Sentence]:
    if ask.frequency not in terms.frequencies:
        yield Sentence.of(NOT_OFFERED[ask.frequency])
    if ask.payments < terms.fewest:
        yield Sentence.of(N_("A plan has at least this many payments: %(fewest)s."), fewest=terms.fewest)
    if ask.payments > terms.most:
        yield Sentence.of(N_("A plan has at most this many payments: %(most)s."), most=terms.most)
    least = terms.smallest_first(balance)
    if ask.first.currency == balance.currency and ask.first < least:
        yield Sentence.of(N_("The first payment, today, is at least %(least)s."), least=least)
    if widest_gap(ask, today) > terms.most_gap_days:
        yield Sentence.of(
            N_("Between one payment and the next lie at most %(days)s days, counted from today."),
            days=terms.most_gap_days,
        )


def _of_the_schedule(terms: Terms, schedule: Schedule, country: str, today: date) -> Iterator[Sentence]:
    last = last_day(terms, country, today)
    if schedule.ends_on > last:
        yield Sentence.of(N_("The last payment is made by %(last)s."), last=last)
    if schedule.smallest < terms.smallest:
        yield Sentence.of(N_("No payment is smaller than %(smallest)s."), smallest=terms.smallest)
