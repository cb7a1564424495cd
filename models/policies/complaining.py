"""When complaints of one cause are too many, how long an action is watched, and who hears of what when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum

from models.errors import N_
from models.policies.settings import decimal

DEFAULTS: dict[str, Decimal] = {
    "alert_cases": Decimal(5),
    "alert_percent": Decimal(1),
    "alert_days": Decimal(30),
    "action_days": Decimal(90),
    "action_settle_days": Decimal(30),
    "action_again_cases": Decimal(3),
    "action_again_days": Decimal(7),
    "action_rate_days": Decimal(30),
    "action_remind_days": Decimal(3),
    "action_overdue_days": Decimal(7),
    "digest_days": Decimal(7),
}
REASONS: dict[str, str] = {
    "alert_cases": N_("Cases of one cause. Once may be chance and twice bad luck; five are a fault of ours."),
    "alert_percent": N_("Per cent of what was billed. One large case can cost more than many small ones."),
    "alert_days": N_("Days that are counted together. A fault that is a month old should not need another month."),
    "action_days": N_("Days before and after an action that are compared. Fewer hold too few cases to tell."),
    "action_settle_days": N_("Days that late answers are waited for: a case without an answer has no cause yet."),
    "action_again_cases": N_("So many new cases show that a fault is back."),
    "action_again_days": N_("Days within which they come."),
    "action_rate_days": N_("Days whose rate is compared with the one that the action had reached."),
    "action_remind_days": N_("Days before its due date on which the owner of an action is reminded."),
    "action_overdue_days": N_("Days overdue until the next one up hears of it: the head of department, then managers."),
    "digest_days": N_("Days between two summaries by mail. A week is short enough to remember what it is about."),
}


class Heard(IntEnum):
    """Who has heard of an action, one after the other."""

    NOBODY = 0
    OWNER = 1  # It is yours.
    SOON = 2  # The owner: it will be due.
    OVERDUE = 3  # The owner: it was due.
    HEAD = 4  # The head of department.
    MANAGERS = 5


LOOKS = (1, 2, 4)  # Times `action_days`. Looking more often would find more actions that seem to have worked.


@dataclass(frozen=True, slots=True)
class Complaining:
    """In days, but for `alert_cases`, `alert_percent` and `again_cases`."""

    alert_cases: int
    alert_percent: Decimal
    alert_days: int
    days: int
    settle: int
    again_cases: int
    again_days: int
    rate_days: int
    remind: int
    overdue: int
    digest: int

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> "Complaining":
        """A company's own settings, or the defaults."""
        found = {name: decimal(settings, name, DEFAULTS) for name in DEFAULTS}
        return cls(
            alert_cases=int(found["alert_cases"]),
            alert_percent=found["alert_percent"],
            alert_days=int(found["alert_days"]),
            days=int(found["action_days"]),
            settle=int(found["action_settle_days"]),
            again_cases=int(found["action_again_cases"]),
            again_days=int(found["action_again_days"]),
            rate_days=int(found["action_rate_days"]),
            remind=int(found["action_remind_days"]),
            overdue=int(found["action_overdue_days"]),
            digest=int(found["digest_days"]),
        )

    def looks(self) -> tuple[int, ...]:
        """How many days after 'done' an action is judged, while it is not yet to be told."""
        return tuple(times * self.days for times in LOOKS)

    def heard_by(self, due_on: date, today: date) -> Heard:
        """Who is to have heard of an action by today."""
        late = (today - due_on).days
        if late > 2 * self.overdue:
            return Heard.MANAGERS
        if late > self.overdue:
            return Heard.HEAD
        if late > 0:
            return Heard.OVERDUE
        return Heard.SOON if late >= -self.remind else Heard.OWNER

    def is_too_many(self, cases: int) -> bool:
        return cases >= self.alert_cases

    def is_too_much(self, held_minor: int, billed_minor: int) -> bool:
        """Of one currency. Where nothing was billed there is nothing to compare with."""
        return billed_minor > 0 and held_minor * 100 >= self.alert_percent * billed_minor


def came_back_on(days: Sequence[date], cases: int, within: int) -> date | None:
    """The first day on which so many of these came within so many days; `days` in order."""
    for first, last in zip(days, days[cases - 1 :], strict=False):
        if last - first < timedelta(days=within):
            return last
    return None
