"""On which business day a moment at Stripe counts."""

from datetime import date, datetime

from models import company


def booking_day(moment: datetime, now: datetime) -> date:
    """The company's day at that moment; what we learn of after its books were closed counts from today."""
    day, closed = company.get().today(moment), company.books_closed_on()
    return company.get().today(now) if closed and day <= closed else day
