"""Whether somebody may be called at a moment: what is in force, how often they were called, and their hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from models.errors import N_
from models.policies.calling_hours import Daytime, daytime
from models.policies.contact_limits import call_refused
from models.policies.dunning.asking import held, stopped
from models.policies.dunning.decisions import Spoke
from models.policies.dunning.facts import Facts
from models.policies.dunning.rules import said

LOOKED_AHEAD = 60  # Days: as far as holidays are known.
STAFF: Mapping[str, str] = MappingProxyType(
    {
        "conversation": N_("We spoke with them on %(day)s, and do not call again within %(days)s days."),
        "calls": N_("We called %(calls)s times within seven days, and more there may not be."),
        "closed": N_("It is outside the hours and weekdays on which they may be called, or a holiday."),
    }
)


@dataclass(frozen=True, slots=True)
class NotNow:
    """Why nobody calls now, in words for staff; `again` is when somebody may, none where nobody knows."""

    spoke: Spoke
    again: datetime | None

    @property
    def sentence(self) -> str:
        return STAFF.get(self.spoke.rule) or said(self.spoke).staff


def not_now(facts: Facts, moment: datetime) -> NotNow | None:
    """None: call."""
    hours = daytime(facts.zones, facts.country, facts.limits, company_zone=facts.company_zone, holidays=facts.holidays)
    spoke = _against(facts, hours, moment)
    return NotNow(spoke, _again(facts, hours, moment)) if spoke else None


def _against(facts: Facts, hours: Daytime, moment: datetime) -> Spoke | None:
    day = _day(facts, moment)
    hold = stopped(facts, day)
    if hold is not None:
        return held(hold, facts)
    refused = call_refused(facts.log, facts.limits, day)
    if refused is not None:
        return Spoke(refused.rule, {**refused.values, "days": facts.limits.after_conversation_days})
    return None if hours.open_at(moment) else Spoke("closed")


def _again(facts: Facts, hours: Daytime, moment: datetime) -> datetime | None:
    """The first moment at which nothing is against it; limits and holds change at midnight of the company."""
    at = hours.next_open(moment)
    for _ in range(LOOKED_AHEAD):
        if at is None or _against(facts, hours, at) is None:
            return at
        midnight = datetime.combine(_day(facts, at) + timedelta(days=1), time(), ZoneInfo(facts.company_zone))
        at = hours.next_open(midnight.astimezone(UTC))
    return None


def _day(facts: Facts, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(facts.company_zone)).date()
