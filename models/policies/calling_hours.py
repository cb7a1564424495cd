"""When it is daytime for somebody: hours and weekdays in their zones, no holidays, no quiet hours of theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from models.policies.contact_limits import NO_ZONE_CLOSES, NO_ZONE_OPENS, ContactLimits

LOOKED_AHEAD = timedelta(days=21)  # Longer than any row of holidays and weekends.
USUAL = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A time of the day in which somebody wants to hear nothing; over midnight where it begins later than it ends."""

    begins: time
    ends: time

    def covers(self, at: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@dataclass(frozen=True, slots=True)
class Daytime:
    """All of it must be true in every one of `zones`."""

    zones: tuple[str, ...]
    opens: time
    closes: time
    weekdays: frozenset[int]
    holidays: frozenset[date] = frozenset()
    quiet: Quiet | None = None

    def open_at(self, moment: datetime) -> bool:
        return all(self._open_in(moment.astimezone(ZoneInfo(zone))) for zone in self.zones)

    def _open_in(self, local: datetime) -> bool:
        at = local.time()
        return (
            self.opens <= at < self.closes
            and local.isoweekday() in self.weekdays
            and local.date() not in self.holidays
            and not (self.quiet and self.quiet.covers(at))
        )

    def next_open(self, moment: datetime) -> datetime | None:
        """This moment, or the first after it at which it is open; None where there is none in three weeks."""
        return _next_open(self, moment)

    def changes(self, moment: datetime, until: datetime) -> Iterator[datetime]:
        """Every moment at which it may begin to be open: at an hour of ours, or where clocks are set."""
        starts = {self.opens} | ({self.quiet.ends} if self.quiet else set())
        days = (until - moment).days + 3
        for name in self.zones:
            zone = ZoneInfo(name)
            first = moment.astimezone(zone).date() - timedelta(days=1)
            for number in range(days):
                day = first + timedelta(days=number)
                for start in starts:
                    for fold in (0, 1):
                        yield datetime.combine(day, start, zone).replace(fold=fold).astimezone(UTC)
                set_at = _clock_set(name, day)
                if set_at:
                    yield set_at


@lru_cache(10_000)
def _next_open(hours: Daytime, moment: datetime) -> datetime | None:
    """Customers of one country have the same hours, and a run asks about all of them at one moment."""
    if hours.open_at(moment):
        return moment
    for until in (moment + USUAL, moment + LOOKED_AHEAD):
        found = (at for at in hours.changes(moment, until) if moment < at <= until and hours.open_at(at))
        first = min(found, default=None)
        if first is not None:
            return first
    return None


@cache
def _clock_set(zone: str, day: date) -> datetime | None:
    """The moment of this UTC day at which the zone's clocks are set forward or back."""
    there = ZoneInfo(zone)
    low = datetime.combine(day, time(), UTC)
    high = low + timedelta(days=1)
    before = low.astimezone(there).utcoffset()
    if before == high.astimezone(there).utcoffset():
        return None
    while high - low > MINUTE:
        middle = low + (high - low) // 2
        middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
        low, high = (middle, high) if middle.astimezone(there).utcoffset() == before else (low, middle)
    return high


def daytime(
    zones: tuple[str, ...],
    country: str,
    limits: ContactLimits,
    *,
    company_zone: str,
    holidays: frozenset[date] = frozenset(),
    quiet: Quiet | None = None,
) -> Daytime:
    """
    Conflicting zones: what is daytime in each. No zone: the company's hours within 09–18 in every zone of the
    country. No country: the company's zone.
    """
    known = zones or zones_of(country) or (company_zone,)
    certain = bool(zones) or len(known) == 1
    return Daytime(
        zones=known,
        opens=limits.opens if certain else max(limits.opens, NO_ZONE_OPENS),
        closes=limits.closes if certain else min(limits.closes, NO_ZONE_CLOSES),
        weekdays=limits.weekdays,
        holidays=frozenset() if limits.holidays else holidays,
        quiet=quiet,
    )


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """The zones of a country, one of each kind of clock, so that Indiana's towns are not asked one by one."""
    from babel.core import get_global

    named = sorted(zone for zone, land in get_global("zone_territories").items() if land == country.upper())
    alike: dict[tuple[object, ...], str] = {}
    for zone in named:
        alike.setdefault(_clock(zone), zone)
    return tuple(alike.values())


def _clock(zone: str) -> tuple[object, ...]:
    """What a zone's clocks show through one year; two that agree need not both be asked."""
    there = ZoneInfo(zone)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    return tuple((first + timedelta(days=number)).astimezone(there).utcoffset() for number in range(366))
