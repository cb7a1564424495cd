"""Complaints for every page about them: causes with awkward names, alerts, actions in every state."""

from datetime import date, datetime, timedelta

from models import causes, complaints
from models.complaints import ActionState, CorrectiveAction, Scope, alerts
from models.policies.permissions import Role
from models.staff import Principal
from models.transactions import transaction
from tests.complaining import Complainer, at, days_from
from tests.making import Maker


def furnish(make: Maker, people: dict[Role, Principal], hostile: str, *, now: datetime) -> dict[str, int]:
    """Returns ids by name."""
    complainer, today = Complainer(make, "complains@customers.example", hostile, people[Role.CLERK]), make.today
    worst = complainer.cause(f"Not padded {hostile}", "Packing", head_id=people[Role.COLLECTOR].staff_id)
    price = complainer.cause("Old price list", "Offers", "Sales")
    late = complainer.cause("Van too small", "Routes", f"Delivery {hostile}", email="delivery@company.test")
    tiles = [{"product": "Tiles 30 × 30, white", "supplier": "Keramika UAB", "site": "Kaunas", "net_minor": 64_000}]
    complainer.bill(today - timedelta(days=60), count=180, product="Tiles 30 × 30, white")
    complainer.bill(today - timedelta(days=20), count=150)
    complainer.cases(days_from(today - timedelta(days=25), 6, 4), worst, lines=tiles, words=hostile, credited=9_000)
    complainer.cases(days_from(today - timedelta(days=80), 3, 9), price, held=128_450, words="Wrong again.\n" * 20)
    complainer.case(today - timedelta(days=33), late, held=1_999, currency="USD", words="شکسته رسید")
    complainer.case(today - timedelta(days=9), other_cause=f"A fallen tree {hostile}", words="Late")
    complainer.case(today - timedelta(days=2), held=99_900, words=hostile)
    with transaction():
        raised = alerts.raise_due(today, now=now)
    asked = _Asking(people, today)
    found = {
        "proposed action": asked.proposed(late, hostile).id,
        "action": asked.brought_to(ActionState.IN_WORK, price, "Print the date on every list").id,
        "watched action": asked.watched(price, today - timedelta(days=40)).id,
        "verified action": asked.judged(price, (12, 300, 1, 280), ActionState.VERIFIED).id,
        "untold action": asked.judged(late, (9, 300, 7, 280), ActionState.DONE).id,
    }
    [first] = {alert.id for alert in raised if alert.cause_id == worst}
    place = causes.find(worst)
    return {**found, "alert": first, "cause": worst, "department": place.department_id if place else 0}


class _Asking:
    def __init__(self, people: dict[Role, Principal], today: date) -> None:
        self.people = people
        self.today = today

    def proposed(self, cause_id: int, what: str, on: date | None = None) -> CorrectiveAction:
        day = on or self.today - timedelta(days=40)
        with transaction():
            return complaints.propose(
                cause_id,
                scope=Scope(product=what[:40]) if "<" in what else Scope(),
                what=what,
                expected="Half as many complaints within three months",
                owner_id=self.people[Role.COLLECTOR].staff_id,
                due_on=day + timedelta(days=30),
                by=self.people[Role.FINANCE],
                on=day,
                now=at(day),
            )

    def brought_to(self, state: ActionState, cause_id: int, what: str, on: date | None = None) -> CorrectiveAction:
        action, day = self.proposed(cause_id, what, on), on or self.today - timedelta(days=40)
        with transaction():
            complaints.agree(action, by=self.people[Role.MANAGER], now=at(day))
            complaints.begin(action, by=self.people[Role.COLLECTOR], now=at(day))
            if state is not ActionState.IN_WORK:
                complaints.finish(action, by=self.people[Role.COLLECTOR], on=day, now=at(day))
        return action

    def watched(self, cause_id: int, on: date) -> CorrectiveAction:
        return self.brought_to(ActionState.DONE, cause_id, "Ask the customer which list they have", on)

    def judged(self, cause_id: int, counts: tuple[int, int, int, int], state: ActionState) -> CorrectiveAction:
        """As if its 90 days were over."""
        action = self.watched(cause_id, self.today - timedelta(days=91))
        with transaction():
            action.judged_days, action.judged_on = 90, self.today
            action.before_cases, action.before_lines, action.after_cases, action.after_lines = counts
            if state is not ActionState.DONE:
                action.move_to(state)
                action.ended_on = self.today
        return action
