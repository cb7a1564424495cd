"""Members of staff, signed in or about to be."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from models import audit, staff
from models.database import session
from models.policies.permissions import Role
from models.staff import Staff, StaffState
from models.transactions import transaction
from runtime.settings import Settings

PASSWORD = "correct horse battery staple"


def real_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def people(engine: Engine) -> dict[Role, int]:
    """The ids of one active member of staff for each role, without a password."""
    with transaction():
        return {
            role: staff.add(
                email=f"{role}@company.test",
                name=f"The {role}",
                role=role,
                state=StaffState.ACTIVE,
                by=audit.COMMAND,
                now=real_now(),
            ).id
            for role in Role
        }


@pytest.fixture
def as_role(client: FlaskClient, people: dict[Role, int]) -> Callable[[Role], FlaskClient]:
    """Sign the test's one browser in as the member of a role."""

    def sign_in(role: Role) -> FlaskClient:
        with transaction():
            token = staff.open_session(staff.find(people[role]), now=real_now(), address="127.0.0.1", agent="a test")
        client.set_cookie("duewell_staff", token)
        return client

    return sign_in


@dataclass
class Joined:
    """Somebody who signed up by the link, with an authenticator app."""

    member: Staff
    secret: str
    email: str = "vera@company.test"
    password: str = PASSWORD

    def code(self) -> str:
        """The code of now, as if it had never been used."""
        with transaction():
            session.execute(text("update staff set totp_step = null where id = :id"), {"id": self.member.id})
        return pyotp.TOTP(self.secret).now()


@pytest.fixture
def vera(engine: Engine, settings: Settings) -> Joined:
    """A clerk with a password and a second factor."""
    links: list[str] = []
    with transaction():
        member = staff.add(email="Vera@Company.test", name="Vera", role=Role.CLERK, by=audit.COMMAND, now=real_now())
        staff.invite(member, address=lambda token: links.append(token) or token, by=audit.COMMAND, now=real_now())
    secret = staff.secret_of_invitation(links[0], key=settings.secret_key)
    with transaction():
        staff.accept(
            links[0],
            name="Vera",
            password=PASSWORD,
            code=pyotp.TOTP(secret).now(),
            key=settings.secret_key,
            now=real_now(),
        )
    return Joined(member, secret)


@pytest.fixture
def desk(as_role: Callable[[Role], FlaskClient]) -> FlaskClient:
    """The browser of somebody in finance."""
    return as_role(Role.FINANCE)
