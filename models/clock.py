"""The only reader of the system clock. Entry points call it and pass the answer down."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

_offset = timedelta()


def now() -> datetime:
    """Business time in UTC: the real time plus the shared offset, which is always 0 in production."""
    return real_now() + _offset


def real_now() -> datetime:
    """The real time in UTC: for locks, sessions and signatures, which a moved clock must not touch."""
    return datetime.now(UTC)


def move(offset: timedelta) -> None:
    """Set this process's copy of the offset that `company` keeps in the database."""
    global _offset
    _offset = offset


def business_date(moment: datetime, timezone: str) -> date:
    """The calendar day of a moment where the company is."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def is_timezone(name: str) -> bool:
    return name in available_timezones()
