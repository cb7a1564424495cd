"""A company that reminds: the imported books with somebody to write to at every customer, and the standard in use."""

from datetime import datetime, timedelta

from bench.databases import Databases
from commandline.demo import reminders
from models import audit, company, database, staff
from models.policies.permissions import Role
from models.staff import Principal, StaffState
from models.transactions import release, transaction

OWING = "owing"
LATER = timedelta(days=8)  # What was imported a moment ago has a week of grace.
PEOPLE = """
insert into contacts (customer_id, name, email, added_at)
select id, name, 'ap' || id || '@example.test', added_at from customers where id > 0
"""
# One kind, one zone, one language: a limit cannot choose among words either.
CUSTOMERS = "update customers set kind = 'business', language = 'en', timezone = 'Europe/Vilnius' where id > 0"


def made(databases: Databases, of: str, now: datetime) -> datetime:
    """The database OWING; returns a moment at which everything late in it may be asked for."""
    engine = database.connect(databases.make(OWING, of=of))
    with transaction():
        company.locked().law_firm = "Teisė ir Ko"
        counsel, publisher = _somebody(Role.COUNSEL, now), _somebody(Role.MANAGER, now)
        reminders.put_in_use(counsel, publisher, now=now)
    release()
    engine.dispose()
    databases.sql(OWING, PEOPLE, CUSTOMERS, "vacuum analyze")
    return now + LATER


def _somebody(role: Role, now: datetime) -> Principal:
    facts = {"email": f"{role}@company.test", "name": role.value, "role": role, "state": StaffState.ACTIVE}
    return staff.principal(staff.add(**facts, by=audit.COMMAND, now=now))
