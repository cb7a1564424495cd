"""The standard in place, and the three who work on it."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from commandline.demo import reminders as demo
from models import audit, company, staff
from models.dunning import standard
from models.policies.permissions import Role
from models.staff import Principal, StaffState
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker


@pytest.fixture
def installed(engine: Engine) -> None:
    with transaction():
        standard.ensure(now=NOW)


def _somebody(name: str, role: Role) -> Principal:
    with transaction():
        member = staff.add(
            email=f"{name}@company.test", name=name, role=role, state=StaffState.ACTIVE, by=audit.COMMAND, now=NOW
        )
    return staff.principal(member)


@pytest.fixture
def writer(engine: Engine) -> Principal:
    return _somebody("writer", Role.FINANCE)


@pytest.fixture
def counsel(engine: Engine) -> Principal:
    return _somebody("counsel", Role.COUNSEL)


@pytest.fixture
def manager(engine: Engine) -> Principal:
    return _somebody("manager", Role.MANAGER)


@pytest.fixture
def old(engine: Engine) -> Maker:
    """What is owed was recorded long ago, so that no grace holds."""
    return Maker(NOW - timedelta(days=60))


@pytest.fixture
def live(counsel: Principal, manager: Principal) -> None:
    with transaction():
        company.locked().law_firm = "Teisė ir Ko"
        demo.put_in_use(counsel, manager, now=NOW - timedelta(days=50))
