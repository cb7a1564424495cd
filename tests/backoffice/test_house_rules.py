"""Settings: who changes which, within what bounds, and what each group of them then does."""

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from models import company, complaints, disputes, promises
from models.database import session
from models.policies import contact_limits, house_rules, limits
from models.policies.house_rules import GROUPS
from models.policies.permissions import Role
from models.transactions import release
from tests.backoffice.reading import error_at, errors_above, shown, value_of

AsRole = Callable[[Role], FlaskClient]
MONDAY = date(2026, 11, 23)


def change(client: FlaskClient, key: str, value: str = "", *, was: str | None = None, **more: str) -> TestResponse:
    """Send the form as the page shows it."""
    address = f"/staff/rules/{key}"
    seen = value_of(client.get(address), "was") if was is None else was
    return client.post(address, data={"value": value, "was": seen, **more})


def kept() -> Mapping[str, object]:
    release()
    return company.get().limits


def test_every_setting_is_shown_with_its_default_and_what_it_does(as_role: AsRole) -> None:
    answer = as_role(Role.FINANCE).get("/staff/rules")
    page = shown(answer)
    for group in GROUPS:
        assert group.title in page
        for rule in group.rules:
            assert rule.label in page
            assert rule.reason in page
            rule.check(rule.default)
    assert "08:00" in page
    assert "Monday to Friday" in page
    assert "€500.00" in page
    assert answer.text.count('href="/staff/rules/') == len(house_rules.PROMISES.rules) + len(
        house_rules.REMINDERS.rules
    )


CHANGES = (
    (Role.MANAGER, "dispute_days", "3", 3),
    (Role.FINANCE, "promise_days", "21", 21),
    (Role.FINANCE, "gap_days", "5", 5),
    (Role.FINANCE, "opens", "09:30", "09:30"),
    (Role.FINANCE, "weekdays", "1,2,3,4,5,6", [1, 2, 3, 4, 5, 6]),
    (Role.MANAGER, "alert_percent", "2,5", "2.5"),
    (Role.MANAGER, "alert_cases", "7", 7),
    (Role.ADMIN, "refund", "250,50", "250.5"),
)


def test_a_changed_setting_counts_from_then_on_and_is_in_the_trail(as_role: AsRole) -> None:
    for role, key, typed, _ in CHANGES:
        if key == "dispute_days":
            assert change(as_role(role), "dispute_warn_days", "2").status_code == 303
        assert change(as_role(role), key, typed).status_code == 303, key
    assert kept() == {"dispute_warn_days": 2} | {key: value for _, key, _, value in CHANGES}
    assert disputes.limits().answer_on(MONDAY) == date(2026, 11, 26)
    assert promises.limits().last_day(MONDAY) == date(2026, 12, 14)
    ours = contact_limits.ours(kept())
    assert (ours.gap_days, ours.opens, ours.weekdays) == (5, time(9, 30), frozenset(range(1, 7)))
    assert (complaints.rules().alert_percent, complaints.rules().alert_cases) == (Decimal("2.5"), 7)
    assert company.get().limit("refund", limits.DEFAULTS["refund"]).plain() == "250.50"
    trail = session.execute(text("select facts from audit_events where action = 'rule.changed' order by id")).scalars()
    assert list(trail)[1:3] == [
        {"before": {"dispute_days": "10"}, "after": {"dispute_days": "3"}},
        {"before": {"promise_days": "14"}, "after": {"promise_days": "21"}},
    ]


def test_what_goes_back_to_the_default_is_kept_nowhere(as_role: AsRole) -> None:
    finance = as_role(Role.FINANCE)
    change(finance, "gap_days", "5")
    assert change(finance, "gap_days", reset="1").status_code == 303
    assert change(finance, "gap_days", "3").status_code == 303
    assert kept() == {}
    assert session.scalar(text("select count(*) from audit_events where action = 'rule.changed'")) == 2


WRONG = (
    ("gap_days", "", "This field is required."),
    ("gap_days", "three", "Enter a number, such as"),
    ("gap_days", "2.5", "Enter a whole number."),
    ("gap_days", "61", "Enter a number from 0 to 60."),
    ("per_week", "0", "Enter a number from 1 to 7."),
    ("closes", "08:00", ""),
    ("opens", "25:00", "Not a valid time value."),
    ("weekdays", "8", "Not a valid choice."),
    ("alert_percent", "0.001", "Enter a number from 0.01 to 100."),
    ("alert_percent", "1.234", "Enter at most two decimals."),
    ("dispute_warn_days", "10", "A warning comes before the day by which the answer was promised."),
)


def test_what_a_setting_cannot_be_is_said_beside_it(as_role: AsRole) -> None:
    manager = as_role(Role.MANAGER)
    for key, typed, said in WRONG:
        assert said in error_at(change(manager, key, typed), "value"), (key, typed)
    assert kept() == {}


def test_nobody_overwrites_what_somebody_else_has_just_changed(as_role: AsRole) -> None:
    finance = as_role(Role.FINANCE)
    change(finance, "gap_days", "5")
    answer = change(finance, "gap_days", "7", was="3")
    assert answer.status_code == 409
    assert "It is 5 days now, and you wrote 7 days." in unescape(answer.text)
    assert (value_of(answer, "value"), value_of(answer, "was"), kept()["gap_days"]) == ("7", "5", 5)
    assert change(finance, "gap_days", "7", was="5").status_code == 303
    assert change(finance, "gap_days", was="5", reset="1").status_code == 409
    assert kept()["gap_days"] == 7


THEIRS = {
    Role.FINANCE: ("dispute_days", "alert_cases", "refund"),
    Role.MANAGER: ("refund",),
    Role.ADMIN: ("gap_days", "dispute_days"),
}


def test_a_setting_is_changed_by_who_answers_for_it(as_role: AsRole) -> None:
    for role, keys in THEIRS.items():
        client = as_role(role)
        for key in keys:
            assert client.get(f"/staff/rules/{key}").status_code == 403
            assert change(client, key, "1", was="1").status_code == 403
            assert change(client, key, reset="1", was="1").status_code == 403
    assert kept() == {}


def test_what_is_no_setting_is_not_found(as_role: AsRole) -> None:
    assert as_role(Role.MANAGER).post("/staff/rules/name", data={"value": "x", "was": ""}).status_code == 404
    assert as_role(Role.CLERK).get("/staff/rules").status_code == 403


def test_an_amount_has_the_decimals_of_the_company_s_currency(as_role: AsRole) -> None:
    answer = change(as_role(Role.ADMIN), "write_off", "10.005")
    assert errors_above(answer)
    assert kept() == {}
