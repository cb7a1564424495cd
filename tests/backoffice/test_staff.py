import threading
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from models import audit, messages, sessions, staff
from models.database import session
from models.errors import Refused
from models.policies.permissions import Role
from models.staff import LastAdmin, Staff, StaffState
from models.transactions import release, transaction
from tests.backoffice.conftest import Joined, real_now

AsRole = Callable[[Role], FlaskClient]
People = dict[Role, int]


def now_is(staff_id: int) -> Staff:
    """As the database has it now."""
    session.remove()
    return staff.find(staff_id)


def actions() -> list[str]:
    return list(session.scalars(text("select action from audit_events where customer_id = 0 order by seq")))


def test_an_admin_invites_somebody_by_mail(as_role: AsRole) -> None:
    client = as_role(Role.ADMIN)
    form = {"email": "New.Person@company.test", "name": "", "role": "clerk"}
    assert client.post("/staff/people", data=form).status_code == 303
    invited = staff.by_email("new.person@company.test")
    assert (invited.role, invited.state) == (Role.CLERK, StaffState.INVITED)
    [mail] = messages.outbox(0)
    assert mail.address == "new.person@company.test"
    assert "http://localhost/staff/invited/" in mail.text
    assert "The admin" in mail.text
    assert actions()[-2:] == ["staff.added", "staff.invited"]


@pytest.mark.parametrize("form", [{"email": "nonsense", "role": "clerk"}, {"email": "a@company.test", "role": "king"}])
def test_an_invitation_without_an_address_or_a_role_is_not_sent(as_role: AsRole, form: dict[str, str]) -> None:
    assert as_role(Role.ADMIN).post("/staff/people", data=form).status_code == 422
    assert messages.outbox() == []


def test_nobody_is_on_the_staff_twice(as_role: AsRole) -> None:
    form = {"email": "CLERK@company.test", "role": "finance"}
    answer = as_role(Role.ADMIN).post("/staff/people", data=form)
    assert answer.status_code == 422
    assert "on the staff already" in answer.text


def test_a_changed_role_counts_from_the_next_click(as_role: AsRole, people: People) -> None:
    with transaction():
        token = staff.open_session(staff.find(people[Role.COLLECTOR]), now=real_now(), address="", agent="")
    client = as_role(Role.ADMIN)
    assert client.post(f"/staff/people/{people[Role.COLLECTOR]}", data={"role": "finance"}).status_code == 303
    assert staff.of_session(token, real_now()).role == Role.FINANCE
    assert actions()[-1] == "staff.role_changed"


def test_whoever_is_disabled_is_out_at_once(as_role: AsRole, people: People) -> None:
    with transaction():
        token = staff.open_session(staff.find(people[Role.CLERK]), now=real_now(), address="", agent="")
    as_role(Role.ADMIN).post(f"/staff/people/{people[Role.CLERK]}/disable")
    assert staff.of_session(token, real_now()) is None
    assert now_is(people[Role.CLERK]).state == StaffState.DISABLED


def test_a_new_sign_up_link_takes_the_old_keys_away(as_role: AsRole, vera: Joined) -> None:
    """For a lost telephone: who found it can do nothing with it."""
    vera_id = vera.member.id
    as_role(Role.ADMIN).post(f"/staff/people/{vera_id}/invite")
    member = now_is(vera_id)
    assert (member.state, member.password_hash, member.totp_secret) == (StaffState.INVITED, None, None)


@pytest.mark.parametrize("path", ["disable", "invite"])
def test_the_last_admin_stays(as_role: AsRole, people: People, path: str) -> None:
    answer = as_role(Role.ADMIN).post(f"/staff/people/{people[Role.ADMIN]}/{path}")
    assert answer.status_code == 409
    assert "only administrator" in answer.text
    assert now_is(people[Role.ADMIN]).state == StaffState.ACTIVE


def test_the_last_admin_keeps_the_role(as_role: AsRole, people: People) -> None:
    answer = as_role(Role.ADMIN).post(f"/staff/people/{people[Role.ADMIN]}", data={"role": "clerk"})
    assert answer.status_code == 422
    assert "only administrator" in answer.text
    assert now_is(people[Role.ADMIN]).role == Role.ADMIN


def test_an_invited_admin_is_no_admin_yet(people: People) -> None:
    with transaction():
        staff.add(email="second@company.test", role=Role.ADMIN, by=audit.COMMAND, now=real_now())
    with pytest.raises(LastAdmin), transaction():
        staff.disable(staff.find(people[Role.ADMIN]), by=audit.COMMAND, now=real_now())


def test_two_admins_cannot_remove_each_other_at_the_same_moment(engine: Engine, people: People) -> None:
    with transaction():
        second = staff.add(
            email="second@company.test", role=Role.ADMIN, state=StaffState.ACTIVE, by=audit.COMMAND, now=real_now()
        ).id
    together, refused = threading.Barrier(2), []

    def remove(staff_id: int) -> None:
        member = staff.find(staff_id)
        together.wait()
        try:
            with transaction():
                staff.disable(member, by=audit.COMMAND, now=real_now())
        except Refused:
            refused.append(staff_id)
        finally:
            release()

    threads = [threading.Thread(target=remove, args=(one,)) for one in (people[Role.ADMIN], second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1


def test_everybody_sees_and_ends_their_own_sessions(as_role: AsRole, people: People) -> None:
    me = staff.find(people[Role.COUNSEL])
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
    with transaction():
        elsewhere = staff.open_session(me, now=real_now(), address="192.0.2.7", agent=chrome)
    client = as_role(Role.COUNSEL)
    page = client.get("/staff/sessions").text
    assert "Chrome · Linux" in page
    assert "192.0.2.7" in page
    other = next(row for row in sessions.of_staff(people[Role.COUNSEL], now=real_now()) if row.address == "192.0.2.7")
    assert client.post(f"/staff/sessions/{other.id}/end").status_code == 303
    assert staff.of_session(elsewhere, real_now()) is None
    assert client.get("/staff/sessions").status_code == 200


def test_all_others_end_at_once_and_this_one_stays(as_role: AsRole, people: People) -> None:
    with transaction():
        tokens = [
            staff.open_session(staff.find(people[Role.CLERK]), now=real_now(), address="", agent="") for _ in range(3)
        ]
    client = as_role(Role.CLERK)
    client.post("/staff/sessions/end-others")
    assert [staff.of_session(token, real_now()) for token in tokens] == [None] * 3
    assert client.get("/staff/sessions").status_code == 200


def test_an_admin_ends_a_session_of_somebody_else(as_role: AsRole, people: People) -> None:
    with transaction():
        token = staff.open_session(staff.find(people[Role.CLERK]), now=real_now(), address="", agent="")
    [row] = sessions.of_staff(people[Role.CLERK], now=real_now())
    client = as_role(Role.ADMIN)
    assert client.post(f"/staff/people/{people[Role.CLERK]}/sessions/{row.id}/end").status_code == 303
    assert staff.of_session(token, real_now()) is None
    assert actions()[-1] == "staff.session_ended"


def test_a_session_is_found_through_its_owner_only(as_role: AsRole, people: People) -> None:
    with transaction():
        token = staff.open_session(staff.find(people[Role.CLERK]), now=real_now(), address="", agent="")
    [session_id] = [row.id for row in sessions.of_staff(people[Role.CLERK], now=real_now())]
    assert as_role(Role.COLLECTOR).post(f"/staff/sessions/{session_id}/end").status_code == 404
    client = as_role(Role.ADMIN)
    assert client.post(f"/staff/people/{people[Role.FINANCE]}/sessions/{session_id}/end").status_code == 404
    assert staff.of_session(token, real_now()) is not None


def test_a_name_is_shown_as_it_is_and_never_followed(as_role: AsRole, people: People) -> None:
    with transaction():
        staff.find(people[Role.CLERK]).name = '<a hx-get="/staff/people" hx-trigger="load">x</a>'
    page = as_role(Role.ADMIN).get("/staff/people").text
    assert "&lt;a hx-get=" in page
    assert "<a hx-get=" not in page


def test_everybody_lands_where_their_work_is(as_role: AsRole) -> None:
    assert as_role(Role.ADMIN).get("/staff/").location == "/staff/people"
    assert as_role(Role.COUNSEL).get("/staff/").location == "/staff/reminders"
    assert as_role(Role.COLLECTOR).get("/staff/").location == "/staff/customers"


def test_the_menu_leads_nowhere_that_is_closed(as_role: AsRole) -> None:
    for role in Role:
        client = as_role(role)
        page = client.get("/staff/sessions").text
        menu = page[page.index('id="menu"') : page.index("side-end")]
        links = [part.split('"')[0] for part in menu.split('href="')[1:]]
        assert links
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200), role
