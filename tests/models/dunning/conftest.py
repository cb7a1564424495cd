"""The standard in place, and the three who work on it."""

import pytest
from sqlalchemy import Engine

from models import audit, staff
from models.dunning import standard
from models.policies.permissions import Role
from models.staff import Principal, StaffState
from models.transactions import transaction
from tests.conftest import NOW


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
