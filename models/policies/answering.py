"""By when a dispute gets its answer, and what of a line may still be disputed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from models.errors import N_
from models.policies.public_holidays import after_working_days
from models.policies.settings import number

DEFAULTS: dict[str, int] = {
    "dispute_days": 10,
    "dispute_warn_days": 5,
    "dispute_again_days": 14,
    "dispute_department_days": 3,
    "dispute_customer_days": 14,
}
REASONS: dict[str, str] = {
    "dispute_days": N_("Working days. Whoever complains waits, and their money waits with them."),
    "dispute_warn_days": N_("Working days. At half time there is still time to do something."),
    "dispute_again_days": N_("Days in which somebody may disagree with an answer before we ask for the money again."),
    "dispute_department_days": N_("Working days in which a department answers a question about a case."),
    "dispute_customer_days": N_("Days in which a customer answers before the case goes on without the answer."),
}


@dataclass(frozen=True, slots=True)
class Answering:
    """`days`, `warn` and `department` are working days of the company's country; the others calendar days."""

    country: str
    days: int
    warn: int
    again: int
    department: int
    customer: int

    @classmethod
    def of(cls, country: str, settings: Mapping[str, object]) -> "Answering":
        names = ("days", "warn_days", "again_days", "department_days", "customer_days")
        return cls(country, *(number(settings, f"dispute_{name}", DEFAULTS) for name in names))

    def answer_on(self, day: date) -> date:
        return after_working_days(self.country, day, self.days)

    def warn_on(self, day: date) -> date:
        return after_working_days(self.country, day, self.warn)

    def department_on(self, day: date) -> date:
        return after_working_days(self.country, day, self.department)

    def customer_on(self, day: date) -> date:
        return day + timedelta(days=self.customer)

    def resume_on(self, day: date) -> date:
        """The first day on which what was refused is asked for again: by then they had time to disagree."""
        return day + timedelta(days=self.again + 1)
